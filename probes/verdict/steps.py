"""The five steps (paper section 3.5), each from what was fitted to a StepResult.

A step passes, fails or stays UNRESOLVED by `probes.verdict.thresholds`; the study's own point-estimate gate is named
beside it. A step whose inputs are missing says what would supply them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from interp.records.findings import Estimate, Outcome, Step, StepResult
from interp.results.evidence import AxisAuroc, Thresholds
from interp.results.fit import StoredStep
from interp.stats.auroc import auroc
from interp.stats.rates import balanced_asymmetry
from interp.stats.resampling import permutation_p
from probes.evidence.axes import AxisEvidence, largest_correlation
from probes.evidence.gather import Attempt, OtherModel
from probes.fitting.cross_validation import CrossValidation
from probes.verdict.thresholds import at_least, at_most, size_needed

PERMUTATIONS = 10_000


def untested(step: Step, why: str) -> StepResult:
    """Return the result of a step that could not be run: a verdict of its own, never a pass or a fail."""
    return StepResult(step, None, None, Outcome.UNRESOLVED, why)


def cross_validation(chosen: CrossValidation, y: Bool[np.ndarray, " n"], thresholds: Thresholds) -> StepResult:
    """Step 1: the nested cross-validated AUROC on fit, layer and C chosen inside the folds."""
    estimate = chosen.nested
    if estimate is None:
        why = "the training folds are too small to choose layer and C inside them."
        return untested(Step.CROSS_VALIDATION, why)
    scores = chosen.nested_scores if chosen.nested_scores is not None else chosen.scores
    outcome = at_least(estimate, thresholds.cv_auroc)
    best = chosen.best.auroc
    detail = f"nested AUROC {_counted(estimate)}; the best of {len(chosen.cells)} cells reached {best.value:.3f}"
    detail += f" ({_point_gate(best.value >= thresholds.cv_auroc)})"
    if outcome is Outcome.UNRESOLVED:
        detail += f"; {size_needed(estimate, thresholds.cv_auroc)}"
    asymmetry = _asymmetry(scores, y, thresholds)
    return StepResult(Step.CROSS_VALIDATION, estimate, asymmetry, outcome, detail + ".")


def fresh_prompts(
    y: Bool[np.ndarray, " n"], scores: Float[np.ndarray, " n"], thresholds: Thresholds, seed: int = 0
) -> StepResult:
    """Step 2: AUROC and balanced asymmetry on prompts that the probe has never seen.

    PASS needs both thresholds; FAIL needs the AUROC wholly below its own. The asymmetry is, as in the study, the best
    over thresholds on fresh itself: an upper bound on what a threshold chosen on fit would do.
    """
    n_pos, n_neg = int(y.sum()), int((~y).sum())
    if min(n_pos, n_neg) < thresholds.min_class:
        estimate = None if min(n_pos, n_neg) == 0 else auroc(y, scores)
        why = f"fresh has {n_pos} positive and {n_neg} negative answers; {thresholds.min_class} of each are needed."
        return StepResult(Step.FRESH_PROMPTS, estimate, None, Outcome.UNRESOLVED, why)
    estimate = dataclasses.replace(auroc(y, scores), p_value=label_permutation_p(y, scores, seed))
    asymmetry = _asymmetry(scores, y, thresholds)
    outcome = at_least(estimate, thresholds.fresh_auroc)
    if outcome is Outcome.PASS and (asymmetry is None or at_most(asymmetry, thresholds.asymmetry) is not Outcome.PASS):
        outcome = Outcome.UNRESOLVED
    point = (
        estimate.value >= thresholds.fresh_auroc and asymmetry is not None and asymmetry.value <= thresholds.asymmetry
    )
    detail = f"AUROC {_counted(estimate)}, permutation p = {estimate.p_value:.2g}; "
    detail += "no balanced threshold" if asymmetry is None else f"best balanced asymmetry {asymmetry}"
    detail += f" ({_point_gate(point)})"
    if outcome is Outcome.UNRESOLVED:
        detail += f"; {size_needed(estimate, thresholds.fresh_auroc)}"
    return StepResult(Step.FRESH_PROMPTS, estimate, asymmetry, outcome, detail + ".")


def judge_axis(axis: AxisEvidence, thresholds: Thresholds) -> AxisAuroc:
    """Judge one axis: both AUROCs pass, one fails, or the data could not tell."""
    outcome = Outcome.UNRESOLVED
    if axis.cv is not None and axis.fresh is not None:
        outcomes = (at_least(axis.cv, thresholds.axis_cv), at_least(axis.fresh, thresholds.axis_fresh))
        if all(o is Outcome.PASS for o in outcomes):
            outcome = Outcome.PASS
        elif Outcome.FAIL in outcomes:
            outcome = Outcome.FAIL
    return AxisAuroc(axis.axis, axis.cv, axis.fresh, axis.counts, outcome, axis.reason)


def axis_sweep(axes: Sequence[AxisEvidence], thresholds: Thresholds) -> StepResult:
    """Step 3: a probe for every rubric axis; none may be a copy of another (paper section 6.5)."""
    if not axes:
        why = "no answer carries rubric axes; label them with a judge that scores the rubric."
        return untested(Step.AXIS_SWEEP, why)
    judged = [judge_axis(axis, thresholds) for axis in axes]
    worst = largest_correlation(axes)
    detail = "; ".join(f"{axis.axis}: {axis.outcome}" for axis in judged)
    detail += f"; largest |r| between out-of-fold scores {worst:.2f}" if worst is not None else ""
    outcomes = {axis.outcome for axis in judged}
    if Outcome.PASS in outcomes and (worst is None or worst < thresholds.axis_correlation):
        return StepResult(Step.AXIS_SWEEP, None, None, Outcome.PASS, detail + ".")
    failed = outcomes == {Outcome.FAIL}
    return StepResult(Step.AXIS_SWEEP, None, None, Outcome.FAIL if failed else Outcome.UNRESOLVED, detail + ".")


def layer_pooling(pooled: Attempt, thresholds: Thresholds, seed: int = 0) -> StepResult:
    """Step 4: the average of the last hidden states instead of one of them (paper section 6.6)."""
    if pooled.probe is None:
        return untested(Step.LAYER_POOLING, pooled.why_not)
    result = fresh_prompts(pooled.probe.fresh.y, pooled.probe.scores, thresholds, seed)
    return dataclasses.replace(result, step=Step.LAYER_POOLING)


def cross_model(other: OtherModel | None, thresholds: Thresholds, seed: int = 0) -> StepResult:
    """Step 5: the fresh result of the same prompts on a model of another family (paper section 6.7)."""
    if other is None:
        why = "no second model's run was given; run the same prompts on a model of another family and pass both runs."
        return untested(Step.CROSS_MODEL, why)
    probe = other.attempt.probe
    if probe is None:
        return untested(Step.CROSS_MODEL, f"{other.name}: {other.attempt.why_not}")
    result = fresh_prompts(probe.fresh.y, probe.scores, thresholds, seed)
    return dataclasses.replace(result, step=Step.CROSS_MODEL, detail=f"{other.name}: {result.detail}")


def stored_steps(rows: Sequence[StoredStep], thresholds: Thresholds) -> list[StepResult]:
    """Judge AUROCs that a published report keeps as numbers only, by the same thresholds.

    Their scores were not published, so there is no asymmetry: a fresh step can fail here, but not pass.
    """
    return [_stored(row, thresholds) for row in rows]


def _stored(row: StoredStep, thresholds: Thresholds) -> StepResult:
    first = row.step == Step.CROSS_VALIDATION
    outcome = at_least(row.auroc, thresholds.cv_auroc if first else thresholds.fresh_auroc)
    if outcome is Outcome.PASS and not first:
        outcome = Outcome.UNRESOLVED
    detail = f"stored AUROC {_counted(row.auroc)} ({row.source}); the features behind it were not published."
    return StepResult(Step(row.step), row.auroc, None, outcome, detail)


def label_permutation_p(y: Bool[np.ndarray, " n"], scores: Float[np.ndarray, " n"], seed: int = 0) -> float:
    """Return the one-sided p-value of an AUROC of fixed scores under permuted labels."""
    from scipy.stats import rankdata

    rng = np.random.default_rng(seed)
    n_pos = int(y.sum())
    ranks = np.broadcast_to(rankdata(scores), (PERMUTATIONS, len(y)))  # permuting ranks is permuting labels
    above = rng.permuted(ranks, axis=1)[:, :n_pos].sum(axis=1)
    aurocs = (above - n_pos * (n_pos + 1) / 2) / (n_pos * (len(y) - n_pos))
    return permutation_p(float(auroc(y, scores).value), aurocs)


def _asymmetry(scores: Float[np.ndarray, " n"], y: Bool[np.ndarray, " n"], thresholds: Thresholds) -> Estimate | None:
    """Sweep every threshold between scores: unlike a grid of probabilities, it sees through a shift of all scores."""
    every = np.concatenate([[scores.min() - 1], np.unique(scores)])
    return balanced_asymmetry(scores, y, every, thresholds.assert_floor).asymmetry


def _point_gate(passes: bool) -> str:
    return f"the study's point-estimate gate would {'pass' if passes else 'fail'} it"


def _counted(estimate: Estimate) -> str:
    return f"{estimate}, {estimate.n_pos} of {estimate.n_pos + estimate.n_neg}"
