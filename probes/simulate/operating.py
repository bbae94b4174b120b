"""Operating characteristics: simulated studies through the real steps, controls, audits and diagnosis, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from interp.records.findings import Estimate, FailureMode, Outcome, Threat
from interp.stats.auroc import auroc_values
from interp.stats.rates import rate
from probes.evidence import audits, base_rates
from probes.evidence.baselines import ANSWER_LENGTH, run_baselines
from probes.evidence.thresholds import Gates
from probes.fitting.cross_validation import C_GRID, CrossValidation, cross_validate
from probes.fitting.folds import TooFew
from probes.fitting.linear import fit_probe
from probes.simulate.design import World
from probes.simulate.studies import Study, draw, study_gates
from probes.verdict import steps as falsify
from probes.verdict.taxonomy import CROSS_VALIDATION, FRESH_PROMPTS, diagnose


@dataclass(frozen=True, slots=True)
class Judged:
    """What one simulated study came to; `study_cv` and `study_fresh` are the study's own point-estimate gates."""

    failure: FailureMode
    cv: Outcome
    fresh: Outcome
    auroc: float | None
    threats: tuple[str, ...]
    study_cv: bool
    study_fresh: bool


@dataclass(frozen=True, slots=True)
class Characteristics:
    """How often each thing happened; every share is an Estimate over the simulated studies.

    `study_both` is the study's rule that cross-validation and fresh gates both pass; `mean_auroc` the mean AUROC of the
    fitted probe on fresh, over the studies where fresh held both classes.
    """

    studies: int
    verdicts: dict[str, Estimate]
    cv_outcomes: dict[str, Estimate]
    fresh_outcomes: dict[str, Estimate]
    threats: dict[str, Estimate]
    study_cv: Estimate
    study_fresh: Estimate
    study_both: Estimate
    mean_auroc: float | None


def simulate(
    world: World, studies: int, seed: int = 0, gates: Gates | None = None, *, features_audited: bool = True
) -> Characteristics:
    """Draw, judge and count studies; `features_audited` False leaves out the slow audit of a shift of features."""
    world.design.check()
    seeds = np.random.SeedSequence(seed).spawn(studies)
    return count([judge(draw(world, np.random.default_rng(s)), gates or Gates(), features_audited) for s in seeds])


def judge(study: Study, gates: Gates, features_audited: bool = True) -> Judged:
    """Run the first two steps, the control, the audits and the diagnosis on one study."""
    fit, fresh = study.fit, study.fresh
    rates = base_rates.base_rates(fit, fresh)
    try:
        found = cross_validate(study.fit_x, fit.y, C_GRID)
    except TooFew as few:
        steps = [falsify.untested(step, str(few)) for step in (CROSS_VALIDATION, FRESH_PROMPTS)]
        verdict = diagnose(steps, rates, (), _threats(study, gates, False), gates)
        unknown = Outcome.UNRESOLVED
        return Judged(verdict.failure, unknown, unknown, None, _names(verdict.threats), False, False)
    scores = fit_probe(study.fit_x, 0, fit.y, found.best.c, "correct").score(study.fresh_x)
    both = 0 < fresh.n_pos < len(fresh.y)
    controls = run_baselines(fit, fresh, scores, found.folds, (ANSWER_LENGTH,)) if both else []
    steps = [falsify.cross_validation(found, fit.y, gates), falsify.fresh_prompts(fresh.y, scores, gates)]
    threats = [*_threats(study, gates, features_audited), *audits.surface_confound(controls)]
    verdict = diagnose(steps, rates, controls, threats, gates)
    auroc = _auroc(study, scores) if both else None
    return Judged(
        verdict.failure,
        steps[0].outcome,
        steps[1].outcome,
        auroc,
        _names(verdict.threats),
        *study_gates(study, _by_c(found), gates),
    )


def _threats(study: Study, gates: Gates, features_audited: bool) -> list[Threat]:
    found = audits.base_rate_shift(study.fit, study.fresh) + audits.imbalance(study.fresh, gates)
    if features_audited:
        found += audits.feature_shift(study.fit_x.x[:, 0], study.fresh_x.x[:, 0])
    return found


def _by_c(found: CrossValidation) -> dict[float, float]:
    return {cell.c: cell.auroc.value for cell in found.cells}


def _auroc(study: Study, scores: Float[np.ndarray, " n"]) -> float:
    return float(auroc_values(study.fresh.y, scores))


def _names(threats: Sequence[Threat]) -> tuple[str, ...]:
    return tuple(sorted({threat.name for threat in threats}))


def count(judged: Sequence[Judged]) -> Characteristics:
    """Count what happened over studies."""
    n = len(judged)
    aurocs = [j.auroc for j in judged if j.auroc is not None]
    names = Counter(name for j in judged for name in j.threats)
    return Characteristics(
        n,
        _shares(FailureMode, Counter(j.failure for j in judged), n),
        _shares(Outcome, Counter(j.cv for j in judged), n),
        _shares(Outcome, Counter(j.fresh for j in judged), n),
        {name: rate(k, n) for name, k in sorted(names.items())},
        rate(sum(j.study_cv for j in judged), n),
        rate(sum(j.study_fresh for j in judged), n),
        rate(sum(j.study_cv and j.study_fresh for j in judged), n),
        float(np.mean(aurocs)) if aurocs else None,
    )


def _shares(
    kinds: type[FailureMode] | type[Outcome], counts: Counter[FailureMode] | Counter[Outcome], n: int
) -> dict[str, Estimate]:
    return {kind.value: rate(counts[kind], n) for kind in kinds}  # type: ignore[index]
