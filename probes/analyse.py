"""From the records of a run to its numbers: probes, steps, controls, audits and a verdict for each target."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from interp import metrics
from interp.records import Estimate, FailureMode, Generation, Label, Probe, Prompt, Split, StepResult, Threat, Verdict
from probes import audits, falsify
from probes.baselines import run_baselines
from probes.gate import judge_gate
from probes.gates import Gates
from probes.linear import MIN_CLASS, CrossValidation, TooFew, cross_validate, examples
from probes.readings import Readings
from probes.samples import Samples, Target, select
from probes.taxonomy import CROSS_VALIDATION, FRESH_PROMPTS, BaseRates, Control, diagnose

SPLITS = (Split.FIT, Split.FRESH)


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Everything a run recorded, and the readings of its answers; `pooled` is the multi-layer variant."""

    prompts: Sequence[Prompt]
    generations: Sequence[Generation]
    labels: Sequence[Label]
    readings: Readings
    pooled: Readings | None = None


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
) -> Analysis:
    """Return every number of a run, for each target."""
    gates = gates or Gates()
    results = {t: _target(records, t, cs, folds, seed, gates) for t in targets}
    numbers = {
        "gates": dataclasses.asdict(gates),
        "answers": {s.value: answers(records, s) for s in SPLITS},
        "labels": {s.value: label_rates(records, s) for s in SPLITS},
        "delivery": {s.value: delivery(records, s) for s in SPLITS},
        "targets": {t: found for t, (found, _) in results.items()},
    }
    return Analysis(numbers, [probe for _, probe in results.values() if probe is not None])


def answers(records: Records, split: Split) -> dict[str, Any]:
    """Count the answers of a split and why they stopped."""
    ids = {p.id for p in records.prompts if p.split is split}
    mine = [g for g in records.generations if g.prompt_id in ids]
    lengths = [len(g.tokens) for g in mine]
    return {
        "n": len(mine),
        "stop": dict(sorted(Counter(str(g.stop) for g in mine).items())),
        "empty": sum(not g.text for g in mine),
        "mean_tokens": float(np.mean(lengths)) if lengths else None,
    }


def label_rates(records: Records, split: Split) -> dict[str, Any]:
    """Return the rate of correct and of asserted answers, and how many could not be scored, by reason."""
    found: dict[str, Any] = {}
    for target in ("correct", "asserted"):
        s = select(records.prompts, records.generations, records.labels, split=split, target=target)
        found[target] = {"rate": _json(_rate(s)), "left_out": dict(sorted(s.left_out.items()))}
    return found


def delivery(records: Records, split: Split) -> dict[str, Any]:
    """Return the 2x2 of delivery against correctness, and the assertion asymmetry of the answers themselves."""
    ids = {p.id for p in records.prompts if p.split is split}
    mine = {g.id for g in records.generations if g.prompt_id in ids}
    both = [x for x in records.labels if x.generation_id in mine and x.cohort is not None]
    table = {cohort: sum(x.cohort == cohort for x in both) for cohort in ("cr", "hr", "cw", "hw")}
    if not both:
        return {"table": table, "asymmetry": None, "reason": "no answer is scored"}
    if not (table["cr"] + table["hr"]) or not (table["cw"] + table["hw"]):
        return {"table": table, "asymmetry": None, "reason": "all scored answers are of one class"}
    asserted = np.array([bool(x.asserted) for x in both])
    correct = np.array([bool(x.correct) for x in both])
    return {"table": table, "asymmetry": _json(metrics.assertion_asymmetry(asserted, correct)), "reason": ""}


def _target(
    records: Records, target: Target, cs: Sequence[float], folds: int, seed: int, gates: Gates
) -> tuple[dict[str, Any], Probe | None]:
    """Fit, judge and diagnose one target; too few examples of a class make it unresolved, not an error."""
    fit, fresh = (
        select(
            records.prompts,
            records.generations,
            records.labels,
            split=split,
            target=target,
            features=records.readings.stacked,
        )
        for split in SPLITS
    )
    try:
        found = _cross_validated(records.readings, fit, cs, folds, seed)
    except TooFew as few:
        return _untested(records, fit, fresh, target, str(few), gates), None
    return _tested(records, fit, fresh, found, seed, gates)


def _cross_validated(readings: Readings, fit: Samples, cs: Sequence[float], folds: int, seed: int) -> CrossValidation:
    """Count before the features are looked at: with no scored answer there are none."""
    n_pos, n_neg = examples(fit.y, fit.groups)
    if min(n_pos, n_neg) < MIN_CLASS:
        raise TooFew(f"{n_pos} positive and {n_neg} negative answers on fit; a probe needs {MIN_CLASS} of each.")
    return cross_validate(readings.select(fit.ids).stacked, fit.y, cs, fit.groups, folds, seed)


def _untested(records: Records, fit: Samples, fresh: Samples, target: Target, why: str, gates: Gates) -> dict[str, Any]:
    steps = [falsify.untested(CROSS_VALIDATION, f"{why[0].upper()}{why[1:]}")]
    steps.append(falsify.untested(FRESH_PROMPTS, f"no probe could be fitted on fit: {why}"))
    verdict = diagnose(steps, _rates(fit, fresh), (), run_audits(records, fit, fresh, (), gates, None, None), gates)
    return {
        "n": _counts(fit, fresh),
        "headline": None,
        "readings": [],
        "controls": [],
        "gate": None,
        "relations": [],
        "verdict": _verdict(verdict),
    }


def _tested(
    records: Records, fit: Samples, fresh: Samples, found: CrossValidation, seed: int, gates: Gates
) -> tuple[dict[str, Any], Probe]:
    fit_x, fresh_x = records.readings.select(fit.ids), records.readings.select(fresh.ids)
    best = found.best
    probe = fit_x.probe(best.layer, fit.y, best.c, fit.target)
    scores = _scores(fresh_x, best.layer, probe)
    judged = len(fresh.y) > 0 and 0 < fresh.n_pos < len(fresh.y)
    controls = run_baselines(fit, fresh, scores, found.folds) if judged else []
    steps = _steps(records, fit, fresh, found, scores, seed, gates)
    x = (fit_x.stacked.x[:, best.layer], fresh_x.stacked.x[:, best.layer])
    threats = run_audits(records, fit, fresh, controls, gates, *x)
    verdict = diagnose(steps, _rates(fit, fresh), controls, threats, gates)
    rows = [_reading(records.readings, i, found, fit_x, fresh_x, fit, fresh) for i in range(len(fit_x.places))]
    gate_scores = found.nested_scores if found.nested_scores is not None else found.scores
    numbers = {
        "n": _counts(fit, fresh),
        "headline": {**rows[best.layer], "nested_cv": _json(found.nested), "fresh_p": _p(steps)},
        "study_reading": rows[records.readings.study],
        "readings": rows,
        "controls": [_json(c) for c in controls],
        "gate": _json(judge_gate(fit.y, gate_scores, fresh.y, scores, gates)) if judged else None,
        "relations": relations(fresh, scores, gates) if judged else [],
        "verdict": _verdict(verdict),
    }
    return numbers, probe


def _steps(
    records: Records,
    fit: Samples,
    fresh: Samples,
    found: CrossValidation,
    scores: Float[np.ndarray, " n"],
    seed: int,
    gates: Gates,
) -> list[StepResult]:
    pool = records.pooled
    pool_fit = None if pool is None else pool.select(fit.ids)
    pool_fresh = None if pool is None else pool.select(fresh.ids)
    return [
        falsify.cross_validation(found, fit.y, gates),
        falsify.fresh_prompts(fresh.y, scores, gates, seed),
        falsify.axis_sweep(
            fit, fresh, records.readings.select(fit.ids), records.readings.select(fresh.ids), gates, seed
        ),
        falsify.layer_pooling(pool_fit, pool_fresh, fit, fresh, gates, seed),
        falsify.cross_model(None, None, gates),
    ]


def run_audits(
    records: Records,
    fit: Samples,
    fresh: Samples,
    controls: Sequence[Control],
    gates: Gates,
    fit_x: Float[np.ndarray, "n d"] | None,
    fresh_x: Float[np.ndarray, "m d"] | None,
) -> list[Threat]:
    """Return every threat that the audits find."""
    split = {p.id: p.split for p in records.prompts}
    a, b = ([g for g in records.generations if split[g.prompt_id] is s] for s in SPLITS)
    found = [*audits.cut_off(a, Split.FIT), *audits.cut_off(b, Split.FRESH), *audits.position_mismatch(a, b)]
    found += audits.duplicates(fit, fresh)
    found += audits.prompt_shift(fit, fresh)
    if fit_x is not None and fresh_x is not None and min(len(fit_x), len(fresh_x)) >= gates.min_class:
        found += audits.feature_shift(fit_x, fresh_x)
    found += [*audits.base_rate_shift(fit, fresh), *audits.judge_differs(fit, fresh)]
    found += [*audits.unscored(fit), *audits.unscored(fresh)]
    found += audits.imbalance(fresh, gates)
    return [*found, *audits.surface_confound(controls)]


def relations(fresh: Samples, scores: Float[np.ndarray, " n"], gates: Gates) -> list[dict[str, Any]]:
    """Return the fresh AUROC within each relation; None, with the counts, where a class is too small."""
    rows = []
    for name in sorted({p.relation for p in fresh.prompts if p.relation is not None}):
        mine = np.array([p.relation == name for p in fresh.prompts])
        y = fresh.y[mine]
        n_pos, n_neg = int(y.sum()), int((~y).sum())
        enough = min(n_pos, n_neg) >= gates.min_class
        estimate = _json(metrics.auroc(y, scores[mine])) if enough else None
        rows.append({"relation": name, "n_pos": n_pos, "n_neg": n_neg, "fresh": estimate})
    return rows


def _reading(
    readings: Readings,
    index: int,
    found: CrossValidation,
    fit_x: Readings,
    fresh_x: Readings,
    fit: Samples,
    fresh: Samples,
) -> dict[str, Any]:
    """One row of the table over layers: C chosen on fit, judged on fresh."""
    cell = max((c for c in found.cells if c.layer == index), key=lambda c: c.auroc.value)
    place = readings.places[index]
    judged = 0 < fresh.n_pos < len(fresh.y)
    scores = _scores(fresh_x, index, fit_x.probe(index, fit.y, cell.c, fit.target)) if judged else None
    return {
        "site": place.site.value,
        "layer": place.layer,
        "c": cell.c,
        "cv": _json(cell.auroc),
        "fresh": None if scores is None else _json(metrics.auroc(fresh.y, scores)),
    }


def _scores(readings: Readings, index: int, probe: Probe) -> Float[np.ndarray, " n"]:
    return np.asarray(readings.stacked.x[:, index].astype(np.float64) @ probe.w + probe.b)


def _rate(samples: Samples) -> Estimate | None:
    return metrics.rate(samples.n_pos, len(samples.y)) if len(samples.y) else None


def _rates(fit: Samples, fresh: Samples) -> BaseRates | None:
    a, b = _rate(fit), _rate(fresh)
    return None if a is None or b is None else BaseRates(a, b)


def _counts(fit: Samples, fresh: Samples) -> dict[str, dict[str, Any]]:
    return {
        s.split.value: {"n_pos": s.n_pos, "n_neg": s.n_neg, "left_out": dict(sorted(s.left_out.items()))}
        for s in (fit, fresh)
    }


def _p(steps: Sequence[StepResult]) -> float | None:
    fresh = next(s for s in steps if s.step == FRESH_PROMPTS)
    return None if fresh.auroc is None else fresh.auroc.p_value


def _verdict(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = dataclasses.asdict(verdict)
    found["handle"] = verdict.failure is FailureMode.NONE
    return found


def _json(record: Any) -> Any:
    return None if record is None else dataclasses.asdict(record)
