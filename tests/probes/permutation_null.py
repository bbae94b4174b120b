"""The null of a cross-validated logistic probe by permuted labels, which the reports' own is held against."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped

from interp.stats.auroc import auroc_values
from interp.stats.resampling import permutation_p
from probes.fitting.cross_validation import fold_scores
from probes.fitting.folds import FOLDS, checked, split_folds
from probes.fitting.permutation import permuted_labels


@dataclass(frozen=True, slots=True, eq=False)
class PermutationNull:
    """The observed cross-validated AUROC beside those of permuted labels, and the one-sided p-value."""

    observed: float
    aurocs: Float[np.ndarray, " b"]
    p_value: float


def permutation_null(
    x: Float[np.ndarray, "n d"],
    y: Shaped[np.ndarray, " n"],
    c: float,
    n: int,
    seed: int | np.random.Generator,
    groups: Sequence[Hashable] | None = None,
    folds: int = FOLDS,
    fold_seed: int = 0,
) -> PermutationNull:
    """Refit the cross-validated probe on n permutations of the labels.

    Raises:
        TooFew, InputError: as `probes.fitting.cross_validation.out_of_fold_scores`; TooFew also where no labels can
            trade places.
    """
    labels = checked(x, y, [c], groups)
    pairs = split_folds(labels, groups, folds, fold_seed)
    permuted = permuted_labels(labels, pairs, n, seed, groups)
    ys = np.concatenate([labels[None], permuted])
    aurocs = auroc_values(ys, fold_scores(x, ys, np.full(n + 1, c), pairs))
    return PermutationNull(float(aurocs[0]), aurocs[1:], permutation_p(float(aurocs[0]), aurocs[1:]))
