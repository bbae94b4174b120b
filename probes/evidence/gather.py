"""From a run's records to everything that is known of one target: all fitting happens here, no judging.

What could not be fitted is None, with the reason beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from interp.records.findings import Estimate, Threat
from interp.records.prompts import Split
from interp.results.evidence import (
    BaselineResult,
    BySplit,
    LayerAuroc,
    Nulls,
    RelationAuroc,
    Reliability,
    SidecarResult,
)
from interp.results.fit import AnswerCounts, DeliveryTable, LabelRates, StoredStep, Target
from interp.stats.auroc import auroc
from probes.evidence import audits, axes, base_rates, nulls
from probes.evidence.axes import AxisEvidence
from probes.evidence.baselines import run_baselines
from probes.evidence.fitted import FittedProbe, fit_on, fit_target, samples
from probes.evidence.reliability import reliability
from probes.evidence.sidecar import try_sidecar
from probes.fitting.folds import TooFew
from probes.fitting.recipe import Recipe
from probes.fitting.records import Records, SecondRun
from probes.fitting.samples import Samples


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """A probe, or why there is none."""

    probe: FittedProbe | None
    why_not: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class OtherModel:
    """The same prompts on a model of another family: its name and its probe, or why there is none."""

    name: str
    attempt: Attempt


@dataclass(frozen=True, slots=True, eq=False)
class TargetEvidence:
    """Everything that a target's verdict and report are made from.

    Attributes:
        headline: the probe whose place and C were chosen on fit.
        pooled: the probe on the average of the last hidden states.
        other: the second model; None where none was given.
        axes: one entry an axis of the rubric.
        stored: steps that a published run has as numbers only.
        layers: what a probe at each place reads, in the order of the places.
        study: which of `layers` is the study's own; None where there are none.
    """

    target: Target
    fit: Samples
    fresh: Samples
    headline: Attempt
    pooled: Attempt
    other: OtherModel | None
    axes: tuple[AxisEvidence, ...]
    stored: tuple[StoredStep, ...]
    rates: BySplit[Estimate] | None
    threats: tuple[Threat, ...]
    baselines: tuple[BaselineResult, ...] = ()
    layers: tuple[LayerAuroc, ...] = ()
    study: int | None = None
    nulls: Nulls | None = None
    reliability: Reliability | None = None
    sidecar: SidecarResult | None = None
    relations: tuple[RelationAuroc, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class RunEvidence:
    """Everything that a run's verdicts and report are made from: its answers, and what was fitted for each target."""

    answers: BySplit[AnswerCounts]
    labels: BySplit[LabelRates]
    delivery: BySplit[DeliveryTable]
    targets: Mapping[Target, TargetEvidence]


def gather_run(
    records: Records, targets: Sequence[Target], recipe: Recipe, second: SecondRun | None = None
) -> RunEvidence:
    """Describe the answers and gather every target's evidence; `second` supplies the fifth step."""
    fit, fresh = Split.FIT, Split.FRESH
    return RunEvidence(
        BySplit(base_rates.answers(records, fit), base_rates.answers(records, fresh)),
        BySplit(base_rates.label_rates(records, fit), base_rates.label_rates(records, fresh)),
        BySplit(base_rates.delivery(records, fit), base_rates.delivery(records, fresh)),
        {target: gather(records, target, recipe, second) for target in targets},
    )


def gather(records: Records, target: Target, recipe: Recipe, second: SecondRun | None = None) -> TargetEvidence:
    """Fit every probe of one target and everything that stands beside it; `second` supplies the fifth step."""
    fit, fresh = samples(records, target)
    try:
        headline = fit_target(records, fit, fresh, recipe)
    except TooFew as few:
        return _without_probe(records, fit, fresh, str(few), recipe)
    return _with_probe(records, headline, recipe, second)


def _without_probe(records: Records, fit: Samples, fresh: Samples, why: str, recipe: Recipe) -> TargetEvidence:
    """What texts and labels tell alone; a rubric may still tell answers apart whose target has too few of a class."""
    swept: Sequence[AxisEvidence] = ()
    if records.layers is not None and len(fit.y) and len(fresh.y):
        fit_x, fresh_x = (records.layers.select(s.ids) for s in (fit, fresh))
        swept = axes.sweep(fit, fresh, fit_x, fresh_x, recipe)
    return TargetEvidence(
        target=fit.target,
        fit=fit,
        fresh=fresh,
        headline=Attempt(None, why),
        pooled=Attempt(None, why),
        other=None,
        axes=tuple(swept),
        stored=tuple(records.stored) if fit.target == "correct" else (),
        rates=base_rates.base_rates(fit, fresh),
        threats=tuple(audit(records, fit, fresh, (), recipe)),
    )


def _with_probe(records: Records, headline: FittedProbe, recipe: Recipe, second: SecondRun | None) -> TargetEvidence:
    fit, fresh, scores, judged = headline.fit, headline.fresh, headline.scores, headline.both_classes
    baselines = run_baselines(fit, fresh, scores, headline.chosen.folds) if judged else []
    thresholds = recipe.thresholds
    return TargetEvidence(
        target=fit.target,
        fit=fit,
        fresh=fresh,
        headline=Attempt(headline),
        pooled=_pooled(records, fit, fresh, recipe),
        other=None if second is None else OtherModel(second.name, _on_other(records, second, fit.target, recipe)),
        axes=tuple(axes.sweep(fit, fresh, headline.fit_x, headline.fresh_x, recipe)),
        stored=(),
        rates=base_rates.base_rates(fit, fresh),
        threats=tuple(audit(records, fit, fresh, baselines, recipe, headline.headline_x)),
        baselines=tuple(baselines),
        layers=tuple(_at_layer(headline, index) for index in range(len(headline.fit_x.places))),
        study=headline.fit_x.study,
        nulls=_nulls(headline, recipe),
        reliability=reliability(fresh, scores, recipe.seed) if judged else None,
        sidecar=try_sidecar(fit.y, headline.held_out, fresh.y, scores, thresholds) if judged else None,
        relations=tuple(base_rates.relations(fresh, scores, thresholds)) if judged else (),
    )


def _pooled(records: Records, fit: Samples, fresh: Samples, recipe: Recipe) -> Attempt:
    """The average of the last hidden states instead of one of them (paper section 6.6)."""
    if records.pooled is None:
        return Attempt(None, "the last four hidden states were not all captured; run with --layers all.")
    try:
        return Attempt(fit_on(records.pooled, fit, fresh, recipe))
    except TooFew as few:
        return Attempt(None, str(few))


def _on_other(records: Records, second: SecondRun, target: Target, recipe: Recipe) -> Attempt:
    """The probe of the other model's run, if it answered the same fresh prompts."""
    mine, theirs = ({p.text for p in r.prompts if p.split is Split.FRESH} for r in (records, second.records))
    if mine != theirs:
        return Attempt(None, "its fresh prompts are not these; run the same prompts on both models.")
    try:
        return Attempt(fit_target(second.records, *samples(second.records, target), recipe))
    except TooFew as few:
        return Attempt(None, str(few))


def _at_layer(headline: FittedProbe, index: int) -> LayerAuroc:
    """What a probe at one place reads: C chosen on fit, judged on fresh."""
    best = max((cell for cell in headline.chosen.cells if cell.layer == index), key=lambda cell: cell.auroc.value)
    place, fit = headline.fit_x.places[index], headline.fit
    fresh = None
    if headline.both_classes:
        probe = headline.fit_x.probe(index, fit.y, best.c, fit.target)
        fresh = auroc(headline.fresh.y, headline.fresh_x.score(index, probe))
    return LayerAuroc(place.site, place.layer, best.c, best.auroc, fresh)


def _nulls(headline: FittedProbe, recipe: Recipe) -> Nulls:
    """The nulls: labels over all places and C, the others at the headline place and C."""
    fit, fresh, chosen, seed = headline.fit, headline.fresh, headline.chosen, recipe.seed
    c, folds = chosen.best.c, chosen.folds
    x = headline.fit_x.stacked.x
    rows = [nulls.label_permutation(x, fit.y, recipe.cs, folds, fit.groups, seed=seed)]
    fit_x, fresh_x = headline.headline_x
    if headline.both_classes:
        observed = float(auroc(fresh.y, headline.scores).value)
        rows.append(nulls.random_directions(fit_x, fresh_x, fresh.y, observed, seed=seed))
        rows.append(nulls.shuffled_features(fit_x, fit.y, fresh_x, fresh.y, c, observed, seed=seed))
    return Nulls(tuple(rows), nulls.control_task(fit_x, fit.y, fit.groups, c, folds=len(folds), seed=seed))


def audit(
    records: Records,
    fit: Samples,
    fresh: Samples,
    baselines: Sequence[BaselineResult],
    recipe: Recipe,
    x: tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]] | None = None,
) -> list[Threat]:
    """Return every threat that the audits find; `x` are the features of fit and fresh, where there are any."""
    split = {p.id: p.split for p in records.prompts}
    a, b = ([g for g in records.generations if split[g.prompt_id] is s] for s in (Split.FIT, Split.FRESH))
    threats = [*audits.cut_off(a, Split.FIT), *audits.cut_off(b, Split.FRESH), *audits.position_mismatch(a, b)]
    threats += audits.duplicates(fit, fresh)
    threats += audits.prompt_shift(fit, fresh)
    if x is not None and min(map(len, x)) >= recipe.thresholds.min_class:
        threats += audits.feature_shift(*x)
    threats += [*audits.base_rate_shift(fit, fresh), *audits.judge_differs(fit, fresh), *audits.own_judge(fit, fresh)]
    threats += [*audits.unscored(fit), *audits.unscored(fresh)]
    threats += audits.imbalance(fresh, recipe.thresholds)
    return [*threats, *audits.surface_confound(baselines)]
