"""Two answers to one prompt, and which of them has more of a quality: order swapped at random, its effect reported.

A judge that favours what it reads first would otherwise favour one condition. Which answer comes first is drawn for
every pair by the seed, and the share of decided pairs that went to the first place is reported beside the result: 0.5
is a judge without a bias. Longer answers please judges, too: `length_matched` keeps the pairs of about equal length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from interp.errors import InputError
from interp.judges import forms
from interp.judges.forms import Form
from interp.judges.protocol import Judge
from interp.records.answers import Generation
from interp.records.findings import Estimate
from interp.records.judgements import Question
from interp.records.prompts import Prompt
from interp.stats.rates import rate

PREFER = Form(
    name="pair",
    revision=1,
    system=(
        "You compare two answers to one question in one respect, and in no other. Which of them stands first is "
        "chance. Length is neither a merit nor a fault."
    ),
    user=(
        "This was asked:\n{prompt}\n\nFirst answer:\n{first}\n\nSecond answer:\n{second}\n\nCompare them by "
        "{quality}.\n\nWhich is better in this? Reply with one word: FIRST, SECOND or TIE."
    ),
    menu=("FIRST", "SECOND", "TIE"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one prompt, from two conditions that the judge does not hear of."""

    prompt: Prompt
    a: Generation
    b: Generation


@dataclass(frozen=True, slots=True)
class Preference:
    """What the judge said of one pair, and which answer it read first; None where it left the menu."""

    choice: Literal["a", "b", "tie"] | None
    first: Literal["a", "b"]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a batch of pairs adds up to.

    Attributes:
        a_wins: the share of decided pairs that went to a; None where none was decided.
        first_wins: the share of decided pairs that went to the answer read first, with the p-value of no bias.
        ties: pairs that the judge called equal.
        unscored: pairs on which it left the menu.
    """

    a_wins: Estimate | None
    first_wins: Estimate | None
    ties: int
    unscored: int


class JudgedPairs:
    """Preferences between two answers in one respect, such as an axis of the rubric."""

    def __init__(self, judge: Judge, quality: str, seed: int = 0) -> None:
        self.judge, self.quality, self.seed = judge, quality, seed

    @property
    def version(self) -> str:
        """The form's stamp, the quality, and the judge's version."""
        return f"{PREFER.stamp} ({self.quality}) by {self.judge.version}"

    def prefer(self, pairs: Sequence[Pair]) -> list[Preference]:
        """Return the judge's preference on every pair, in order."""
        swapped = np.random.default_rng(self.seed).random(len(pairs)) < 0.5
        questions = [self._question(pair, bool(swap)) for pair, swap in zip(pairs, swapped, strict=True)]
        chosen = forms.put(self.judge, questions, self.seed)
        return [_preference(choice, bool(swap)) for choice, swap in zip(chosen, swapped, strict=True)]

    def _question(self, pair: Pair, swap: bool) -> Question:
        if pair.a.prompt_id != pair.b.prompt_id or pair.a.prompt_id != pair.prompt.id:
            raise InputError(f"Answers {pair.a.id!r} and {pair.b.id!r} do not belong to prompt {pair.prompt.id!r}.")
        first, second = (pair.b, pair.a) if swap else (pair.a, pair.b)
        given = {"quality": self.quality}
        return PREFER.fill(given, prompt=pair.prompt.text, first=first.text, second=second.text)


def _preference(choice: str | None, swap: bool) -> Preference:
    first: Literal["a", "b"] = "b" if swap else "a"
    if choice is None or choice == "TIE":
        return Preference(None if choice is None else "tie", first)
    second: Literal["a", "b"] = "a" if swap else "b"
    return Preference(first if choice == "FIRST" else second, first)


def tally(preferences: Sequence[Preference]) -> Tally:
    """Count a batch: how often a was preferred, and how often whatever came first."""
    from scipy.stats import binomtest

    decided = [p for p in preferences if p.choice in ("a", "b")]
    ties = sum(p.choice == "tie" for p in preferences)
    unscored = sum(p.choice is None for p in preferences)
    if not decided:
        return Tally(None, None, ties, unscored)
    n, a, first = len(decided), sum(p.choice == "a" for p in decided), sum(p.choice == p.first for p in decided)
    wins, place = (replace(rate(k, n), p_value=float(binomtest(k, n).pvalue)) for k in (a, first))
    return Tally(wins, place, ties, unscored)


def length_matched(pairs: Sequence[Pair], ratio: float = 1.25) -> list[Pair]:
    """Return the pairs whose longer answer has at most `ratio` times the words of the shorter one."""
    if ratio < 1:
        raise InputError(f"The ratio of lengths is {ratio:g}; expected 1 or more.")
    return [p for p in pairs if max(_words(p)) <= ratio * min(_words(p))]


def _words(pair: Pair) -> tuple[int, int]:
    return len(pair.a.text.split()), len(pair.b.text.split())
