import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from interp.errors import InputError
from interp.stats.effects import cohens_kappa, d_of_sizes


def measured(a, b):
    """Cohen's d of two samples, by scipy's t statistic, with our interval."""
    d = stats.ttest_ind(a, b).statistic * np.sqrt(1 / len(a) + 1 / len(b))
    return d_of_sizes(float(d), len(a), len(b))


@pytest.mark.parametrize(("lift", "n", "m"), [(0.0, 5, 5), (1.5, 10, 12), (-0.8, 50, 40), (3.0, 9, 184), (8.0, 20, 20)])
def test_cohens_d_limits_put_the_observed_t_at_their_quantiles(lift, n, m):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=n) + lift, rng.normal(size=m)
    estimate, root = measured(a, b), np.sqrt(n * m / (n + m))
    assert (estimate.n_pos, estimate.n_neg) == (n, m)
    for limit, level in ((estimate.lower, 0.975), (estimate.upper, 0.025)):
        assert stats.nct.cdf(estimate.value * root, n + m - 2, limit * root) == pytest.approx(level, abs=1e-4)


def test_cohens_d_interval_covers_at_small_sizes():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(1000):
        estimate = measured(rng.normal(size=9) + 0.7, rng.normal(size=20))
        held += estimate.lower <= 0.7 <= estimate.upper
    assert 0.93 < held / 1000 < 0.97


@pytest.mark.parametrize("categories", [2, 3, 5])
def test_kappa_equals_scikit_learn(categories):
    rng = np.random.default_rng(categories)
    a = rng.integers(categories, size=80)
    b = np.where(rng.random(80) < 0.6, a, rng.integers(categories, size=80))
    estimate = cohens_kappa([f"c{i}" for i in a], [f"c{i}" for i in b])
    assert estimate.value == pytest.approx(cohen_kappa_score(a, b))
    assert estimate.n_pos == int((a == b).sum())
    assert estimate.lower < estimate.value < estimate.upper


@pytest.mark.parametrize(("agreement", "share"), [(0.0, 0.5), (0.4, 0.5), (0.8, 0.9), (0.8, 0.5)])
def test_kappa_interval_covers(agreement, share):
    rng = np.random.default_rng(3)
    spread = share * (1 - share)
    both = [share**2 + agreement * spread, spread * (1 - agreement)]
    table = np.array([*both, both[1], (1 - share) ** 2 + agreement * spread])
    held = 0
    for counts in rng.multinomial(100, table, size=400):
        a, b = np.repeat([1, 1, 0, 0], counts).tolist(), np.repeat([1, 0, 1, 0], counts).tolist()
        estimate = cohens_kappa(a, b)
        held += estimate.lower <= agreement <= estimate.upper
    assert held / 400 > 0.92


def test_perfect_agreement_has_a_width():
    estimate = cohens_kappa(["a", "b"] * 10, ["a", "b"] * 10)
    assert estimate.value == estimate.upper == 1.0
    assert 0.5 < estimate.lower < 0.95


@pytest.mark.parametrize(
    ("a", "b", "message"), [([], [], "0 and 0"), ([1], [1, 2], "1 and 2"), ([1, 1], [1, 1], "two cat")]
)
def test_kappa_that_does_not_exist_is_refused(a, b, message):
    with pytest.raises(InputError, match=message):
        cohens_kappa(a, b)
