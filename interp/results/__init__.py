"""What a command found, as frozen records: one record a file, its schema number first.

Nothing is computed here; what a number means is said by the record, how it is shown by the page that reads it.
"""
