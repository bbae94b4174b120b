"""Who says what an answer is: judges that are asked, and the offline instruments, which need none.

A `Judge` answers questions with a menu; it may be a chat endpoint or a recording of one, and may decline (`choice` is
None). The instruments say one thing of many answers: a `ClaimJudge` which claims an answer states, a `DeliveryJudge`
whether it asserts, an `AxisJudge` how it scores on the rubric. An instrument may put questions to a `Judge`
(`interp.instruments`, `interp.rubric`) or work offline, as `ChecklistJudge` and `LexiconDelivery` do. All work on
batches, because asking one by one is slow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from interp import delivery
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


class ChecklistJudge:
    """Claims are met by their accepted wordings (`interp.wording`): offline, the same every time, strict in form.

    It knows no paraphrase that nobody wrote down, so it errs towards "not met". An answer without words gets None, and
    so does a claim that has no accepted wording (it was written for a judge that reads).
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
    return tuple(met(claim, text) if claim.accept else None for claim in prompt.claims)


class LexiconDelivery:
    """Delivery by the hedging lexicon (`interp.delivery`): offline, the same every time."""

    @property
    def version(self) -> str:
        """`delivery-lexicon-` and the hash of lexicon, weights and reading rules."""
        return delivery.version()

    def asserted(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[bool | None]:
        """Return for every pair whether the answer asserts; None for an answer without words."""
        return [delivery.classify(generation.text).asserted for _, generation in pairs]
