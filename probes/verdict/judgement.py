"""From what was gathered of one target to its verdict: all judging happens here, no fitting."""

from __future__ import annotations

from dataclasses import dataclass

from interp.records.findings import Step, StepResult, Verdict
from interp.results.evidence import AxisAuroc
from interp.results.fit import Target
from probes.evidence.fitted import FittedProbe
from probes.evidence.gather import RunEvidence, TargetEvidence
from probes.fitting.recipe import Recipe
from probes.verdict import steps
from probes.verdict.taxonomy import diagnose


@dataclass(frozen=True, slots=True)
class TargetVerdict:
    """The verdict on one target, and the outcome of each axis."""

    verdict: Verdict
    axes: tuple[AxisAuroc, ...]

    @property
    def fresh_p(self) -> float | None:
        """The permutation p of the fresh AUROC; None where there is none."""
        fresh = next(step for step in self.verdict.steps if step.step is Step.FRESH_PROMPTS)
        return None if fresh.auroc is None else fresh.auroc.p_value


def judge_run(evidence: RunEvidence, recipe: Recipe) -> dict[Target, TargetVerdict]:
    """Judge every target of a run."""
    return {target: judge(gathered, recipe) for target, gathered in evidence.targets.items()}


def judge(evidence: TargetEvidence, recipe: Recipe) -> TargetVerdict:
    """Judge the steps and diagnose the target."""
    probe = evidence.headline.probe
    taken = _untested_steps(evidence, recipe) if probe is None else _steps(evidence, probe, recipe)
    verdict = diagnose(taken, evidence.rates, evidence.baselines, evidence.threats, recipe.thresholds)
    return TargetVerdict(verdict, tuple(steps.judge_axis(axis, recipe.thresholds) for axis in evidence.axes))


def _steps(evidence: TargetEvidence, probe: FittedProbe, recipe: Recipe) -> list[StepResult]:
    thresholds, seed = recipe.thresholds, recipe.seed
    return [
        steps.cross_validation(probe.chosen, probe.fit.y, thresholds),
        steps.fresh_prompts(probe.fresh.y, probe.scores, thresholds, seed),
        steps.axis_sweep(evidence.axes, thresholds),
        steps.layer_pooling(evidence.pooled, thresholds, seed),
        steps.cross_model(evidence.other, thresholds, seed),
    ]


def _untested_steps(evidence: TargetEvidence, recipe: Recipe) -> list[StepResult]:
    """No probe could be fitted: stored steps, where a published run has them, and what the rubric tells alone."""
    why = evidence.headline.why_not
    stored = steps.stored_steps(evidence.stored, recipe.thresholds)
    named = {step.step for step in stored}
    missing = [
        steps.untested(Step.CROSS_VALIDATION, f"{why[0].upper()}{why[1:]}"),
        steps.untested(Step.FRESH_PROMPTS, f"no probe could be fitted on fit: {why}"),
    ]
    missing += [steps.axis_sweep(evidence.axes, recipe.thresholds)] if evidence.axes else []
    return [*(step for step in missing if step.step not in named), *stored]
