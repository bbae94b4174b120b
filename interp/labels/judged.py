"""The checklist and delivery, put to a judge: each claim a question of its own, each answer's delivery another.

Nobody tells the judge which model or condition an answer came from; the forms have no place for it. Questions of both
splits go out together, in a seeded random order, so that a judge that drifts does not drift along a condition.
"""

from __future__ import annotations

from collections.abc import Sequence

from interp.judges import forms
from interp.judges.forms import Form
from interp.judges.protocol import Judge
from interp.records.answers import Generation
from interp.records.judgements import Question
from interp.records.prompts import Prompt

CLAIM = Form(
    name="claims",
    revision=1,
    system=(
        "You check answers against claims. Decide whether the answer states the claim, in these words or in others. "
        "What counts is what the answer says, not whether it is true, complete or well written. A claim that is only "
        "hinted at, contradicted, or asked about is not stated."
    ),
    user=(
        "This was asked:\n{prompt}\n\nThis was answered:\n{answer}\n\nThis is the claim:\n{claim}\n\n"
        "Does the answer state the claim? Reply with one word: YES or NO."
    ),
    menu=("YES", "NO"),
)

DELIVERY = Form(
    name="delivery",
    revision=1,
    system=(
        "You judge how an answer is delivered, whether or not it is right. ASSERT means that the answer presents its "
        "main content as settled. HEDGE means that whoever answers shows doubt of their own about that content: they "
        "say that they are not sure, that it may be otherwise, or that it depends on something they were not told. "
        "Politeness, suggestions, rough quantities, and circumstances that the reader is to watch for are no doubt."
    ),
    user=(
        "This was asked:\n{prompt}\n\nThis was answered:\n{answer}\n\n"
        "How is the answer delivered? Reply with one word: ASSERT or HEDGE."
    ),
    menu=("ASSERT", "HEDGE"),
)


class JudgedClaims:
    """Claims are met where a judge says YES: it reads paraphrases, and errs in ways of its own."""

    def __init__(self, judge: Judge, seed: int = 0) -> None:
        self.judge, self.seed = judge, seed

    @property
    def version(self) -> str:
        """The form's stamp and the judge's version."""
        return f"{CLAIM.stamp} by {self.judge.version}"

    def claims_met(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[tuple[bool | None, ...]]:
        """Return for every pair which claims the answer states; None where the judge chose neither YES nor NO."""
        chosen = iter(forms.put(self.judge, self.questions(pairs), self.seed))
        return [tuple(_is(next(chosen), "YES") for _ in prompt.claims) for prompt, _ in pairs]

    def questions(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[Question]:
        """Return one question a claim, pair by pair."""
        return [
            CLAIM.fill(prompt=prompt.text, answer=generation.text, claim=claim.text)
            for prompt, generation in pairs
            for claim in prompt.claims
        ]


class JudgedDelivery:
    """An answer asserts where a judge says ASSERT, and hedges where it says HEDGE."""

    def __init__(self, judge: Judge, seed: int = 0) -> None:
        self.judge, self.seed = judge, seed

    @property
    def version(self) -> str:
        """The form's stamp and the judge's version."""
        return f"{DELIVERY.stamp} by {self.judge.version}"

    def asserted(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[bool | None]:
        """Return for every pair whether the answer asserts; None where the judge chose neither."""
        return [_is(choice, "ASSERT") for choice in forms.put(self.judge, self.questions(pairs), self.seed)]

    def questions(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[Question]:
        """Return one question a pair."""
        return [DELIVERY.fill(prompt=prompt.text, answer=generation.text) for prompt, generation in pairs]


def _is(choice: str | None, yes: str) -> bool | None:
    return None if choice is None else choice == yes
