"""The sidecar (paper section 6, T1-lite): a threshold chosen on fit, its worth on fresh, and the gate at inference."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from interp.results.evidence import SidecarResult, Thresholds
from interp.stats.rates import balanced_asymmetry, rate, rate_difference
from probes.evidence.reliability import curve
from probes.fitting.linear import probability


def try_sidecar(
    fit_y: Bool[np.ndarray, " n"],
    fit_scores: Float[np.ndarray, " n"],
    fresh_y: Bool[np.ndarray, " m"],
    fresh_scores: Float[np.ndarray, " m"],
    thresholds: Thresholds,
) -> SidecarResult:
    """Choose the best balanced threshold on fit's out-of-fold scores (log-odds) and apply it to fresh scores.

    "Assert" means a probability above the threshold.
    """
    chosen = balanced_asymmetry(probability(fit_scores), fit_y, floor=thresholds.assert_floor)
    if fresh_y.all() or not fresh_y.any():
        return SidecarResult(chosen.threshold, None, None, None, None, None, "fresh holds one class only")
    oracle = balanced_asymmetry(probability(fresh_scores), fresh_y, floor=thresholds.assert_floor)
    selective = curve(fresh_y, probability(fresh_scores))
    if chosen.threshold is None:
        why = f"on fit, {chosen.reason}"
        return SidecarResult(None, None, None, None, oracle.threshold, oracle.asymmetry, why, selective)
    said = probability(fresh_scores) > chosen.threshold
    n_right, n_wrong = int(fresh_y.sum()), int((~fresh_y).sum())
    right, wrong = int(said[fresh_y].sum()), int(said[~fresh_y].sum())
    return SidecarResult(
        chosen.threshold,
        rate_difference(wrong, n_wrong, right, n_right),
        rate(right, n_right),
        rate(wrong, n_wrong),
        oracle.threshold,
        oracle.asymmetry,
        oracle.reason,
        selective,
    )
