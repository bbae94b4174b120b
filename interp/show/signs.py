"""The signs and colours of outcomes, severities and verdicts."""

from __future__ import annotations

from interp.records.findings import FailureMode, Outcome, Severity

GREEN, RED, AMBER, GREY = "#2f8f5b", "#c8493f", "#b0741a", "#808080"  # each readable on white and on near-black


SIGNS: dict[str, tuple[str, str]] = {
    Outcome.PASS: ("\N{CHECK MARK}", GREEN),
    Outcome.FAIL: ("\N{MULTIPLICATION X}", RED),
    Outcome.UNRESOLVED: ("?", GREY),
    Severity.NOTE: ("\N{BULLET}", GREY),
    Severity.WARNING: ("\N{BLACK UP-POINTING TRIANGLE}", AMBER),
    Severity.FATAL: ("\N{MULTIPLICATION X}", RED),
}


STEP_OF_FAILURE = {
    FailureMode.NONE: Outcome.PASS,
    FailureMode.UNRESOLVED: Outcome.UNRESOLVED,
    FailureMode.CAPABILITY_CLIFF: Outcome.FAIL,
    FailureMode.SINGLE_OUTPUT_DISTRIBUTION: Outcome.FAIL,
}
