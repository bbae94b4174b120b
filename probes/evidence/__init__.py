"""What stands beside a probe's score: base rates, baselines, nulls, audits, calibration.

No verdict is given here; that is in `probes.verdict`.
"""
