"""English numerals in words: cardinals by their grammar, ordinals, digits said one by one, and the parts of dates.

A cardinal is a row of groups below a thousand ("four hundred and five"), each with its scale (thousand, million, ...),
the scales falling from left to right. Digits may stand for words ("2 hundred and 18").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from interp.language.words import NUMBER_WORDS, Word, listed

HUNDRED = frozenset({"hundred"})
SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12} | {
    **dict.fromkeys(("lakh", "lakhs"), 1e5),
    **dict.fromkeys(("crore", "crores"), 1e7),
}
_SMALL_ORDINALS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
    fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"""
_TENS_ORDINALS = "thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth"
ORDINALS = {word: n for n, word in enumerate(_SMALL_ORDINALS.split(), 1)} | {
    word: 10 * n for n, word in enumerate(_TENS_ORDINALS.split(), 3)
}
_SCALE_ORDINALS = {"hundredth": 100, "thousandth": 1000, "millionth": 1_000_000, "billionth": 1_000_000_000}
PARTS = {"half": 0.5, "halves": 0.5, "quarter": 0.25, "quarters": 0.25} | {
    name + plural: 1 / n for name, n in {**ORDINALS, **_SCALE_ORDINALS}.items() if n > 2 for plural in ("", "s")
}

NUMERALS = NUMBER_WORDS | {  # "seventynine", too
    tens + ones: NUMBER_WORDS[tens] + NUMBER_WORDS[ones]
    for tens in NUMBER_WORDS
    for ones in NUMBER_WORDS
    if NUMBER_WORDS[tens] >= 20 and 0 < NUMBER_WORDS[ones] < 10
}
_BREATH = re.compile(r"[\s*_]*|-")
MONTHS = listed(
    "January February March April May June July August September October November December "
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec"
)


def word_at(words: Sequence[Word], i: int, j: int) -> str:
    """Return word j in lower case if it stands in the sentence of word i, else an empty string."""
    return words[j].raw.lower() if 0 <= j < len(words) and words[i].sentence == words[j].sentence else ""


def joined(words: Sequence[Word], i: int, j: int) -> bool:
    """Say whether word j follows the word before it in one breath: a space, a hyphen or emphasis between them."""
    return bool(word_at(words, i, j)) and not words[j].article and _BREATH.fullmatch(words[j].gap) is not None


def small(words: Sequence[Word], at: int) -> tuple[float, int] | None:
    """Read 0 to 99 at a word, in words or (inside a numeral in words) digits; return it and the index after it."""
    word = words[at].raw.lower()
    if word.isdigit() and len(word) < 3:
        glued = at + 1 < len(words) and not words[at + 1].gap and words[at + 1].raw[0].isalpha()
        return None if glued and words[at + 1].raw in ("st", "nd", "rd", "th") else (float(word), at + 1)
    if word not in NUMERALS:
        return None
    value, j = NUMERALS[word], at + 1
    if (
        value >= 20
        and value % 10 == 0
        and joined(words, at, j)
        and 0 < (ones := NUMERALS.get(word_at(words, at, j), 0)) < 10
    ):
        return float(value + ones), j + 1
    return float(value), j


def _group(words: Sequence[Word], i: int, at: int, with_and: bool, first: float | None) -> tuple[float, int] | None:
    """Read up to 999, or up to 99 hundred, at a word."""
    word = word_at(words, i, at)
    if first is not None:
        value, j = first, at + 1
    elif at == i and word in HUNDRED:
        value, j = 1.0, at
    elif at == i and word in SCALES:
        return 1.0, at
    elif at > i and word.isdigit() and len(word) == 3:
        return float(word), at + 1
    elif not word or (read := small(words, at)) is None:
        return None
    else:
        value, j = read
    if word_at(words, i, j) not in HUNDRED or not (j == i or joined(words, i, j)):
        return value, j
    value, j = value * 100, j + 1
    k = j + 1 if with_and and word_at(words, i, j) == "and" and joined(words, i, j) else j
    follows = joined(words, i, k) or (with_and and bool(word_at(words, i, k)) and words[k].gap == " & ")
    rest = small(words, k) if follows else None
    if rest and rest[0] > 0 and not _is_hundred(words, i, rest[1]) and not _is_ordinal_tail(words, i, rest):
        return value + rest[0], rest[1]
    return value, j


def _is_hundred(words: Sequence[Word], i: int, j: int) -> bool:
    return word_at(words, i, j) in HUNDRED and joined(words, i, j)


def _is_ordinal_tail(words: Sequence[Word], i: int, rest: tuple[float, int]) -> bool:
    """Say whether "twenty" goes on as "twenty-first"."""
    return rest[0] >= 20 and joined(words, i, rest[1]) and 0 < ORDINALS.get(word_at(words, i, rest[1]), 0) < 10


def _scale(words: Sequence[Word], i: int, j: int) -> tuple[float, int]:
    """Read the scale behind a group, "thousand million" too, and return it (1: none) and the index after it."""
    scale = 1.0
    while (word := word_at(words, i, j)) in SCALES and (j == i or joined(words, i, j)):
        if scale > 1 and SCALES[word] <= scale:
            break
        scale, j = scale * SCALES[word], j + 1
    return scale, j


def cardinal(
    words: Sequence[Word], i: int, first: float | None = None, with_and: bool = True
) -> tuple[float, int] | None:
    """Read a cardinal at word i and return its value and the index after it.

    Args:
        words: All words.
        i: Where it begins.
        first: The value of word i where that is in digits ("1.5 million").
        with_and: Whether "and" may stand in it; not so in "between one hundred and twenty".
    """
    total, ceiling, link = 0.0, float("inf"), ""
    end: int | None = None
    at: int | None = i
    while at is not None and (group := _group(words, i, at, with_and, first if at == i else None)) is not None:
        value, j = group
        scale, j = _scale(words, i, j)
        if value * scale >= ceiling or scale >= ceiling:
            break
        if link == "and" and value >= 100:
            break
        if link == "," and value < 100 and scale == 1:
            break
        total, end = total + value * scale, j
        if scale == 1:
            break
        ceiling = scale
        link, at = _link(words, i, end, with_and)
    return None if end is None else (total, end)


def _link(words: Sequence[Word], i: int, j: int, with_and: bool) -> tuple[str, int | None]:
    """Return what joins the next group of a cardinal, and where that group begins."""
    if joined(words, i, j):
        if word_at(words, i, j) != "and":
            return "", j
        return "and", j + 1 if with_and and joined(words, i, j + 1) else None
    if word_at(words, i, j) and not words[j].article and words[j].gap.strip(" ") == "," and words[j].raw[0].isalpha():
        return ",", j
    return "", None


_MOST_PIECES = 30  # of a number said digit by digit; a row that is longer is none, and is not read again at every word


def spoken(words: Sequence[Word], i: int) -> tuple[float, int] | None:
    """Read a number said in pieces: "one one eight", "one oh four", "one eighteen", "nineteen eighty-four"."""
    pieces: list[str] = []
    j = i
    while j < len(words) and (j == i or (joined(words, i, j) and ("-" not in words[j].gap or _near_oh(words, i, j)))):
        word = word_at(words, i, j)
        read = (0.0, j + 1) if word in ("oh", "nought") else small(words, j) if word in NUMERALS else None
        if read is None:
            break
        pieces.append(f"{read[0]:.0f}")
        j = read[1]
        if len(pieces) > _MOST_PIECES:
            return None
    lengths = "".join(str(len(piece)) for piece in pieces)
    fits = re.fullmatch("11+|[12]2", lengths) or (lengths == "211" and pieces[1] == "0")
    return (float("".join(pieces)), j) if fits else None


def _near_oh(words: Sequence[Word], i: int, j: int) -> bool:
    """Say whether a hyphen stands beside "oh": "one-oh-four" is one number, "one-two" a range."""
    return "oh" in (word_at(words, i, j), word_at(words, i, j - 1))


def ordinal(words: Sequence[Word], i: int) -> tuple[float, int] | None:
    """Read an ordinal in words at word i ("hundred and eighteenth", "twenty-first"); return it and the index after."""
    if (alone := ORDINALS.get(word_at(words, i, i))) is not None:
        return float(alone), i + 1
    read = cardinal(words, i)
    if read is None:
        return None
    value, j = read
    k = j + 1 if word_at(words, i, j) == "and" and value >= 100 else j
    if not joined(words, i, k):
        return None
    word = word_at(words, i, k)
    if word in _SCALE_ORDINALS and k == j and (value > 1 or words[i].article == "the"):
        return value * _SCALE_ORDINALS[word], k + 1
    if value >= 100 and value % 100 == 0:
        if word in ORDINALS:
            return value + ORDINALS[word], k + 1
        tens = NUMERALS.get(word, 0)
        ones = ORDINALS.get(word_at(words, i, k + 1), 0) if joined(words, i, k + 1) else 0
        return (value + tens + ones, k + 2) if tens >= 20 and 0 < ones < 10 else None
    ones = ORDINALS.get(word, 0)
    return (value + ones, k + 1) if value >= 20 and value % 10 == 0 and 0 < ones < 10 else None


def year_of(parts: Sequence[str]) -> float | None:
    """Return the year of a date in three numbers (1945-09-02, 02/09/1945, 2.9.1945), which stands for itself there."""
    years = [k for k in (0, 2) if len(parts[k]) == 4]
    if len(years) != 1 or not all(part.isdigit() for part in parts):
        return None
    first, last = sorted(int(part) for k, part in enumerate(parts) if k != years[0])
    return float(parts[years[0]]) if 1 <= first <= 12 and last <= 31 else None


def is_day(words: Sequence[Word], i: int) -> bool:
    """Say whether the digits are the day of a date with the month in words; its year is a number like any other."""
    if not words[i].raw.isdigit() or len(words[i].raw) > 2 or not 1 <= int(words[i].raw) <= 31:
        return False
    after = word_at(words, i, i + 1) and words[i + 1].raw in MONTHS and not words[i + 1].gap.strip(" -")
    before = word_at(words, i, i - 1) and words[i - 1].raw in MONTHS and not words[i].gap.strip(" ,")
    return bool(after or before)
