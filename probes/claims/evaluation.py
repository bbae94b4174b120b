"""A claim of the paper against what its published data gives: numbers, rounding, verdict.

A verdict is mechanical. The paper's numbers are read from the claim's own text with the decimals it states; a number
agrees when it lies within half a unit of the last of them. Agreement counts as reproduced only where every file that
was read holds single answers, items or activations; where one holds computed numbers only, it is a stored summary.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from interp.records.findings import Estimate
from interp.results.claims import ClaimResult, ClaimVerdict
from interp.study import data
from interp.study.data import PaperClaim, Study

ROUNDING_SLACK = 1e-9  # a number that lies exactly half-way rounds either way
_NUMBER = re.compile(r"[+-]?\d*\.?\d+")


@dataclass(frozen=True, slots=True)
class Computed:
    """What a recomputation gave.

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


Compute = Callable[[Study], Computed]


@dataclass(frozen=True, slots=True)
class Recomputation:
    """How a claim is recomputed: the files that are read, the way in words, and the computation.

    Without `compute` the claim's data is not public: `text` says what would be needed, `note` what can still be said.
    """

    text: str
    files: tuple[str, ...] = ()
    compute: Compute | None = None
    note: str = ""


def percent(share: Estimate) -> Estimate:
    """Return a share or a difference of shares in percent."""
    return dataclasses.replace(share, value=100 * share.value, lower=100 * share.lower, upper=100 * share.upper)


def paper_numbers(text: str) -> list[tuple[float, float]]:
    """Return each number of a paper value with half a unit of its last stated decimal."""
    return [(float(n), 0.5 * 10.0 ** -len(n.partition(".")[2])) for n in _NUMBER.findall(text)]


def evaluate(claim: PaperClaim, recomputation: Recomputation, study: Study) -> ClaimResult:
    """Recompute one claim and give its verdict; a recomputation that does not fit the claim's text is a ValueError."""
    if recomputation.compute is None:
        return _result(claim, recomputation, Computed(()), ClaimVerdict.NOT_RECOMPUTABLE)
    computed = recomputation.compute(study)
    return _result(claim, recomputation, computed, _verdict(claim, computed, recomputation.files))


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


def _result(claim: PaperClaim, recomputation: Recomputation, computed: Computed, verdict: ClaimVerdict) -> ClaimResult:
    return ClaimResult(
        claim.id,
        claim.section,
        claim.claim,
        claim.paper_value,
        verdict,
        computed.values,
        computed.estimate,
        _differences(claim, computed) if verdict is ClaimVerdict.DIFFERS else (),
        recomputation.files,
        recomputation.text,
        computed.note or recomputation.note,
    )


def _differences(claim: PaperClaim, computed: Computed) -> tuple[float, ...]:
    """Return recomputed minus the paper's, for every number that both have; empty for claims in words."""
    if computed.holds is not None:
        return ()
    pairs = zip(computed.values, paper_numbers(claim.paper_value), strict=False)
    return tuple(value - number for value, (number, _) in pairs if value is not None)
