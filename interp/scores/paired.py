"""Two score sets of the same items, paired item by item. Differences are B - A throughout.

Items without a score on a side are left out of the delta and counted with their reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from interp.records.findings import Estimate
from interp.records.shown import Shown
from interp.scores.sets import Score, ScoreSet
from interp.scores.truncation import CrossTable, Flags, PairedItems, Truncation, cross_table, truncation
from interp.stats.deltas import Scale, Values, delta, is_yes_no, mean


@dataclass(frozen=True, slots=True)
class PairedScores(Shown):
    """The comparison of one metric.

    Attributes:
        n_items: items that both sides were asked.
        n_paired: items with a score on both sides; `mean_a`, `mean_b` and `delta` are over them, None where none is.
        unscored_a: items of A without a score, by reason.
        unscored_b: items of B without a score, by reason.
        discordant: items of a yes/no metric by which side got them; else None.
        groups: the delta of each kind of item; empty where items come in one kind only.
        truncation: None where it is not known of every answer whether it was cut off.
    """

    n_items: int
    n_paired: int
    unscored_a: Mapping[str, int]
    unscored_b: Mapping[str, int]
    mean_a: Estimate | None
    mean_b: Estimate | None
    delta: Estimate | None
    discordant: CrossTable | None
    groups: Mapping[str, Estimate | None]
    truncation: Truncation | None


def pair(a: ScoreSet, b: ScoreSet) -> PairedScores:
    """Compare two sets of the same items on the same scale; whether they may be is `interp.scores.fairness`'s."""
    of_b = {score.item_id: score for score in b.scores}
    right = [of_b[score.item_id] for score in a.scores]
    all_a, all_b = _values(a.scores), _values(right)
    rows = ~np.isnan(all_a) & ~np.isnan(all_b)
    x, y = all_a[rows], all_b[rows]
    cut_a, cut_b = _cut(a.scores), _cut(right)
    known = None if cut_a is None or cut_b is None else PairedItems(all_a, all_b, cut_a, cut_b, a.scale)
    return PairedScores(
        n_items=len(right),
        n_paired=int(rows.sum()),
        unscored_a=_reasons(a.scores),
        unscored_b=_reasons(right),
        mean_a=mean(x, a.scale),
        mean_b=mean(y, a.scale),
        delta=delta(x, y, a.scale),
        discordant=cross_table(x == 1, y == 1) if is_yes_no(x, y, a.scale) else None,
        groups=_groups(a.scores, all_a, all_b, a.scale),
        truncation=None if known is None else truncation(known),
    )


def _values(scores: Sequence[Score]) -> Values:
    return np.array([np.nan if score.value is None else score.value for score in scores], dtype=np.float64)


def _cut(scores: Sequence[Score]) -> Flags | None:
    """Return which answers were cut off, or None where that is not known of every one."""
    known = [score.cut_off for score in scores]
    return None if None in known else np.array(known, dtype=np.bool_)


def _reasons(scores: Sequence[Score]) -> dict[str, int]:
    return dict(sorted(Counter(score.reason for score in scores if score.reason is not None).items()))


def _groups(scores: Sequence[Score], a: Values, b: Values, scale: Scale | None) -> dict[str, Estimate | None]:
    names = sorted({score.group for score in scores if score.group is not None})
    if len(names) < 2:
        return {}
    scored = ~np.isnan(a) & ~np.isnan(b)
    rows = {name: scored & np.array([score.group == name for score in scores]) for name in names}
    return {name: delta(a[row], b[row], scale) for name, row in rows.items()}
