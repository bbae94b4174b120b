"""Rates and differences of rates with their intervals, and the study's assertion asymmetry."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Real, Shaped

from interp.errors import InputError
from interp.records.findings import Estimate
from interp.stats.intervals import Interval, difference, wilson

THRESHOLDS = np.linspace(0.05, 0.95, 91)  # the sweep of the study


FLOOR = 0.70  # P(assert | correct) from which a threshold counts as balanced in the study


SCALE_NOTE = "a label is True or False (or 1 or 0); leave unscored answers out before measuring"


def as_labels(y: Shaped[np.ndarray, "*n"]) -> Bool[np.ndarray, "*n"]:
    """Return labels as bool; anything but True, False, 0 and 1, or no label at all, raises InputError."""
    if y.size == 0:
        raise InputError("There are no labelled answers to measure; expected at least one.")
    if y.dtype == np.bool_:
        return y
    numbers = y.astype(np.float64) if y.dtype.kind in "iuf" else np.array([np.nan])
    if not np.isin(numbers, (0.0, 1.0)).all():
        raise InputError(f"Labels of type {y.dtype} hold something else than 0 and 1; {SCALE_NOTE}.")
    return np.asarray(numbers == 1.0)


def as_scores(score: Real[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return scores as float64; a score that is not a number raises InputError."""
    numbers = score.astype(np.float64)
    missing = int(np.isnan(numbers).sum())
    if missing:
        raise InputError(f"{missing} of {len(numbers)} scores are NaN; leave those answers out or find out why.")
    return numbers


def rate(k: int, n: int) -> Estimate:
    """Return k of n with Wilson's interval; n_pos counts the successes, n_neg the rest."""
    if not 0 <= k <= n or n == 0:
        raise InputError(f"A rate of {k} out of {n} is none; expected n of at least 1 and k between 0 and n.")
    return Estimate(k / n, *wilson(k / n, n), "rate, Wilson score", k, n - k)


def rate_difference(k1: int, n1: int, k2: int, n2: int) -> Estimate:
    """Return k1/n1 - k2/n2 with Newcombe's hybrid score interval (1998, method 10); n_pos and n_neg are n1 and n2."""
    a, b = rate(k1, n1), rate(k2, n2)
    limits = difference(a.value, Interval(a.lower, a.upper), b.value, Interval(b.lower, b.upper))
    return Estimate(a.value - b.value, *limits, "difference of rates, Newcombe hybrid score", n1, n2)


def assertion_asymmetry(asserted: Shaped[np.ndarray, " n"], correct: Shaped[np.ndarray, " n"]) -> Estimate:
    """Return P(assert | wrong) - P(assert | correct), negative being good.

    n_pos counts the wrong answers, n_neg the correct ones; the p-value is Fisher's exact two-sided one, which is that
    of all permutations of the labels.

    Raises:
        InputError: no correct or no wrong answer, so that one of the two rates does not exist.
    """
    from scipy.stats import fisher_exact

    said, right = as_labels(asserted), both_classes(correct, "correct", "wrong")
    counts = [(int(said[rows].sum()), int(rows.sum())) for rows in (~right, right)]
    table = np.array([[k, n - k] for k, n in counts])
    return dataclasses.replace(rate_difference(*counts[0], *counts[1]), p_value=float(fisher_exact(table).pvalue))


@dataclass(frozen=True, slots=True)
class BalancedAsymmetry:
    """The best assertion asymmetry of a gate over a sweep of thresholds, and where it was found.

    The interval is that of the rates at the chosen threshold: it does not know that the threshold was the best of many
    on the same answers, so it is an upper bound on what the gate does elsewhere. All are None, with a reason, where no
    threshold lets P(assert | correct) reach the floor.
    """

    asymmetry: Estimate | None
    threshold: float | None
    p_assert_correct: Estimate | None
    p_assert_wrong: Estimate | None
    floor: float
    reason: str = ""


def balanced_asymmetry(
    score_probability: Real[np.ndarray, " n"],
    correct: Shaped[np.ndarray, " n"],
    thresholds: Float[np.ndarray, " k"] = THRESHOLDS,
    floor: float = FLOOR,
) -> BalancedAsymmetry:
    """Return the lowest asymmetry among thresholds that keep P(assert | correct) at the floor, as the study did.

    "Assert" means a score above the threshold, not at it; of equal asymmetries the lowest threshold is taken.
    """
    right = both_classes(correct, "correct", "wrong")
    score = as_scores(score_probability)
    said_right, said_wrong = _above(score[right], thresholds), _above(score[~right], thresholds)
    n_right = int(right.sum())
    n_wrong = len(right) - n_right
    kept = said_right / n_right
    if not (kept >= floor).any():
        why = f"no threshold lets the gate assert {floor:.0%} of the correct answers (at most {kept.max():.0%})"
        return BalancedAsymmetry(None, None, None, None, floor, why)
    asymmetry = np.where(kept >= floor, said_wrong / n_wrong - kept, np.inf)
    best = int(np.argmin(asymmetry))
    k_wrong, k_right = int(said_wrong[best]), int(said_right[best])
    return BalancedAsymmetry(
        rate_difference(k_wrong, n_wrong, k_right, n_right),
        float(thresholds[best]),
        rate(k_right, n_right),
        rate(k_wrong, n_wrong),
        floor,
    )


def _above(score: Float[np.ndarray, " n"], thresholds: Float[np.ndarray, " k"]) -> np.ndarray:
    """Count the scores above each threshold."""
    return len(score) - np.searchsorted(np.sort(score), thresholds, "right")


def both_classes(
    y: Shaped[np.ndarray, " n"], positive: str = "positive", negative: str = "negative"
) -> Bool[np.ndarray, " n"]:
    """Return labels as bool; if one of the two classes is absent, InputError names it."""
    labels = as_labels(y)
    if labels.all() or not labels.any():
        present, absent = (positive, negative) if labels.all() else (negative, positive)
        raise InputError(
            f"All {len(labels)} answers are {present}, but both classes are needed; label answers that are {absent}."
        )
    return labels


def paired_rate_difference(a: Shaped[np.ndarray, " n"], b: Shaped[np.ndarray, " n"]) -> Estimate:
    """Return P(a) - P(b) of two yes/no outcomes of the same items.

    Newcombe's paired score interval (1998, method 10 of the paired paper) and McNemar's exact two-sided p-value. n_pos
    and n_neg are both the number of items.
    """
    from scipy.stats import binomtest

    x, y = as_labels(a), as_labels(b)
    both, only_a, only_b, neither = (int(np.sum(cell)) for cell in (x & y, x & ~y, ~x & y, ~x & ~y))
    n = len(x)
    p, q = float(x.mean()), float(y.mean())
    limits = difference(p, wilson(p, n), q, wilson(q, n), _phi(both, only_a, only_b, neither))
    p_value = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return Estimate(p - q, *limits, "paired difference of rates, Newcombe; McNemar exact", n, n, p_value)


def _phi(both: int, only_a: int, only_b: int, neither: int) -> float:
    """Newcombe's correlation of the two outcomes, with his continuity correction for a positive one."""
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    cross: float = both * neither - only_a * only_b
    if cross > 0:
        cross = max(cross - (both + only_a + only_b + neither) / 2, 0)
    return cross / math.sqrt(margins) if margins else 0.0


def paired_mean_difference(a: Real[np.ndarray, " n"], b: Real[np.ndarray, " n"]) -> Estimate:
    """Return mean(a) - mean(b) of two measurements of the same items, with Student's paired interval and p-value.

    n_pos and n_neg are both the number of items. Where every item differs by the same amount the data say nothing on
    the spread: the interval has no width, the method says so, and there is no p-value unless the difference is 0.
    """
    from scipy.special import stdtr, stdtrit

    gap = as_scores(a) - as_scores(b)
    n = len(gap)
    if n < 2:
        raise InputError(f"A paired difference needs at least 2 items, got {n}.")
    mean, error = float(gap.mean()), float(gap.std(ddof=1)) / math.sqrt(n)
    if np.ptp(gap) == 0:
        method = "paired difference of means; every item differs equally, so the interval has no width"
        return Estimate(mean, mean, mean, method, n, n, 1.0 if mean == 0 else None)
    reach = float(stdtrit(n - 1, 0.975)) * error
    p_value = 2 * float(stdtr(n - 1, -abs(mean) / error))
    return Estimate(mean, mean - reach, mean + reach, "paired difference of means, Student's t", n, n, p_value)
