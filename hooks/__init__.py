"""The model in memory: find it, load it, answer with it, read it, scale its heads.

Nothing is fitted or judged here; arrays and verdicts are in `probes`.
"""
