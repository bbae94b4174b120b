"""Pictures, drawn from finished result files.

Nothing is computed here that a result file does not hold.
"""
