"""Simulated studies with a known truth, judged by the real code.

The command that runs them is `probes.power`.
"""
