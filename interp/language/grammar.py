"""The wording language: how the accepted wordings of a claim are written, and how they are found in an answer.

A claim is met when any of its wordings is found. A wording is a row of items separated by spaces:

- `word`: compared by its key (`interp.language.words.key`), so whisk = whisking = whisked; articles are ignored,
  hyphens are spaces; `a|b|c` is any one of them, `=Au` is exact in spelling and case.
- `...`: a gap of 0 to 8 words. Without it items must be adjacent. A wording is found within one sentence.
- `{82..85 C}`: a stated value, or a stated range that lies within it, after conversion; units C, min, h, s, g, kg, ml,
  l, cm, mm, % or none. Fahrenheit is converted, with half a degree Celsius for rounding; a bare "degrees" may be
  either. "above 85 C" and its like state an open range, which lies within no `lo..hi`; a wording of one value
  (`{85 C}`), or one that says `above` itself, does accept it.
  A gap before a quantity does not reach across another one of its kind, so "knead 2 minutes, rest 15 minutes" does
  not state `knead ... {15 min}`; "180 °F (82 °C)" counts as one.
- `{3:1}`, `{1.5..2:1}`: a ratio.
- one letter or one number that is the whole wording (`A`, `(B)`, `3)`) is matched as it is written, and "A" is a word
  where it ends a wording ("vitamin A"), too: `interp.language.options`. A mark before the words of an option is no
  part of them: "B) Lyon" is `Lyon`.
- leading `!`: the wording must be denied ("do not boil"); without it, a wording that stands in the scope of a
  negation outside itself, or is only mentioned, does not count (rules in `interp.language.negation`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from interp.errors import InputError
from interp.language.options import lone_option
from interp.language.words import ARTICLES, UNITS, key, listed, normalise, read

_UNITS = ("C", "min", "h", "s", "g", "kg", "ml", "l", "cm", "mm", "%")


_COMPARATORS = {key(word) for word in listed("above over below under exceed more less than")}


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
    """A parsed wording: items, before which of them a gap is allowed, and its letter or number where that is all."""

    source: str
    items: tuple[Term | Amount, ...]
    gap_before: tuple[bool, ...]
    denied: bool
    compares: bool
    option: str | None = None


_OPTION_MARK = re.compile(r"^\s*(?:[(\[](?:[A-Za-z]|\d{1,2})[)\]]|(?:[A-Za-z]|\d{1,2})\))\s+(?=\S*\w)")
_PIECES = re.compile(r"\{[^{}]*\}(?!\S)|\S+")


_RATIO = re.compile(r"(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?:(\d+(?:\.\d+)?)")


_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?)(?:\.\.(-?\d+(?:\.\d+)?))?\s*([A-Za-z%]*)")


@lru_cache(maxsize=50_000)
def parse(wording: str) -> Wording:
    """Parse a wording; bad syntax raises InputError naming the wording."""
    body = wording.strip()
    denied = body.startswith("!")
    bare = _OPTION_MARK.sub("", body[1:] if denied else body)
    if (option := lone_option(bare)) is not None:
        return Wording(wording, (Term(((key(option) or option.lower(),),), (False,)),), (False,), denied, False, option)
    items: list[Term | Amount] = []
    gaps: list[bool] = []
    gap = False
    pieces = _PIECES.findall(bare)
    for place, piece in enumerate(pieces):
        if piece == "...":
            if gap or not items:
                raise _bad(wording, "a gap must stand between two items")
            gap = True
            continue
        new = [] if _is_article(piece, last=place == len(pieces) - 1) else _items(wording, piece)
        items.extend(new)
        gaps.extend([gap if i == 0 else False for i in range(len(new))])
        gap = gap and not new
    if gap or not items:
        raise _bad(wording, "a gap must stand between two items" if gap else "it has no word to look for")
    said = {word for item in items if isinstance(item, Term) for option in item.options for word in option}
    return Wording(wording, tuple(items), tuple(gaps), denied, bool(said & _COMPARATORS))


def _is_article(piece: str, *, last: bool) -> bool:
    """Tell the articles of a wording from the letter A, which ends it ("vitamin A") or is marked ("A)")."""
    return piece.lower() in ARTICLES and not (piece == "A" and last)


def _bad(wording: str, why: str) -> InputError:
    return InputError(f"The wording {wording!r} cannot be read: {why}; see the wording language in docs/prompts.md.")


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
    if not words:
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
