"""How records, reports and runs show themselves: HTML, plain text, Markdown.

Nothing is computed here.
"""
