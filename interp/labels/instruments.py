"""What an instrument that labels answers is: for claims, for delivery, for the rubric's axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from interp.records.answers import Generation
from interp.records.prompts import Prompt


@runtime_checkable
class ClaimJudge(Protocol):
    """Something that says which claims of a prompt's checklist an answer states."""

    @property
    def version(self) -> str:
        """Name and version of the instrument, as it is recorded in `Label.judge`."""
        ...

    def claims_met(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[tuple[bool | None, ...]]:
        """Return, for every pair in order, one entry a claim; None where it could not be judged."""
        ...


@runtime_checkable
class DeliveryJudge(Protocol):
    """Something that says whether an answer asserts or hedges."""

    @property
    def version(self) -> str:
        """Name and version of the instrument, as it is recorded in `Label.judge`."""
        ...

    def asserted(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[bool | None]:
        """Return, for every pair in order, True (asserts) or False (hedges); None where it could not be judged."""
        ...


@dataclass(frozen=True, slots=True)
class AxisScores:
    """The rubric's scores of one answer: axis -> 1 to 5, or None with the reason under the axis's name."""

    scores: Mapping[str, int | None]
    reasons: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class AxisJudge(Protocol):
    """Something that scores answers on the axes of a rubric."""

    @property
    def version(self) -> str:
        """Name and version of the instrument, as it is recorded in `Label.judge`."""
        ...

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the axes."""
        ...

    def score(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[AxisScores]:
        """Return the scores of every pair, in order."""
        ...
