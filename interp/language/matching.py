"""Where in a text an accepted wording stands."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from interp.language.clauses import Scope
from interp.language.denials import CHECKS, CROSSES
from interp.language.grammar import Amount, Term, Wording, parse
from interp.language.negation import find_scopes
from interp.language.options import Given, letters_given, marked_lines, numbers_given
from interp.language.quantities import Quantity, find_quantities
from interp.language.words import NUMBER_WORDS, Sentence, Word, listed, normalise, original_offsets, read
from interp.records.prompts import Claim

MAX_GAP = 8


# What an author crossed out, and the marks that say right or wrong of what they stand beside.
_STRUCK = re.compile(r"~~(?=\S)[^~\n]+?~~(?!~)|<(s|del|strike)>.*?</\1>", re.IGNORECASE)
_MARKED = re.compile(f"[{CROSSES}{CHECKS}]")
_SAYS_NO = listed("it it's that that's this they there he she i we you not because since as but so is isn't")
_NOT = re.compile(r"not|\w+n't", re.IGNORECASE)
_OPPOSITES = (listed("yes no"), listed("true false"), listed("right wrong"), listed("correct incorrect"))
_PLAIN_GAP = re.compile(r"[\s*_\"']*")
_SHORTEST_NAME = 4  # letters: "US dollar or USD" says one thing twice
_LONGEST_CHOICE = 8  # words of "Sydney, Melbourne or Canberra"
# No count of things: "only one answer", "only one of them", "only one or two".
_NOT_COUNTED = listed("answer way option possible correct right of who that which or to and point")
_POSSESSIVE = listed("my your his her its our their")
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
        found = {q.start: q for q in find_quantities(self.words)}
        return found | {i: Quantity(i, i + 1, 1.0, 1.0, "") for i in _only_ones(self.words) if i not in found}

    @cached_property
    def scopes(self) -> list[Scope]:
        """The scopes of negation and mere mention."""
        scopes = find_scopes(self.words, self.sentences)
        undecided = (scope for sentence in self.sentences for scope in _undecided(self.words, sentence))
        return [*scopes, *_crossed_out(self.words, self.normal, scopes), *undecided]

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


def _stated(path: tuple[tuple[int, int], ...], text: Text, denied: bool, chosen: bool = True) -> bool:
    """Say whether a match is stated (or, for a denied wording, denied) rather than denied or only mentioned.

    One of several alternatives counts only where the answer need not have chosen between them (`chosen` is False).
    """
    inside = {i for start, end in path for i in range(start, end)}
    any_denied = undecided = False
    for i in inside:
        scopes = [s for s in text.scopes_at.get(i, ()) if s.cue not in inside]
        if any(s.mention and not s.among for s in scopes):
            return False
        denying = sum(not s.among for s in scopes)
        undecided = undecided or denying < len(scopes)
        any_denied = any_denied or denying % 2 == 1
    return any_denied == denied and not (undecided and chosen and not denied)


def find(wording: str | Wording, text: str | Text) -> Match | None:
    """Return the first place where the answer states the wording, or None."""
    wording = parse(wording) if isinstance(wording, str) else wording
    text = Text(text) if isinstance(text, str) else text
    if wording.option is not None and not (wording.denied and wording.option.isalpha()):
        return _find_option(wording, wording.option, text)
    path = next(_places(wording, text), None)
    return None if path is None else _match(wording, text, path[0][0], path[-1][1])


def _match(wording: Wording, text: Text, first: int, last: int) -> Match:
    start, end = text.span(first, last)
    return Match(wording.source, start, end, text.source[start:end])


def _places(wording: Wording, text: Text, chosen: bool = True) -> Iterator[tuple[tuple[int, int], ...]]:
    """Yield every place where the answer states the wording, as word ranges of its items."""
    for i in _starts(wording.items[0], text):
        for path in _paths(wording, text, 0, i):
            answers = len(path) > 1 or path[0] != (i, i + 1) or _answers(text.words, i)
            if answers and _stated(path, text, wording.denied, chosen):
                yield path


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
    found = next((match for wording in claim.accept if (match := find(wording, text)) is not None), None)
    return found or _any_of_them(claim, text)


def _any_of_them(claim: Claim, text: Text) -> Match | None:
    """Return the first of alternatives that all meet the claim: "Burma or Myanmar"."""
    groups = dict.fromkeys(scope.among for scope in text.scopes if scope.among)
    if not groups:
        return None
    wordings = [wording for wording in map(parse, claim.accept) if wording.option is None and not wording.denied]
    places = [(wording, path[0][0], path[-1][1]) for wording in wordings for path in _places(wording, text, False)]
    for group in groups:
        met_by = [
            next(((w, at, end) for w, at, end in places if start <= at and end <= stop), None) for start, stop in group
        ]
        if met_by[0] is not None and None not in met_by:
            return _match(met_by[0][0], text, *met_by[0][1:])
    return None


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


def _answers(words: Sequence[Word], i: int) -> bool:
    """Say whether a word answers for itself: every word but the "no" of "no exceptions" does."""
    if words[i].raw.lower() != "no":
        return True
    if i + 1 == len(words) or words[i + 1].sentence != words[i].sentence:
        opens = i == 0 or words[i - 1].sentence != words[i].sentence
        return opens or words[i - 1].key not in ("atom", "proton")
    gap, after = words[i + 1].gap, words[i + 1].raw
    if gap.strip(" \u00a0") and gap != "-" and not gap.startswith("."):
        return True
    denied = any(_NOT.fullmatch(word.raw) for word in words[i + 1 : i + 6] if word.sentence == words[i].sentence)
    return after.lower() in _SAYS_NO or (after[0].isupper() and denied)  # "No Pluto is not a planet"


def _only_ones(words: Sequence[Word]) -> Iterator[int]:
    """Yield every "one" that counts behind "only": "has only one moon", not "is the only one"."""
    for i in range(1, len(words)):
        only, one = words[i - 1], words[i]
        if one.raw.lower() != "one" or only.raw.lower() != "only" or only.sentence != one.sentence or only.article:
            continue
        before, after = (
            words[k].raw.lower() if 0 <= k < len(words) and words[k].sentence == one.sentence else ""
            for k in (i - 2, i + 1)
        )
        if not one.gap.strip() and before not in _POSSESSIVE and after not in _NOT_COUNTED | NUMBER_WORDS.keys():
            yield i


def _undecided(words: Sequence[Word], sentence: Sentence) -> Iterator[Scope]:
    """Yield what a sentence leaves open: "Sydney or Canberra", "yes or no", "either the x or the y"."""
    if sentence.question or sentence.lead:
        return
    for i in range(sentence.first + 1, sentence.last - 1):
        if words[i].raw.lower() == "or" and (group := _alternatives(words, sentence, i)):
            yield from (Scope(start, end, -1, -1, mention=True, among=group) for start, end in group)


def _alternatives(words: Sequence[Word], sentence: Sentence, i: int) -> tuple[tuple[int, int], ...]:
    """Return the word ranges of what the "or" at word i leaves open; none where it may join two names of one thing."""
    plain = _PLAIN_GAP.fullmatch(words[i + 1].gap) is not None
    if {words[i - 1].raw.lower(), words[i + 1].raw.lower()} in _OPPOSITES and plain:
        return (i - 1, i), (i + 1, i + 2)
    first = max(sentence.first, i - _LONGEST_CHOICE)
    either = next((k for k in range(i - 1, first - 1, -1) if words[k].raw.lower() == "either"), None)
    if either is not None and words[either + 1].article == words[i + 1].article == "the":
        if either == sentence.first or words[either - 1].raw.lower() in ("is", "it's", "be", "was"):
            return (either + 1, i), (i + 1, min(i + 3, sentence.last))
        return ()
    end = i + 1
    while end < sentence.last and _is_named(words[end]) and (end == i + 1 or _PLAIN_GAP.fullmatch(words[end].gap)):
        end += 1
        if end < sentence.last and words[end].article:
            break
    goes_on = end < sentence.last and words[end].raw[0].isupper() and _PLAIN_GAP.fullmatch(words[end].gap)
    if not plain or end == i + 1 or goes_on:  # "Simmer or Poach the Chicken" is a title
        return ()
    group, stop = [(i + 1, end)], i
    while (start := _names_before(words, first, stop)) < stop:
        group.append((start, stop))
        stop = start
        if start == first or "," not in words[start].gap:
            break
    listed_up = "," in words[i].gap
    if len(group) < 2 + listed_up or any(e - s == 1 and len(words[s].raw) < _SHORTEST_NAME for s, e in group):
        return ()
    return tuple(reversed(group))


def _names_before(words: Sequence[Word], first: int, stop: int) -> int:
    """Return where the row of capitalised words that ends before word `stop` begins."""
    start = stop
    while start > first and _is_named(words[start - 1]):
        start -= 1
        if words[start].article or not _PLAIN_GAP.fullmatch(words[start].gap):
            break
    return start


def _is_named(word: Word) -> bool:
    return word.raw[0].isupper() and (len(word.raw) > 1)


def _between(words: Sequence[Word], start: int, end: int) -> tuple[int, int]:
    """Return the range of the words that begin between two offsets."""
    return bisect_left(words, start, key=_start), bisect_left(words, end, key=_start)


def _start(word: Word) -> int:
    return word.start
