import numpy as np
import pytest
from scipy import stats

from interp.errors import InputError
from interp.stats.resampling import bootstrap_by_group, permutation_p


def mean_of(values):
    return lambda rows: float(values[rows].mean())


def test_bootstrap_of_independent_rows_equals_scipys_bca():
    values = np.random.default_rng(0).exponential(size=60)
    ours = bootstrap_by_group(mean_of(values), range(60), n_pos=60, n_neg=0, draws=20000, seed=1)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20000, method="BCa", rng=np.random.default_rng(2))
    limits = theirs.confidence_interval
    assert (ours.lower, ours.upper) == pytest.approx((limits.low, limits.high), abs=0.012)
    assert ours.value == values.mean()


def test_rows_of_one_prompt_do_not_count_as_independent():
    per_prompt = np.random.default_rng(3).normal(size=40)
    rows = np.repeat(per_prompt, 8)
    single = bootstrap_by_group(mean_of(per_prompt), range(40), n_pos=40, n_neg=0)
    repeated = bootstrap_by_group(mean_of(rows), np.repeat(np.arange(40), 8).tolist(), n_pos=320, n_neg=0)
    assert (repeated.lower, repeated.upper) == pytest.approx((single.lower, single.upper), abs=1e-12)
    naive = bootstrap_by_group(mean_of(rows), range(320), n_pos=320, n_neg=0)
    assert naive.upper - naive.lower < 0.5 * (repeated.upper - repeated.lower)


def test_group_bootstrap_covers_where_groups_correlate():
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(25), 4).tolist()
    held = 0
    for _ in range(200):
        values = np.repeat(rng.normal(size=25), 4) + rng.normal(size=100)
        estimate = bootstrap_by_group(mean_of(values), groups, n_pos=100, n_neg=0, draws=300, seed=rng)
        held += estimate.lower <= 0 <= estimate.upper
    assert 0.88 < held / 200 < 0.99


def test_the_same_seed_gives_the_same_interval_and_leaves_the_global_state_alone():
    values = np.arange(20.0)
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one, two, other = (
        bootstrap_by_group(mean_of(values), range(20), n_pos=20, n_neg=0, seed=seed) for seed in (7, 7, 8)
    )
    assert one == two != other
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_a_statistic_that_rarely_exists_is_refused():
    y = np.array([True] + [False] * 9)

    def share(rows):
        return float(y[rows].mean()) if y[rows].any() else float("nan")

    with pytest.raises(InputError, match=r"does not exist on \d+ of 500 resamples of 10 groups"):
        bootstrap_by_group(share, range(10), n_pos=1, n_neg=9, draws=500)


def test_one_group_is_refused():
    with pytest.raises(InputError, match="two groups or more"):
        bootstrap_by_group(mean_of(np.arange(3.0)), ["a"] * 3, n_pos=3, n_neg=0)


def test_a_constant_statistic_has_an_interval_of_its_value():
    estimate = bootstrap_by_group(mean_of(np.ones(10)), range(10), n_pos=10, n_neg=0)
    assert (estimate.lower, estimate.value, estimate.upper) == (1.0, 1.0, 1.0)


def test_permutation_p_counts_the_observed_labeling():
    null = np.array([0.1, 0.2, 0.3, 0.4])
    assert permutation_p(0.9, null) == 1 / 5
    assert permutation_p(0.3, null) == 3 / 5
    assert permutation_p(0.3, null, "less") == 4 / 5
    assert permutation_p(0.9, null, "two-sided") == 2 / 5
    assert permutation_p(0.25, null, "two-sided") == 1.0


def test_a_value_that_differs_by_rounding_counts_as_equal():
    assert permutation_p(0.1 + 0.2, np.array([0.3])) == 1.0


@pytest.mark.parametrize("null", [np.array([]), np.array([0.1, np.nan])])
def test_permutation_p_refuses_missing_values(null):
    with pytest.raises(InputError, match="needs numbers"):
        permutation_p(0.5, null)
