"""A report in words, as Markdown and as a page.

Nothing is computed here.
"""
