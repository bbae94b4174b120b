"""Prompts in, answers out: templates, padding, batches, budgets, and what was read meanwhile.

How a hook is attached is in `hooks.backend`.
"""
