import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from interp.errors import InputError
from interp.stats.calibration import aurc, brier, ece, risk_coverage


def calibrated(rng, n, slope=1.0):
    log_odds = rng.normal(0, 1.5, n)
    truth = 1 / (1 + np.exp(-slope * log_odds))
    return rng.random(n) < truth, 1 / (1 + np.exp(-log_odds))


def test_brier_equals_scikit_learn():
    y, p = calibrated(np.random.default_rng(0), 200)
    estimate = brier(y, p)
    assert estimate.value == pytest.approx(brier_score_loss(y, p))
    assert estimate.lower < estimate.value < estimate.upper


def test_brier_interval_covers():
    rng = np.random.default_rng(1)
    truth = np.mean([brier(*calibrated(rng, 20000)).value for _ in range(10)])
    estimates = [brier(*calibrated(rng, 100)) for _ in range(500)]
    assert 0.92 < np.mean([e.lower <= truth <= e.upper for e in estimates]) < 0.98


@pytest.mark.parametrize("binning", ["equal_width", "equal_mass"])
def test_ece_equals_a_loop_over_bins(binning):
    y, p = calibrated(np.random.default_rng(2), 103)
    edges = (
        np.linspace(0, 1, 11)
        if binning == "equal_width"
        else np.append(np.sort(p)[np.ceil(np.arange(10) * 10.3).astype(int)], 1)
    )
    total = 0.0
    for low, high in itertools.pairwise(edges):
        rows = (p >= low) & (p < high)
        total += rows.mean() * abs(p[rows].mean() - y[rows].mean())
    estimate = ece(y, p, 10, binning)
    assert estimate.value == pytest.approx(total)
    assert binning.replace("_", "-") in estimate.method


def test_ece_by_hand():
    y = np.array([True, False, True, True])
    p = np.array([0.1, 0.3, 0.9, 1.0])
    assert ece(y, p, 2).value == pytest.approx(0.5 * abs(0.2 - 0.5) + 0.5 * abs(0.95 - 1.0))
    assert ece(y, p, 1).value == pytest.approx(abs(0.575 - 0.75))


def test_tied_probabilities_stay_in_one_bin_of_equal_mass():
    y = np.array([True, False] * 5)
    assert ece(y, np.full(10, 0.7), 5, "equal_mass").value == pytest.approx(0.2)


@pytest.mark.parametrize("n", [100, 193])
def test_right_probabilities_are_rarely_called_miscalibrated(n):
    rng = np.random.default_rng(3)
    estimates = [ece(*calibrated(rng, n)) for _ in range(500)]
    assert np.mean([e.lower > 0 for e in estimates]) < 0.05
    assert np.mean([e.value for e in estimates]) > 0.05  # what the plain number would claim


@pytest.mark.parametrize("slope", [0.5, 0.2])
def test_ece_interval_covers_miscalibration(slope):
    rng = np.random.default_rng(4)
    truth = ece(*calibrated(rng, 400_000, slope)).value
    estimates = [ece(*calibrated(rng, 193, slope)) for _ in range(400)]
    assert np.mean([e.lower <= truth <= e.upper for e in estimates]) > 0.94


@pytest.mark.parametrize("measure", [brier, ece])
def test_log_odds_are_refused_as_probabilities(measure):
    with pytest.raises(InputError, match="log-odds must be turned"):
        measure(np.array([True, False]), np.array([2.3, -1.0]))


def test_no_bins_are_refused():
    with pytest.raises(InputError, match="at least 1 bin"):
        ece(np.array([True, False]), np.array([0.3, 0.1]), 0)


def test_risk_coverage_by_hand():
    curve = risk_coverage(np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1]))
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert curve.threshold.tolist() == [0.9, 0.8, 0.7, 0.1]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=1, max_size=5))
@settings(deadline=None)
def test_ties_give_the_mean_over_all_orders(rows):
    right = np.array([r for r, _ in rows])
    score = np.array([float(s) for _, s in rows])
    orders = [o for o in itertools.permutations(range(len(rows))) if (np.diff(score[list(o)]) <= 0).all()]
    mean = np.mean([np.cumsum(~right[list(o)]) / np.arange(1, len(rows) + 1) for o in orders], axis=0)
    assert risk_coverage(right, score).risk == pytest.approx(mean)


def test_aurc_is_the_mean_risk_and_rewards_a_better_score():
    rng = np.random.default_rng(5)
    right = rng.random(200) < 0.6
    good, bad = right + rng.normal(size=200), rng.normal(size=200)
    a, b = aurc(right, good, draws=500), aurc(right, bad, draws=500)
    assert a.value == pytest.approx(risk_coverage(right, good).risk.mean())
    assert a.upper < b.lower
    assert (a.n_pos, a.n_neg) == (right.sum(), (~right).sum())


def test_aurc_interval_widens_when_answers_share_prompts():
    rng = np.random.default_rng(6)
    right = np.repeat(rng.random(30) < 0.5, 8)
    score = np.repeat(rng.normal(size=30), 8) + right
    alone = aurc(right, score, draws=500)
    grouped = aurc(right, score, np.repeat(np.arange(30), 8).tolist(), draws=500)
    assert grouped.upper - grouped.lower > 1.5 * (alone.upper - alone.lower)


def exact_ece(y, p, bins):
    """ECE in exact fractions: the probability p[i] = (numerator, denominator) lies in bin floor(p * bins)."""
    held = {}
    for right, probability in zip(y, p, strict=True):
        held.setdefault(min(math.floor(probability * bins), bins - 1), []).append(int(right) - probability)
    return float(sum(abs(sum(gaps)) for gaps in held.values()) / len(p))


@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_a_probability_on_an_edge_lies_in_the_bin_above_it(precision):
    rng = np.random.default_rng(4)
    for bins in range(1, 201):
        edges = [Fraction(k, bins) for k in range(bins + 1)]
        y = rng.random(bins + 1) < 0.5
        y[:2] = True, False
        p = (np.arange(bins + 1) / bins).astype(precision)
        assert ece(y, p, bins).value == pytest.approx(exact_ece(y, edges, bins), abs=1e-6), bins


@pytest.mark.parametrize(("bins", "k"), [(22, 15), (49, 1), (58, 29), (100, 29), (103, 7), (200, 35)])
def test_a_probability_just_below_an_edge_lies_in_the_bin_below_it(bins, k):
    edge = k / bins
    below, middle = np.nextafter(edge, 0), (k - 0.5) / bins
    y, apart, together = np.array([True, False]), [edge, middle], [below, middle]
    assert ece(y, np.array(apart), bins).value == pytest.approx((1 - edge + middle) / 2)
    assert ece(y, np.array(together), bins).value == pytest.approx(abs(1 - edge - middle) / 2)


def test_zero_and_one_lie_in_the_outer_bins():
    for bins in (1, 2, 22, 199):
        assert ece(np.array([False, True]), np.array([0, 1]), bins).value == 0
