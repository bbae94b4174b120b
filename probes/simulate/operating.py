"""Operating characteristics: simulated studies through the real steps, controls, audits and diagnosis, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from interp.records.findings import Estimate, FailureMode, Outcome, Step, Threat
from interp.records.shown import Shown
from interp.results.evidence import Thresholds
from interp.stats.auroc import auroc_values
from interp.stats.rates import rate
from probes.evidence import audits, base_rates
from probes.evidence.baselines import ANSWER_LENGTH, run_baselines
from probes.fitting.cross_validation import C_GRID, CrossValidation, cross_validate
from probes.fitting.folds import TooFew
from probes.fitting.linear import fit_probe
from probes.simulate.design import World
from probes.simulate.studies import SimulatedStudy, draw, study_would_claim
from probes.verdict import steps as falsify
from probes.verdict.taxonomy import diagnose

K = TypeVar("K", FailureMode, Outcome)


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """What one simulated study came to; `study_cv` and `study_fresh` say what the study's point estimates would."""

    failure: FailureMode
    cv: Outcome
    fresh: Outcome
    auroc: float | None
    threats: tuple[str, ...]
    study_cv: bool
    study_fresh: bool


@dataclass(frozen=True, slots=True)
class Characteristics(Shown):
    """How often each thing happened; every share is an Estimate over the simulated studies.

    `study_both` is the study's rule that cross-validation and fresh both pass; `mean_auroc` the mean AUROC of the
    fitted probe on fresh, over the studies where fresh held both classes.
    """

    studies: int
    verdicts: Mapping[FailureMode, Estimate]
    cv_outcomes: Mapping[Outcome, Estimate]
    fresh_outcomes: Mapping[Outcome, Estimate]
    threats: Mapping[str, Estimate]
    study_cv: Estimate
    study_fresh: Estimate
    study_both: Estimate
    mean_auroc: float | None


def simulate(
    world: World, studies: int, seed: int = 0, thresholds: Thresholds | None = None, *, features_audited: bool = True
) -> Characteristics:
    """Draw, judge and count studies; `features_audited` False leaves out the slow audit of a shift of features."""
    world.design.check()
    seeds = np.random.SeedSequence(seed).spawn(studies)
    return count(
        [judge(draw(world, np.random.default_rng(s)), thresholds or Thresholds(), features_audited) for s in seeds]
    )


def judge(study: SimulatedStudy, thresholds: Thresholds, features_audited: bool = True) -> StudyOutcome:
    """Run the first two steps, the control, the audits and the diagnosis on one study."""
    fit, fresh = study.fit, study.fresh
    rates = base_rates.base_rates(fit, fresh)
    try:
        validation = cross_validate(study.fit_x, fit.y, C_GRID)
    except TooFew as few:
        steps = [falsify.untested(step, str(few)) for step in (Step.CROSS_VALIDATION, Step.FRESH_PROMPTS)]
        verdict = diagnose(steps, rates, (), _threats(study, thresholds, False), thresholds)
        unknown = Outcome.UNRESOLVED
        return StudyOutcome(verdict.failure, unknown, unknown, None, _names(verdict.threats), False, False)
    scores = fit_probe(study.fit_x, 0, fit.y, validation.best.c, "correct").score(study.fresh_x)
    both = 0 < fresh.n_pos < len(fresh.y)
    baselines = run_baselines(fit, fresh, scores, validation.folds, (ANSWER_LENGTH,)) if both else []
    steps = [
        falsify.cross_validation(validation, fit.y, thresholds),
        falsify.fresh_prompts(fresh.y, scores, thresholds),
    ]
    threats = [*_threats(study, thresholds, features_audited), *audits.surface_confound(baselines)]
    verdict = diagnose(steps, rates, baselines, threats, thresholds)
    auroc = _auroc(study, scores) if both else None
    return StudyOutcome(
        verdict.failure,
        steps[0].outcome,
        steps[1].outcome,
        auroc,
        _names(verdict.threats),
        *study_would_claim(study, _by_c(validation), thresholds),
    )


def _threats(study: SimulatedStudy, thresholds: Thresholds, features_audited: bool) -> list[Threat]:
    threats = audits.base_rate_shift(study.fit, study.fresh) + audits.imbalance(study.fresh, thresholds)
    if features_audited:
        threats += audits.feature_shift(study.fit_x.x[:, 0], study.fresh_x.x[:, 0])
    return threats


def _by_c(validation: CrossValidation) -> dict[float, float]:
    return {cell.c: cell.auroc.value for cell in validation.cells}


def _auroc(study: SimulatedStudy, scores: Float[np.ndarray, " n"]) -> float:
    return float(auroc_values(study.fresh.y, scores))


def _names(threats: Sequence[Threat]) -> tuple[str, ...]:
    return tuple(sorted({threat.name for threat in threats}))


def count(outcomes: Sequence[StudyOutcome]) -> Characteristics:
    """Count what happened over studies."""
    n = len(outcomes)
    aurocs = [outcome.auroc for outcome in outcomes if outcome.auroc is not None]
    raised = Counter(name for outcome in outcomes for name in outcome.threats)
    return Characteristics(
        n,
        _shares(FailureMode, [outcome.failure for outcome in outcomes]),
        _shares(Outcome, [outcome.cv for outcome in outcomes]),
        _shares(Outcome, [outcome.fresh for outcome in outcomes]),
        {name: rate(k, n) for name, k in sorted(raised.items())},
        rate(sum(outcome.study_cv for outcome in outcomes), n),
        rate(sum(outcome.study_fresh for outcome in outcomes), n),
        rate(sum(outcome.study_cv and outcome.study_fresh for outcome in outcomes), n),
        float(np.mean(aurocs)) if aurocs else None,
    )


def _shares(kinds: type[K], seen: Sequence[K]) -> dict[K, Estimate]:
    counts = Counter(seen)
    return {kind: rate(counts[kind], len(seen)) for kind in kinds}
