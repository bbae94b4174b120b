"""Means and paired differences: McNemar, sign flips and intervals, against hand formulas and by simulation."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

from interp.stats import deltas
from interp.stats.deltas import bounded_mean, delta, sign_flip_p
from interp.stats.rates import paired_mean_difference, rate

YES_NO = (0.0, 1.0)
cells = st.tuples(*[st.integers(0, 30)] * 4).filter(any)


def yes_no(both: int, only_a: int, only_b: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    a = np.repeat([1.0, 1.0, 0.0, 0.0], [both, only_a, only_b, neither])
    b = np.repeat([1.0, 0.0, 1.0, 0.0], [both, only_a, only_b, neither])
    return a, b


def mcnemar_by_hand(only_a: int, only_b: int) -> float:
    """Twice the smaller tail of a fair coin tossed once a discordant item."""
    n, k = only_a + only_b, min(only_a, only_b)
    return min(1.0, 2 * sum(comb(n, i) for i in range(k + 1)) / 2**n) if n else 1.0


@given(cells)
@settings(deadline=None)
def test_mcnemar_is_the_coin_of_the_discordant_items(counts):
    found = delta(*yes_no(*counts), YES_NO)
    assert found is not None
    assert found.p_value == pytest.approx(mcnemar_by_hand(counts[1], counts[2]))


@given(cells)
@settings(deadline=None)
def test_swapping_the_sides_turns_the_delta_and_its_interval_round(counts):
    a, b = yes_no(*counts)
    there, back = delta(a, b, YES_NO), delta(b, a, YES_NO)
    assert there is not None
    assert back is not None
    assert (there.value, there.lower, there.upper) == pytest.approx((-back.value, -back.upper, -back.lower))
    assert there.p_value == pytest.approx(back.p_value)
    assert -1 <= there.lower <= there.value <= there.upper <= 1


@given(cells, st.integers(1, 200))
@settings(deadline=None)
def test_items_that_agree_change_no_p_value_but_shrink_the_delta(counts, more):
    less, grown = delta(*yes_no(*counts), YES_NO), delta(*yes_no(counts[0] + more, *counts[1:]), YES_NO)
    assert less is not None
    assert grown is not None
    assert grown.p_value == pytest.approx(less.p_value)
    assert abs(grown.value) <= abs(less.value)


graded = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, 2.0]), st.sampled_from([0.0, 1.0, 2.0])), min_size=1, max_size=60
)


@given(graded)
@settings(max_examples=50, deadline=None)
def test_a_graded_delta_lies_in_its_interval_and_turns_round_with_the_sides(pairs):
    a, b = np.array(pairs).T
    there, back = delta(a, b, (0.0, 2.0)), delta(b, a, (0.0, 2.0))
    assert there is not None
    assert back is not None
    assert there.value == pytest.approx(b.mean() - a.mean())
    assert -2 <= there.lower <= there.value <= there.upper <= 2
    assert there.upper > there.lower
    assert (there.lower, there.upper) == pytest.approx((-back.upper, -back.lower))


def test_bounded_mean_by_hand():
    values = np.array([0.0, 1.0, 1.0, 2.0, 2.0])
    weights = np.array([1.5, 2.0, 2.5])  # half an item more at 0 and at 2
    centre = (weights @ [0, 1, 2]) / 6
    error = np.sqrt(weights @ (np.arange(3) - centre) ** 2 / 5 / 6)
    reach = stdtrit(5, 0.975) * error
    found = bounded_mean(values, (0.0, 2.0))
    assert found.value == 1.2
    assert (found.lower, found.upper) == pytest.approx((max(0, centre - reach), min(2, centre + reach)))


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=13))
@settings(deadline=None)
def test_sign_flips_of_yes_no_differences_are_mcnemars_test(gaps):
    gap = np.array(gaps)
    assert sign_flip_p(gap) == pytest.approx(mcnemar_by_hand(int((gap > 0).sum()), int((gap < 0).sum())))


def test_sign_flips_of_four_graded_differences_by_hand():
    gap = np.array([2.0, 1.0, 0.0, 1.0, -1.0])
    signs = np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1)
    sums = (signs * np.array([[2.0], [1.0], [1.0], [1.0]])).sum(0)
    assert sign_flip_p(gap) == pytest.approx(min(1.0, 2 * (sums >= gap.sum()).mean()))


def test_nothing_to_compare_has_no_delta_and_a_single_length_none_either():
    none, one = np.array([]), np.array([3.0])
    assert delta(none, none, YES_NO) is None
    assert delta(one, one, None) is None
    assert deltas.mean(none, YES_NO) is None
    assert deltas.mean(one, None) is None


def test_scores_without_a_scale_get_students_paired_interval():
    rng = np.random.default_rng(0)
    a, b = rng.normal(50, 9, 40), rng.normal(55, 9, 40)
    assert delta(a, b, None) == paired_mean_difference(b, a)


def test_the_mean_of_yes_no_scores_is_a_rate_with_wilsons_interval():
    assert deltas.mean(np.array([1.0, 0.0, 0.0]), YES_NO) == rate(1, 3)


DIFFERENCES = {  # probabilities of the differences -1, -0.5, 0, 0.5, 1 of scores between 0 and 1
    "1 % differ": (0.0, 0.0, 0.99, 0.01, 0.0),
    "3 % differ, all one way": (0.0, 0.0, 0.97, 0.0, 0.03),
    "3 % differ, both ways": (0.0, 0.015, 0.97, 0.015, 0.0),
    "10 % differ": (0.0, 0.01, 0.90, 0.09, 0.0),
    "like the first pass": (0.02, 0.12, 0.35, 0.40, 0.11),
    "95 % differ by half": (0.0, 0.0, 0.05, 0.95, 0.0),
    "95 % differ by all": (0.0, 0.0, 0.03, 0.02, 0.95),
}


def coverage(name: str, n: int, studies: int) -> tuple[float, float]:
    """Share of simulated studies whose interval holds the true difference: ours, and Student's."""
    p = np.array(DIFFERENCES[name])
    levels = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    truth = float(p @ levels)
    counts = np.random.default_rng(0).multinomial(n, p, studies)
    ours, students = [], []
    for row in counts:
        gap = np.repeat(levels, row)
        for found, into in ((bounded_mean(gap, (-1.0, 1.0)), ours), (_student(gap), students)):
            into.append(found.lower - 1e-12 <= truth <= found.upper + 1e-12)
    return 100 * float(np.mean(ours)), 100 * float(np.mean(students))


def _student(gap: np.ndarray):
    return paired_mean_difference(gap, np.zeros(len(gap)))


@pytest.mark.parametrize("name", DIFFERENCES)
@pytest.mark.parametrize("n", [20, 164])
def test_the_graded_interval_covers_where_students_does_not(name: str, n: int):
    ours, _ = coverage(name, n, 400)
    assert ours >= 93


def test_students_interval_does_not_cover_where_few_items_differ():
    assert coverage("1 % differ", 20, 400)[1] < 40


@pytest.mark.slow
@pytest.mark.parametrize("name", DIFFERENCES)
@pytest.mark.parametrize("n", [20, 50, 164, 500])
def test_coverage_of_the_graded_interval(name: str, n: int):
    ours, _ = coverage(name, n, 2000)
    assert ours >= 94


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 50, 164])
@pytest.mark.parametrize("shares", [(0.1, 0.02, 0.02), (0.3, 0.1, 0.2), (0.13, 0.04, 0.21), (0.0, 0.0, 0.05)])
def test_coverage_of_the_yes_no_interval(n: int, shares: tuple[float, float, float]):
    p = np.array([*shares, 1 - sum(shares)])  # both, only A, only B, neither
    truth = shares[2] - shares[1]
    held = []
    for counts in np.random.default_rng(0).multinomial(n, p, 4000):
        found = delta(*yes_no(*(int(c) for c in counts)), YES_NO)
        assert found is not None
        held.append(found.lower - 1e-12 <= truth <= found.upper + 1e-12)
    assert np.mean(held) >= 0.935
