"""What `python -m interp.agreement --output` writes: how far two sets of labels agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from interp.labels.agreement import Agreement
from interp.records.shown import Shown
from interp.results.schema import Result


@dataclass(frozen=True, slots=True)
class LabelSource(Shown):
    """Whose labels: what they are called, and the instruments that made them."""

    name: str
    judge: str


@dataclass(frozen=True, slots=True)
class AgreementReport(Result):
    """Two sets of labels of the same `n` answers, question by question."""

    SCHEMA: ClassVar[int] = 2

    n: int
    sides: tuple[LabelSource, LabelSource]
    agreement: tuple[Agreement, ...]
