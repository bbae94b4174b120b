"""Thresholds: what an estimate must show, and the three things that can come out of asking.

The thresholds are the study's (paper sections 3.5 and 6); what is added here is that an estimate whose interval does
not settle the question is UNRESOLVED, with the size of study that would settle it.
"""

from __future__ import annotations

import math

from interp.records.findings import Estimate, Outcome

CHANCE = 0.5


def at_least(estimate: Estimate, gate: float, chance: float = CHANCE) -> Outcome:
    """Judge an estimate that should be large: PASS over the gate and clear of chance, FAIL wholly below the gate."""
    if estimate.value >= gate and estimate.lower > chance:
        return Outcome.PASS
    return Outcome.FAIL if estimate.upper < gate else Outcome.UNRESOLVED


def at_most(estimate: Estimate, gate: float, chance: float = 0.0) -> Outcome:
    """Judge an estimate that should be small, such as an asymmetry: the mirror image of `at_least`."""
    if estimate.value <= gate and estimate.upper < chance:
        return Outcome.PASS
    return Outcome.FAIL if estimate.lower > gate else Outcome.UNRESOLVED


def growth_needed(estimate: Estimate, gate: float, chance: float = CHANCE) -> float:
    """Return by what factor n must grow for an unresolved estimate to resolve, were its value to stay.

    Intervals shrink with the square root of n. An estimate over the gate must clear chance; one below it must clear the
    gate. Infinity where the value sits on the gate.
    """
    passing = estimate.value >= gate
    width = estimate.value - estimate.lower if passing else estimate.upper - estimate.value
    room = estimate.value - chance if passing else gate - estimate.value
    return max(1.0, (width / room) ** 2) if room > 0 else math.inf


def size_needed(estimate: Estimate, gate: float, chance: float = CHANCE) -> str:
    """Say in words how many prompts and positives would resolve an unresolved AUROC."""
    factor = growth_needed(estimate, gate, chance)
    n = estimate.n_pos + estimate.n_neg
    if not math.isfinite(factor) or factor > 1000:
        return "no realistic number of prompts would settle a value this close to the gate"
    return f"about {math.ceil(n * factor)} prompts with {math.ceil(estimate.n_pos * factor)} positives would settle it"
