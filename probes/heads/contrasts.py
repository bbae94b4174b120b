"""Which heads differ between two cohorts: magnitude and directional contrasts (paper section on arc 2) with nulls.

The study's numbers are kept: per head the difference of mean norms, and the projections on the difference of the mean
vectors. A direction made from the answers that it is then tried on separates any two cohorts, so the directional d here
is cross-fitted, and the study's own number stands beside it with what it gives for shuffled labels. p-values come from
permutations of the labels within folds; `p_family` compares each head with the largest head of every permutation
(Westfall and Young 1993, single step), times the number of contrasts (Bonferroni): a study that tries two contrasts
and has nothing to find names a head in at most one of twenty, whichever contrast it reads.

`python -m probes.attribution RUN` runs all of it on a finished run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int

from interp.errors import InputError
from interp.records.arrays import HeadActivations
from interp.results.attribution import CONTRASTS, LEVEL, Contrast, ContrastOutcome, HeadEffect, Largest, Matched
from probes.fitting.folds import TooFew
from probes.heads import arrays
from probes.heads.arrays import Plan
from probes.heads.measures import MEASURES, SPLIT_HALVES, TOP, InSample, Measured

METHODS = {
    "magnitude": "difference of mean norms, Cohen's d with pooled standard deviation (ddof 1); two-sided permutations",
    "directional": "projections on the difference of the cohorts' mean vectors, the direction from the other four of "
    "five folds; Cohen's d; one-sided permutations that refit every direction",
}
IN_VIEW = 20  # heads of the whole ranking that a matched contrast reports
UNTESTED: ContrastOutcome = "could not be tested"


def attribute(
    heads: HeadActivations,
    y: Bool[np.ndarray, " n"],
    *,
    permutations: int = 2000,
    seed: int = 0,
    lengths: Int[np.ndarray, " n"] | None = None,
    strata: Sequence[str] | None = None,
    contrasts: Sequence[str] = tuple(CONTRASTS),
) -> dict[str, Contrast]:
    """Return the contrasts of cohort a (`y` is True) with cohort b over every head.

    Args:
        heads: one row an answer.
        y: whether the answer is of cohort a.
        permutations: of the labels.
        seed: of folds, permutations and halvings.
        lengths: tokens of each answer; given, each contrast is repeated on pairs of equal length.
        strata: the kind of question of each answer; given too, it is repeated on pairs of one kind and length.
        contrasts: which of `CONTRASTS`.

    Raises:
        InputError: rows and labels that do not match, activations that are not numbers, or no permutations.
    """
    _check(heads, y, permutations)
    tried = len(contrasts)
    whole = {name: _contrast(name, heads, y, permutations, seed, tried) for name in contrasts}
    if lengths is None:
        return whole
    pairings = {"length": arrays.pair_up(lengths, y)}
    if strata is not None and len(set(strata)) > 1:
        pairings["kind of question and length"] = arrays.pair_up(lengths, y, strata)
    return {
        name: dataclasses.replace(
            contrast,
            matched={
                by: _matched(name, contrast, by, _rows(heads, rows), permutations, seed, tried)
                for by, rows in pairings.items()
            },
        )
        for name, contrast in whole.items()
    }


def _check(heads: HeadActivations, y: np.ndarray, permutations: int) -> None:
    if len(heads.generation_ids) != len(y):
        raise InputError(f"There are {len(heads.generation_ids)} rows of heads for {len(y)} labels; expected one each.")
    if permutations < 1:
        raise InputError(f"A contrast needs at least one permutation, got {permutations}.")
    bad = [n for n, *values in zip(heads.layers, heads.norms, heads.means, strict=True) if not _finite(values)]
    if bad:
        raise InputError(f"Head activations of layer {bad[0]} hold NaN or infinity; capture them again, in float32.")


def _finite(values: Sequence[np.ndarray]) -> bool:
    return all(bool(np.isfinite(v).all()) for v in values)


def _rows(heads: HeadActivations, rows: Int[np.ndarray, " m"]) -> HeadActivations:
    return dataclasses.replace(
        heads,
        generation_ids=tuple(heads.generation_ids[i] for i in rows),
        norms=tuple(x[rows] for x in heads.norms),
        means=tuple(x[rows] for x in heads.means),
    )


def _contrast(name: str, heads: HeadActivations, y: np.ndarray, permutations: int, seed: int, tried: int) -> Contrast:
    try:
        planned = arrays.plan(y, permutations, seed)
    except TooFew as few:
        return Contrast(UNTESTED, f"Could not be tested: {few}.", METHODS[name])
    measured = MEASURES[name](heads, planned)
    effects, largest = _effects(heads, planned, measured, tried)
    if largest is None:
        return Contrast(UNTESTED, "Could not be tested: no head varies within a cohort.", METHODS[name], heads=effects)
    survivors = sum(bool(e.survives) for e in effects)
    return Contrast(
        "heads survive" if survivors else "no head survives",
        _reason(name, survivors, len(effects), largest),
        METHODS[name],
        _ranking(effects, measured),
        effects,
        permutations,
        largest,
        SPLIT_HALVES[name](heads, planned, seed),
    )


def _reason(name: str, survivors: int, heads: int, largest: Largest) -> str:
    return (
        f"{survivors} of {heads} heads differ with a family-wise p below {LEVEL:g}; the largest {CONTRASTS[name]} is "
        f"{largest.observed:.2f}, and with shuffled labels it is {largest.expected:.2f} on average and above "
        f"{largest.quantile_95:.2f} in one of twenty."
    )


def _ranking(effects: Sequence[HeadEffect], measured: Measured) -> tuple[tuple[int, int], ...]:
    key = measured.key(measured.d[:1])[0]
    known = [i for i in range(len(effects)) if not np.isnan(key[i])]
    return tuple((effects[i].layer, effects[i].head) for i in sorted(known, key=lambda i: -key[i]))


def _effects(
    heads: HeadActivations, planned: Plan, measured: Measured, tried: int
) -> tuple[tuple[HeadEffect, ...], Largest | None]:
    """Return every head with its interval and p-values, and the largest beside its null, over `tried` contrasts."""
    key = measured.key(measured.d)
    observed, null = key[0], key[1:]
    if np.isnan(observed).all():
        return tuple(_absent(place) for place in arrays.places(heads)), None
    maxima = arrays.family(null)
    alone, among = arrays.count_p(observed, null), arrays.count_p(observed, maxima)
    effects = []
    for i, place in enumerate(arrays.places(heads)):
        if np.isnan(observed[i]):
            effects.append(_absent(place))
            continue
        p, p_family = float(alone[i]), min(1.0, tried * float(among[i]))
        d = dataclasses.replace(measured.interval(i, *planned.sizes), p_value=p)
        mean_a, mean_b = (float(m) for m in measured.means[:, i])
        effect = HeadEffect(*place, mean_a, mean_b, d, p, p_family, p_family < LEVEL)
        effects.append(_with_in_sample(effect, measured.in_sample[i]) if measured.in_sample else effect)
    method = f"{len(null)} permutations of the labels"
    top, expected, high = float(np.nanmax(observed)), float(maxima.mean()), float(np.quantile(maxima, 0.95))
    return tuple(effects), Largest(top, expected, high, method)


def _with_in_sample(effect: HeadEffect, in_sample: InSample) -> HeadEffect:
    d, null, cosine = in_sample.d, in_sample.null, in_sample.cosine
    return dataclasses.replace(effect, d_in_sample=d, d_in_sample_null=null, cosine=cosine)


def _absent(place: tuple[int, int]) -> HeadEffect:
    reason = "d does not exist: the head does not vary within the cohorts"
    return HeadEffect(*place, None, None, None, None, None, None, reason=reason)


def _matched(
    name: str, whole: Contrast, by: str, paired: HeadActivations, permutations: int, seed: int, tried: int
) -> Matched:
    n_pairs = len(paired.generation_ids) // 2
    try:
        planned = arrays.plan_pairs(n_pairs, permutations, seed)
    except TooFew as few:
        return Matched(by, n_pairs, UNTESTED, f"Could not be tested: {few}.")
    effects, largest = _effects(paired, planned, MEASURES[name](paired, planned), tried)
    if largest is None:
        return Matched(by, n_pairs, UNTESTED, "Could not be tested: no head varies within a cohort.")
    survivors = sum(bool(e.survives) for e in effects)
    view = set(whole.ranking[:IN_VIEW])
    shown = tuple(e for e in effects if e.survives or (e.layer, e.head) in view)
    kept = {(e.layer, e.head) for e in effects if e.survives}
    first = whole.ranking[:TOP]
    reason = (
        f"On {n_pairs} pairs, {_reason(name, survivors, len(effects), largest)} Of the first {len(first)} heads over "
        f"all answers, {sum(place in kept for place in first)} survive here."
    )
    return Matched(by, n_pairs, "heads survive" if survivors else "no head survives", reason, largest, shown)
