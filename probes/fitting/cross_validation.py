"""Cross-validation over readings and C, nested so that the choice is paid for."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped

from interp.records.arrays import Features
from interp.records.findings import Estimate
from interp.stats import auroc as stats_auroc
from interp.stats.auroc import auroc_values
from probes.fitting.folds import FOLDS, Fold, TooFew, checked, examples, split_folds
from probes.fitting.rowspace import row_space

C_GRID = (1.0, 0.1, 0.01)


def out_of_fold_scores(
    x: Float[np.ndarray, "n d"],
    y: Shaped[np.ndarray, " n"],
    c: float,
    groups: Sequence[Hashable] | None = None,
    folds: int = FOLDS,
    seed: int = 0,
) -> Float[np.ndarray, " n"]:
    """Return each row's log-odds from the probe of the folds that it is not in.

    Raises:
        TooFew: fewer examples of a class than five, or than folds.
        InputError: as `fit_probe`.
    """
    labels = checked(x, y, [c], groups)
    scores = fold_scores(x, labels[None], np.array([c]), split_folds(labels, groups, folds, seed))
    return np.asarray(scores[0])


def fold_scores(
    x: Float[np.ndarray, "n d"], ys: Bool[np.ndarray, "b n"], cs: Float[np.ndarray, " b"], folds: Sequence[Fold]
) -> Float[np.ndarray, "b n"]:
    """Return out-of-fold log-odds for many labelings of the same rows, each with its own C, on given folds."""
    scores = np.empty(ys.shape)
    for train, test in folds:
        scores[:, test] = row_space(x[train]).scores(ys[:, train], cs, x[test])
    return scores


@dataclass(frozen=True, slots=True)
class Cell:
    """One layer and C with the AUROC of its out-of-fold scores."""

    layer: int
    c: float
    auroc: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class CrossValidation:
    """Cross-validation over layers and C.

    Attributes:
        cells: every layer and C; the best of them is optimistic, being the best of many on the same answers.
        nested: the honest number: layer and C chosen anew inside each training part. None where a training part is too
            small for a cross-validation of its own.
        chosen: the layer and C that each fold chose.
        scores: the out-of-fold log-odds of the best cell.
        nested_scores: those behind `nested`.
        folds: train and test rows of each fold.
    """

    cells: tuple[Cell, ...]
    nested: Estimate | None
    chosen: tuple[tuple[int, float], ...]
    scores: Float[np.ndarray, " n"]
    nested_scores: Float[np.ndarray, " n"] | None
    folds: tuple[Fold, ...]

    @property
    def best(self) -> Cell:
        """The cell of highest AUROC, the first of equals: what a final probe is fitted with."""
        return max(self.cells, key=lambda cell: cell.auroc.value)


def cross_validate(
    features: Features,
    y: Shaped[np.ndarray, " n"],
    cs: Sequence[float] = C_GRID,
    groups: Sequence[Hashable] | None = None,
    folds: int = FOLDS,
    seed: int = 0,
) -> CrossValidation:
    """Cross-validate every captured layer with every C, and once more with both chosen inside the folds.

    Raises:
        TooFew, InputError: as `out_of_fold_scores`.
    """
    labels = checked(features.x.reshape(len(features.x), -1), y, cs, groups)
    pairs = split_folds(labels, groups, folds, seed)
    grid = [(layer, c) for layer in features.layers for c in cs]
    table = _table(features.x, labels, cs, pairs)
    aurocs = [stats_auroc.auroc(labels, row) for row in table]
    best = int(np.argmax([a.value for a in aurocs]))
    picks = _nested_picks(features.x, labels, cs, groups, pairs, seed)
    nested_scores = None if picks is None else _picked(table, picks, pairs)
    return CrossValidation(
        tuple(Cell(layer, c, auroc) for (layer, c), auroc in zip(grid, aurocs, strict=True)),
        None if nested_scores is None else stats_auroc.auroc(labels, nested_scores),
        () if picks is None else tuple(grid[pick] for pick in picks),
        table[best],
        nested_scores,
        tuple(pairs),
    )


def _table(x: np.ndarray, y: np.ndarray, cs: Sequence[float], folds: Sequence[Fold]) -> Float[np.ndarray, "cell n"]:
    """Out-of-fold scores of every layer and C, in the order of the grid."""
    ys = np.repeat(y[None], len(cs), axis=0)
    each = np.array(cs, dtype=np.float64)
    return np.concatenate([fold_scores(x[:, layer], ys, each, folds) for layer in range(x.shape[1])])


def _nested_picks(
    x: np.ndarray,
    y: np.ndarray,
    cs: Sequence[float],
    groups: Sequence[Hashable] | None,
    folds: Sequence[Fold],
    seed: int,
) -> list[int] | None:
    """The grid cell that each training part chooses by its own cross-validation; None where one is too small."""
    picks = []
    for train, _ in folds:
        own = None if groups is None else [groups[i] for i in train]
        inner = min(len(folds), *examples(y[train], own))
        try:
            pairs = split_folds(y[train], own, max(inner, 2), seed)
        except TooFew:
            return None
        rows = np.repeat(y[train][None], len(cs) * x.shape[1], axis=0)
        picks.append(int(np.argmax(auroc_values(rows, _table(x[train], y[train], cs, pairs)))))
    return picks


def _picked(table: np.ndarray, picks: Sequence[int], folds: Sequence[Fold]) -> Float[np.ndarray, " n"]:
    scores = np.empty(table.shape[1])
    for pick, (_, test) in zip(picks, folds, strict=True):
        scores[test] = table[pick, test]
    return scores
