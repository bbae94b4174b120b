"""Scaled heads over several factors: the sweep, its numbers and its verdict.

How a head is scaled is in `hooks.backend`.
"""
