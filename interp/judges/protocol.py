"""What every judge is: questions in, answers out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from interp.records.judgements import Answer, Question


@runtime_checkable
class Judge(Protocol):
    """Something that answers questions from a menu."""

    @property
    def version(self) -> str:
        """Name and version of the instrument, as it is recorded with every answer."""
        ...

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Return one answer a question, in order; a reply off the menu, empty or failed has `choice` None."""
        ...
