"""Numbers with their intervals: rates, AUROCs, calibration, effects, resampling.

Nothing here knows of models, prompts or judges.
"""
