"""Paired differences, the trend test and the comparison with random sets, held against other people's answers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from hooks.dose.response import Doses, against_random, along, difference, level, trend
from interp.results.dose import DISPOSITION
from interp.stats.rates import paired_rate_difference, rate

RNG = np.random.default_rng(0)
NAN = math.nan


def doses_of(values: np.ndarray, factors: tuple[float, ...] = (1.0, 0.9, 0.5)) -> Doses:
    """Doses of one measure, (set, factor, prompt)."""
    return Doses(tuple(f"s{i}" for i in range(len(values))), factors, {DISPOSITION: values.astype(np.float64)})


def test_factors_run_from_the_far_side_to_the_one_farthest_from_1() -> None:
    assert along((1.0, 0.5, 0.9)) == (1.0, 0.9, 0.5)
    assert along((0.8, 1.0, 2.0)) == (0.8, 1.0, 2.0)
    assert along((1.5, 1.0, 0.5)) == (1.5, 1.0, 0.5)


def test_a_difference_of_yes_and_no_is_the_paired_rate_difference_over_prompts_known_in_both() -> None:
    a = np.array([1, 1, 0, NAN, 1, 0, 1, 1])
    b = np.array([0, 1, 0, 1, NAN, 1, 0, 1])
    known = [0, 1, 2, 5, 6, 7]
    assert difference(a, b) == paired_rate_difference(a[known], b[known])


def test_a_difference_of_shares_is_students_t_over_prompts_known_in_both() -> None:
    a, b = np.array([0.25, 0.5, 1.0, NAN, 0.75]), np.array([0.5, 0.5, 0.75, 1.0, 0.25])
    found = difference(a, b)
    kept = [0, 1, 2, 4]
    expected = stats.ttest_rel(a[kept], b[kept])
    assert found is not None
    assert found.p_value == pytest.approx(expected.pvalue)
    assert (found.lower, found.upper) == pytest.approx(tuple(expected.confidence_interval()))


@pytest.mark.parametrize("value", [0.5, 1.0])
def test_prompts_that_never_differ_still_have_an_interval_with_a_width(value: float) -> None:
    x = np.full(50, value)
    found = difference(x, x)
    assert found is not None and found.value == 0
    assert found.lower < -0.03 and found.upper > 0.03


def test_too_few_pairs_are_no_difference_and_nothing_known_is_no_level() -> None:
    assert difference(np.array([1.0, NAN]), np.array([1.0, 1.0])) is None
    assert level(np.array([NAN, NAN])) is None
    assert level(np.array([1.0, NAN, 0.0])) == rate(1, 2)


def test_the_trend_without_ties_is_pages() -> None:
    x = RNG.normal(size=(12, 4)) + np.arange(4) * 0.2
    found = trend(doses_of(x.T[None], (1.0, 0.9, 0.8, 0.5)), DISPOSITION, 0, draws=20000)
    page = stats.page_trend_test(x, method="exact")
    assert found is not None and found.direction == 1 and found.n_moving == found.n_prompts == 12
    assert found.p == pytest.approx(min(1.0, 2 * page.pvalue), rel=0.25)


def test_the_trend_with_ties_has_the_p_of_all_permutations() -> None:
    x = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [1, 1, 1], [1, 0, 0]], dtype=float)
    weights = np.array([-1, 0, 1])
    ranks = stats.rankdata(x, axis=1)
    every = [
        sum(float(np.array(r)[list(p)] @ weights) for r, p in zip(ranks, ps, strict=True))
        for ps in itertools.product(list(itertools.permutations(range(3))), repeat=len(x))
    ]
    statistic = float((ranks @ weights).sum())
    exact = 2 * np.mean(np.array(every) <= statistic + 1e-9)
    found = trend(doses_of(x.T[None]), DISPOSITION, 0, draws=20000)
    assert found is not None and found.direction == -1
    assert (found.n_prompts, found.n_moving) == (5, 4)
    assert found.p == pytest.approx(exact, abs=0.01)


def test_the_trend_leaves_out_prompts_that_are_unknown_somewhere() -> None:
    x = np.array([[1, 0, 0], [1, NAN, 0], [1, 1, 0], [NAN, NAN, NAN]])
    found = trend(doses_of(x.T[None]), DISPOSITION, 0)
    assert found is not None and found.n_prompts == 2


def test_what_never_moves_has_no_direction() -> None:
    found = trend(doses_of(np.ones((1, 3, 9))), DISPOSITION, 0)
    assert found is not None and (found.direction, found.p, found.n_moving) == (0, 1.0, 0)


def test_under_no_effect_the_trend_is_found_in_5_per_cent() -> None:
    p = []
    for _ in range(400):
        person = RNG.random((1, 40))
        found = trend(
            doses_of((RNG.random((4, 40)) < person).astype(float)[None], (1.0, 0.9, 0.8, 0.5)),
            DISPOSITION,
            0,
            draws=199,
        )
        assert found is not None
        p.append(found.p)
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.08


def study(effects: list[float], n: int = 200) -> Doses:
    """All asserted at factor 1; at 0.5 a share of `effects[set]` fewer."""
    x = np.ones((len(effects), 3, n))
    for i, fall in enumerate(effects):
        x[i, 1, : int(n * fall / 2)] = 0
        x[i, 2, : int(n * fall)] = 0
    return doses_of(x)


def test_the_chosen_heads_rank_among_the_random_sets() -> None:
    found = against_random(study([0.4, 0.1, 0.0, 0.2, 0.1, 0.1]), DISPOSITION)
    assert found is not None
    assert (found.as_far, found.p, found.smallest_p) == (0, pytest.approx(1 / 6), pytest.approx(1 / 6))
    assert found.effects == pytest.approx((-0.1, 0.0, -0.2, -0.1, -0.1))
    assert found.excess.value == pytest.approx(-0.3)
    assert found.excess.lower < -0.3 < found.excess.upper < 0
    tied = against_random(study([0.2, 0.2, 0.3, 0.0]), DISPOSITION)
    assert tied is not None and (tied.as_far, tied.p) == (2, pytest.approx(3 / 4))


def test_a_random_set_that_moves_as_far_the_other_way_counts() -> None:
    x = np.tile([1.0, 0.0], (2, 3, 50))
    x[0, 2, ::2] = 0  # all hedged
    x[1, 2] = 1  # all asserted
    found = against_random(doses_of(x), DISPOSITION)
    assert found is not None and found.as_far == 1


@pytest.mark.parametrize("known", [0, 1, 9])
def test_without_random_sets_or_with_few_known_effects_there_is_no_comparison(known: int) -> None:
    assert against_random(study([0.4]), DISPOSITION) is None
    x = np.ones((2, 3, 200))
    x[1, 2, known:] = NAN
    assert against_random(doses_of(x), DISPOSITION) is None


def test_sets_that_never_differ_still_have_an_excess_with_a_width() -> None:
    found = against_random(study([0.0, 0.0, 0.0]), DISPOSITION)
    assert found is not None and found.as_far == 2
    assert found.excess.value == 0 and found.excess.lower < -0.01 and found.excess.upper > 0.01


def test_ten_known_effects_of_many_prompts_are_compared() -> None:
    x = np.ones((21, 3, 200))
    x[:, 2, 10:] = NAN
    found = against_random(doses_of(x), DISPOSITION)
    assert found is not None and found.excess.n_pos == 10
