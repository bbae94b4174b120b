"""Intervals by resampling whole groups, and p-values from permutations. Seeds are explicit; nothing is global."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from interp.errors import InputError
from interp.records.findings import Estimate

UNDEFINED_SHARE = 0.1  # of resamples on which a statistic may not exist before its interval is refused
ROUNDING = 1e-12  # permuted values within this of the observed one are equal to it

Statistic = Callable[[Int[np.ndarray, " m"]], float]


def bootstrap_by_group(
    statistic: Statistic,
    groups: Sequence[Hashable],
    *,
    n_pos: int,
    n_neg: int,
    draws: int = 2000,
    seed: int | np.random.Generator = 0,
) -> Estimate:
    """Return the statistic of all rows with a 95 % bootstrap interval (Efron 1987: BCa) over whole groups.

    Groups are drawn with replacement and keep their rows together, so rows of one prompt are not taken for independent.
    For independent rows pass `range(n)`. A statistic that does not exist on a resample (one class only) returns NaN;
    such draws are left out.

    Args:
        statistic: takes row numbers, with repetitions, and returns a number.
        groups: the group of each row.
        n_pos: recorded in the estimate.
        n_neg: recorded in the estimate.
        draws: number of resamples.
        seed: a generator or its seed.

    Raises:
        InputError: fewer than two groups, or a statistic that does not exist on all rows or on too many resamples.
    """
    members = _members(groups)
    value = statistic(np.arange(len(groups)))
    if len(members) < 2 or np.isnan(value):
        raise InputError(
            f"A bootstrap needs two groups or more and a statistic that exists on all rows; got {len(members)} groups "
            f"and the value {value:g}."
        )
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(members), size=(draws, len(members)))
    drawn = np.array([statistic(np.concatenate([members[g] for g in pick])) for pick in picks])
    known = drawn[~np.isnan(drawn)]
    if len(known) < (1 - UNDEFINED_SHARE) * draws:
        raise InputError(
            f"The statistic does not exist on {draws - len(known)} of {draws} resamples of {len(members)} groups; "
            "there are too few groups of one class for a bootstrap."
        )
    left_out = [np.concatenate(members[:g] + members[g + 1 :]) for g in range(len(members))]
    jackknife = np.array([statistic(rows) for rows in left_out])
    lower, upper = np.quantile(known, _bca_levels(value, known, jackknife[~np.isnan(jackknife)]))
    return Estimate(value, float(lower), float(upper), f"BCa bootstrap over {len(members)} groups", n_pos, n_neg)


def _members(groups: Sequence[Hashable]) -> list[Int[np.ndarray, " rows"]]:
    rows: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        rows.setdefault(group, []).append(row)
    return [np.array(r, dtype=np.intp) for r in rows.values()]


def _bca_levels(
    value: float, drawn: Float[np.ndarray, " b"], jackknife: Float[np.ndarray, " g"]
) -> Float[np.ndarray, " level"]:
    """Return the two quantile levels, corrected for bias and for the skewness that the jackknife shows."""
    from scipy.special import ndtr, ndtri

    below = (np.sum(drawn < value) + 0.5 * np.sum(drawn == value)) / len(drawn)
    bias = float(ndtri(np.clip(below, 1 / (len(drawn) + 1), len(drawn) / (len(drawn) + 1))))
    gap = jackknife.mean() - jackknife if len(jackknife) else np.zeros(1)
    spread = float((gap**2).sum())
    acceleration = float((gap**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    z = bias + ndtri(np.array([0.025, 0.975]))
    return np.asarray(ndtr(bias + z / (1 - acceleration * z)))


def permutation_p(
    observed: float,
    null: Float[np.ndarray, " b"],
    tail: Literal["greater", "less", "two-sided"] = "greater",
) -> float:
    """Return the p-value of a permutation test, the observed labeling counted as one of the permutations.

    p = (1 + number of permuted values as extreme) / (1 + number of permutations), so it is never 0 (Phipson and Smyth
    2010). Two-sided is twice the smaller tail, at most 1.

    Raises:
        InputError: no permuted value, or one that is NaN.
    """
    if not len(null) or np.isnan(null).any() or np.isnan(observed):
        raise InputError(f"A permutation p-value needs numbers, got {len(null)} permuted values, some missing or NaN.")
    slack = ROUNDING * max(1.0, abs(observed))
    greater = (1 + int(np.sum(null >= observed - slack))) / (1 + len(null))
    less = (1 + int(np.sum(null <= observed + slack))) / (1 + len(null))
    return {"greater": greater, "less": less, "two-sided": min(1.0, 2 * min(greater, less))}[tail]
