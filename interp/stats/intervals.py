"""Intervals of shares and of their differences, in closed form: the arithmetic under `interp.stats.rates`."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

Z95 = 1.959963984540054  # the 97.5 % quantile of the standard normal distribution
PRIOR_WEIGHT = 0.1  # pseudo-placements per cubed coefficient of variation; chosen by simulation, see `metrics.auroc`


class Interval(NamedTuple):
    """Lower and upper limit."""

    lower: float
    upper: float


def wilson(share: float, n: int | float, quantile: float = Z95) -> Interval:
    """Return Wilson's score interval of a share of n (Wilson 1927); n need not be whole.

    The limits are the shares p at which |share - p| is `quantile` standard errors sqrt(p (1 - p) / n).
    """
    q2 = quantile * quantile / n
    half = math.sqrt(q2 * share * (1 - share) + q2 * q2 / 4)
    lower, upper = ((share + q2 / 2 + sign * half) / (1 + q2) for sign in (-1, 1))
    return Interval(min(share, max(0.0, lower)), max(share, min(1.0, upper)))


def difference(a: float, of_a: Interval, b: float, of_b: Interval, correlation: float = 0.0) -> Interval:
    """Return the interval of a - b from the intervals of a and b and the correlation of their estimates.

    Square-and-add (Newcombe 1998; Zou and Donner 2008, MOVER): each limit of the difference takes the distances of a
    and b from the two limits that push it that way.
    """

    def reach(x: float, y: float) -> float:
        return math.sqrt(max(0.0, x * x + y * y - 2 * correlation * x * y))

    down = reach(a - of_a.lower, of_b.upper - b)
    up = reach(of_a.upper - a, b - of_b.lower)
    return Interval(a - b - down, a - b + up)


def auroc_interval(v_pos: Float[np.ndarray, " n_pos"], v_neg: Float[np.ndarray, " n_neg"]) -> Interval:
    """Return the 95 % interval of an AUROC from its placements; the method is described at `metrics.auroc`."""
    from scipy.special import stdtrit

    share = float(v_pos.mean())
    a, df_a = _relative_variance(v_pos, share)
    b, df_b = _relative_variance(v_neg, share)
    df = max(1.0, (a + b) ** 2 / (a * a / df_a + b * b / df_b))
    return wilson(share, 1 / (a + b), float(stdtrit(df, 0.975)))


def _relative_variance(v: Float[np.ndarray, " n"], share: float) -> tuple[float, float]:
    """Return one class's part of the AUROC's variance over share * (1 - share), and its degrees of freedom.

    Placements can vary by at most share * (1 - share) (Birnbaum and Klose 1957), so the ratio is 1 / n at most. It is
    drawn towards that bound by pseudo-placements, the more of them the fewer placements carry the mean distance from
    the near end of the scale.
    """
    n = len(v)
    distance = v if share < 0.5 else 1 - v
    square, total = float(distance @ distance), float(distance.sum())
    effective = total * total / square if square > 0 else 1.0  # Kish's effective number of placements
    prior = PRIOR_WEIGHT * ((n + 1) / effective - 1) ** 1.5
    bound = share * (1 - share)
    spread = float(((v - share) ** 2).sum()) / bound if bound > 0 else 0.0
    weight = n - 1 + prior
    return (spread + prior) / weight / n, weight
