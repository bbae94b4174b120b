"""Which heads differ between cohorts, with their nulls.

Capturing what heads wrote is in `hooks.heads`.
"""
