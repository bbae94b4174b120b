"""Arrays and verdicts: fit, control, falsify, diagnose, attribute.

No model is loaded here but by commands that need one, through `hooks`.
"""

from interp.cli import starting

starting.begin()
