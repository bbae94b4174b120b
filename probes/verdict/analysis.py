"""From the records of a run to its numbers: probes, steps, controls, audits and a verdict for each target."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from interp.records.answers import Generation
from interp.records.arrays import Probe
from interp.records.findings import FailureMode, StepResult, Threat, Verdict
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.stats.auroc import auroc
from probes.evidence import audits, base_rates, nulls
from probes.evidence.base_rates import as_json
from probes.evidence.baselines import Control, run_baselines
from probes.evidence.reliability import reliability
from probes.evidence.sidecar import judge_gate
from probes.evidence.thresholds import Gates
from probes.fitting.cross_validation import CrossValidation, cross_validate
from probes.fitting.folds import MIN_CLASS, TooFew, examples
from probes.fitting.readings import Readings
from probes.fitting.samples import Samples, Target, select
from probes.verdict import axes
from probes.verdict import steps as falsify
from probes.verdict.axes import AxisProbe
from probes.verdict.taxonomy import CROSS_VALIDATION, FRESH_PROMPTS, diagnose

SPLITS = (Split.FIT, Split.FRESH)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Records:
    """Everything a run recorded.

    Attributes:
        readings: h_last of its answers; None where nobody kept it, as in parts of the published study.
        pooled: the multi-layer variant.
        stored: target -> steps that a published run has as numbers only, as its report keeps them.
    """

    prompts: Sequence[Prompt]
    generations: Sequence[Generation]
    labels: Sequence[Label]
    readings: Readings | None
    pooled: Readings | None = None
    stored: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[Sequence[Prompt], Sequence[Generation], Sequence[Label]]:
        """Prompts, generations and labels."""
        return self.prompts, self.generations, self.labels

    def __repr__(self) -> str:
        features = "without" if self.readings is None else "with"
        return f"Records({len(self.prompts)} prompts, {len(self.generations)} answers, {features} features)"


@dataclass(frozen=True, slots=True, eq=False)
class Second:
    """A run of the same prompts on another model: its name and its records."""

    name: str
    records: Records


@dataclass(frozen=True, slots=True, eq=False)
class FittedTarget:
    """One target's probe: chosen and fitted on fit, with its log-odds of the fresh answers."""

    fit: Samples
    fresh: Samples
    fit_x: Readings
    fresh_x: Readings
    found: CrossValidation
    probe: Probe
    scores: Float[np.ndarray, " n"]

    @property
    def headline_x(self) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]]:
        """The features of fit and fresh at the chosen reading."""
        index = self.found.best.layer
        return self.fit_x.stacked.x[:, index], self.fresh_x.stacked.x[:, index]


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """The numbers of a report as plain JSON values, and the probes behind them."""

    numbers: dict[str, Any]
    probes: list[Probe]


def analyse(
    records: Records,
    *,
    targets: Sequence[Target],
    cs: Sequence[float],
    folds: int = 5,
    seed: int = 0,
    gates: Gates | None = None,
    second: Second | None = None,
) -> Analysis:
    """Return every number of a run, for each target; `second` supplies the fifth step."""
    gates = gates or Gates()
    results = {t: _target(records, t, cs, folds, seed, gates, second) for t in targets}
    numbers = {
        "gates": dataclasses.asdict(gates),
        "answers": {s.value: base_rates.answers(records.prompts, records.generations, s) for s in SPLITS},
        "labels": {s.value: base_rates.label_rates(*records.rows, s) for s in SPLITS},
        "delivery": {s.value: base_rates.delivery(*records.rows, s) for s in SPLITS},
        "targets": {t: found for t, (found, _) in results.items()},
    }
    return Analysis(numbers, [probe for _, probe in results.values() if probe is not None])


def _target(
    records: Records, target: Target, cs: Sequence[float], folds: int, seed: int, gates: Gates, second: Second | None
) -> tuple[dict[str, Any], Probe | None]:
    """Fit, judge and diagnose one target; too few examples of a class make it unresolved, not an error."""
    fit, fresh = samples(records, target)
    try:
        fitted = fit_target(records, fit, fresh, cs, folds, seed)
    except TooFew as few:
        return _untested(records, fit, fresh, str(few), gates, seed), None
    other = None if second is None else second_step(records, second, target, cs, folds, seed, gates)
    return _tested(records, fitted, other, cs, seed, gates), fitted.probe


def samples(records: Records, target: Target) -> tuple[Samples, Samples]:
    """Return the scored answers of fit and fresh; with readings, only those that have features."""
    features = None if records.readings is None else records.readings.stacked
    fit, fresh = (select(*records.rows, split=split, target=target, features=features) for split in SPLITS)
    return fit, fresh


def fit_target(
    records: Records, fit: Samples, fresh: Samples, cs: Sequence[float], folds: int, seed: int
) -> FittedTarget:
    """Choose reading and C on fit, fit there, and score fresh.

    Raises:
        TooFew: no readings, or too few examples of a class. Both are told before the features are looked at.
    """
    if records.readings is None:
        raise TooFew("this run keeps no h_last of its answers.")
    n_pos, n_neg = examples(fit.y, fit.groups)
    if min(n_pos, n_neg) < MIN_CLASS:
        raise TooFew(f"{n_pos} positive and {n_neg} negative answers on fit; a probe needs {MIN_CLASS} of each.")
    fit_x, fresh_x = records.readings.select(fit.ids), records.readings.select(fresh.ids)
    found = cross_validate(fit_x.stacked, fit.y, cs, fit.groups, folds, seed)
    probe = fit_x.probe(found.best.layer, fit.y, found.best.c, fit.target)
    return FittedTarget(fit, fresh, fit_x, fresh_x, found, probe, _scores(fresh_x, found.best.layer, probe))


def second_step(
    records: Records, second: Second, target: Target, cs: Sequence[float], folds: int, seed: int, gates: Gates
) -> StepResult:
    """Step 5: the fresh step of the other model's run, if it answered the same fresh prompts."""
    mine, theirs = ({p.text for p in r.prompts if p.split is Split.FRESH} for r in (records, second.records))
    if mine != theirs:
        why = "its fresh prompts are not these; run the same prompts on both models."
        return falsify.untested(falsify.CROSS_MODEL, f"{second.name}: {why}")
    try:
        other = fit_target(second.records, *samples(second.records, target), cs, folds, seed)
    except TooFew as few:
        return falsify.untested(falsify.CROSS_MODEL, f"{second.name}: {few}")
    step = falsify.fresh_prompts(other.fresh.y, other.scores, gates, seed)
    return dataclasses.replace(step, step=falsify.CROSS_MODEL, detail=f"{second.name}: {step.detail}")


def _untested(records: Records, fit: Samples, fresh: Samples, why: str, gates: Gates, seed: int) -> dict[str, Any]:
    """No probe could be fitted: stored steps, where a published run has them, and what texts and labels tell alone."""
    stored = falsify.stored_steps(records.stored.get(fit.target, ()), gates)
    named = {s.step for s in stored}
    missing = [
        falsify.untested(CROSS_VALIDATION, f"{why[0].upper()}{why[1:]}"),
        falsify.untested(FRESH_PROMPTS, f"no probe could be fitted on fit: {why}"),
    ]
    swept = _sweep_without_probe(records, fit, fresh, gates, seed)
    missing += [falsify.axis_sweep(swept, gates)] if swept else []
    steps = [*(s for s in missing if s.step not in named), *stored]
    threats = run_audits(records, fit, fresh, (), gates)
    return {
        "n": base_rates.counts(fit, fresh),
        "headline": None,
        "readings": [],
        "axes": axes.rows(swept),
        "controls": [],
        "nulls": None,
        "reliability": None,
        "gate": None,
        "relations": [],
        "verdict": _verdict(diagnose(steps, base_rates.base_rates(fit, fresh), (), threats, gates)),
    }


def _sweep_without_probe(records: Records, fit: Samples, fresh: Samples, gates: Gates, seed: int) -> list[AxisProbe]:
    """The axes of answers whose target has too few of a class: a rubric may still tell them apart."""
    if records.readings is None or not len(fit.y) or not len(fresh.y):
        return []
    fit_x, fresh_x = (records.readings.select(s.ids) for s in (fit, fresh))
    return axes.sweep(fit, fresh, fit_x, fresh_x, gates, seed)


def _tested(
    records: Records, fitted: FittedTarget, other: StepResult | None, cs: Sequence[float], seed: int, gates: Gates
) -> dict[str, Any]:
    fit, fresh, found, scores = fitted.fit, fitted.fresh, fitted.found, fitted.scores
    judged = len(fresh.y) > 0 and 0 < fresh.n_pos < len(fresh.y)
    controls = run_baselines(fit, fresh, scores, found.folds) if judged else []
    swept = axes.sweep(fit, fresh, fitted.fit_x, fitted.fresh_x, gates, seed)
    steps = [*_steps(records, fitted, swept, seed, gates), falsify.cross_model(other)]
    threats = run_audits(records, fit, fresh, controls, gates, fitted.headline_x)
    verdict = diagnose(steps, base_rates.base_rates(fit, fresh), controls, threats, gates)
    rows = [_reading(fitted, i, judged) for i in range(len(fitted.fit_x.places))]
    gate_scores = found.nested_scores if found.nested_scores is not None else found.scores
    return {
        "n": base_rates.counts(fit, fresh),
        "headline": {**rows[found.best.layer], "nested_cv": as_json(found.nested), "fresh_p": _p(steps)},
        "study_reading": rows[fitted.fit_x.study],
        "readings": rows,
        "axes": axes.rows(swept),
        "controls": [as_json(c) for c in controls],
        "nulls": _nulls(fitted, cs, judged, seed),
        "reliability": as_json(reliability(fresh, scores, seed)) if judged else None,
        "gate": as_json(judge_gate(fit.y, gate_scores, fresh.y, scores, gates)) if judged else None,
        "relations": base_rates.relations(fresh, scores, gates) if judged else [],
        "verdict": _verdict(verdict),
    }


def _steps(
    records: Records, fitted: FittedTarget, swept: Sequence[AxisProbe], seed: int, gates: Gates
) -> list[StepResult]:
    fit, fresh, pool = fitted.fit, fitted.fresh, records.pooled
    pool_fit, pool_fresh = (None if pool is None else pool.select(s.ids) for s in (fit, fresh))
    return [
        falsify.cross_validation(fitted.found, fit.y, gates),
        falsify.fresh_prompts(fresh.y, fitted.scores, gates, seed),
        falsify.axis_sweep(swept, gates),
        falsify.layer_pooling(pool_fit, pool_fresh, fit, fresh, gates, seed),
    ]


def _nulls(fitted: FittedTarget, cs: Sequence[float], judged: bool, seed: int) -> dict[str, Any]:
    """Return the nulls: labels over all readings and C, the others at the headline reading and C."""
    fit, fresh, best = fitted.fit, fitted.fresh, fitted.found.best
    x = fitted.fit_x.stacked.x
    rows = [nulls.label_permutation(x, fit.y, cs, fitted.found.folds, fit.groups, seed=seed)]
    fit_x, fresh_x = fitted.headline_x
    if judged:
        observed = float(auroc(fresh.y, fitted.scores).value)
        rows.append(nulls.random_directions(fit_x, fresh_x, fresh.y, observed, seed=seed))
        rows.append(nulls.shuffled_features(fit_x, fit.y, fresh_x, fresh.y, best.c, observed, seed=seed))
    task = nulls.control_task(fit_x, fit.y, fit.groups, best.c, folds=len(fitted.found.folds), seed=seed)
    return {"rows": [as_json(row) for row in rows], "control_task": as_json(task)}


def run_audits(
    records: Records,
    fit: Samples,
    fresh: Samples,
    baselines: Sequence[Control],
    gates: Gates,
    x: tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]] | None = None,
) -> list[Threat]:
    """Return every threat that the audits find; `x` are the features of fit and fresh, where there are any."""
    split = {p.id: p.split for p in records.prompts}
    a, b = ([g for g in records.generations if split[g.prompt_id] is s] for s in SPLITS)
    found = [*audits.cut_off(a, Split.FIT), *audits.cut_off(b, Split.FRESH), *audits.position_mismatch(a, b)]
    found += audits.duplicates(fit, fresh)
    found += audits.prompt_shift(fit, fresh)
    if x is not None and min(map(len, x)) >= gates.min_class:
        found += audits.feature_shift(*x)
    found += [*audits.base_rate_shift(fit, fresh), *audits.judge_differs(fit, fresh), *audits.own_judge(fit, fresh)]
    found += [*audits.unscored(fit), *audits.unscored(fresh)]
    found += audits.imbalance(fresh, gates)
    return [*found, *audits.surface_confound(baselines)]


def _reading(fitted: FittedTarget, index: int, judged: bool) -> dict[str, Any]:
    """One row of the table over layers: C chosen on fit, judged on fresh."""
    cell = max((c for c in fitted.found.cells if c.layer == index), key=lambda c: c.auroc.value)
    place, fit = fitted.fit_x.places[index], fitted.fit
    fresh = None
    if judged:
        scores = _scores(fitted.fresh_x, index, fitted.fit_x.probe(index, fit.y, cell.c, fit.target))
        fresh = auroc(fitted.fresh.y, scores)
    return {
        "site": place.site.value,
        "layer": place.layer,
        "c": cell.c,
        "cv": as_json(cell.auroc),
        "fresh": as_json(fresh),
    }


def _scores(readings: Readings, index: int, probe: Probe) -> Float[np.ndarray, " n"]:
    return np.asarray(readings.stacked.x[:, index].astype(np.float64) @ probe.w + probe.b)


def _p(steps: Sequence[StepResult]) -> float | None:
    fresh = next(s for s in steps if s.step == FRESH_PROMPTS)
    return None if fresh.auroc is None else fresh.auroc.p_value


def _verdict(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = dataclasses.asdict(verdict)
    found["handle"] = verdict.failure is FailureMode.NONE
    return found
