"""Who says whether a claim is met: judges that are asked, and the checklist, which needs none.

A `Judge` answers questions with a menu; it may be a chat endpoint or a recording of one, and may decline (`choice` is
None). A `ClaimJudge` says claim by claim what an answer states; it may be built on a `Judge`, putting each claim as a
question, or work offline, as `ChecklistJudge` does. Both work on batches, because asking one by one is slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from interp.records import Answer, Generation, Prompt, Question
from interp.wording import Text, met
from interp.words import RULES_VERSION


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


class ChecklistJudge:
    """Claims are met by their accepted wordings (`interp.wording`): offline, the same every time, strict in form.

    It knows no paraphrase that nobody wrote down, so it errs towards "not met"; an answer without words gets None.
    """

    @property
    def version(self) -> str:
        """`checklist-` and the version of the reading rules."""
        return f"checklist-{RULES_VERSION}"

    def claims_met(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[tuple[bool | None, ...]]:
        """Return for every pair which claims the answer states."""
        return [_met(prompt, Text(generation.text)) for prompt, generation in pairs]


def _met(prompt: Prompt, text: Text) -> tuple[bool | None, ...]:
    if not text.words:
        return (None,) * len(prompt.claims)
    return tuple(met(claim, text) for claim in prompt.claims)
