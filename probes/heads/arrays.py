"""Cohen's d of every head for many labelings at once: the arithmetic under `probes.attribution`.

A labeling is one row of two masks, `a` and `b`; an answer in neither is left out. Row 0 is by custom the observed one,
the rest are permutations or halves. Everything is sums over rows, so that one matrix product serves all labelings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from interp.records.arrays import HeadActivations
from probes.fitting.folds import Fold, TooFew, split_folds
from probes.fitting.permutation import permuted_labels

MIN_COHORT = 10  # answers a cohort below which nothing is tested: five folds of two
FOLDS = 5
NO_SPREAD = 1e-20  # variance, in units of the whole head's, that is rounding only
Masks = Bool[np.ndarray, "b n"]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Which answers are cohort a, the folds that they are in, and labelings: the observed one, then permutations."""

    y: Bool[np.ndarray, " n"]
    folds: tuple[Fold, ...]
    labelings: Masks

    @property
    def sizes(self) -> tuple[int, int]:
        """How many answers are in a and in b."""
        return int(self.y.sum()), int((~self.y).sum())


def plan(y: Bool[np.ndarray, " n"], permutations: int, seed: int) -> Plan:
    """Return stratified folds, and permutations of the labels within them.

    Raises:
        TooFew: a cohort of fewer than ten answers.
    """
    n_a, n_b = int(y.sum()), int((~y).sum())
    if min(n_a, n_b) < MIN_COHORT:
        raise TooFew(f"the cohorts have {n_a} and {n_b} answers, and a contrast needs {MIN_COHORT} in each")
    folds = split_folds(y, None, FOLDS, seed)
    shuffled = permuted_labels(y, folds, permutations, seed)
    return Plan(y, tuple(folds), np.concatenate([y[None], shuffled]))


def plan_pairs(n_pairs: int, permutations: int, seed: int) -> Plan:
    """Return the plan of rows that come as pairs (a, b, a, b, ...): folds keep pairs, permutations swap within them.

    Raises:
        TooFew: fewer than ten pairs.
    """
    if n_pairs < MIN_COHORT:
        raise TooFew(f"{n_pairs} pairs could be formed, and a contrast needs {MIN_COHORT}")
    y = np.tile(np.array([True, False]), n_pairs)
    rng = np.random.default_rng(seed)
    fold = np.repeat(rng.permutation(n_pairs) % FOLDS, 2)
    folds = tuple((np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(FOLDS))
    pairs = [(np.empty(0, dtype=np.intp), np.array([2 * i, 2 * i + 1])) for i in range(n_pairs)]
    return Plan(y, folds, np.concatenate([y[None], permuted_labels(y, pairs, permutations, rng)]))


def norms(heads: HeadActivations) -> Float[np.ndarray, "n head"]:
    """Return the norms of all heads side by side, layer after layer."""
    return np.concatenate(heads.norms, axis=1).astype(np.float64)


def vectors(heads: HeadActivations) -> list[Float[np.ndarray, "n _d_head"]]:
    """Return the mean vectors of each head, in the order of `norms`."""
    return [means[:, head].astype(np.float64) for means in heads.means for head in range(means.shape[1])]


def places(heads: HeadActivations) -> list[tuple[int, int]]:
    """Return (layer, head) in the order of `norms`."""
    return [(n, head) for n, means in zip(heads.layers, heads.means, strict=True) for head in range(means.shape[1])]


def norm_d(x: Float[np.ndarray, "n head"], a: Masks, b: Masks) -> Float[np.ndarray, "b head"]:
    """Return d of every head's norm under every labeling; NaN where the norm does not vary."""
    scale = x.std(axis=0)
    standard = (x - x.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    square = standard**2
    sides = []
    for side in (a.astype(np.float64), b.astype(np.float64)):
        n = side.sum(axis=1, keepdims=True)
        mean = side @ standard / n
        sides.append((n, mean, side @ square - n * mean**2))
    return _d(*sides)


def projection_d(p: Float[np.ndarray, "b n"], a: Masks, b: Masks) -> Float[np.ndarray, " b"]:
    """Return d of one head's projections, which are other ones under every labeling."""
    sides = []
    for side in (a, b):
        n = side.sum(axis=1).astype(np.float64)
        mean = np.einsum("bn,bn->b", side, p) / n
        sides.append((n, mean, np.einsum("bn,bn,bn->b", side, p, p) - n * mean**2))
    return _d(*sides)


def _d(a: tuple[np.ndarray, ...], b: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the difference of means over the pooled standard deviation, from (n, mean, sum of squared distances)."""
    variance = (a[2] + b[2]) / (a[0] + b[0] - 2)
    spread = np.sqrt(np.where(variance > NO_SPREAD, variance, np.nan))
    return np.asarray((a[1] - b[1]) / spread)


def compact(z: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n r"]:
    """Return one head's vectors around their mean, in units of their size and in at most n coordinates.

    Inner products, which are all that projections depend on, are kept up to the unit.
    """
    centred = z - z.mean(axis=0)
    size = float(np.sqrt((centred**2).sum(axis=1).mean()))
    rows = centred / size if size > 0 else centred
    if rows.shape[0] >= rows.shape[1]:
        return np.asarray(rows)
    u, s, _ = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(u * s)


def in_sample(z: Float[np.ndarray, "n d"], a: Masks, b: Masks) -> Float[np.ndarray, "b n"]:
    """Return all answers projected on the difference of the cohorts' means, as the study did (section on arc 2)."""
    return np.asarray(_unit(_mean(z, a) - _mean(z, b)) @ z.T)


def held_out(z: Float[np.ndarray, "n d"], a: Masks, b: Masks, folds: Sequence[Fold]) -> Float[np.ndarray, "b n"]:
    """Return each fold's answers projected on the difference of the cohorts' means in the other folds.

    Answers are taken relative to the mean of the other folds, so that folds with different directions can be pooled.
    """
    parts = [[side[:, test].astype(np.float64) @ z[test] for _, test in folds] for side in (a, b)]
    wholes = [sum(part) for part in parts]
    projected = np.zeros(a.shape)
    for k, (train, test) in enumerate(folds):
        n_a, n_b = (side[:, train].sum(axis=1, keepdims=True) for side in (a, b))
        direction = (wholes[0] - parts[0][k]) / n_a - (wholes[1] - parts[1][k]) / n_b
        projected[:, test] = _unit(direction) @ (z[test] - z[train].mean(axis=0)).T
    return projected


def _mean(z: np.ndarray, side: Masks) -> np.ndarray:
    weights = side.astype(np.float64)
    return np.asarray(weights @ z / weights.sum(axis=1, keepdims=True))


def _unit(v: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(v, axis=1, keepdims=True)
    return np.asarray(v / np.where(length > 0, length, 1.0))


def halves(labelings: Masks, rng: np.random.Generator) -> tuple[tuple[Masks, Masks], tuple[Masks, Masks]]:
    """Return for each labeling two random halves of each cohort that share no answer, as masks (a, b) and (a, b)."""
    first, second = [], []
    for side in (labelings, ~labelings):
        order = np.where(side, rng.random(side.shape), np.inf).argsort(axis=1)
        half = side.sum(axis=1) // 2
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.broadcast_to(np.arange(side.shape[1]), side.shape), axis=1)
        first.append(rank < half[:, None])
        second.append((rank >= half[:, None]) & (rank < 2 * half[:, None]))
    return (first[0], first[1]), (second[0], second[1])


def ranks(key: Float[np.ndarray, "b head"]) -> Float[np.ndarray, "b head"]:
    """Return the rank of every head within each labeling, ties shared."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(key, axis=1))


def row_correlation(x: Float[np.ndarray, "b head"], y: Float[np.ndarray, "b head"]) -> Float[np.ndarray, " b"]:
    """Return Pearson's correlation of each row of x with that row of y; NaN where one of them does not vary."""
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    size = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.asarray((x * y).sum(axis=1) / np.where(size > 0, size, np.nan))


def top_shared(x: Float[np.ndarray, "b head"], y: Float[np.ndarray, "b head"], top: int) -> float:
    """Return the mean share of the `top` largest heads of x that are among those of y."""
    first, second = (np.argsort(-k, axis=1, kind="stable")[:, :top] for k in (x, y))
    return float(np.mean([len(set(i) & set(j)) / top for i, j in zip(first.tolist(), second.tolist(), strict=True)]))


def family(d: Float[np.ndarray, "b head"]) -> Float[np.ndarray, " b"]:
    """Return the largest d of every labeling; heads without one do not count."""
    return np.asarray(np.nanmax(np.where(np.isnan(d), -np.inf, d), axis=1))


def count_p(observed: Float[np.ndarray, " head"], null: Float[np.ndarray, ...]) -> Float[np.ndarray, " head"]:
    """Return (1 + permutations at least as large) / (1 + permutations), as `interp.stats.resampling` counts."""
    from interp.stats.resampling import ROUNDING

    slack = ROUNDING * np.maximum(1.0, np.abs(observed))
    at_least = null.reshape(len(null), -1) >= observed - slack
    return np.asarray((1 + at_least.sum(axis=0)) / (1 + len(null)))


def pair_up(
    lengths: Int[np.ndarray, " n"], y: Bool[np.ndarray, " n"], strata: Sequence[str] | None = None
) -> Int[np.ndarray, " rows"]:
    """Return rows as pairs (a, b, a, b, ...) of nearly the same length, and of one stratum where strata are given.

    Lengths of a pair differ by a tenth of the longer or by one token at most; of all such pairings, one with the
    smallest sum of differences (linear assignment), every answer used once.
    """
    from scipy.optimize import linear_sum_assignment

    a, b = np.flatnonzero(y), np.flatnonzero(~y)
    gap = np.abs(lengths[a][:, None] - lengths[b][None, :]).astype(np.float64)
    allowed = gap <= np.maximum(1, 0.1 * np.maximum(lengths[a][:, None], lengths[b][None, :]))
    if strata is not None:
        kind = np.asarray(strata)
        allowed &= kind[a][:, None] == kind[b][None, :]
    forbidden = 1.0 + gap.max(initial=0) * min(len(a), len(b))  # one forbidden pair costs more than all allowed ones
    rows, columns = linear_sum_assignment(np.where(allowed, gap, forbidden))
    kept = allowed[rows, columns]
    return np.stack([a[rows[kept]], b[columns[kept]]], axis=1).ravel()
