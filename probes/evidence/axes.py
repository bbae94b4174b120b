"""A probe for every axis of the rubric (paper section 6.5): cross-validated on fit, scored on fresh."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from interp.labels.rubric import AXIS_POSITIVE
from interp.records.findings import Estimate
from interp.results.evidence import AxisCounts, BySplit
from interp.stats.auroc import auroc
from probes.fitting.cross_validation import cross_validate
from probes.fitting.folds import TooFew, examples
from probes.fitting.layers import StackedLayers
from probes.fitting.recipe import Recipe
from probes.fitting.samples import Samples


@dataclass(frozen=True, slots=True, eq=False)
class AxisEvidence:
    """What h_last tells of one axis, before it is judged.

    Attributes:
        cv: nested cross-validated AUROC on fit, layer and C chosen inside the folds; None with a `reason`.
        fresh: AUROC on fresh; None with a `reason`.
        counts: answers of each split that are positive (scored 4 or 5), negative, and unscored.
        held_out: out-of-fold scores of the fit answers, NaN where the axis is unscored; None where nothing was fitted.
    """

    axis: str
    cv: Estimate | None
    fresh: Estimate | None
    counts: BySplit[AxisCounts]
    reason: str = ""
    held_out: Float[np.ndarray, " n"] | None = None


def sweep(
    fit: Samples, fresh: Samples, fit_x: StackedLayers, fresh_x: StackedLayers, recipe: Recipe
) -> list[AxisEvidence]:
    """Fit and score one probe an axis, over the answers that are scored on it; no axis, no probe."""
    names = sorted({axis for label in fit.labels for axis in label.axes})
    return [_probe(axis, fit, fresh, fit_x, fresh_x, recipe) for axis in names]


def _probe(
    axis: str, fit: Samples, fresh: Samples, fit_x: StackedLayers, fresh_x: StackedLayers, recipe: Recipe
) -> AxisEvidence:
    a, rows_a = labels(axis, fit)
    b, rows_b = labels(axis, fresh)
    counts = BySplit(_counts(a, fit), _counts(b, fresh))
    least = recipe.thresholds.min_class
    kept = fit.where(rows_a)
    if min(examples(a, kept.groups)) < least:
        return AxisEvidence(axis, None, None, counts, _too_few(a, "fit", least))
    train = fit_x.select(kept.ids)
    try:
        cv = cross_validate(train.stacked, a, recipe.cs, kept.groups, recipe.folds, recipe.seed)
    except TooFew as few:
        return AxisEvidence(axis, None, None, counts, str(few))
    held_out = _spread(cv.nested_scores, rows_a)
    if cv.nested is None:
        why = "the training folds are too small to choose layer and C inside them"
        return AxisEvidence(axis, None, None, counts, why, held_out)
    if min(int(b.sum()), int((~b).sum())) < least:
        return AxisEvidence(axis, cv.nested, None, counts, _too_few(b, "fresh", least), held_out)
    probe = train.probe(cv.best.layer, a, cv.best.c, axis)
    test = fresh_x.select(fresh.where(rows_b).ids)
    return AxisEvidence(axis, cv.nested, auroc(b, test.score(cv.best.layer, probe)), counts, "", held_out)


def _too_few(y: Bool[np.ndarray, " k"], split: str, least: int) -> str:
    return f"{int(y.sum())} positive and {int((~y).sum())} negative answers on {split}; {least} of each needed"


def labels(axis: str, samples: Samples) -> tuple[Bool[np.ndarray, " k"], Bool[np.ndarray, " n"]]:
    """Return which scored answers are positive on an axis, and which answers are scored."""
    scored = [label.axes.get(axis) for label in samples.labels]
    keep = np.array([s is not None for s in scored], dtype=bool)
    return np.array([s >= AXIS_POSITIVE for s in scored if s is not None], dtype=bool), keep


def _counts(y: Bool[np.ndarray, " k"], samples: Samples) -> AxisCounts:
    return AxisCounts(int(y.sum()), int((~y).sum()), len(samples.y) - len(y))


def _spread(scores: Float[np.ndarray, " k"] | None, rows: Bool[np.ndarray, " n"]) -> Float[np.ndarray, " n"] | None:
    if scores is None:
        return None
    out = np.full(len(rows), np.nan)
    out[rows] = scores
    return out


def largest_correlation(axes: Sequence[AxisEvidence]) -> float | None:
    """Return the largest |r| of two axes over the answers that both are scored on; None for a single axis."""
    held_out = [axis.held_out for axis in axes if axis.held_out is not None]
    values = []
    for a, b in itertools.combinations(held_out, 2):
        both = ~np.isnan(a) & ~np.isnan(b)
        if both.sum() >= 3 and a[both].std() > 0 and b[both].std() > 0:
            values.append(abs(float(np.corrcoef(a[both], b[both])[0, 1])))
    return max(values, default=None)
