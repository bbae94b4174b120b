"""Running a stranger's program so that it can reach nothing.

What is run, and what its result means, is in `interp.code`.
"""
