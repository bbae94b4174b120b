"""What is asked: prompts with their gold checklists, and the split that each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from interp.records.shown import Shown


class Split(StrEnum):
    """Which half of a prompt set: probes are fitted on `fit` and judged on `fresh` (the paper's step16 and fresh)."""

    FIT = "fit"
    FRESH = "fresh"


@dataclass(frozen=True, slots=True)
class Claim(Shown):
    """One checkable statement that a right answer makes, with its accepted wordings (see `interp.language.grammar`)."""

    text: str
    accept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompt(Shown):
    """One question with its gold checklist. `relation` groups prompts of one kind (facts: capital, currency, ...)."""

    id: str
    text: str
    domain: str
    split: Split
    claims: tuple[Claim, ...]
    relation: str | None = None
