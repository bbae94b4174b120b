"""What the backends agree on: the quantities, the reference, the tiny models.

The command that prints the table is `hooks.matrix`.
"""
