"""Stratified folds in which prompts of one group stay together, and the least examples that they need."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from interp.errors import InputError
from interp.stats.rates import as_labels

FOLDS = 5


MIN_CLASS = 5  # independent examples of each class below which nothing is fitted


Fold = tuple[Int[np.ndarray, " _"], Int[np.ndarray, " _"]]  # rows to train on, rows to test on


class TooFew(Exception):
    """A class has too few independent examples for a fit: the outcome is "unresolved", not an error in the input."""


def checked(
    x: Float[np.ndarray, "n d"],
    y: Shaped[np.ndarray, " labels"],
    cs: Sequence[float],
    groups: Sequence[Hashable] | None = None,
    at_least: int = MIN_CLASS,
) -> Bool[np.ndarray, " labels"]:
    """Return the labels as bool once rows, labels and C can be fitted; see `fit_probe` for what is raised."""
    labels = as_labels(y)
    if len(labels) != len(x):
        raise InputError(f"There are {len(x)} rows of features for {len(labels)} labels; expected one label a row.")
    bad = np.flatnonzero(~np.isfinite(x).all(axis=1))
    if len(bad):
        raise InputError(
            f"{len(bad)} of {len(x)} rows of features hold NaN or infinity, the first being row {bad[0]}; "
            "capture them again, in float32 if they overflowed."
        )
    if not np.ptp(x, axis=0).any():
        raise InputError(
            f"All {len(x)} rows of features are the same, so nothing can be read from them; check the capture."
        )
    if not all(np.isfinite(c) and c > 0 for c in cs):
        raise InputError(f"C must be above 0, got {', '.join(f'{c:g}' for c in cs)}.")
    few = min(examples(labels, groups))
    if few < at_least:
        positive, negative = examples(labels, groups)
        raise TooFew(f"{positive} positive and {negative} negative examples; a fit needs {at_least} of each.")
    return labels


def examples(y: Bool[np.ndarray, " n"], groups: Sequence[Hashable] | None = None) -> tuple[int, int]:
    """Count the independent examples of each class: rows, or groups that hold the class."""
    if groups is None:
        return int(y.sum()), int((~y).sum())
    held = [{g for g, label in zip(groups, y, strict=True) if label == side} for side in (True, False)]
    return len(held[0]), len(held[1])


def split_folds(
    y: Bool[np.ndarray, " n"], groups: Sequence[Hashable] | None = None, folds: int = FOLDS, seed: int = 0
) -> list[Fold]:
    """Return train and test rows of each fold: stratified and shuffled, with the rows of one group kept together.

    Without repeated groups this is the study's StratifiedKFold(5, shuffle=True, random_state=0).

    Raises:
        TooFew: a class has fewer examples than there are folds, or some training part lacks a class.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if min(examples(y, groups)) < folds:
        raise TooFew(f"A class has fewer examples than there are folds: {min(examples(y, groups))} for {folds} folds.")
    codes = None if groups is None else _codes(groups)
    if codes is None or codes.max() + 1 == len(codes):
        splits = StratifiedKFold(folds, shuffle=True, random_state=seed).split(np.zeros(len(y)), y)
    else:
        splits = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(np.zeros(len(y)), y, codes)
    pairs = [(np.asarray(train), np.asarray(test)) for train, test in splits]
    if any(y[train].all() or not y[train].any() for train, _ in pairs):
        raise TooFew(f"The groups that hold the rarer class cannot be spread over {folds} folds.")
    return pairs


def _codes(groups: Sequence[Hashable]) -> Int[np.ndarray, " n"]:
    number: dict[Hashable, int] = {}
    return np.asarray([number.setdefault(g, len(number)) for g in groups], dtype=np.intp)
