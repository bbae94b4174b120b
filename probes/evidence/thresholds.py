"""Gates: what an estimate must show, and the three things that can come out of asking.

The thresholds are the study's (paper sections 3.5 and 6); what is added here is that an estimate whose interval does
not settle the question is UNRESOLVED, with the size of study that would settle it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from interp.records.findings import Estimate, Outcome

CHANCE = 0.5


@dataclass(frozen=True, slots=True)
class Gates:
    """Every threshold of the falsification and the taxonomy, in one place; a copy goes into each report."""

    cv_auroc: float = 0.65
    """Step 1: cross-validated AUROC on fit (paper section 6.3)."""
    fresh_auroc: float = 0.63
    """Step 2: AUROC on fresh prompts (paper section 6.4)."""
    asymmetry: float = -0.15
    """Step 2: balanced assertion asymmetry on fresh, P(assert | wrong) - P(assert | correct); lower is better."""
    assert_floor: float = 0.70
    """Only thresholds with P(assert | correct) of at least this count as balanced."""
    axis_cv: float = 0.65
    """Step 3: cross-validated AUROC of an axis."""
    axis_fresh: float = 0.60
    """Step 3: AUROC of an axis on fresh."""
    axis_correlation: float = 0.80
    """Step 3: out-of-fold scores of two axes may not correlate at this absolute value or above."""
    cliff_ratio: float = 1 / 3
    """Fresh base rate over fit base rate: a capability cliff lies wholly below it."""
    min_class: int = 5
    """Examples of each class without which nothing is fitted or judged."""


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
