"""The two-failure-mode taxonomy (paper sections 6.8 and 8): steps, base rates, baselines, audits in, a verdict out.

A handle is found (NONE) only where cross-validation and fresh prompts both pass and the probe beats every surface
baseline on fresh. A capability cliff is told by its base rates: the fresh rate over the fit rate lies wholly below
`Thresholds.cliff_ratio`, so there is nothing left to separate. A single output distribution is told by its AUROC: base
rates hold, and the fresh AUROC lies wholly below the gate. Everything else is UNRESOLVED, with what would resolve it.
"""

from __future__ import annotations

from collections.abc import Sequence

from interp.records.findings import Estimate, FailureMode, Outcome, Severity, Step, StepResult, Threat, Verdict
from interp.results.evidence import BaselineResult, BySplit, Thresholds
from interp.stats import effects
from probes.verdict.thresholds import size_needed


def rate_ratio(rates: BySplit[Estimate]) -> Estimate | None:
    """Return fresh rate over fit rate with a 95 % interval; None where no fit answer is positive."""
    return effects.rate_ratio(rates.fresh, rates.fit)


def diagnose(
    steps: Sequence[StepResult],
    rates: BySplit[Estimate] | None,
    baselines: Sequence[BaselineResult],
    audits: Sequence[Threat],
    thresholds: Thresholds | None = None,
) -> Verdict:
    """Return the verdict of one target; `rates` is None where a split has no scored answer at all."""
    found, reason = _decide({s.step: s for s in steps}, rates, baselines, audits, thresholds or Thresholds())
    return Verdict(tuple(steps), tuple(audits), found, reason)


def _decide(
    steps: dict[Step, StepResult],
    rates: BySplit[Estimate] | None,
    baselines: Sequence[BaselineResult],
    audits: Sequence[Threat],
    thresholds: Thresholds,
) -> tuple[FailureMode, str]:
    fatal = [threat for threat in audits if threat.severity is Severity.FATAL]
    if fatal:
        return FailureMode.UNRESOLVED, f"Nothing can be concluded: {fatal[0].sentence}"
    if rates is None:
        return FailureMode.UNRESOLVED, "A split has no scored answer, so nothing could be tested."
    cv, fresh = steps[Step.CROSS_VALIDATION], steps[Step.FRESH_PROMPTS]
    if cv.outcome is Outcome.PASS and fresh.outcome is Outcome.PASS:
        return _handle(fresh, baselines)
    ratio = rate_ratio(rates)
    if fresh.outcome is not Outcome.PASS and ratio is not None and ratio.upper < thresholds.cliff_ratio:
        return FailureMode.CAPABILITY_CLIFF, _cliff_reason(rates, ratio, fresh)
    if fresh.outcome is Outcome.FAIL and ratio is not None and ratio.value >= thresholds.cliff_ratio:
        return FailureMode.SINGLE_OUTPUT_DISTRIBUTION, _single_reason(rates, cv, fresh, thresholds)
    return FailureMode.UNRESOLVED, _unresolved_reason(rates, cv, fresh, thresholds)


def _handle(fresh: StepResult, baselines: Sequence[BaselineResult]) -> tuple[FailureMode, str]:
    surface = [c for c in baselines if c.kind == "surface" and c.margin is not None and c.fresh is not None]
    if not surface:
        return (
            FailureMode.UNRESOLVED,
            "The probe passes both splits, but no surface baseline could be run beside it, so it may be trivial.",
        )
    best = max(surface, key=lambda c: c.fresh.value if c.fresh else 0.0)
    worst = min(surface, key=lambda c: c.margin.lower if c.margin else 0.0)
    if worst.margin is None or worst.margin.lower <= 0:
        return FailureMode.UNRESOLVED, (
            f"The probe passes (fresh AUROC {fresh.auroc}), but it does not clearly beat the surface baseline "
            f"{worst.name} (AUROC {worst.fresh}; difference {worst.margin}): what surface explains is not a handle."
        )
    reason = (
        f"Cross-validation and fresh prompts both pass: fresh AUROC {_n(fresh.auroc)}, above the best "
        f"surface baseline, {best.name} ({best.fresh}), by {best.margin}."
    )
    return FailureMode.NONE, reason + _confidence_sentence(baselines)


def _confidence_sentence(baselines: Sequence[BaselineResult]) -> str:
    tested = [c for c in baselines if c.kind == "confidence" and c.margin is not None and c.fresh is not None]
    if not tested:
        return " Output confidence could not be compared."
    worst = min(tested, key=lambda c: c.margin.lower if c.margin else 0.0)
    if worst.margin is not None and worst.margin.lower > 0:
        return f" It also beats output confidence ({worst.name}, AUROC {worst.fresh}) by {worst.margin}."
    return (
        f" It is no better than reading the logits: {worst.name} alone has AUROC {worst.fresh} "
        f"(difference {worst.margin})."
    )


def _cliff_reason(rates: BySplit[Estimate], ratio: Estimate, fresh: StepResult) -> str:
    return (
        f"The base rate collapses from {_n(rates.fit)} on fit to {_n(rates.fresh)} on fresh "
        f"({ratio.value:.2f} of it, 95 % interval [{ratio.lower:.2f}, {ratio.upper:.2f}]), so there is little left to "
        f"separate; the fresh AUROC is {_n(fresh.auroc)}, and an asymmetry that seems to pass here is class imbalance."
    )


def _single_reason(rates: BySplit[Estimate], cv: StepResult, fresh: StepResult, thresholds: Thresholds) -> str:
    first = "passed" if cv.outcome is Outcome.PASS else "did not pass"
    return (
        f"Base rates hold ({_n(rates.fit)} on fit, {_n(rates.fresh)} on fresh), cross-validation {first} "
        f"({_n(cv.auroc)}), and the fresh AUROC {_n(fresh.auroc)} lies wholly below the gate {thresholds.fresh_auroc}: "
        "as read here, both classes come from one output distribution."
    )


def _unresolved_reason(rates: BySplit[Estimate], cv: StepResult, fresh: StepResult, thresholds: Thresholds) -> str:
    for step, gate in ((fresh, thresholds.fresh_auroc), (cv, thresholds.cv_auroc)):
        if step.auroc is None:
            return f"Not resolved: {step.detail}"
        if step.outcome is Outcome.UNRESOLVED:
            return (
                f"Not resolved: {step.step.replace('_', ' ')} AUROC {_n(step.auroc)} neither passes the gate {gate} "
                f"clear of chance nor lies wholly below it; {size_needed(step.auroc, gate)}."
            )
    if cv.outcome is Outcome.FAIL:
        return (
            f"Not resolved: fresh AUROC {_n(fresh.auroc)} passes, but cross-validation fails ({_n(cv.auroc)}), so the "
            "fresh result has no support on fit."
        )
    return (
        f"Not resolved: the fresh AUROC {_n(fresh.auroc)} is below the gate, but base rates moved from {_n(rates.fit)} "
        f"to {_n(rates.fresh)}, which neither holds nor is clearly a cliff; more fresh prompts would tell."
    )


def _n(estimate: Estimate | None) -> str:
    """Show an estimate with its counts, or that there is none."""
    if estimate is None:
        return "(not measured)"
    return f"{estimate}, {estimate.n_pos} of {estimate.n_pos + estimate.n_neg}"
