"""What stands beside a probe's score: base rates, baselines, nulls, audits, calibration.

Nothing is decided here.
"""
