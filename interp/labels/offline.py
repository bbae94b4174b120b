"""The instruments that need no judge service: the gold checklist and the hedging lexicon."""

from __future__ import annotations

from collections.abc import Sequence

from interp.language import delivery
from interp.language.matching import Text, met
from interp.language.words import RULES_VERSION
from interp.records.answers import Generation
from interp.records.prompts import Prompt


class ChecklistJudge:
    """Claims are met by their accepted wordings (`interp.language.grammar`): offline, repeatable, strict in form.

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
    """Delivery by the hedging lexicon (`interp.language.delivery`): offline, the same every time."""

    @property
    def version(self) -> str:
        """`delivery-lexicon-` and the hash of lexicon, weights and reading rules."""
        return delivery.version()

    def asserted(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[bool | None]:
        """Return for every pair whether the answer asserts; None for an answer without words."""
        return [delivery.classify(generation.text).asserted for _, generation in pairs]
