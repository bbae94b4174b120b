"""The five steps (paper section 3.5), each a function of features and labels that returns a StepResult.

A step passes, fails or stays UNRESOLVED by `probes.evidence.thresholds`; the study's own point-estimate gate is named
beside it. A step whose inputs are missing says what would supply them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from interp.records.findings import Estimate, Outcome, StepResult
from interp.stats.auroc import auroc
from interp.stats.rates import balanced_asymmetry
from interp.stats.resampling import permutation_p
from probes.evidence.thresholds import Gates, at_least, at_most, size_needed
from probes.fitting.cross_validation import C_GRID, CrossValidation, cross_validate
from probes.fitting.folds import TooFew
from probes.fitting.readings import Readings
from probes.fitting.samples import Samples
from probes.verdict.axes import AxisProbe, largest_correlation
from probes.verdict.taxonomy import CROSS_VALIDATION, FRESH_PROMPTS

AXIS_SWEEP = "axis_sweep"
LAYER_POOLING = "layer_pooling"
CROSS_MODEL = "cross_model"
PERMUTATIONS = 10_000


def untested(step: str, why: str) -> StepResult:
    """Return the result of a step that could not be run: a verdict of its own, never a pass or a fail."""
    return StepResult(step, None, None, Outcome.UNRESOLVED, why)


def cross_validation(found: CrossValidation, y: Bool[np.ndarray, " n"], gates: Gates) -> StepResult:
    """Step 1: the nested cross-validated AUROC on fit, layer and C chosen inside the folds."""
    estimate = found.nested
    if estimate is None:
        return untested(CROSS_VALIDATION, "the training folds are too small to choose layer and C inside them.")
    scores = found.nested_scores if found.nested_scores is not None else found.scores
    outcome = at_least(estimate, gates.cv_auroc)
    best = found.best.auroc
    detail = f"nested AUROC {_counted(estimate)}; the best of {len(found.cells)} cells reached {best.value:.3f}"
    detail += f" ({_point_gate(best.value >= gates.cv_auroc)})"
    if outcome is Outcome.UNRESOLVED:
        detail += f"; {size_needed(estimate, gates.cv_auroc)}"
    return StepResult(CROSS_VALIDATION, estimate, _asymmetry(scores, y, gates), outcome, detail + ".")


def fresh_prompts(
    y: Bool[np.ndarray, " n"], scores: Float[np.ndarray, " n"], gates: Gates, seed: int = 0
) -> StepResult:
    """Step 2: AUROC and balanced asymmetry on prompts that the probe has never seen.

    PASS needs both gates; FAIL needs the AUROC wholly below its gate. The asymmetry is, as in the study, the best over
    thresholds on fresh itself: an upper bound on what a gate chosen on fit would do.
    """
    n_pos, n_neg = int(y.sum()), int((~y).sum())
    if min(n_pos, n_neg) < gates.min_class:
        estimate = None if min(n_pos, n_neg) == 0 else auroc(y, scores)
        why = f"fresh has {n_pos} positive and {n_neg} negative answers; {gates.min_class} of each are needed."
        return StepResult(FRESH_PROMPTS, estimate, None, Outcome.UNRESOLVED, why)
    estimate = dataclasses.replace(auroc(y, scores), p_value=label_permutation_p(y, scores, seed))
    asymmetry = _asymmetry(scores, y, gates)
    outcome = at_least(estimate, gates.fresh_auroc)
    if outcome is Outcome.PASS and (asymmetry is None or at_most(asymmetry, gates.asymmetry) is not Outcome.PASS):
        outcome = Outcome.UNRESOLVED
    point = estimate.value >= gates.fresh_auroc and asymmetry is not None and asymmetry.value <= gates.asymmetry
    detail = f"AUROC {_counted(estimate)}, permutation p = {estimate.p_value:.2g}; "
    detail += "no balanced threshold" if asymmetry is None else f"best balanced asymmetry {asymmetry}"
    detail += f" ({_point_gate(point)})"
    if outcome is Outcome.UNRESOLVED:
        detail += f"; {size_needed(estimate, gates.fresh_auroc)}"
    return StepResult(FRESH_PROMPTS, estimate, asymmetry, outcome, detail + ".")


def axis_sweep(found: Sequence[AxisProbe], gates: Gates) -> StepResult:
    """Step 3: a probe for every rubric axis; none may be a copy of another (paper section 6.5)."""
    if not found:
        return untested(AXIS_SWEEP, "no answer carries rubric axes; label them with a judge that scores the rubric.")
    worst = largest_correlation(found)
    detail = "; ".join(f"{one.axis}: {one.outcome}" for one in found)
    detail += f"; largest |r| between out-of-fold scores {worst:.2f}" if worst is not None else ""
    outcomes = {one.outcome for one in found}
    if Outcome.PASS in outcomes and (worst is None or worst < gates.axis_correlation):
        return StepResult(AXIS_SWEEP, None, None, Outcome.PASS, detail + ".")
    failed = outcomes == {Outcome.FAIL}
    return StepResult(AXIS_SWEEP, None, None, Outcome.FAIL if failed else Outcome.UNRESOLVED, detail + ".")


def layer_pooling(
    fit_x: Readings | None, fresh_x: Readings | None, fit: Samples, fresh: Samples, gates: Gates, seed: int = 0
) -> StepResult:
    """Step 4: the average of the last hidden states instead of one of them (paper section 6.6)."""
    if fit_x is None or fresh_x is None:
        return untested(LAYER_POOLING, "the last four hidden states were not all captured; run with --layers all.")
    try:
        cv = cross_validate(fit_x.stacked, fit.y, C_GRID, fit.groups, seed=seed)
    except TooFew as few:
        return untested(LAYER_POOLING, str(few))
    probe = fit_x.probe(cv.best.layer, fit.y, cv.best.c, "pooled")
    scores = fresh_x.stacked.x[:, cv.best.layer].astype(np.float64) @ probe.w + probe.b
    result = fresh_prompts(fresh.y, scores, gates, seed)
    return dataclasses.replace(result, step=LAYER_POOLING)


def cross_model(second: StepResult | None) -> StepResult:
    """Step 5: the fresh result of the same prompts on a model of another family (paper section 6.7)."""
    if second is None:
        why = "no second model's run was given; run the same prompts on a model of another family and pass both runs."
        return untested(CROSS_MODEL, why)
    return second


def stored_steps(rows: Sequence[Mapping[str, Any]], gates: Gates) -> list[StepResult]:
    """Judge AUROCs that a published report keeps as numbers only, by the same gates.

    Their scores were not published, so there is no asymmetry: a fresh step can fail here, but not pass.
    """
    return [_stored(row, gates) for row in rows]


def _stored(row: Mapping[str, Any], gates: Gates) -> StepResult:
    estimate = Estimate(**row["auroc"])
    first = row["step"] == CROSS_VALIDATION
    outcome = at_least(estimate, gates.cv_auroc if first else gates.fresh_auroc)
    if outcome is Outcome.PASS and not first:
        outcome = Outcome.UNRESOLVED
    detail = f"stored AUROC {_counted(estimate)} ({row['source']}); the features behind it were not published."
    return StepResult(row["step"], estimate, None, outcome, detail)


def label_permutation_p(y: Bool[np.ndarray, " n"], scores: Float[np.ndarray, " n"], seed: int = 0) -> float:
    """Return the one-sided p-value of an AUROC of fixed scores under permuted labels."""
    from scipy.stats import rankdata

    rng = np.random.default_rng(seed)
    n_pos = int(y.sum())
    ranks = np.broadcast_to(rankdata(scores), (PERMUTATIONS, len(y)))  # permuting ranks is permuting labels
    above = rng.permuted(ranks, axis=1)[:, :n_pos].sum(axis=1)
    aurocs = (above - n_pos * (n_pos + 1) / 2) / (n_pos * (len(y) - n_pos))
    return permutation_p(float(auroc(y, scores).value), aurocs)


def _asymmetry(scores: Float[np.ndarray, " n"], y: Bool[np.ndarray, " n"], gates: Gates) -> Estimate | None:
    """Sweep every threshold between scores: unlike a grid of probabilities, it sees through a shift of all scores."""
    every = np.concatenate([[scores.min() - 1], np.unique(scores)])
    return balanced_asymmetry(scores, y, every, gates.assert_floor).asymmetry


def _point_gate(passes: bool) -> str:
    return f"the study's point-estimate gate would {'pass' if passes else 'fail'} it"


def _counted(estimate: Estimate) -> str:
    return f"{estimate}, {estimate.n_pos} of {estimate.n_pos + estimate.n_neg}"
