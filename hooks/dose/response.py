"""What scaling heads did: paired differences to factor 1.0, a trend over the factors, and the random sets beside it.

Every prompt is answered once under every set of heads and factor, so all comparisons are within prompts. An answer
whose measure is unknown (cut off, empty, unscored) is NaN here: it leaves its pair, and is counted, never filled in.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from interp.records.findings import Estimate
from interp.results.dose import AgainstRandom, Measure, Trend
from interp.stats import resampling
from interp.stats.intervals import wilson
from interp.stats.rates import paired_mean_difference, paired_rate_difference, rate

CHOSEN = 0  # the place of the chosen heads among the sets
TREND_DRAWS = 4999
ENOUGH = 10  # known differences of a set, below which resamples without any would be common


@dataclass(frozen=True, slots=True, eq=False)
class Doses:
    """What was measured of every prompt under every set and factor; NaN is unknown.

    Attributes:
        sets: names, the chosen heads first.
        factors: from the weakest edit to the strongest: ordered along the scale so that the last lies farthest from 1.
        values: measure -> one number a set, factor and prompt. Factor 1.0 is the same answer in all sets.
    """

    sets: tuple[str, ...]
    factors: tuple[float, ...]
    values: Mapping[Measure, Float[np.ndarray, "set factor prompt"]]

    def at(self, measure: Measure, which: int, factor: float) -> Float[np.ndarray, " prompt"]:
        """Return the numbers of one set at one factor."""
        return np.asarray(self.values[measure][which, self.factors.index(factor)])

    @property
    def strongest(self) -> float:
        """The factor farthest from 1: where effects are judged."""
        return self.factors[-1]


def along(factors: Sequence[float]) -> tuple[float, ...]:
    """Return factors in the order of the dose: the last is the one farthest from 1 (of two equally far, the lower)."""
    strongest = max(sorted(factors), key=lambda factor: abs(factor - 1.0))
    return tuple(sorted(factors, reverse=strongest < 1.0))


def level(x: Float[np.ndarray, " n"]) -> Estimate | None:
    """Return the mean of the known numbers with its interval; None where nothing is known."""
    known = x[~np.isnan(x)]
    if not len(known):
        return None
    if _binary(known):
        return rate(int(known.sum()), len(known))
    if len(known) < 2:
        return None
    return dataclasses.replace(paired_mean_difference(known, np.zeros_like(known)), method="mean, Student's t")


def difference(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]) -> Estimate | None:
    """Return mean(a) - mean(b) over the prompts where both are known; None where these are fewer than two.

    Yes and no are compared by their rates (Newcombe's paired interval, McNemar's p). Numbers by Student's t; where no
    prompt differs from another, shares get the reach of a rate of 0 of n, since no spread was seen, not none.
    """
    known = ~np.isnan(a) & ~np.isnan(b)
    x, y = a[known], b[known]
    if len(x) < 2:
        return None
    if _binary(x) and _binary(y):
        return paired_rate_difference(x, y)
    change = paired_mean_difference(x, y)
    if np.ptp(x - y) > 0 or max(x.max(), y.max()) > 1:
        return change
    return _unseen_spread(change, len(x))


def _unseen_spread(estimate: Estimate, n: int) -> Estimate:
    """Give an interval to an estimate from n prompts that were all alike: the reach of a rate of 0 of n (Wilson)."""
    reach = wilson(0.0, n).upper
    method = f"{estimate.method.split(';')[0]}; no prompt differs from another, so the reach is Wilson's for 0 of n"
    return dataclasses.replace(estimate, lower=estimate.value - reach, upper=estimate.value + reach, method=method)


def _binary(x: Float[np.ndarray, " n"]) -> bool:
    return bool(np.isin(x, (0.0, 1.0)).all())


def effect(doses: Doses, measure: Measure, which: int, factor: float) -> Estimate | None:
    """Return the paired difference of one set at one factor to factor 1.0."""
    return difference(doses.at(measure, which, factor), doses.at(measure, which, 1.0))


def trend(doses: Doses, measure: Measure, which: int, *, draws: int = TREND_DRAWS, seed: int = 0) -> Trend | None:
    """Test for an ordered effect of the factor; None where fewer than two prompts are known at every factor.

    The statistic is Page's L (1963): within each prompt the answers are ranked, ties sharing their mean rank, and the
    ranks are added up with the factors' order as weights. Page's own null distribution has no ties, and yes-or-no
    answers are almost all ties, so the null is made by permuting the answers of each prompt over the factors, which is
    what no effect of the factor means. The p-value is two-sided (the direction was not fixed beforehand).
    """
    from scipy.stats import rankdata

    values = doses.values[measure][which].T
    values = values[~np.isnan(values).any(axis=1)]
    if len(values) < 2:
        return None
    moving = values[np.ptp(values, axis=1) > 0]
    if not len(moving):
        return Trend(0, 1.0, len(values), 0)
    weights = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    ranks = rankdata(moving, axis=1)
    statistic = float((ranks @ weights).sum())
    rng = np.random.default_rng(seed)
    null = np.array([(rng.permuted(ranks, axis=1) @ weights).sum() for _ in range(draws)])
    p = resampling.permutation_p(statistic, null, "two-sided")
    return Trend(int(np.sign(statistic)), p, len(values), len(moving))


def against_random(doses: Doses, measure: Measure, *, seed: int = 0) -> AgainstRandom | None:
    """Compare the chosen heads with the random sets; None without any, or where a set has too few known differences.

    The interval of the excess is a bootstrap over prompts, all sets of a prompt together: it holds for these random
    sets, and how much other sets would differ is what `p` is about.
    """
    gaps = doses.values[measure][:, -1] - doses.values[measure][:, doses.factors.index(1.0)]
    counts = (~np.isnan(gaps)).sum(axis=1)
    if len(gaps) < 2 or counts.min() < ENOUGH:
        return None

    def excess(rows: np.ndarray) -> float:
        effects = _means(gaps[:, rows])
        return float(effects[CHOSEN] - effects[CHOSEN + 1 :].mean())

    effects = _means(gaps)
    random = effects[CHOSEN + 1 :]
    size = np.abs(random)
    n = int(counts[CHOSEN])
    over_random = resampling.bootstrap_by_group(excess, range(gaps.shape[1]), n_pos=n, n_neg=n, seed=seed)
    if over_random.lower == over_random.upper:
        over_random = _unseen_spread(over_random, int(counts.min()))
    far = abs(float(effects[CHOSEN]))
    return AgainstRandom(
        effects=tuple(float(e) for e in random),
        as_far=int(np.sum(size >= far - resampling.ROUNDING)),
        p=resampling.permutation_p(far, size),
        smallest_p=1 / (1 + len(random)),
        excess=over_random,
    )


def _means(gaps: Float[np.ndarray, "set prompt"]) -> Float[np.ndarray, " set"]:
    """Return the mean of each set's known differences; NaN where none is known."""
    known = ~np.isnan(gaps)
    count = known.sum(axis=1)
    return np.asarray(np.where(known, gaps, 0.0).sum(axis=1) / np.where(count > 0, count, math.nan))
