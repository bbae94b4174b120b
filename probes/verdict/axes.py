"""A probe for every axis of the rubric (paper section 6.5): cross-validated on fit, judged on fresh."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from interp.labels.rubric import AXIS_POSITIVE
from interp.records.findings import Estimate, Outcome
from interp.stats.auroc import auroc
from probes.evidence.base_rates import as_json
from probes.evidence.thresholds import Gates, at_least
from probes.fitting.cross_validation import C_GRID, cross_validate
from probes.fitting.folds import TooFew, examples
from probes.fitting.readings import Readings
from probes.fitting.samples import Samples


@dataclass(frozen=True, slots=True, eq=False)
class AxisProbe:
    """What h_last tells of one axis.

    Attributes:
        cv: nested cross-validated AUROC on fit, layer and C chosen inside the folds; None with a `reason`.
        fresh: AUROC on fresh; None with a `reason`.
        counts: split -> answers that are positive (scored 4 or 5), negative, and unscored.
        held_out: out-of-fold scores of the fit answers, NaN where the axis is unscored; None where nothing was fitted.
    """

    axis: str
    cv: Estimate | None
    fresh: Estimate | None
    counts: Mapping[str, Mapping[str, int]]
    outcome: Outcome
    reason: str = ""
    held_out: Float[np.ndarray, " n"] | None = None


def sweep(
    fit: Samples, fresh: Samples, fit_x: Readings, fresh_x: Readings, gates: Gates, seed: int = 0
) -> list[AxisProbe]:
    """Fit and judge one probe an axis, over the answers that are scored on it; no axis, no probe."""
    names = sorted({axis for label in fit.labels for axis in label.axes})
    return [_probe(axis, fit, fresh, fit_x, fresh_x, gates, seed) for axis in names]


def _probe(
    axis: str, fit: Samples, fresh: Samples, fit_x: Readings, fresh_x: Readings, gates: Gates, seed: int
) -> AxisProbe:
    a, rows_a = labels(axis, fit)
    b, rows_b = labels(axis, fresh)
    counts = {s.split.value: _counts(y, s) for s, y in ((fit, a), (fresh, b))}
    kept = fit.where(rows_a)
    if min(examples(a, kept.groups)) < gates.min_class:
        why = f"{int(a.sum())} positive and {int((~a).sum())} negative answers on fit; {gates.min_class} of each needed"
        return AxisProbe(axis, None, None, counts, Outcome.UNRESOLVED, why)
    train = fit_x.select(kept.ids)
    try:
        cv = cross_validate(train.stacked, a, C_GRID, kept.groups, seed=seed)
    except TooFew as few:
        return AxisProbe(axis, None, None, counts, Outcome.UNRESOLVED, str(few))
    held_out = _spread(cv.nested_scores, rows_a)
    if cv.nested is None:
        why = "the training folds are too small to choose layer and C inside them"
        return AxisProbe(axis, None, None, counts, Outcome.UNRESOLVED, why, held_out)
    if min(int(b.sum()), int((~b).sum())) < gates.min_class:
        why = (
            f"{int(b.sum())} positive and {int((~b).sum())} negative answers on fresh; {gates.min_class} of each needed"
        )
        return AxisProbe(axis, cv.nested, None, counts, Outcome.UNRESOLVED, why, held_out)
    probe = train.probe(cv.best.layer, a, cv.best.c, axis)
    test = fresh_x.select(fresh.where(rows_b).ids)
    found = auroc(b, test.stacked.x[:, cv.best.layer].astype(np.float64) @ probe.w + probe.b)
    return AxisProbe(axis, cv.nested, found, counts, _outcome(cv.nested, found, gates), "", held_out)


def _outcome(cv: Estimate, fresh: Estimate, gates: Gates) -> Outcome:
    outcomes = (at_least(cv, gates.axis_cv), at_least(fresh, gates.axis_fresh))
    if all(o is Outcome.PASS for o in outcomes):
        return Outcome.PASS
    return Outcome.FAIL if Outcome.FAIL in outcomes else Outcome.UNRESOLVED


def labels(axis: str, samples: Samples) -> tuple[Bool[np.ndarray, " k"], Bool[np.ndarray, " n"]]:
    """Return which scored answers are positive on an axis, and which answers are scored."""
    scored = [label.axes.get(axis) for label in samples.labels]
    keep = np.array([s is not None for s in scored], dtype=bool)
    return np.array([s >= AXIS_POSITIVE for s in scored if s is not None], dtype=bool), keep


def _counts(y: Bool[np.ndarray, " k"], samples: Samples) -> dict[str, int]:
    return {"positive": int(y.sum()), "negative": int((~y).sum()), "unscored": len(samples.y) - len(y)}


def _spread(scores: Float[np.ndarray, " k"] | None, rows: Bool[np.ndarray, " n"]) -> Float[np.ndarray, " n"] | None:
    if scores is None:
        return None
    out = np.full(len(rows), np.nan)
    out[rows] = scores
    return out


def largest_correlation(found: Sequence[AxisProbe]) -> float | None:
    """Return the largest |r| of two axes over the answers that both are scored on; None for a single axis."""
    held_out = [one.held_out for one in found if one.held_out is not None]
    values = []
    for a, b in itertools.combinations(held_out, 2):
        both = ~np.isnan(a) & ~np.isnan(b)
        if both.sum() >= 3 and a[both].std() > 0 and b[both].std() > 0:
            values.append(abs(float(np.corrcoef(a[both], b[both])[0, 1])))
    return max(values, default=None)


def rows(found: Sequence[AxisProbe]) -> list[dict[str, Any]]:
    """Return what a report keeps of each axis."""
    return [
        {
            "axis": one.axis,
            "cv": as_json(one.cv),
            "fresh": as_json(one.fresh),
            "counts": {split: dict(n) for split, n in one.counts.items()},
            "outcome": one.outcome.value,
            "reason": one.reason,
        }
        for one in found
    ]
