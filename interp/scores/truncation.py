"""What the token budget has to do with a delta: a cut-off answer was scored on what it had time to say.

The delta among answers that both sides finished is free of cut-off answers, but of those items only. The limits of
`Truncation` hold for all of them: they let every cut-off answer become the worst or the best that it could have been.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from interp.records.findings import Estimate
from interp.records.shown import Shown
from interp.stats.deltas import Scale, Values, delta
from interp.stats.rates import paired_rate_difference, rate

Flags = Bool[np.ndarray, " n"]


@dataclass(frozen=True, slots=True)
class PairedItems:
    """Scores of the same items on both sides, NaN where there is none, and which answers were cut off."""

    a: Values
    b: Values
    cut_a: Flags
    cut_b: Flags
    scale: Scale | None

    @property
    def paired(self) -> Flags:
        """Items with a score on both sides."""
        return np.asarray(~np.isnan(self.a) & ~np.isnan(self.b))

    @property
    def touched(self) -> Flags:
        """Items whose answer was cut off on either side."""
        return np.asarray(self.cut_a | self.cut_b)

    @property
    def bounded(self) -> Flags:
        """Items that are scored or cut off on both sides, so that their score has limits."""
        return np.asarray((self.cut_a | ~np.isnan(self.a)) & (self.cut_b | ~np.isnan(self.b)))


@dataclass(frozen=True, slots=True)
class CrossTable(Shown):
    """How many items have something on neither side, on one of them alone, or on both."""

    neither: int
    only_a: int
    only_b: int
    both: int


@dataclass(frozen=True, slots=True)
class Truncation(Shown):
    """What the token budget has to do with a delta.

    Attributes:
        table: items by which side was cut off.
        share_a: cut-off share of A.
        share_b: cut-off share of B.
        share_delta: difference of the shares, with McNemar's exact p-value.
        part: the part of the delta that comes from items cut off on either side, in the delta's unit.
        n_part: how many such items are in the delta.
        finished: the delta among items that both sides finished; None where no such item has both scores.
        all_lowest: the delta with every cut-off answer at the lowest score; None without a scale.
        all_highest: the same at the highest score.
        least: the delta with the cut-off answers of B at the lowest and those of A at the highest score.
        most: the reverse; nothing that the cut-off answers could have become leads outside `least` to `most`.
        n_bounded: items behind these four: scored or cut off on both sides.
    """

    table: CrossTable
    share_a: Estimate
    share_b: Estimate
    share_delta: Estimate
    part: float | None
    n_part: int
    finished: Estimate | None
    all_lowest: Estimate | None
    all_highest: Estimate | None
    least: Estimate | None
    most: Estimate | None
    n_bounded: int


def truncation(items: PairedItems) -> Truncation:
    """Return what cut-off answers have to do with the delta of two sides."""
    n, paired, finished = len(items.a), items.paired, items.paired & ~items.touched
    gap = (items.b - items.a)[paired & items.touched]
    lowest, highest = items.scale or (None, None)
    return Truncation(
        table=cross_table(items.cut_a, items.cut_b),
        share_a=rate(int(items.cut_a.sum()), n),
        share_b=rate(int(items.cut_b.sum()), n),
        share_delta=paired_rate_difference(items.cut_b, items.cut_a),
        part=float(gap.sum()) / int(paired.sum()) if paired.any() else None,
        n_part=len(gap),
        finished=delta(items.a[finished], items.b[finished], items.scale),
        all_lowest=_with_cut_at(items, lowest, lowest),
        all_highest=_with_cut_at(items, highest, highest),
        least=_with_cut_at(items, highest, lowest),
        most=_with_cut_at(items, lowest, highest),
        n_bounded=int(items.bounded.sum()),
    )


def cross_table(a: Flags, b: Flags) -> CrossTable:
    """Count items by which side has them."""
    neither, only_a, only_b, both = (int(cell.sum()) for cell in (~a & ~b, a & ~b, ~a & b, a & b))
    return CrossTable(neither, only_a, only_b, both)


def _with_cut_at(items: PairedItems, of_a: float | None, of_b: float | None) -> Estimate | None:
    """Return the delta with the cut-off answers of each side at one score, over the items whose score has limits."""
    if of_a is None or of_b is None:
        return None
    rows = items.bounded
    x, y = np.where(items.cut_a, of_a, items.a)[rows], np.where(items.cut_b, of_b, items.b)[rows]
    return delta(x, y, items.scale)
