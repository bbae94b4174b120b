"""Attribution by intervention: what zeroing each head does, and how contrasts of cohorts rank heads beside it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from interp.records.findings import Estimate
from interp.results.attribution import Contrast, HeadShift, Intervention
from interp.stats.rates import paired_mean_difference
from interp.stats.resampling import bootstrap_by_group

if TYPE_CHECKING:
    from hooks.heads.shifts import Shifts

MANY_LAYERS = 10  # from here on whole layers are resampled: heads of one layer are not independent
DRAWS = 2000


def reference(
    shifts: Shifts, contrasts: Mapping[str, Contrast], probe: str | None, reason: str | None, seed: int = 0
) -> Intervention:
    """Return every head's effect as a mean over answers, and its rank correlation with each contrast.

    Args:
        shifts: the change of each answer by each head.
        contrasts: name -> contrast; the ones that could not be tested have no rank correlation.
        probe: what the probe tells, if there is one.
        reason: why there is no score.
        seed: of the bootstrap.
    """
    heads = tuple(
        HeadShift(layer, head, _mean(row), None if shifts.score is None else _mean(shifts.score[i][head]))
        for i, layer in enumerate(shifts.layers)
        for head, row in enumerate(shifts.logprob[i])
    )
    found = {name: _correlations(contrast, heads, seed) for name, contrast in contrasts.items() if contrast.ranking}
    return Intervention(shifts.generation_ids, 0.0, heads, probe, reason, found)


def _mean(change: Float[np.ndarray, " n"]) -> Estimate:
    return paired_mean_difference(change, np.zeros_like(change))


def _correlations(contrast: Contrast, heads: Sequence[HeadShift], seed: int) -> dict[str, Estimate]:
    """Return Spearman's correlation of the contrast's ranking with the size of each effect."""
    strength = {place: -rank for rank, place in enumerate(contrast.ranking)}
    kept = [h for h in heads if (h.layer, h.head) in strength]
    effects: dict[str, list[tuple[HeadShift, Estimate]]] = {
        "logprob": [(h, h.logprob) for h in kept],
        "score": [(h, h.score) for h in kept if h.score is not None and not _out_of_reach(h.score)],
    }
    found = {}
    for name, pairs in effects.items():
        x = np.array([strength[h.layer, h.head] for h, _ in pairs], dtype=np.float64)
        y = np.array([abs(effect.value) for _, effect in pairs])
        found[name] = _spearman(x, y, [h.layer for h, _ in pairs], seed)
    return {name: estimate for name, estimate in found.items() if estimate is not None}


def _out_of_reach(score: Estimate) -> bool:
    """True for a head after the layer that the probe reads: no score changes at all, which ranks nothing."""
    return score.value == score.lower == score.upper == 0


def _spearman(
    x: Float[np.ndarray, " head"], y: Float[np.ndarray, " head"], layers: Sequence[int], seed: int
) -> Estimate | None:
    """Return Spearman's correlation with a bootstrap interval over layers, or over heads where layers are few."""
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    groups: Sequence[Hashable] = layers if len(set(layers)) >= MANY_LAYERS else range(len(x))

    def statistic(rows: np.ndarray) -> float:
        from scipy.stats import rankdata

        p, q = (rankdata(v[rows]) for v in (x, y))
        return float(np.corrcoef(p, q)[0, 1]) if np.ptp(p) > 0 and np.ptp(q) > 0 else float("nan")

    return bootstrap_by_group(statistic, groups, n_pos=len(x), n_neg=0, draws=DRAWS, seed=seed)
