"""What a run scored, and whether two runs may be compared.

The arithmetic of a difference is in `interp.stats`.
"""
