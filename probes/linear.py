"""Linear probes with the study's recipe (paper section 6): StandardScaler, then L2 logistic regression.

Scores equal scikit-learn's `make_pipeline(StandardScaler(), LogisticRegression(C=c))` once that is run to convergence.
Scores are log-odds; `probability` turns them into what the study thresholds.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from interp import metrics
from interp.errors import InputError
from interp.records import Estimate, Features, Probe
from probes.rowspace import row_space

C_GRID = (1.0, 0.1, 0.01)
FOLDS = 5
MIN_CLASS = 5  # independent examples of each class below which nothing is fitted
Solver = Literal["exact", "study"]
Fold = tuple[Int[np.ndarray, " _"], Int[np.ndarray, " _"]]  # rows to train on, rows to test on


class TooFew(Exception):
    """A class has too few independent examples for a fit: the outcome is "unresolved", not an error in the input."""


def probability(score: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Return the probabilities that belong to log-odds."""
    from scipy.special import expit

    return np.asarray(expit(score))


def fit_probe(
    features: Features, layer: int, y: Shaped[np.ndarray, " n"], c: float, target: str, solver: Solver = "exact"
) -> Probe:
    """Fit one probe on all rows of one layer, the scaler folded in.

    `solver` "exact" finds the optimum. "study" stops where scikit-learn's lbfgs stops by default, as the study's probes
    did: on the published SmolLM2 features its log-odds are still off by 0.2 at C=1.0 (AUROC on fresh 0.5187, at the
    optimum 0.5217), so the published numbers need it and nothing else should.

    Raises:
        TooFew: fewer than five examples of a class.
        InputError: features that are not numbers, do not vary, or do not match the labels; C not above 0.
    """
    x = features.at(layer)
    labels = checked(x, y, [c])
    raw, intercept = _as_study(x, labels, c) if solver == "study" else _exact(x, labels, c)
    return Probe(
        raw,
        intercept,
        target=target,
        site=features.site,
        layer=layer,
        position=features.position,
        pool_tokens=features.pool_tokens,
        c=c,
        fitted_on=features.fingerprint(),
        pool_layers=features.pool_layers,
    )


def _exact(x: np.ndarray, y: np.ndarray, c: float) -> tuple[np.ndarray, float]:
    space = row_space(x)
    w, b = space.fit(y[None], np.array([c]))
    return space.unfold(w[0], float(b[0]))


def _as_study(x: np.ndarray, y: np.ndarray, c: float) -> tuple[np.ndarray, float]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(x.astype(np.float64))
    model = LogisticRegression(C=c, max_iter=2000).fit(scaler.transform(x.astype(np.float64)), y)
    raw = np.asarray(model.coef_[0] / scaler.scale_)
    return raw, float(model.intercept_[0] - scaler.mean_ @ raw)


def checked(
    x: Float[np.ndarray, "n d"],
    y: Shaped[np.ndarray, " labels"],
    cs: Sequence[float],
    groups: Sequence[Hashable] | None = None,
    at_least: int = MIN_CLASS,
) -> Bool[np.ndarray, " labels"]:
    """Return the labels as bool once rows, labels and C can be fitted; see `fit_probe` for what is raised."""
    labels = metrics.as_labels(y)
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
    aurocs = [metrics.auroc(labels, row) for row in table]
    best = int(np.argmax([a.value for a in aurocs]))
    picks = _nested_picks(features.x, labels, cs, groups, pairs, seed)
    nested_scores = None if picks is None else _picked(table, picks, pairs)
    return CrossValidation(
        tuple(Cell(layer, c, auroc) for (layer, c), auroc in zip(grid, aurocs, strict=True)),
        None if nested_scores is None else metrics.auroc(labels, nested_scores),
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
        picks.append(int(np.argmax(metrics.auroc_values(rows, _table(x[train], y[train], cs, pairs)))))
    return picks


def _picked(table: np.ndarray, picks: Sequence[int], folds: Sequence[Fold]) -> Float[np.ndarray, " n"]:
    scores = np.empty(table.shape[1])
    for pick, (_, test) in zip(picks, folds, strict=True):
        scores[test] = table[pick, test]
    return scores
