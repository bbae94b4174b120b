"""Single heads: which ones, what they wrote, and what happens without them.

Sweeps over factors are in `hooks.dose`.
"""
