from __future__ import annotations

import math

import numpy as np
import pytest

from interp.records.findings import Estimate, FailureMode, Outcome, Severity, Step, StepResult, Threat
from interp.results.evidence import BaselineResult, BySplit, Thresholds
from probes.verdict.taxonomy import diagnose, rate_ratio
from probes.verdict.thresholds import at_least, at_most, growth_needed, size_needed


def rate(k: int, n: int) -> Estimate:
    z, p = 1.959964, k / n
    centre = (p + z * z / 2 / n) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n) / (1 + z * z / n)
    return Estimate(p, centre - half, centre + half, "Wilson", k, n - k)


def auroc(value: float, half: float, n_pos: int = 50, n_neg: int = 100) -> Estimate:
    return Estimate(value, value - half, value + half, "test", n_pos, n_neg)


def step(name: Step, estimate: Estimate | None, outcome: Outcome) -> StepResult:
    return StepResult(name, estimate, None, outcome, "detail")


PASSED_CV = step(Step.CROSS_VALIDATION, auroc(0.75, 0.1), Outcome.PASS)
BEATEN = BaselineResult("answer length", "surface", auroc(0.5, 0.1), auroc(0.55, 0.1), auroc(0.2, 0.1))
HOLDS = BySplit(rate(58, 100), rate(55, 193))
CLIFF = BySplit(rate(56, 100), rate(9, 193))


@pytest.mark.parametrize(
    ("value", "half", "expected"),
    [
        (0.70, 0.10, Outcome.PASS),
        (0.70, 0.25, Outcome.UNRESOLVED),  # over the gate, but chance is inside the interval
        (0.60, 0.05, Outcome.UNRESOLVED),  # below the gate, but the gate is inside the interval
        (0.52, 0.10, Outcome.FAIL),
    ],
)
def test_auroc_gate_has_three_outcomes(value: float, half: float, expected: Outcome) -> None:
    assert at_least(auroc(value, half), 0.63) is expected


@pytest.mark.parametrize(
    ("value", "half", "expected"),
    [
        (-0.3, 0.1, Outcome.PASS),
        (-0.3, 0.4, Outcome.UNRESOLVED),
        (-0.1, 0.2, Outcome.UNRESOLVED),
        (0.1, 0.1, Outcome.FAIL),
    ],
)
def test_asymmetry_gate_is_the_mirror_image(value: float, half: float, expected: Outcome) -> None:
    assert at_most(auroc(value, half), -0.15) is expected


def test_a_study_grown_by_the_stated_factor_resolves() -> None:
    unresolved = auroc(0.60, 0.05)
    factor = growth_needed(unresolved, 0.63)
    grown = auroc(0.60, 0.05 / math.sqrt(factor) * 0.999)
    assert factor > 1
    assert at_least(grown, 0.63) is Outcome.FAIL
    assert "prompts" in size_needed(unresolved, 0.63)


def test_rate_ratio_interval_covers_the_true_ratio() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(2000):
        k1, k2 = int(rng.binomial(100, 0.56)), int(rng.binomial(193, 0.047))
        found = rate_ratio(BySplit(rate(k1, 100), rate(k2, 193)))
        assert found is not None
        covered += found.lower <= 0.047 / 0.56 <= found.upper
    assert 0.93 <= covered / 2000 <= 0.98


def test_rate_ratio_without_fit_positives_is_unknown_and_without_fresh_positives_is_bounded() -> None:
    assert rate_ratio(BySplit(rate(0, 100), rate(9, 193))) is None
    none_left = rate_ratio(BySplit(rate(56, 100), rate(0, 193)))
    assert none_left is not None
    assert none_left.lower == 0 < none_left.upper < 0.1


def test_a_handle_needs_both_splits_and_a_beaten_surface() -> None:
    fresh = step(Step.FRESH_PROMPTS, auroc(0.8, 0.05), Outcome.PASS)
    assert diagnose([PASSED_CV, fresh], HOLDS, [BEATEN], []).failure is FailureMode.NONE
    assert diagnose([PASSED_CV, fresh], HOLDS, [], []).failure is FailureMode.UNRESOLVED
    failed_cv = step(Step.CROSS_VALIDATION, auroc(0.5, 0.05), Outcome.FAIL)
    assert diagnose([failed_cv, fresh], HOLDS, [BEATEN], []).failure is FailureMode.UNRESOLVED


def test_a_probe_that_does_not_beat_surface_is_no_handle_whichever_baseline_it_is() -> None:
    fresh = step(Step.FRESH_PROMPTS, auroc(0.8, 0.05), Outcome.PASS)
    close = BaselineResult("TF-IDF of the answer", "surface", None, auroc(0.78, 0.05), auroc(0.02, 0.05))
    verdict = diagnose([PASSED_CV, fresh], HOLDS, [BEATEN, close], [])
    assert verdict.failure is FailureMode.UNRESOLVED
    assert "TF-IDF of the answer" in verdict.reason


def test_a_handle_that_does_not_beat_confidence_is_said_to_be_no_better_than_the_logits() -> None:
    fresh = step(Step.FRESH_PROMPTS, auroc(0.8, 0.05), Outcome.PASS)
    logits = BaselineResult("mean token log-probability", "confidence", None, auroc(0.79, 0.05), auroc(0.01, 0.05))
    verdict = diagnose([PASSED_CV, fresh], HOLDS, [BEATEN, logits], [])
    assert verdict.failure is FailureMode.NONE
    assert "no better than reading the logits" in verdict.reason


def test_base_rates_tell_the_two_failure_modes_apart() -> None:
    at_chance = step(Step.FRESH_PROMPTS, auroc(0.516, 0.09), Outcome.FAIL)
    assert diagnose([PASSED_CV, at_chance], HOLDS, [], []).failure is FailureMode.SINGLE_OUTPUT_DISTRIBUTION
    assert diagnose([PASSED_CV, at_chance], CLIFF, [], []).failure is FailureMode.CAPABILITY_CLIFF
    wide = step(Step.FRESH_PROMPTS, auroc(0.519, 0.2), Outcome.UNRESOLVED)
    assert diagnose([PASSED_CV, wide], CLIFF, [], []).failure is FailureMode.CAPABILITY_CLIFF
    assert diagnose([PASSED_CV, wide], HOLDS, [], []).failure is FailureMode.UNRESOLVED


def test_an_unresolved_verdict_says_how_many_prompts_would_resolve_it() -> None:
    wide = step(Step.FRESH_PROMPTS, auroc(0.60, 0.2), Outcome.UNRESOLVED)
    assert "prompts with" in diagnose([PASSED_CV, wide], HOLDS, [], []).reason


def test_a_fatal_threat_voids_even_a_handle() -> None:
    fresh = step(Step.FRESH_PROMPTS, auroc(0.8, 0.05), Outcome.PASS)
    threat = Threat("positions_differ", Severity.FATAL, {}, "The splits were read at different positions.")
    verdict = diagnose([PASSED_CV, fresh], HOLDS, [BEATEN], [threat])
    assert verdict.failure is FailureMode.UNRESOLVED
    assert "different positions" in verdict.reason


def test_thresholds_are_the_papers() -> None:
    t = Thresholds()
    assert (t.cv_auroc, t.fresh_auroc, t.asymmetry, t.assert_floor) == (0.65, 0.63, -0.15, 0.70)
