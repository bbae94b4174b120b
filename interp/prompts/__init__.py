"""The prompt sets, built in or a user's own, with their checks.

The records themselves are in `interp.records.prompts`.
"""
