"""What `deltas.json` holds: changes between two sides, each on a scale, as figure 4 draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from interp.records.shown import Shown
from interp.results.schema import Result

Stage = Literal["claimed", "recomputed", "corrected", "measured", "finished"]


@dataclass(frozen=True, slots=True)
class Delta(Shown):
    """How far one metric moved.

    Attributes:
        metric: what moved, in words.
        stage: a first claim, the claim recomputed from its items, the claim as corrected later, what was measured here,
            or that among answers which both sides finished.
        value: the change, in units of a scale of `of`.
        of: how long that scale is; 100 for points of 100.
        source: where it comes from.
        lower: lower end of its 95 % interval; None where only a number was reported.
        upper: the upper end, likewise.
        method: how the interval was made, likewise.
        n_items: how many items are behind it, likewise.
        fatal: the threats that void it.
    """

    metric: str
    stage: Stage
    value: float
    of: float
    source: str
    lower: float | None = None
    upper: float | None = None
    method: str | None = None
    n_items: int | None = None
    fatal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deltas(Result):
    """The deltas of a comparison, or of the published study."""

    SCHEMA: ClassVar[int] = 1

    deltas: tuple[Delta, ...]
