"""Numbers in words: "one hundred and eighteen", "a hundred five", "twelve hundred", "two point five", "three quarters".

A number is read whole or not at all. What only looks like the beginning of one (an ordinal: "one hundred and
eighteenth"; digits that are spelt out: "one one eight") is taken in to its end and has no value, so that no part of it
is mistaken for a number of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interp.language.words import NUMBER_WORDS, Word, listed

HUNDRED = 100.0
SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
DOZEN = 12.0
PARTS = {
    **{"half": 1 / 2, "halves": 1 / 2, "third": 1 / 3, "thirds": 1 / 3, "quarter": 1 / 4, "quarters": 1 / 4},
    **{"fifth": 1 / 5, "fifths": 1 / 5, "sixth": 1 / 6, "sixths": 1 / 6, "eighth": 1 / 8, "eighths": 1 / 8},
    **{"tenth": 1 / 10, "tenths": 1 / 10, "hundredth": 1 / 100, "hundredths": 1 / 100},
}
_ORDINALS = listed(
    """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
    sixteenth seventeenth eighteenth nineteenth twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth
    ninetieth hundredth thousandth millionth billionth"""
)
_JOINTS = ("", " ", "  ", "-", " -", "- ", "\u00a0", "\n")  # what may stand between the words of one number


@dataclass(frozen=True, slots=True)
class Numeral:
    """Words up to `end` (exclusive) belong together; `value` is None where they state no number."""

    value: float | None
    end: int


def lower(words: Sequence[Word], i: int, j: int) -> str:
    """Return word j in lower case if it stands in the sentence of word i, else an empty string."""
    return words[j].raw.lower() if 0 <= j < len(words) and words[i].sentence == words[j].sentence else ""


def read_numeral(words: Sequence[Word], i: int) -> Numeral | None:
    """Read the number in words that begins at word i; None where none begins there."""
    start = _begin(words, i)
    if start is None:
        return None
    value, j, last = start
    value, j, last = _go_on(words, i, value, j, last)
    if spelt := _spelt_out(words, i, j):
        return Numeral(None, spelt)
    if 10 <= value < HUNDRED and last == 1.0 and (_small(_joined(words, i, j)) or 0) >= 10:
        return Numeral(None, _go_on(words, j, float(_small(_joined(words, i, j)) or 0), j + 1, 1.0)[1])  # a year
    if _joined(words, i, j) in _ORDINALS - set(PARTS) or (value >= 20 and _joined(words, i, j) in _ORDINALS):
        return Numeral(None, j + 1)
    if _lower_and(words, i, j) in _ORDINALS and last >= HUNDRED:
        return Numeral(None, j + 2)
    return Numeral(*_finish(words, i, value, j))


def _begin(words: Sequence[Word], i: int) -> tuple[float, int, float] | None:
    """Return the first word's value, the index after it, and its scale (1 for a word below a hundred)."""
    word = words[i].raw.lower()
    if word in NUMBER_WORDS:
        return float(NUMBER_WORDS[word]), i + 1, 1.0
    scale = HUNDRED if word == "hundred" else SCALES.get(word)
    if scale is not None and (words[i].after_article or _small(_lower_and(words, i, i + 1)) is not None):
        return scale, i + 1, scale
    return (DOZEN, i + 1, DOZEN) if word == "dozen" and words[i].after_article else None


def extend(words: Sequence[Word], i: int, value: float, j: int) -> tuple[float, int]:
    """Take in what multiplies a number in digits that ends before word j: 1.5 million, 2 thousand five hundred."""
    if _scale(words, i, j) is None and _joined(words, i, j) not in ("hundred", "dozen"):
        return value, j
    value, j, _ = _go_on(words, i, value, j, 1.0)
    return value, j


def _go_on(words: Sequence[Word], i: int, value: float, j: int, last: float) -> tuple[float, int, float]:
    """Read on from a first value: `total` is what a thousand or more has closed, `value` what is still open."""
    total, open_value = (value, 0.0) if last > HUNDRED else (0.0, value)
    closed = last if last > HUNDRED else float("inf")
    while True:
        word, at = _joined(words, i, j), j
        if not word and last >= HUNDRED and _same_gap(words, i, j, "&") and _small(lower(words, i, j)):
            word = lower(words, i, j)
        if word == "and" and last >= HUNDRED and _fits_after_and(words, i, j + 1, closed):
            at = j + 1
            word = lower(words, i, at)
        scale = SCALES.get(word)
        if scale is not None and open_value and scale < closed:
            total, open_value, last, closed = total + open_value * scale, 0.0, scale, scale
        elif scale is not None and not open_value and total and at == j:
            total, last = total * scale, scale  # a thousand million
        elif word == "hundred" and 0 < open_value < HUNDRED:
            open_value, last = open_value * HUNDRED, HUNDRED
        elif word == "dozen" and open_value and at == j:
            open_value, last = open_value * DOZEN, DOZEN
        elif (small := _small(word)) is not None and _takes(open_value, small, last):
            open_value, last = open_value + small, 1.0
        else:
            return total + open_value, j, last
        j = at + 1


def _takes(open_value: float, small: int, last: float) -> bool:
    """Whether a word below a hundred goes on with a number: hundred five, twenty five; not five six, twenty twelve."""
    if last >= HUNDRED:
        return small > 0
    return 0 < small < 10 and open_value % 10 == 0 and open_value % 100 >= 20


def _fits_after_and(words: Sequence[Word], i: int, j: int, closed: float) -> bool:
    """Whether what follows "and" ends the number, and is not a number of its own: a hundred and one hundred."""
    small = _small(lower(words, i, j))
    if small is None or words[j].gap not in _JOINTS or small == 0:
        return False
    k = j + 1
    ones = _small(_joined(words, i, k))
    if ones is not None and _takes(float(small), ones, 1.0):
        k += 1
    after = _joined(words, i, k)
    return after != "hundred" or closed < float("inf") if after not in SCALES else SCALES[after] < closed


def _finish(words: Sequence[Word], i: int, value: float, j: int) -> tuple[float, int]:
    """Take in a decimal part, a scale behind it, and fractions: two point five million, two thirds, one and a half."""
    value, j = decimals(words, i, value, j)
    part = _joined(words, i, j)
    if part in PARTS and 0 < value < 20 and (value == 1) != part.endswith("s") and part != "halves":
        return value * PARTS[part], j + 1
    if part == "halves" and value < 20:
        return value / 2, j + 1
    return and_a_part(words, i, value, j)


def and_a_part(words: Sequence[Word], i: int, value: float, j: int) -> tuple[float, int]:
    """Add a fraction that follows: one and a half, two and three quarters, 3 and 1/2."""
    if lower(words, i, j) != "and":
        return value, j
    extra = lower(words, i, j + 1)
    if extra in ("half", "quarter", "third") and words[j + 1].after_article:
        return value + PARTS[extra], j + 2
    if extra == "1/2":
        return value + 0.5, j + 2
    count, part = _small(extra), _joined(words, i, j + 2)
    if count and part in PARTS and (count == 1) != part.endswith("s"):
        return value + count * PARTS[part], j + 3
    return value, j


def decimals(words: Sequence[Word], i: int, value: float, j: int) -> tuple[float, int]:
    """Add digits that are spelt after "point", and what multiplies them: two point five, three point one four."""
    if lower(words, i, j) != "point":
        return value, j
    digits, k = "", j + 1
    while (small := _small(lower(words, i, k))) is not None and small < 10:
        digits, k = digits + str(small), k + 1
    if not digits and (raw := lower(words, i, k)).isdecimal():
        digits, k = raw, k + 1
    return extend(words, i, value + float(f"0.{digits}"), k) if digits else (value, j)


def _spelt_out(words: Sequence[Word], i: int, j: int) -> int | None:
    """Return where digits that are spelt out one by one end (one one eight, one oh five), or None where none are."""
    if j != i + 1:
        return None
    while (word := _joined(words, i, j)) == "oh" or ((small := _small(word)) is not None and small < 10):
        j += 1
    return j if j > i + 2 or lower(words, i, i + 1) == "oh" else None


def _same_gap(words: Sequence[Word], i: int, j: int, sign: str) -> bool:
    return bool(lower(words, i, j)) and words[j].gap.strip() == sign


def _joined(words: Sequence[Word], i: int, j: int) -> str:
    """Return word j in lower case where nothing but a space or a hyphen stands before it, and no article."""
    word = lower(words, i, j)
    return word if word and words[j].gap in _JOINTS and not words[j].article else ""


def _lower_and(words: Sequence[Word], i: int, j: int) -> str:
    """Return the word after "and" at word j, else an empty string."""
    return lower(words, i, j + 1) if _joined(words, i, j) == "and" else ""


def _scale(words: Sequence[Word], i: int, j: int) -> float | None:
    return SCALES.get(_joined(words, i, j))


def _small(word: str) -> int | None:
    return NUMBER_WORDS.get(word)
