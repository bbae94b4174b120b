"""From evidence to a verdict: the five steps and the taxonomy.

How the verdict is shown is in `probes.report`.
"""
