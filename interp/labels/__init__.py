"""From answers to labels: the instruments, with a judge or without, and how far they agree.

How a judge is reached is in `interp.judges`.
"""
