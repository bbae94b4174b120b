"""AUROC with its interval (DeLong's placements on the logit scale), and paired differences of two."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float, Real, Shaped

from interp.errors import InputError
from interp.records.findings import Estimate
from interp.stats.intervals import auroc_interval, difference
from interp.stats.rates import as_labels, as_scores, both_classes

AUROC_METHOD = "AUROC, Wilson interval on DeLong's effective sample size, t quantile"


def auroc(y: Shaped[np.ndarray, " n"], score: Real[np.ndarray, " n"]) -> Estimate:
    """Return the AUROC with a 95 % interval; tied pairs of a positive and a negative count one half.

    The interval is Wilson's, with the sample size at which a share would vary as much as DeLong's variance says this
    AUROC does (Korn and Graubard's 1998 way with survey shares), and Student's t with the degrees of freedom of Brunner
    and Munzel (2000). The share of either class in the variance is drawn towards its largest possible value (Birnbaum
    and Klose 1957), much where few placements carry the distance from 0 or 1 and hardly elsewhere, so that a perfect
    separation has a wide interval too: [0.87, 1] at 9/184.

    Coverage in per cent over 20,000 simulated studies (the slow tests repeat it). Skewed: exponential scores, either
    class having the tail; unequal: normal scores, either class with twice the spread.

        n_pos/n_neg  scores    AUROC 0.5    0.65         0.8          0.95
        9/184        normal    95.6         95.4         94.0         95.3
                     skewed    95.6-96.0    95.3-95.4    93.8-94.6    96.9
                     unequal   95.3-97.0    94.9-95.7    92.5-94.7    95.8-96.7
        55/138       normal    95.4         95.2         95.2         95.0
                     skewed    95.1-95.4    95.2         95.3-95.5    93.6-95.3
                     unequal   95.2-95.3    95.3-95.4    95.3         93.4-95.0
        50/50        normal    95.7         95.7         95.2         95.8
                     skewed    95.5-95.9    95.5-95.6    95.4-95.5    94.4-94.6
                     unequal   95.2-95.7    95.5-95.6    95.3-95.4    94.2-94.6

    At worst DeLong's own interval has 61, on the logit scale 69, with t quantiles 74, and the percentile bootstrap 64;
    Newcombe's (2006) method 5 holds for normal scores only (86 to 99.9). With 9 positives no interval that was tried
    holds at AUROC 0.9 for heavy tails: this one has 84 for Student's t with 3 degrees of freedom, and 89 where one
    positive in ten scores like a negative.

    Raises:
        InputError: a class without an answer, a score that is NaN, or labels that are not labels.
    """
    labels = both_classes(y)
    v_pos, v_neg = placements(labels, score)
    return Estimate(float(v_pos.mean()), *auroc_interval(v_pos, v_neg), AUROC_METHOD, len(v_pos), len(v_neg))


def placements(
    y: Bool[np.ndarray, " n"], score: Real[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " n_pos"], Float[np.ndarray, " n_neg"]]:
    """Return the share of negatives below each positive, and of positives above each negative (DeLong et al. 1988).

    Ties count one half; the mean of either is the AUROC.
    """
    numbers = as_scores(score)
    pos, neg = numbers[y], numbers[~y]
    return _share_below(pos, neg), 1.0 - _share_below(neg, pos)


def _share_below(values: Float[np.ndarray, " n"], others: Float[np.ndarray, " m"]) -> Float[np.ndarray, " n"]:
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(below / (2 * len(others)))


def auroc_values(y: Shaped[np.ndarray, "*batch n"], score: Real[np.ndarray, "*batch n"]) -> Float[np.ndarray, "*batch"]:
    """Return plain AUROCs over the last axis, for null distributions; a row of one class raises InputError."""
    from scipy.stats import rankdata

    labels = as_labels(y)
    n_pos = labels.sum(-1)
    n_neg = labels.shape[-1] - n_pos
    if (n_pos == 0).any() or (n_neg == 0).any():
        raise InputError("A row of labels holds one class only; an AUROC needs both.")
    above = (rankdata(score, axis=-1) * labels).sum(-1)
    return np.asarray((above - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))


def paired_auroc_difference(
    y: Shaped[np.ndarray, " n"], a: Real[np.ndarray, " n"], b: Real[np.ndarray, " n"]
) -> Estimate:
    """Return AUROC(a) - AUROC(b) of two scores of the same answers; n_pos and n_neg are the class counts.

    The two intervals of `auroc` are combined by square-and-add with DeLong's correlation of the two AUROCs. Simulated
    coverage, both AUROCs from 0.5 to 0.95, correlation of the scores from 0 to 0.8: 93-96 % at 9/184, 94-98 % at 55/138
    and 50/50 (DeLong's own: 88-97 % at 9/184). It is conservative for nearly equal scores (99.7 % at 0.98).
    """
    labels = both_classes(y)
    pairs = [placements(labels, score) for score in (a, b)]
    first, second = (float(v[0].mean()) for v in pairs)
    limits = difference(first, auroc_interval(*pairs[0]), second, auroc_interval(*pairs[1]), _correlation(*pairs))
    counts = int(labels.sum()), int((~labels).sum())
    return Estimate(first - second, *limits, "paired difference of AUROCs, MOVER with DeLong's correlation", *counts)


Placements = tuple[np.ndarray, np.ndarray]


def _correlation(a: Placements, b: Placements) -> float:
    """DeLong's correlation of two AUROCs; 0 where one of them does not vary, which widens the interval."""

    def covariance(p: Placements, q: Placements) -> float:
        products = ((v - v.mean()) * (w - w.mean()) for v, w in zip(p, q, strict=True))
        return sum(float(x.sum()) / (max(len(x) - 1, 1) * len(x)) for x in products)

    product = covariance(a, a) * covariance(b, b)
    return min(1.0, max(-1.0, covariance(a, b) / math.sqrt(product))) if product > 0 else 0.0
