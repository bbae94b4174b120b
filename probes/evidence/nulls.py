"""Nulls: what the same procedure finds where there is nothing to find.

Four of them, each a `Null`: permuted labels (for the best cross-validated AUROC of all readings and every C), a control
task (Hewitt and Liang 2019), random directions, and shuffled features. They are default rows of every report.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

import numpy as np
from jaxtyping import Bool, Float

from interp.records.findings import Estimate
from interp.results.evidence import ControlTask, Null
from interp.stats.auroc import auroc_values
from interp.stats.resampling import permutation_p
from probes.fitting.cross_validation import fold_scores
from probes.fitting.folds import Fold, TooFew, split_folds
from probes.fitting.permutation import permuted_labels
from probes.fitting.rowspace import row_space

PERMUTATIONS = 1000
CONTROL_TASKS = 20
DIRECTIONS = 2000
SHUFFLES = 99


def label_permutation(
    x: Float[np.ndarray, "n reading d"],
    y: Bool[np.ndarray, " n"],
    cs: Sequence[float],
    folds: Sequence[Fold],
    groups: Sequence[Hashable] | None = None,
    n: int = PERMUTATIONS,
    seed: int = 0,
) -> Null:
    """Permute the labels and take the best cross-validated AUROC over every reading and every C each time.

    The selection is inside the null: what is compared is the best of all cells with the best of all cells. The probe of
    this null is the first Newton step of the logistic one, from the intercept alone: as labels are permuted within
    folds, its scores are a fixed linear map of the labels, so that thousands of permutations cost one product of
    matrices. The observed value is that probe's too; it is no substitute for the logistic probe's own estimate.
    """
    statistic = f"best cross-validated AUROC on fit over {x.shape[1]} readings and {len(cs)} C (one-step probes)"
    name = "label permutation"
    try:
        permuted = permuted_labels(y, folds, n, seed, groups)
    except TooFew as few:
        return Null(name, statistic, None, None, None, None, 0, seed, str(few))
    ys = np.concatenate([y[None], permuted])
    best = np.full(len(ys), -np.inf)
    for reading in range(x.shape[1]):
        maps = [_one_step(x[train, reading], x[test, reading], y[train], cs) for train, test in folds]
        for cell in range(len(cs)):
            scores = np.empty(ys.shape)
            for (train, test), per_c in zip(folds, maps, strict=True):
                share = y[train].mean()  # the same in every permutation: labels stay within the test part of a fold
                scores[:, test] = ys[:, train] @ per_c[cell] + np.log(share / (1 - share))
            best = np.maximum(best, _aurocs(ys, scores))
    return _null(name, statistic, float(best[0]), best[1:], seed)


def _one_step(
    train: Float[np.ndarray, "n d"], test: Float[np.ndarray, "m d"], y: Bool[np.ndarray, " n"], cs: Sequence[float]
) -> list[Float[np.ndarray, "n m"]]:
    """The maps from training labels to scores of test rows, one a C: (X'WX + I/C)^-1 X'(y - mean), W = p (1 - p)."""
    space = row_space(train)
    squares = (space.z**2).sum(axis=0)
    weight = y.mean() * (1 - y.mean())
    other = space.project(test)
    centre = np.eye(len(train)) - 1 / len(train)
    return [centre @ (space.z / (weight * squares + 1 / c)) @ other.T for c in cs]


def control_task(
    x: Float[np.ndarray, "n d"],
    y: Bool[np.ndarray, " n"],
    types: Sequence[str],
    c: float,
    tasks: int = CONTROL_TASKS,
    folds: int = 5,
    seed: int = 0,
) -> ControlTask:
    """Fit the probe to labels that are a hash of the prompt, and say how much less it learns of them.

    Hewitt and Liang give every word type a random label, which a probe can only memorise. Here the type is the prompt:
    every answer to one prompt gets the same random label (half of them positive on average), in every control task
    another one. Folds are by answer, not by prompt, so that a type met in training can be recognised. Where every
    prompt is answered once, nothing can be: the control is then at chance on held-out answers by construction, and
    `memorised` is what is left to say of capacity.
    """
    n_types = len(set(types))
    labels = np.array([[_coin(f"{seed}:{task}:{t}") for t in types] for task in range(tasks)])
    try:
        pairs = [split_folds(row, folds=folds, seed=seed) for row in (y, *labels)]
    except TooFew as few:
        return ControlTask(None, None, None, None, n_types, tasks, seed, str(few))
    held_out = [
        float(auroc_values(row, fold_scores(x, row[None], np.array([c]), own)[0]))
        for row, own in zip((y, *labels), pairs, strict=True)
    ]
    real, control = held_out[0], np.array(held_out[1:])
    fitted = row_space(x).scores(labels, np.full(tasks, c), x)
    memorised = float(auroc_values(labels, fitted).mean())
    lower, upper = np.quantile(real - control, [0.025, 0.975])
    counts = int(y.sum()), int((~y).sum())
    method = f"real minus control AUROC, middle 95 % of {tasks} control tasks"
    value = real - float(control.mean())
    selectivity = Estimate(value, min(value, float(lower)), max(value, float(upper)), method, *counts)
    return ControlTask(real, float(control.mean()), selectivity, memorised, n_types, tasks, seed)


def _coin(text: str) -> bool:
    return bool(hashlib.sha256(text.encode()).digest()[0] & 1)


def random_directions(
    fit_x: Float[np.ndarray, "n d"],
    fresh_x: Float[np.ndarray, "m d"],
    fresh_y: Bool[np.ndarray, " m"],
    observed: float,
    n: int = DIRECTIONS,
    seed: int = 0,
) -> Null:
    """Project fresh on random directions of the standardised features; compare |AUROC - 0.5| with the probe's."""
    rng = np.random.default_rng(seed)
    spread = fit_x.std(axis=0, dtype=np.float64)
    rows = (fresh_x - fit_x.mean(axis=0, dtype=np.float64)) / np.where(spread > 0, spread, 1.0)
    scores = rng.standard_normal((n, rows.shape[1])) @ rows.T
    found = np.abs(_aurocs(np.broadcast_to(fresh_y, scores.shape), scores) - 0.5)
    statistic = "distance of the fresh AUROC from 0.5 at the headline reading"
    return _null("random direction", statistic, abs(observed - 0.5), found, seed)


def shuffled_features(
    fit_x: Float[np.ndarray, "n d"],
    fit_y: Bool[np.ndarray, " n"],
    fresh_x: Float[np.ndarray, "m d"],
    fresh_y: Bool[np.ndarray, " m"],
    c: float,
    observed: float,
    n: int = SHUFFLES,
    seed: int = 0,
) -> Null:
    """Shuffle every feature on its own over the fit answers, refit, and judge on fresh as it is.

    What a feature looks like over all answers stays; what it has to do with the label and with other features goes.
    """
    rng = np.random.default_rng(seed)
    found = [_shuffled(rng.permuted(fit_x, axis=0), fit_y, fresh_x, fresh_y, c) for _ in range(n)]
    statistic = "fresh AUROC at the headline reading and C"
    return _null("shuffled features", statistic, observed, np.array(found), seed)


def _shuffled(x: np.ndarray, y: np.ndarray, fresh_x: np.ndarray, fresh_y: np.ndarray, c: float) -> float:
    return float(auroc_values(fresh_y, row_space(x).scores(y[None], np.array([c]), fresh_x)[0]))


def _aurocs(y: Bool[np.ndarray, "b n"], scores: Float[np.ndarray, "b n"]) -> Float[np.ndarray, " b"]:
    """Plain AUROCs of many rows of scores; ties, which measured features do not have, are broken by place."""
    n_pos = y.sum(axis=1)
    order = np.argsort(scores, axis=1)
    ranked = np.take_along_axis(y, order, axis=1) @ np.arange(1.0, y.shape[1] + 1)
    return np.asarray((ranked - n_pos * (n_pos + 1) / 2) / (n_pos * (y.shape[1] - n_pos)))


def _null(name: str, statistic: str, observed: float, draws: Float[np.ndarray, " n"], seed: int) -> Null:
    typical, extreme = float(draws.mean()), float(np.quantile(draws, 0.95))
    p = permutation_p(observed, draws)
    return Null(name, statistic, observed, typical, extreme, p, len(draws), seed)
