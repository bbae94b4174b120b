"""How far probabilities can be taken at their word (ECE, Brier), and what abstaining buys (risk-coverage, AURC)."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int, Real, Shaped

from interp.errors import InputError
from interp.records.findings import Estimate
from interp.stats.intervals import Z95
from interp.stats.rates import as_labels, as_scores
from interp.stats.resampling import bootstrap_by_group

Binning = Literal["equal_width", "equal_mass"]


def brier(y: Shaped[np.ndarray, " n"], p: Real[np.ndarray, " n"]) -> Estimate:
    """Return the mean squared distance of probabilities from outcomes, with Student's interval (0 at the least)."""
    from scipy.special import stdtrit

    labels, probability = as_labels(y), as_probabilities(p)
    loss = (probability - labels) ** 2
    n = len(loss)
    if n < 2:
        raise InputError(f"A Brier score with an interval needs at least 2 answers, got {n}.")
    value = float(loss.mean())
    reach = float(stdtrit(n - 1, 0.975)) * float(loss.std(ddof=1)) / math.sqrt(n)
    n_pos = int(labels.sum())
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach), "Brier, Student's t", n_pos, n - n_pos)


def as_probabilities(p: Real[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return probabilities as float64; a number outside 0 to 1 raises InputError."""
    numbers = as_scores(p)
    if ((numbers < 0) | (numbers > 1)).any():
        raise InputError(
            f"Probabilities lie between 0 and 1, got values from {numbers.min():g} to {numbers.max():g}; "
            "log-odds must be turned into probabilities first."
        )
    return numbers


def ece(
    y: Shaped[np.ndarray, " n"], p: Real[np.ndarray, " n"], bins: int = 10, binning: Binning = "equal_width"
) -> Estimate:
    """Return the expected calibration error: the gap of mean probability and outcome, averaged over bins by size.

    `equal_width` cuts 0 to 1 evenly, a probability on an edge belonging to the bin above it; `equal_mass` cuts the
    sorted probabilities into bins of equal number, ties staying together. `method` names bins and binning.

    The plain ECE is never 0 even where the probabilities are right. Its lower limit is therefore lowered by the 97.5 %
    quantile of what noise alone gives (normal approximation), which makes it 0 in 97-99 % of calibrated cases; the
    upper limit is the usual one. The interval is conservative: noise cannot add more than that (triangle inequality).
    """
    labels, probability = as_labels(y), as_probabilities(p)
    if bins < 1:
        raise InputError(f"Calibration needs at least 1 bin, got {bins}.")
    bin_of = _equal_width(p, bins) if binning == "equal_width" else _equal_mass(probability, bins)
    n = len(labels)
    size = np.bincount(bin_of, minlength=bins).astype(np.float64)
    hits = np.bincount(bin_of, weights=labels, minlength=bins)
    gap = np.abs(hits - np.bincount(bin_of, weights=probability, minlength=bins)) / n
    share = (hits + 0.5) / (size + 1)
    promised = np.bincount(bin_of, weights=probability * (1 - probability), minlength=bins)
    variance = np.maximum(size * share * (1 - share), promised) / n**2
    value, noise = float(gap.sum()), float(np.sqrt(2 * variance / math.pi).sum())
    noise += Z95 * math.sqrt(float(variance.sum()) * (1 - 2 / math.pi))
    upper = value + Z95 * math.sqrt(float(variance.sum()))
    n_pos = int(labels.sum())
    method = f"ECE, {bins} {binning.replace('_', '-')} bins, limits allowing for noise"
    return Estimate(value, max(0.0, value - noise), min(1.0, upper), method, n_pos, n - n_pos)


def _equal_width(p: Real[np.ndarray, " n"], bins: int) -> Int[np.ndarray, " n"]:
    """Return the bin of each probability; edges are k / bins rounded to the precision in which `p` is given.

    A product p * bins would be rounded as well, and fall short of k for some p = k / bins (first at 22 bins).
    """
    numbers = np.asarray(p)
    edges = np.arange(1, bins) / bins
    if numbers.dtype.kind == "f":  # float32(0.7) is 7/10, though it is less than float64(0.7)
        edges = edges.astype(numbers.dtype)
    return np.searchsorted(edges, numbers, "right")


def _equal_mass(p: Float[np.ndarray, " n"], bins: int) -> Int[np.ndarray, " n"]:
    rank = np.searchsorted(np.sort(p), p, "left")
    return np.asarray(rank * bins // len(p), dtype=np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class RiskCoverage:
    """Selective prediction: answer the most confident share, and be wrong on `risk` of it.

    Attributes:
        coverage: share of answers given, from 1/n to 1.
        risk: share of wrong ones among them; the expected one where tied scores leave the order open.
        threshold: the score of the last answer that is given.
    """

    coverage: Float[np.ndarray, " n"]
    risk: Float[np.ndarray, " n"]
    threshold: Float[np.ndarray, " n"]


def risk_coverage(correct: Shaped[np.ndarray, " n"], score: Real[np.ndarray, " n"]) -> RiskCoverage:
    """Return the risk at every coverage, answers given in the order of falling score."""
    right, numbers = as_labels(correct), as_scores(score)
    n = len(right)
    ordered = np.sort(numbers)[::-1]
    coverage = np.arange(1, n + 1) / n
    return RiskCoverage(coverage, _expected_errors(right, numbers) / np.arange(1, n + 1), ordered)


def _expected_errors(right: Bool[np.ndarray, " n"], score: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Count the wrong answers among the k of highest score, for every k; errors are spread evenly over ties."""
    _, tie, size = np.unique(-score, return_inverse=True, return_counts=True)
    wrong = np.bincount(tie, weights=~right, minlength=len(size))
    return np.cumsum(np.repeat(wrong / size, size))


def aurc(
    correct: Shaped[np.ndarray, " n"],
    score: Real[np.ndarray, " n"],
    groups: Sequence[Hashable] | None = None,
    draws: int = 2000,
    seed: int | np.random.Generator = 0,
) -> Estimate:
    """Return the area under the risk-coverage curve, the mean risk over all coverages (lower is better).

    The interval is a bootstrap over groups (each answer its own without them). n_pos counts the correct answers.
    """
    right, numbers = as_labels(correct), as_scores(score)
    steps = np.arange(1, len(right) + 1)

    def area(rows: Int[np.ndarray, " m"]) -> float:
        k = steps if len(rows) == len(steps) else np.arange(1, len(rows) + 1)
        return float((_expected_errors(right[rows], numbers[rows]) / k).mean())

    n_pos = int(right.sum())
    return bootstrap_by_group(
        area,
        range(len(right)) if groups is None else groups,
        n_pos=n_pos,
        n_neg=len(right) - n_pos,
        draws=draws,
        seed=seed,
    )
