"""A claim of the paper against what its published data gives: numbers, rounding, verdict.

A verdict is mechanical. The paper's numbers are read from the claim's own text with the decimals it states; a number
agrees when it lies within half a unit of the last of them. Agreement counts as reproduced only where every file that
was read holds single answers, items or activations; where one holds computed numbers only, it is a stored summary.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from interp.records.findings import Estimate
from interp.study import data
from interp.study.data import PaperClaim, Study

ROUNDING_SLACK = 1e-9  # a number that lies exactly half-way rounds either way
_NUMBER = re.compile(r"[+-]?\d*\.?\d+")


class ClaimVerdict(StrEnum):
    """What the published data says of one claim."""

    REPRODUCED = "reproduced"
    DIFFERS = "differs"
    SUMMARY_ONLY = "summary_only"
    NOT_RECOMPUTABLE = "not_recomputable"


@dataclass(frozen=True, slots=True)
class Computed:
    """What a recipe found.

    Attributes:
        values: the claim's numbers in the order of its text, at full precision; None where the data is not public.
        holds: for a claim in words or a range, whether it holds of the values; None for a claim of plain numbers.
        estimate: the interval of the claim's first number, where there is one.
        note: one sentence on what the number rests on, where that needs saying.
    """

    values: tuple[float | None, ...]
    holds: bool | None = None
    estimate: Estimate | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a claim is recomputed: the files that are read, the way in words, and the computation.

    Without `compute` the claim's data is not public: `text` says what would be needed, `note` what can still be said.
    """

    text: str
    files: tuple[str, ...] = ()
    compute: Callable[[Study], Computed] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """One row of the replication."""

    claim: PaperClaim
    verdict: ClaimVerdict
    recipe: Recipe
    computed: Computed = field(default_factory=lambda: Computed(()))

    @property
    def note(self) -> str:
        """What is worth saying about this row, or nothing."""
        return self.computed.note or self.recipe.note

    @property
    def differences(self) -> tuple[float, ...]:
        """Recomputed minus the paper's, for every number that both have; empty for claims in words."""
        if self.computed.holds is not None:
            return ()
        pairs = zip(self.computed.values, paper_numbers(self.claim.paper_value), strict=False)
        return tuple(value - number for value, (number, _) in pairs if value is not None)


def percent(share: Estimate) -> Estimate:
    """Return a share or a difference of shares in percent."""
    limits = {key: 100 * getattr(share, key) for key in ("value", "lower", "upper")}
    return dataclasses.replace(share, **limits)


def paper_numbers(text: str) -> list[tuple[float, float]]:
    """Return each number of a paper value with half a unit of its last stated decimal."""
    found = _NUMBER.findall(text)
    return [(float(n), 0.5 * 10.0 ** -len(n.partition(".")[2])) for n in found]


def evaluate(claim: PaperClaim, recipe: Recipe, study: Study) -> ClaimResult:
    """Recompute one claim and give its verdict; a recipe that does not fit the claim's text raises ValueError."""
    if recipe.compute is None:
        return ClaimResult(claim, ClaimVerdict.NOT_RECOMPUTABLE, recipe)
    computed = recipe.compute(study)
    return ClaimResult(claim, _verdict(claim, computed, recipe.files), recipe, computed)


def _verdict(claim: PaperClaim, computed: Computed, files: Sequence[str]) -> ClaimVerdict:
    if not _agrees(claim, computed):
        return ClaimVerdict.DIFFERS
    if None in computed.values:
        return ClaimVerdict.NOT_RECOMPUTABLE
    if data.SUMMARIES.intersection(files):
        return ClaimVerdict.SUMMARY_ONLY
    return ClaimVerdict.REPRODUCED


def _agrees(claim: PaperClaim, computed: Computed) -> bool:
    if computed.holds is not None:
        return computed.holds
    pairs = zip(computed.values, paper_numbers(claim.paper_value), strict=True)
    return all(v is None or abs(v - number) <= half + ROUNDING_SLACK for v, (number, half) in pairs)
