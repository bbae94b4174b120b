from __future__ import annotations

import numpy as np
import pytest

from interp.results.evidence import Thresholds
from probes.evidence.sidecar import try_sidecar


def scored(shift: float, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.5
    return y, rng.standard_normal(n) + shift * (y - 0.5)


def test_the_threshold_never_sees_fresh_and_the_oracle_does_no_worse() -> None:
    fit, fresh, other = scored(1.5, 100, 0), scored(1.5, 200, 1), scored(0.5, 200, 2)
    a, b = (try_sidecar(*fit, *split, Thresholds()) for split in (fresh, other))
    assert a.threshold == b.threshold
    assert a.asymmetry is not None and a.oracle_asymmetry is not None
    assert a.asymmetry.value < -0.15
    assert a.p_assert_correct is not None
    if a.p_assert_correct.value >= Thresholds().assert_floor:
        assert a.oracle_asymmetry.value <= a.asymmetry.value


def test_the_selective_curve_ends_at_the_overall_risk_and_falls_where_scores_tell() -> None:
    y, scores = scored(2.5, 400, 3)
    found = try_sidecar(y, scores, y, scores, Thresholds()).curve
    assert [round(p.coverage, 3) for p in found] == [i / 10 for i in range(1, 11)]
    assert found[-1].risk.value == pytest.approx(1 - y.mean())
    assert found[0].risk.value < found[-1].risk.value - 0.3
    assert [p.threshold for p in found] == sorted((p.threshold for p in found), reverse=True)


def test_one_class_on_fresh_leaves_the_threshold_untried_and_says_why() -> None:
    fit = scored(1.5, 100, 0)
    found = try_sidecar(*fit, np.ones(20, dtype=bool), np.zeros(20), Thresholds())
    assert found.asymmetry is None and found.reason == "fresh holds one class only"
