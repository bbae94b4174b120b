"""What became of the paper's claims when they were recomputed from its published data: what `claims.json` holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from interp.records.findings import Estimate
from interp.records.shown import Shown
from interp.results.schema import Result


class ClaimVerdict(StrEnum):
    """What the published data says of one claim."""

    REPRODUCED = "reproduced"
    DIFFERS = "differs"
    SUMMARY_ONLY = "summary_only"
    NOT_RECOMPUTABLE = "not_recomputable"


@dataclass(frozen=True, slots=True)
class ClaimResult(Shown):
    """One claim of the paper and what its published data gives.

    Attributes:
        id, section, claim, paper_value: the claim as the paper states it.
        verdict: whether the data agrees, and whether it could.
        recomputed: the claim's numbers in the order of its text; None where the data of one is not public.
        estimate: the first number with its interval, where it has one.
        differences: of a claim that differs, recomputed minus the paper's, for every number that both have; empty for
            claims in words.
        files: the published files that were read.
        recipe: how it was recomputed, or what that would need.
        note: what is worth saying about it, or nothing.
    """

    id: str
    section: str
    claim: str
    paper_value: str
    verdict: ClaimVerdict
    recomputed: tuple[float | None, ...]
    estimate: Estimate | None
    differences: tuple[float, ...]
    files: tuple[str, ...]
    recipe: str
    note: str


@dataclass(frozen=True, slots=True)
class ClaimsReport(Result):
    """Every claim in the paper's order, and the paper and data that they are of."""

    SCHEMA: ClassVar[int] = 1

    paper: str
    repository: str
    commit: str
    claims: tuple[ClaimResult, ...]

    @property
    def counts(self) -> dict[ClaimVerdict, int]:
        """How many claims have each verdict."""
        counted = Counter(result.verdict for result in self.claims)
        return {verdict: counted[verdict] for verdict in ClaimVerdict}

    @property
    def differing(self) -> tuple[ClaimResult, ...]:
        """The claims that the data contradicts."""
        return tuple(result for result in self.claims if result.verdict is ClaimVerdict.DIFFERS)
