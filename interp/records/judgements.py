"""What is known of answers: a judge's questions and replies, and the labels made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from interp.records.shown import Shown


@dataclass(frozen=True, slots=True)
class Question(Shown):
    """What a judge is asked; `menu` lists the only answers that count."""

    id: str
    system: str
    user: str
    menu: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer(Shown):
    """What a judge said; `choice` is None when the reply was off the menu, empty or failed, and never a default.

    `reason` says why there is no choice; it is None where there is one, and where the question had no menu and `raw` is
    the answer.
    """

    question_id: str
    choice: str | None
    raw: str
    judge: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange(Shown):
    """A question with its answer: one row of a judge's transcript."""

    question: Question
    answer: Answer


Cohort = Literal["cr", "cw", "hr", "hw"]


@dataclass(frozen=True, slots=True)
class Label(Shown):
    """What is known about one answer. Unknown is None, with the reason under the field's name in `reasons`.

    Attributes:
        checklist_recall: share of the claims that the answer states (the paper's coverage), 0 to 1.
        claims_met: one entry a claim, None where it could not be judged.
        correct: checklist_recall >= 0.5; None for empty and cut-off answers.
        asserted: True asserted, False hedged; None for empty and cut-off answers.
        axes: rubric axis -> score 1-5, or None where unscored.
        reasons: field name -> why it is None ("empty", "cut_off", "unscored").
        judge: the instruments that made the label, each with its version.
    """

    generation_id: str
    checklist_recall: float | None
    claims_met: tuple[bool | None, ...]
    correct: bool | None
    asserted: bool | None
    judge: str
    axes: Mapping[str, int | None] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def cohort(self) -> Cohort | None:
        """Delivery (c: asserted, h: hedged) by correctness (r: right, w: wrong), as the paper names them."""
        if self.correct is None or self.asserted is None:
            return None
        if self.asserted:
            return "cr" if self.correct else "cw"
        return "hr" if self.correct else "hw"
