"""The wording language: how the accepted wordings of a claim are written, and how they are found in an answer.

A claim is met when any of its wordings is found. A wording is a row of items separated by spaces:

- `word`: compared by its key (`interp.words.key`), so whisk = whisking = whisked; articles are ignored, hyphens are
  spaces; `a|b|c` is any one of them, `=Au` is exact in spelling and case.
- `...`: a gap of 0 to 8 words. Without it items must be adjacent. A wording is found within one sentence.
- `{82..85 C}`: a stated value, or a stated range that lies within it, after conversion; units C, min, h, s, g, kg, ml,
  l, cm, mm, % or none. Fahrenheit is converted, with half a degree Celsius for rounding; a bare "degrees" may be
  either. "above 85 C" and its like state an open range, which lies within no `lo..hi`; a wording of one value
  (`{85 C}`), or one that says `above` itself, does accept it.
  A gap before a quantity does not reach across another one of its kind, so "knead 2 minutes, rest 15 minutes" does
  not state `knead ... {15 min}`; "180 °F (82 °C)" counts as one.
- `{3:1}`, `{1.5..2:1}`: a ratio.
- leading `!`: the wording must be denied ("do not boil"); without it, a wording that stands in the scope of a
  negation outside itself, or is only mentioned, does not count (rules in `interp.negation`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from interp.errors import InputError
from interp.negation import Scope, find_scopes
from interp.quantity import UNITS, Quantity, find_quantities
from interp.records import Claim
from interp.words import ARTICLES, Word, key, listed, normalise, original_offsets, read

MAX_GAP = 8

_UNITS = ("C", "min", "h", "s", "g", "kg", "ml", "l", "cm", "mm", "%")
_FAHRENHEIT_ROUNDING = 0.5  # degrees Celsius
_KIND = dict.fromkeys(("C", "F", "degrees"), "temperature")
_COMPARATORS = {key(word) for word in listed("above over below under exceed more less than")}

__all__ = ["Match", "Text", "Wording", "find", "first_match", "met", "normalise", "parse"]


@dataclass(frozen=True, slots=True)
class Term:
    """Any one of these rows of words; `exact` compares spelling and case."""

    options: tuple[tuple[str, ...], ...]
    exact: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity between low and high, in base units of its dimension."""

    low: float
    high: float
    dimension: str


@dataclass(frozen=True, slots=True)
class Wording:
    """A parsed wording: items, and before which of them a gap is allowed."""

    source: str
    items: tuple[Term | Amount, ...]
    gap_before: tuple[bool, ...]
    denied: bool
    compares: bool


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
        self.words, self.sentences = read(normalise(text))

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
        return find_scopes(self.words, self.sentences)

    @cached_property
    def scopes_at(self) -> dict[int, list[Scope]]:
        """The scopes that cover each word, where there are any."""
        cover: dict[int, list[Scope]] = {}
        for scope in self.scopes:
            for i in range(scope.start, scope.end):
                cover.setdefault(i, []).append(scope)
        return cover

    @cached_property
    def offsets(self) -> list[int]:
        """Where each character of the normalised text came from."""
        return original_offsets(self.source)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the characters of the original answer that words first to last (exclusive) occupy."""
        return self.offsets[self.words[first].start], self.offsets[self.words[last - 1].end - 1] + 1


_PIECES = re.compile(r"\{[^{}]*\}(?!\S)|\S+")
_RATIO = re.compile(r"(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?:(\d+(?:\.\d+)?)")
_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?)(?:\.\.(-?\d+(?:\.\d+)?))?\s*([A-Za-z%]*)")


@lru_cache(maxsize=50_000)
def parse(wording: str) -> Wording:
    """Parse a wording; bad syntax raises InputError naming the wording."""
    body = wording.strip()
    denied = body.startswith("!")
    items: list[Term | Amount] = []
    gaps: list[bool] = []
    gap = False
    for piece in _PIECES.findall(body[1:] if denied else body):
        if piece == "...":
            if gap or not items:
                raise _bad(wording, "a gap must stand between two items")
            gap = True
            continue
        new = _items(wording, piece)
        items.extend(new)
        gaps.extend([gap if i == 0 else False for i in range(len(new))])
        gap = gap and not new
    if gap or not items:
        raise _bad(wording, "a gap must stand between two items" if gap else "it has no word to look for")
    said = {word for item in items if isinstance(item, Term) for option in item.options for word in option}
    return Wording(wording, tuple(items), tuple(gaps), denied, bool(said & _COMPARATORS))


def _bad(wording: str, why: str) -> InputError:
    return InputError(f"The wording {wording!r} cannot be read: {why}; see the wording language in interp/wording.py.")


def _items(wording: str, piece: str) -> list[Term | Amount]:
    if piece.startswith("{") and piece.endswith("}"):
        return [_amount(wording, piece)]
    if any(c in piece for c in "{}!") or "..." in piece:
        raise _bad(wording, f"{piece!r} holds a sign that belongs elsewhere")
    if "|" not in piece:
        return [Term((option,), (exact,)) for option, exact in _words(wording, piece)]
    options = [tuple(_words(wording, part)) for part in piece.split("|")]
    if not all(options):
        raise _bad(wording, f"{piece!r} has an empty alternative")
    return [
        Term(
            tuple(tuple(k for row, _ in option for k in row) for option in options),
            tuple(option[0][1] for option in options),
        )
    ]


def _words(wording: str, piece: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the keys (or, after `=`, the exact spellings) of one piece; a hyphen makes two of it, an article none."""
    exact = piece.startswith("=")
    words, _ = read(normalise(piece[1:] if exact else piece))
    if exact and not words:
        raise _bad(wording, f"{piece!r} has no exact word")
    if not words and piece.lower() not in ARTICLES:
        raise _bad(wording, f"{piece!r} is not a word")
    for word in words:
        yield (word.raw if exact else word.key,), exact


def _amount(wording: str, piece: str) -> Amount:
    inner = piece[1:-1].strip()
    if ratio := _RATIO.fullmatch(inner):
        low, high, one = float(ratio[1]), float(ratio[2] or ratio[1]), float(ratio[3])
        if one == 0 or low > high:
            raise _bad(wording, f"{piece!r} is not a ratio such as {{3:1}} or {{1.5..2:1}}")
        return Amount(low / one, high / one, "ratio")
    amount = _AMOUNT.fullmatch(inner)
    if amount is None or (amount[3] and amount[3] not in _UNITS):
        raise _bad(wording, f"{piece!r} is not a quantity such as {{82..85 C}} (units: {', '.join(_UNITS)}, or none)")
    low, high = float(amount[1]), float(amount[2] or amount[1])
    if low > high:
        raise _bad(wording, f"{piece!r} runs backwards")
    if not amount[3]:
        return Amount(low, high, "")
    dimension, factor = ("C", 1.0) if amount[3] == "C" else UNITS[amount[3]]
    return Amount(low * factor, high * factor, dimension)


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
    for i in _starts(wording.items[0], text):
        for path in _paths(wording, text, 0, i):
            if _stated(path, text, wording.denied):
                start, end = text.span(path[0][0], path[-1][1])
                return Match(wording.source, start, end, text.source[start:end])
    return None


def first_match(claim: Claim, text: str | Text) -> Match | None:
    """Return where the answer meets the claim, by the first of its wordings that is found, or None."""
    text = Text(text) if isinstance(text, str) else text
    return next((match for wording in claim.accept if (match := find(wording, text)) is not None), None)


def met(claim: Claim, text: str | Text) -> bool:
    """Say whether the answer states any accepted wording of the claim."""
    return first_match(claim, text) is not None
