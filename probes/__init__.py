"""Arrays: fit, control, falsify, diagnose, attribute."""
