import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from interp.errors import InputError
from interp.stats.auroc import auroc, auroc_values, paired_auroc_difference
from interp.stats.rates import (
    assertion_asymmetry,
    balanced_asymmetry,
    paired_mean_difference,
    paired_rate_difference,
    rate,
    rate_difference,
)

LABELS = np.array([True] * 4 + [False] * 6)


@st.composite
def labelled_scores(draw, n_scores=1):
    n_pos, n_neg = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    y = np.array([True] * n_pos + [False] * n_neg)
    columns = [draw(st.lists(st.integers(-3, 3), min_size=len(y), max_size=len(y))) for _ in range(n_scores)]
    return y, *(np.array(c, dtype=float) for c in columns)


@given(labelled_scores())
@settings(deadline=None)
def test_auroc_with_ties_equals_scikit_learn_and_lies_in_its_interval(case):
    y, score = case
    estimate = auroc(y, score)
    assert estimate.value == pytest.approx(roc_auc_score(y, score), abs=1e-12)
    assert 0 <= estimate.lower <= estimate.value <= estimate.upper <= 1
    assert estimate.upper - estimate.lower > 0.001
    assert (estimate.n_pos, estimate.n_neg) == (y.sum(), (~y).sum())


@given(labelled_scores())
@settings(deadline=None)
def test_auroc_interval_is_mirrored_when_classes_or_scores_are_swapped(case):
    y, score = case
    straight, swapped, reversed_ = auroc(y, score), auroc(~y, score), auroc(y, -score)
    for mirrored in (swapped, reversed_):
        limits = (1 - mirrored.upper, 1 - mirrored.value, 1 - mirrored.lower)
        assert limits == pytest.approx((straight.lower, straight.value, straight.upper), abs=1e-9)


def test_auroc_depends_on_the_order_of_the_scores_only():
    rng = np.random.default_rng(0)
    score = rng.normal(size=10)
    assert auroc(LABELS, score) == auroc(LABELS, np.exp(3 * score))


@pytest.mark.parametrize(
    ("n_pos", "n_neg", "low", "high"), [(2, 2, 0.1, 0.5), (9, 184, 0.8, 0.93), (50, 50, 0.9, 0.98)]
)
def test_perfect_separation_has_a_sensible_interval(n_pos, n_neg, low, high):
    y = np.repeat([True, False], [n_pos, n_neg])
    estimate = auroc(y, np.arange(len(y))[::-1].astype(float))
    assert estimate.value == estimate.upper == 1.0
    assert low < estimate.lower < high


def test_auroc_interval_shrinks_with_the_square_root_of_n():
    rng = np.random.default_rng(1)
    widths = []
    for n in (200, 800, 3200):
        y = np.repeat([True, False], n)
        estimate = auroc(y, rng.normal(size=2 * n) + y)
        widths.append(estimate.upper - estimate.lower)
    assert np.allclose(np.array(widths[:-1]) / widths[1:], 2, rtol=0.1)


def test_large_samples_have_delongs_interval():
    rng = np.random.default_rng(2)
    y = np.repeat([True, False], [3000, 5000])
    score = rng.normal(size=8000) + 0.8 * y
    below = (score[y][:, None] > score[~y][None, :]).astype(float)
    error = math.sqrt(below.mean(1).var(ddof=1) / 3000 + below.mean(0).var(ddof=1) / 5000)
    estimate = auroc(y, score)
    expected = below.mean() - 1.96 * error, below.mean() + 1.96 * error
    assert (estimate.lower, estimate.upper) == pytest.approx(expected, abs=3e-4)


def test_constant_scores_have_auroc_one_half():
    estimate = auroc(LABELS, np.zeros(10))
    assert estimate.value == 0.5
    assert 0 < estimate.lower < 0.46 < 0.54 < estimate.upper < 1


@pytest.mark.parametrize(
    ("y", "score", "message"),
    [
        (np.ones(5, bool), np.arange(5.0), "All 5 answers are positive"),
        (np.zeros(5, bool), np.arange(5.0), "All 5 answers are negative"),
        (np.array([0, 1, 2]), np.arange(3.0), "something else than 0 and 1"),
        (np.array([0.0, 1.0, np.nan]), np.arange(3.0), "something else than 0 and 1"),
        (np.array(["yes", "no"]), np.arange(2.0), "something else than 0 and 1"),
        (np.array([], dtype=bool), np.array([]), "no labelled answers"),
        (np.array([True, False]), np.array([0.1, np.nan]), "1 of 2 scores are NaN"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(y, score, message):
    with pytest.raises(InputError, match=message):
        auroc(y, score)


def test_labels_may_be_zeros_and_ones():
    score = np.arange(10.0)
    assert auroc(LABELS.astype(int), score) == auroc(LABELS.astype(float), score)
    assert auroc(LABELS.astype(int), score) == auroc(LABELS, score)


@given(labelled_scores(n_scores=3))
@settings(deadline=None)
def test_many_aurocs_at_once_equal_one_at_a_time(case):
    y, *scores = case
    many = auroc_values(np.tile(y, (3, 1)), np.array(scores))
    assert many == pytest.approx([auroc(y, s).value for s in scores], abs=1e-12)


def test_many_aurocs_refuse_a_row_of_one_class():
    with pytest.raises(InputError, match="one class only"):
        auroc_values(np.array([[True, False], [True, True]]), np.zeros((2, 2)))


@given(labelled_scores(n_scores=2))
@settings(deadline=None)
def test_paired_auroc_difference_is_antisymmetric_and_holds_its_value(case):
    y, a, b = case
    there, back = paired_auroc_difference(y, a, b), paired_auroc_difference(y, b, a)
    assert there.value == pytest.approx(roc_auc_score(y, a) - roc_auc_score(y, b), abs=1e-12)
    assert -1 <= there.lower <= there.value <= there.upper <= 1
    assert (there.lower, there.upper) == pytest.approx((-back.upper, -back.lower), abs=1e-9)


def test_paired_auroc_difference_of_large_samples_is_delongs():
    rng = np.random.default_rng(3)
    y = np.repeat([True, False], [2000, 3000])
    shared = rng.normal(size=5000)
    a, b = (shared + rng.normal(size=5000) + lift * y for lift in (1.0, 0.6))
    above = [(s[y][:, None] > s[~y][None, :]).astype(float) for s in (a, b)]
    gap = above[0] - above[1]
    error = math.sqrt(gap.mean(1).var(ddof=1) / 2000 + gap.mean(0).var(ddof=1) / 3000)
    estimate = paired_auroc_difference(y, a, b)
    expected = gap.mean() - 1.96 * error, gap.mean() + 1.96 * error
    assert (estimate.lower, estimate.upper) == pytest.approx(expected, abs=1e-3)


# Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10
@pytest.mark.parametrize(
    ("counts", "limits"),
    [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 10), (-0.2775, 0.2775)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ],
)
def test_rate_difference_gives_newcombes_published_limits(counts, limits):
    estimate = rate_difference(*counts)
    assert (estimate.lower, estimate.upper) == pytest.approx(limits, abs=6e-5)
    assert estimate.value == pytest.approx(counts[0] / counts[1] - counts[2] / counts[3])
    assert (estimate.n_pos, estimate.n_neg) == (counts[1], counts[3])


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 20), (3, 20), (20, 20), (500, 1000)])
def test_rate_has_scipys_wilson_interval(k, n):
    expected = stats.binomtest(k, n).proportion_ci(method="wilson")
    estimate = rate(k, n)
    assert (estimate.lower, estimate.upper) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert (estimate.value, estimate.n_pos, estimate.n_neg) == (k / n, k, n - k)


@pytest.mark.parametrize(("k", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(k, n):
    with pytest.raises(InputError, match=f"{k} out of {n}"):
        rate(k, n)


def test_assertion_asymmetry_of_the_studys_gemma_table():
    asserted = np.repeat([True, False, True, False], [53, 5, 38, 4])
    correct = np.repeat([True, False], [58, 42])
    estimate = assertion_asymmetry(asserted, correct)
    assert estimate.value == pytest.approx(38 / 42 - 53 / 58)
    assert round(estimate.value, 3) == -0.009
    assert (estimate.n_pos, estimate.n_neg) == (42, 58)
    assert estimate.lower < 0 < estimate.upper
    assert estimate.p_value == pytest.approx(1.0)


def test_assertion_asymmetry_p_value_is_that_of_permuted_labels():
    rng = np.random.default_rng(4)
    asserted = np.repeat([True, False, True, False], [6, 10, 12, 4])
    correct = np.repeat([True, False], [16, 16])
    estimate = assertion_asymmetry(asserted, correct)
    shuffled = rng.permuted(np.tile(correct, (20000, 1)), axis=1)
    gaps = (asserted * ~shuffled).sum(1) / 16 - (asserted * shuffled).sum(1) / 16
    assert estimate.p_value == pytest.approx(np.mean(np.abs(gaps) >= abs(estimate.value) - 1e-12), abs=0.01)


def test_assertion_asymmetry_without_wrong_answers_is_refused():
    with pytest.raises(InputError, match="All 3 answers are correct, .* label answers that are wrong"):
        assertion_asymmetry(np.array([True, False, True]), np.ones(3, bool))


def study_sweep(p, correct, floor):
    """The study's loop, written out."""
    best = None
    for threshold in np.linspace(0.05, 0.95, 91):
        asserted = p > threshold
        p_correct, p_wrong = asserted[correct].mean(), asserted[~correct].mean()
        if p_correct >= floor and (best is None or p_wrong - p_correct < best[0]):
            best = (p_wrong - p_correct, threshold, p_correct, p_wrong)
    return best


@given(labelled_scores())
@settings(deadline=None)
def test_balanced_asymmetry_equals_the_studys_loop(case):
    y, score = case
    p = (score + 4) / 8
    found, expected = balanced_asymmetry(p, y), study_sweep(p, y, 0.70)
    assert found.asymmetry is not None and expected is not None
    assert found.threshold == expected[1]
    values = (found.asymmetry.value, found.p_assert_correct.value, found.p_assert_wrong.value)
    assert values == pytest.approx((expected[0], *expected[2:]), abs=1e-12)


def test_balanced_asymmetry_says_why_no_threshold_counts():
    found = balanced_asymmetry(np.array([0.01, 0.02, 0.9, 0.9]), np.array([True, True, False, False]))
    assert found.asymmetry is None and found.threshold is None
    assert found.reason == "no threshold lets the gate assert 70% of the correct answers (at most 0%)"


def test_a_score_at_the_threshold_does_not_assert():
    found = balanced_asymmetry(
        np.array([0.5, 0.9, 0.5]), np.array([True, True, False]), thresholds=np.array([0.5]), floor=0.5
    )
    assert found.p_assert_correct.value == 0.5
    assert found.p_assert_wrong.value == 0.0


def test_paired_rate_difference_by_hand():
    # Bentur et al. (2009): 1 both, 1 before only, 7 after only, 12 neither; limits as in Fagerland et al. (2014)
    a = np.repeat([True, True, False, False], [1, 1, 7, 12])
    b = np.repeat([True, False, True, False], [1, 1, 7, 12])
    estimate = paired_rate_difference(a, b)
    assert estimate.value == pytest.approx(-6 / 21)
    assert (estimate.lower, estimate.upper) == pytest.approx((-0.507, -0.026), abs=6e-4)
    assert estimate.p_value == pytest.approx(2 * sum(math.comb(8, k) for k in (0, 1)) / 2**8)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
@settings(deadline=None)
def test_paired_rate_difference_always_holds_its_value(pairs):
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    estimate = paired_rate_difference(a, b)
    assert -1 <= estimate.lower <= estimate.value <= estimate.upper <= 1
    assert estimate.lower < estimate.upper
    assert 0 < estimate.p_value <= 1


def test_paired_mean_difference_equals_scipys_paired_t_test():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=30), rng.normal(size=30) + 0.3
    result = stats.ttest_rel(a, b)
    estimate = paired_mean_difference(a, b)
    limits = result.confidence_interval()
    assert (estimate.lower, estimate.upper) == pytest.approx((limits.low, limits.high))
    assert estimate.p_value == pytest.approx(result.pvalue)
    assert estimate.value == pytest.approx((a - b).mean())


def test_equal_differences_say_that_the_interval_has_no_width():
    same = paired_mean_difference(np.arange(5), np.arange(5))
    assert (same.lower, same.value, same.upper, same.p_value) == (0, 0, 0, 1.0)
    assert "no width" in same.method
    assert paired_mean_difference(np.arange(5) + 1, np.arange(5)).p_value is None


def test_one_pair_is_refused():
    with pytest.raises(InputError, match="at least 2 items, got 1"):
        paired_mean_difference(np.array([1.0]), np.array([2.0]))


def test_importing_the_metrics_loads_neither_scipy_nor_scikit_learn():
    modules = "interp.stats.rates, interp.stats.calibration, interp.stats.effects, interp.stats.resampling"
    code = f"import sys, {modules}; sys.exit(any(m in sys.modules for m in ('scipy', 'sklearn', 'torch')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
