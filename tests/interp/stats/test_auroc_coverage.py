"""How often the 95 % intervals of AUROCs hold the truth, by simulation: the table at `metrics.auroc`."""

import numpy as np
import pytest
from scipy.stats import norm

from interp.stats import auroc as stats_auroc
from interp.stats.auroc import paired_auroc_difference

SIZES = [(9, 184), (55, 138), (50, 50)]
AUROCS = [0.5, 0.65, 0.8, 0.95]


def normal_scores(rng, auroc, n_pos, n_neg, spread_pos=1.0, spread_neg=1.0):
    lift = np.hypot(spread_pos, spread_neg) * norm.ppf(auroc)
    return rng.normal(lift, spread_pos, n_pos), rng.normal(0, spread_neg, n_neg)


def exponential_scores(rng, auroc, n_pos, n_neg):
    return rng.exponential(auroc / (1 - auroc), n_pos), rng.exponential(1.0, n_neg)


def mirrored_exponential_scores(rng, auroc, n_pos, n_neg):
    return -rng.exponential(1.0, n_pos), -rng.exponential(auroc / (1 - auroc), n_neg)


def wide_positives(rng, auroc, n_pos, n_neg):
    return normal_scores(rng, auroc, n_pos, n_neg, spread_pos=2.0)


def wide_negatives(rng, auroc, n_pos, n_neg):
    return normal_scores(rng, auroc, n_pos, n_neg, spread_neg=2.0)


SCORES = [normal_scores, exponential_scores, mirrored_exponential_scores, wide_positives, wide_negatives]


def coverage(draw, auroc, n_pos, n_neg, studies, seed=0):
    rng = np.random.default_rng(seed)
    y = np.repeat([True, False], [n_pos, n_neg])
    held = 0
    for _ in range(studies):
        estimate = stats_auroc.auroc(y, np.concatenate(draw(rng, auroc, n_pos, n_neg)))
        held += estimate.lower <= auroc <= estimate.upper
    return held / studies


@pytest.mark.parametrize(("n_pos", "n_neg"), SIZES)
def test_auroc_interval_holds_the_truth_about_as_often_as_it_says(n_pos, n_neg):
    assert 0.925 < coverage(normal_scores, 0.8, n_pos, n_neg, 1500) < 0.975


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("auroc", AUROCS)
@pytest.mark.parametrize(("n_pos", "n_neg"), SIZES)
@pytest.mark.parametrize("draw", SCORES, ids=lambda f: f.__name__)
def test_auroc_interval_coverage_in_full(draw, n_pos, n_neg, auroc):
    studies = 5_000
    error = 2 * np.sqrt(0.05 * 0.95 / studies)
    floor = 0.92 if draw is wide_positives else 0.93
    found = coverage(draw, auroc, n_pos, n_neg, studies)
    assert floor - error < found < 0.97 + error


def paired_coverage(aurocs, correlation, n_pos, n_neg, studies):
    rng = np.random.default_rng(0)
    y = np.repeat([True, False], [n_pos, n_neg])
    mix = np.linalg.cholesky([[1, correlation], [correlation, 1]])
    lift = np.sqrt(2) * norm.ppf(aurocs)
    held = 0
    for _ in range(studies):
        scores = rng.normal(size=(n_pos + n_neg, 2)) @ mix.T + y[:, None] * lift
        estimate = paired_auroc_difference(y, scores[:, 0], scores[:, 1])
        held += estimate.lower <= aurocs[0] - aurocs[1] <= estimate.upper
    return held / studies


def test_paired_difference_interval_holds_the_truth():
    assert 0.92 < paired_coverage((0.8, 0.65), 0.5, 9, 184, 600) < 0.98


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("n_pos", "n_neg"), SIZES)
@pytest.mark.parametrize(
    ("aurocs", "correlation"),
    [
        ((0.5, 0.5), 0.0),
        ((0.5, 0.5), 0.8),
        ((0.7, 0.7), 0.5),
        ((0.8, 0.65), 0.5),
        ((0.95, 0.8), 0.5),
        ((0.9, 0.9), 0.7),
    ],
)
def test_paired_difference_coverage_in_full(aurocs, correlation, n_pos, n_neg):
    found = paired_coverage(aurocs, correlation, n_pos, n_neg, 2000)
    assert 0.92 < found < 0.985
