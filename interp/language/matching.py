"""Where in a text an accepted wording stands."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from interp.language.denials import CHECKS, CROSSES
from interp.language.grammar import Amount, Term, Wording, parse
from interp.language.negation import Scope, find_scopes
from interp.language.options import Given, letters_given, marked_lines, numbers_given
from interp.language.quantities import Quantity, find_quantities
from interp.language.words import Word, normalise, original_offsets, read
from interp.records.prompts import Claim

MAX_GAP = 8


# What an author crossed out, and the marks that say right or wrong of what they stand beside.
_STRUCK = re.compile(r"~~(?=\S)[^~\n]+?~~(?!~)|<(s|del|strike)>.*?</\1>", re.IGNORECASE)
_MARKED = re.compile(f"[{CROSSES}{CHECKS}]")
_FAHRENHEIT_ROUNDING = 0.5  # degrees Celsius


_KIND = dict.fromkeys(("C", "F", "degrees"), "temperature")


__all__ = ["Match", "Text", "Wording", "find", "first_match", "met", "normalise", "parse"]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a wording was found: characters `start` to `end` of the answer, and what stands there."""

    wording: str
    start: int
    end: int
    quote: str


class Text:
    """An answer, split once, so that many wordings can be looked up in it cheaply."""

    def __init__(self, text: str) -> None:
        self.source = text
        self.normal = normalise(text)
        self.words, self.sentences = read(self.normal)

    @cached_property
    def at_key(self) -> dict[str, list[int]]:
        """Where each key stands."""
        index: dict[str, list[int]] = {}
        for i, word in enumerate(self.words):
            index.setdefault(word.key, []).append(i)
        return index

    @cached_property
    def quantities(self) -> dict[int, Quantity]:
        """The quantities stated, by the index of their first word."""
        return {q.start: q for q in find_quantities(self.words)}

    @cached_property
    def scopes(self) -> list[Scope]:
        """The scopes of negation and mere mention."""
        scopes = find_scopes(self.words, self.sentences)
        return [*scopes, *_crossed_out(self.words, self.normal, scopes)]

    @cached_property
    def scopes_at(self) -> dict[int, list[Scope]]:
        """The scopes that cover each word, where there are any."""
        cover: dict[int, list[Scope]] = {}
        for scope in self.scopes:
            for i in range(scope.start, scope.end):
                cover.setdefault(i, []).append(scope)
        return cover

    @cached_property
    def letters(self) -> list[Given]:
        """The options of one letter that the answer gives."""
        return letters_given(
            self.words, self.normal, lambda i: not self.scopes_at.get(i) or _stated(((i, i + 1),), self, False)
        )

    @cached_property
    def marked_lines(self) -> list[tuple[str, int]]:
        """The option that a line of the answer begins with, where there is but one."""
        return marked_lines(self.normal)

    @cached_property
    def offsets(self) -> list[int]:
        """Where each character of the normalised text came from."""
        return original_offsets(self.source)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the characters of the original answer that words first to last (exclusive) occupy."""
        return self.offsets[self.words[first].start], self.offsets[self.words[last - 1].end - 1] + 1


def _fits(amount: Amount, quantity: Quantity, compares: bool) -> bool:
    """Say whether a stated quantity lies within the wanted one."""
    if quantity.open_ended and amount.low < amount.high and not compares:
        return False
    if amount.dimension == quantity.dimension:
        return _within(amount, quantity.low, quantity.high, 1e-9)
    if amount.dimension != "C":
        return False
    if quantity.dimension == "degrees" and _within(amount, quantity.low, quantity.high, 1e-9):
        return True
    if quantity.dimension in ("F", "degrees"):
        low, high = ((value - 32) / 1.8 for value in (quantity.low, quantity.high))
        return _within(amount, low, high, _FAHRENHEIT_ROUNDING)
    return False


def _within(amount: Amount, low: float, high: float, slack: float) -> bool:
    slack = max(slack, 1e-9 * abs(high))
    return amount.low - slack <= low and high <= amount.high + slack


def _term_end(term: Term, words: Sequence[Word], i: int) -> int | None:
    """Return the index after the term if it stands at word i."""
    for option, exact in zip(term.options, term.exact, strict=True):
        end = i + len(option)
        if end <= len(words) and words[end - 1].sentence == words[i].sentence:
            have = tuple((w.raw if exact else w.key) for w in words[i:end])
            if have == option:
                return end
    return None


def _starts(item: Term | Amount, text: Text) -> Sequence[int]:
    """Return the word indices at which a wording that begins with this item may begin."""
    if isinstance(item, Amount):
        return list(text.quantities)
    if any(item.exact):
        return range(len(text.words))
    return sorted(i for option in item.options for i in text.at_key.get(option[0], ()))


def _paths(wording: Wording, text: Text, at: int, i: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Yield every way in which items `at`, `at`+1, ... stand from word i on, as word ranges of the items."""
    item, words = wording.items[at], text.words
    if isinstance(item, Term):
        end = _term_end(item, words, i)
    else:
        quantity = text.quantities.get(i)
        end = quantity.end if quantity is not None and _fits(item, quantity, wording.compares) else None
    if end is None:
        return
    if at + 1 == len(wording.items):
        yield ((i, end),)
        return
    reach = MAX_GAP if wording.gap_before[at + 1] else 0
    following = wording.items[at + 1]
    for j in range(end, min(end + reach + 1, len(words))):
        if words[j].sentence != words[i].sentence:
            break
        for rest in _paths(wording, text, at + 1, j):
            yield ((i, end), *rest)
        if isinstance(following, Amount) and _blocks(following, text.quantities.get(j), text):
            break


def _blocks(amount: Amount, passed: Quantity | None, text: Text) -> bool:
    """Say whether a gap before an amount ends at this quantity: one of the same kind that is not just said twice."""
    if passed is None or (
        _KIND.get(passed.dimension, passed.dimension) != _KIND.get(amount.dimension, amount.dimension)
    ):
        return False
    return passed.end not in text.quantities  # "180 °F (82 °C)" says one thing twice


def _stated(path: tuple[tuple[int, int], ...], text: Text, denied: bool) -> bool:
    """Say whether a match is stated (or, for a denied wording, denied) rather than denied or only mentioned."""
    inside = {i for start, end in path for i in range(start, end)}
    any_denied = False
    for i in inside:
        scopes = [s for s in text.scopes_at.get(i, ()) if s.cue not in inside]
        if any(s.mention for s in scopes):
            return False
        any_denied = any_denied or len(scopes) % 2 == 1
    return any_denied == denied


def find(wording: str | Wording, text: str | Text) -> Match | None:
    """Return the first place where the answer states the wording, or None."""
    wording = parse(wording) if isinstance(wording, str) else wording
    text = Text(text) if isinstance(text, str) else text
    if wording.option is not None and not (wording.denied and wording.option.isalpha()):
        return _find_option(wording, wording.option, text)
    for i in _starts(wording.items[0], text):
        for path in _paths(wording, text, 0, i):
            if _stated(path, text, wording.denied):
                start, end = text.span(path[0][0], path[-1][1])
                return Match(wording.source, start, end, text.source[start:end])
    return None


def _find_option(wording: Wording, option: str, text: Text) -> Match | None:
    """Return where the answer gives an option (rules in `interp.language.options`)."""
    if option.isdigit():
        at = [
            i
            for i in numbers_given(option, text.words, text.normal, text.quantities)
            if _stated(((i, i + 1),), text, wording.denied)
        ]
    else:
        at = [given.at for given in text.letters if given.name == option]
    if at:
        start, end = text.span(at[0], at[0] + 1)
    elif marked := [start for name, start in text.marked_lines if name == option and not text.letters]:
        start, end = text.offsets[marked[0]], text.offsets[marked[0] + len(option) - 1] + 1
    else:
        return None
    return Match(wording.source, start, end, text.source[start:end])


def first_match(claim: Claim, text: str | Text) -> Match | None:
    """Return where the answer meets the claim, by the first of its wordings that is found, or None."""
    text = Text(text) if isinstance(text, str) else text
    return next((match for wording in claim.accept if (match := find(wording, text)) is not None), None)


def met(claim: Claim, text: str | Text) -> bool:
    """Say whether the answer states any accepted wording of the claim."""
    return first_match(claim, text) is not None


def _crossed_out(words: Sequence[Word], text: str, scopes: Sequence[Scope]) -> list[Scope]:
    """Return what is struck through, and what a cross denies: "❌ Paris", or "Paris ❌" where no mark leads the line.

    A cross beside words that deny something by themselves ("❌ Do not boil") says the same once more.
    """
    found = []
    for struck in _STRUCK.finditer(text):
        first, last = _between(words, struck.start(), struck.end())
        found.append(Scope(first, last, -1, -1, mention=True))
    for line in re.finditer("[^\n]+", text):
        marks = [line.start() + mark.start() for mark in _MARKED.finditer(line[0])]
        leading = bool(marks) and not re.search(r"[^\W\d_]", text[line.start() : marks[0]])
        bounds = [*marks, line.end()] if leading else [line.start(), *marks]
        for mark, (start, end) in zip(marks, pairwise(bounds), strict=True):
            first, last = _between(words, start, end)
            denies = any(not scope.mention and first <= scope.cue < last for scope in scopes)
            if text[mark] in CROSSES and first < last and not denies:
                found.append(Scope(first, last, -1, -1))
    return found


def _between(words: Sequence[Word], start: int, end: int) -> tuple[int, int]:
    """Return the range of the words that begin between two offsets."""
    return bisect_left(words, start, key=_start), bisect_left(words, end, key=_start)


def _start(word: Word) -> int:
    return word.start
