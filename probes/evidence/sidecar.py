"""The sidecar (paper section 6, T1-lite): a threshold chosen on fit, its worth on fresh, and the gate at inference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from interp.records.findings import Estimate
from interp.stats.rates import balanced_asymmetry, rate, rate_difference
from probes.evidence.reliability import CurvePoint, curve
from probes.evidence.thresholds import Gates
from probes.fitting.linear import probability


@dataclass(frozen=True, slots=True)
class GateResult:
    """What a gate does on fresh at a threshold that never saw fresh.

    The oracle's threshold was chosen on fresh itself: an upper bound, never a result. `reason` says why a part is None.
    `curve` is selective prediction on fresh: answering only the share of highest score.
    """

    threshold: float | None
    asymmetry: Estimate | None
    p_assert_correct: Estimate | None
    p_assert_wrong: Estimate | None
    oracle_threshold: float | None
    oracle_asymmetry: Estimate | None
    reason: str
    curve: tuple[CurvePoint, ...] = ()


def judge_gate(
    fit_y: Bool[np.ndarray, " n"],
    fit_scores: Float[np.ndarray, " n"],
    fresh_y: Bool[np.ndarray, " m"],
    fresh_scores: Float[np.ndarray, " m"],
    gates: Gates,
) -> GateResult:
    """Choose the best balanced threshold on fit's out-of-fold scores (log-odds) and apply it to fresh scores.

    "Assert" means a probability above the threshold.
    """
    chosen = balanced_asymmetry(probability(fit_scores), fit_y, floor=gates.assert_floor)
    if fresh_y.all() or not fresh_y.any():
        return GateResult(chosen.threshold, None, None, None, None, None, "fresh holds one class only")
    oracle = balanced_asymmetry(probability(fresh_scores), fresh_y, floor=gates.assert_floor)
    selective = curve(fresh_y, probability(fresh_scores))
    if chosen.threshold is None:
        why = f"on fit, {chosen.reason}"
        return GateResult(None, None, None, None, oracle.threshold, oracle.asymmetry, why, selective)
    said = probability(fresh_scores) > chosen.threshold
    n_right, n_wrong = int(fresh_y.sum()), int((~fresh_y).sum())
    right, wrong = int(said[fresh_y].sum()), int(said[~fresh_y].sum())
    return GateResult(
        chosen.threshold,
        rate_difference(wrong, n_wrong, right, n_right),
        rate(right, n_right),
        rate(wrong, n_wrong),
        oracle.threshold,
        oracle.asymmetry,
        oracle.reason,
        selective,
    )
