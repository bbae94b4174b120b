"""Files that can be believed, and the run directory that they lie in.

What the files of a command mean is not here, but with the command.
"""
