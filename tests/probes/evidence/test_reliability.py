from __future__ import annotations

import numpy as np
import pytest

from interp.records.answers import Generation
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from probes.evidence.reliability import curve, reliability
from probes.fitting.samples import Samples


def fresh(y: np.ndarray) -> Samples:
    ids = [str(i) for i in range(len(y))]
    return Samples(
        "correct",
        Split.FRESH,
        tuple(Prompt(i, i, "d", Split.FRESH, ()) for i in ids),
        tuple(Generation(i, i, "m", "", (), 0, "", 0, None, 0, None, None) for i in ids),
        tuple(Label(i, 1.0, (), bool(v), None, "j") for i, v in zip(ids, y, strict=True)),
        y,
        {},
    )


def test_true_probabilities_are_calibrated_and_overconfident_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    score = rng.standard_normal(800)
    y = rng.random(800) < 1 / (1 + np.exp(-score))
    honest, loud = reliability(fresh(y), score), reliability(fresh(y), 6 * score)
    assert honest.ece.lower == 0 and honest.ece_equal_mass.lower == 0
    assert loud.ece.lower > 0 and loud.brier.value > honest.brier.value
    assert honest.brier.value < honest.brier_of_rate
    assert "10 equal-width bins" in honest.ece.method and "10 equal-mass bins" in honest.ece_equal_mass.method


def test_the_area_under_risk_and_coverage_is_below_the_risk_where_scores_tell() -> None:
    rng = np.random.default_rng(1)
    y = np.arange(300) % 2 == 0
    telling, blind = (reliability(fresh(y), s) for s in (3 * y + rng.standard_normal(300), rng.standard_normal(300)))
    assert telling.aurc is not None and blind.aurc is not None
    assert telling.aurc.upper < telling.risk.lower
    assert blind.aurc.value == pytest.approx(0.5, abs=0.12)
    assert telling.risk.value == 0.5


def test_the_curve_counts_the_answers_of_highest_score() -> None:
    y = np.array([True, True, False, True, False, False, False, True, False, False])
    p = np.linspace(0.95, 0.05, 10)
    found = curve(y, p, points=5)
    assert [(point.risk.n_pos, point.risk.n_neg) for point in found] == [(0, 2), (1, 3), (3, 3), (4, 4), (6, 4)]
    assert [point.threshold for point in found] == pytest.approx([0.85, 0.65, 0.45, 0.25, 0.05])
