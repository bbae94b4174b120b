"""Fitting linear probes: folds, cross-validation, permutation.

What a score is worth is in `probes.evidence` and `probes.verdict`.
"""
