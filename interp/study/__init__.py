"""The published study: its data, verified by hash, as runs and records.

What its claims are worth is recomputed in `probes.claims`.
"""
