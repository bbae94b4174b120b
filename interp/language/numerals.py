"""One number as it is written in an answer, in digits or in words: read whole or not at all.

A number is a row of words that belong together ("one hundred and eighteen", "6.02 x 10^23", "minus 18"). A part of the
row is never read for the whole. What only looks like a number (an ordinal, a part of a name, a version, a date, the
pronoun "one") is passed over as a whole, too, so that no part of it is taken for a number. "The 118th element" does
state a number, because elements are counted by it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from interp.language.cardinals import (
    HUNDRED,
    MONTHS,
    NUMERALS,
    ORDINALS,
    PARTS,
    SCALES,
    cardinal,
    is_day,
    joined,
    ordinal,
    small,
    spoken,
    word_at,
    year_of,
)
from interp.language.words import UNITS, Word, listed

_PARTS_OF_A_YEAR = listed("early mid late circa")
_VERSIONED = listed("version v chapter section")
_SHORT_FOR_NUMBER = listed("no nos nr num")
_NAMES_A_NUMBER = listed("element elements number no nr z answer about approximately approx is to by and or from of")
# "One" stands for a thing and not for a number behind the first and before the second.
_PRONOUN_BEFORE = listed(
    "the this that which each every any no some another other only which not good right wrong same"
)
_PRONOUN_AFTER = listed(
    "that who which of can could should must may might would will another has needs wants does is was cannot knows"
)
_VAGUE = listed("few several many some couple")
_BEGINNINGS = HUNDRED.union(
    SCALES, NUMERALS, ORDINALS, listed("minus negative point half quarter dozen nought frac dfrac tfrac")
)
_SHORT_SCALES = {"mn": 1e6, "bn": 1e9, "tn": 1e12}
_POWERS = {"squared": 2.0, "cubed": 3.0}
_POWER = re.compile(r"([\d.,]+)(?:\^|\*\*)(.+)")
_VERSION = re.compile(r"\d+(?:\.\d+){2,}")
_LONGEST_POWER = 300
_BEFORE_A_SIGN = " (\u00a0=:*_`\"'[{$>≈~→"  # marks of emphasis, quotation and formulas, too


@dataclass(frozen=True, slots=True)
class Number:
    """A number that ends before word `end`; `value` is None where it is passed over."""

    value: float | None
    end: int


def number_at(words: Sequence[Word], i: int) -> Number | None:
    """Return the number that begins at word i, or None if none begins there."""
    raw, word = words[i].raw, words[i].raw.lower()
    if raw[0].isalpha() and word not in _BEGINNINGS:
        return None
    if word in ("minus", "negative"):
        return _negative(words, i)
    if raw[0].isdigit() or raw[0] == ".":
        return _in_digits(words, i)
    if word == "point":
        return _bare_point(words, i)
    if word.endswith("frac"):
        return _latex_fraction(words, i)
    if word in ("half", "quarter"):
        return _part(words, i)
    if (place := _worded_ordinal(words, i)) is not None:
        return place
    return _in_words(words, i)


def _negative(words: Sequence[Word], i: int) -> Number | None:
    """Read "minus 18", "negative five"; "ten minus five" is a sum and has no sign."""
    if not joined(words, i, i + 1) or words[i].after_article or word_at(words, i, i + 1) in ("minus", "negative"):
        return None
    number = number_at(words, i + 1)
    if number is None or number.value is None or number.value < 0:
        return number
    before = word_at(words, i, i - 1)
    if before and not words[i].gap.strip(" ") and (before[0].isdigit() or before in NUMERALS or before in HUNDRED):
        return None
    return Number(-number.value, number.end)


def digits(raw: str) -> float | None:
    """Return the value of a token of digits, of a date its year; None if it is a version or too large a power."""
    if power := _POWER.fullmatch(raw):
        base, exponent = digits(power[1]), re.sub(r"[\^{}()]", "", power[2])
        if base is None or base not in (2, 10) or len(exponent) > 4 or abs(int(exponent)) > _LONGEST_POWER:
            return None
        return float(base ** int(exponent))
    if "/" in raw:
        over, under = raw.split("/")
        return int(over) / int(under)
    if "e" in raw.lower():
        value = float(raw.replace(",", "."))
        return value if value < 10.0**_LONGEST_POWER else None
    if _VERSION.fullmatch(raw):
        groups = raw.split(".")
        if len(groups) == 3 and (year := year_of(groups)) is not None:
            return year
        whole = len(groups[0]) <= 3 and groups[0][0] != "0" and all(len(group) == 3 for group in groups[1:])
        return float("".join(groups)) if whole else None
    if "." in raw and "," in raw and raw.rindex(",") > raw.rindex("."):
        return float(raw.replace(".", "").replace(",", "."))  # 1.500,75
    groups = re.split(r"[\u00a0 ,'_]", raw.replace("{,}", ","))
    if len(groups) == 2 and (len(groups[1].partition(".")[0]) != 3 or groups[0] == "0"):
        return float(".".join(groups))  # a decimal comma
    return float("".join(groups))


def _in_digits(words: Sequence[Word], i: int) -> Number:
    chain = _chain_end(words, i)
    if chain == i + 3 and (year := year_of([words[k].raw for k in range(i, chain)])) is not None:
        return Number(year, chain)
    if chain > i + 2 or _in_a_name(words, i) or is_day(words, i):
        return Number(None, chain)
    value = digits(words[i].raw)
    if value is None or value > 10.0**_LONGEST_POWER:
        return Number(None, i + 1)
    gap = words[i].gap
    minus = gap.endswith("-") and (len(gap) == 1 or gap[-2] in _BEFORE_A_SIGN) and not _is_number_before(words, i)
    number = _magnitude(words, i, value, chain)
    return Number(-number.value, number.end) if minus and number.value is not None else number


def _magnitude(words: Sequence[Word], i: int, value: float, chain: int) -> Number:
    """Read a number that begins with digits, without its sign."""
    short = word_at(words, i, i + 1) if words[i + 1 : i + 2] and words[i + 1].gap in ("", " ", "\u00a0") else ""
    if short in _SHORT_SCALES:
        return Number(value * _SHORT_SCALES[short], i + 2)
    if _runs_on(words, i):
        tail = words[i + 1].raw.lower()
        return _ordinal(words, i, value, i + 2) if tail in ("st", "nd", "rd", "th") else Number(None, i + 1)
    j = i + 1
    if word_at(words, i, j) in HUNDRED or word_at(words, i, j) in SCALES:
        scaled = cardinal(words, i, value)
        return _extended(words, i, *scaled) if scaled else Number(None, j)
    if "/" not in words[i].raw and "/" in word_at(words, i, j) and words[j].gap in (" ", "  ", "-"):
        return Number(value + (digits(words[j].raw) or 0), j + 1)  # 1 1/2
    if chain == i + 2 and words[j].gap == "/":
        return _quotient(words, i, value)
    if word_at(words, i, j)[:1].isdigit() and words[j].gap.strip(" ") in ("^", "**") and words[j].gap.startswith(" "):
        return Number(_raised(value, digits(words[j].raw)), j + 1)  # 10 ** 3
    value, j = _times_ten(words, i, value, j)
    return _extended(words, i, value, j)


def _raised(base: float, exponent: float | None) -> float | None:
    if base <= 0 or exponent is None or exponent * math.log10(base) > _LONGEST_POWER:
        return None
    return float(base**exponent)


def _latex_fraction(words: Sequence[Word], i: int) -> Number | None:
    r"""Read \frac{1}{2}."""
    if not word_at(words, i, i + 2) or (words[i + 1].gap, words[i + 2].gap) != ("{", "}{"):
        return None
    over, under = (digits(words[k].raw) if words[k].raw[0].isdigit() else None for k in (i + 1, i + 2))
    return Number(over / under if over is not None and under else None, i + 3)


def _quotient(words: Sequence[Word], i: int, value: float) -> Number:
    """Read 1/10 as a fraction; "180/190 C" is a range and "3/1" a ratio, and both are left to their readers."""
    under = digits(words[i + 1].raw)
    after = word_at(words, i, i + 2)
    if under is None or under in (0, 1) or "/" in words[i + 1].raw:
        return Number(value, i + 1) if under == 1 else Number(None, i + 2)
    if value < under and (after in UNITS or after in ("c", "f")):
        return Number(value, i + 1)
    return Number(value / under, i + 2)


def _chain_end(words: Sequence[Word], i: int) -> int:
    """Return the index after numbers that hang together by one sign: 2020-05-12, 5/12/2020, 24/7."""
    j = i + 1
    while word_at(words, i, j)[:1].isdigit() and words[j].gap in ("-", "/") and words[j].gap == words[i + 1].gap:
        j += 1
    return j


def _in_a_name(words: Sequence[Word], i: int) -> bool:
    """Say whether digits belong to a name: U-235, v2.0, layer_5, version 3, a raised isotope number."""
    gap, before = words[i].gap, word_at(words, i, i - 1)
    if gap.endswith(("^", "^{", "^(")):
        return True
    if not before or (gap == "." and before in _SHORT_FOR_NUMBER):
        return False
    letters = before[0].isalpha()
    hours = before == "h" and word_at(words, i, i - 2)[:1].isdigit()  # 1h30m
    if gap == "_" or gap == "." or (not gap and letters and before[-1] not in "x°" and not hours):
        return True
    if gap == "-" and letters:
        degrees = before in ("c", "f") and word_at(words, i, i - 2)[:1] in listed("° d 0 1 2 3 4 5 6 7 8 9")
        dated = before in _PARTS_OF_A_YEAR or words[i - 1].raw in MONTHS
        return not (
            degrees or dated or before in _NAMES_A_NUMBER or before in NUMERALS or before in UNITS or before in HUNDRED
        )
    return before in _VERSIONED and not gap.strip(" .")


def _runs_on(words: Sequence[Word], i: int) -> bool:
    """Say whether digits run on into letters that are no unit: 20th, 1980s, 3x."""
    if not word_at(words, i, i + 1) or words[i + 1].gap:
        return False
    tail = words[i + 1].raw
    if tail == "s":
        return len(words[i].raw) == 4
    if tail in ("M", "S", "H"):  # 104M is no length
        return True
    if tail in ("x", "X"):
        return word_at(words, i, i + 2)[:2] != "10"
    return tail.lower() not in UNITS and tail not in ("C", "F", "c", "f") and tail[0].isalpha()


def _is_number_before(words: Sequence[Word], i: int) -> bool:
    before = word_at(words, i, i - 1)
    return bool(before) and (before[0].isdigit() or words[i].gap == "-")


def _times_ten(words: Sequence[Word], i: int, value: float, j: int) -> tuple[float, int]:
    """Take in a power of ten or an exponent in words: 6.02 x 10^23, 10 to the power of 6."""
    sign = word_at(words, i, j)
    by_word = sign in ("x", "times", "cdot") and words[j].gap.strip(" \u00a0\\") == ""
    k = j + 1 if by_word else j
    power = word_at(words, i, k)
    if re.match(r"10(\^|\*\*)", power) and (by_word or words[k].gap.strip(" \u00a0\\") in ("×", "*", "·", "⋅", "✕")):
        factor = digits(power)
        if factor is not None:
            return value * factor, k + 1
    return _to_a_power(words, i, value, j)


def _to_a_power(words: Sequence[Word], i: int, value: float, j: int) -> tuple[float, int]:
    """Read "10 to the power of 6", "ten to the sixth"."""
    if value not in (2, 10) or word_at(words, i, j) != "to" or words[j].gap != " ":
        return value, j
    k = j + 1
    if word_at(words, i, k) == "power":
        k += 2 if word_at(words, i, k + 1) == "of" else 1
        number = number_at(words, k) if word_at(words, i, k) and word_at(words, i, k + 1) != "to" else None
        exponent, end = (number.value, number.end) if number is not None else (None, k)
    elif word_at(words, i, k).isdigit() and word_at(words, i, k + 1) == "th" and words[k].article == "the":
        exponent, end = float(words[k].raw), k + 2
    else:
        place = ordinal(words, k) if word_at(words, i, k) and words[k].article == "the" else None
        exponent, end = place if place is not None else (None, k)
    if exponent is None or abs(exponent) > _LONGEST_POWER:
        return value, j
    return float(value**exponent), end


def _in_words(words: Sequence[Word], i: int) -> Number | None:
    word = words[i].raw.lower()
    bare = word in HUNDRED or word in SCALES
    if word == "dozen":
        return _extended(words, i, 12.0, i + 1, 12.0) if words[i].after_article else None
    if not (bare or word in NUMERALS or word == "nought"):
        return None
    between = "between" in (word_at(words, i, i - 1), word_at(words, i, i - 2))
    read = cardinal(words, i)
    if between and read and word_at(words, i, read[1]) not in ("and", "to") and cardinal(words, i, with_and=False):
        read = cardinal(words, i, with_and=False)
    if read is None:
        return None
    value, j = read
    if bare and word_at(words, i, i - 1) in _VAGUE:
        return Number(None, j)
    if word == "one" and j == i + 1 and _is_pronoun(words, i):
        return None
    value, j = _to_a_power(words, i, value, j)
    if j == i + 1 or value < 100:
        aloud = spoken(words, i)
        if aloud is not None and aloud[1] > j and not _has_unit(words, i, aloud[1]):
            value, j = aloud
    return _extended(words, i, value, j, SCALES.get(words[j - 1].raw.lower(), 1.0))


def _has_unit(words: Sequence[Word], i: int, j: int) -> bool:
    return word_at(words, i, j) in UNITS or word_at(words, i, j) in ("c", "f", "per")


def _is_pronoun(words: Sequence[Word], i: int) -> bool:
    before, after = word_at(words, i, i - 1), word_at(words, i, i + 1)
    if _has_unit(words, i, i + 1) or after in PARTS or after == "point":
        return False
    pronoun_before = (before in _PRONOUN_BEFORE and not words[i].gap.strip()) or words[i].article == "the"
    answers = after == "is" and word_at(words, i, i + 2) in ("atomic", "number", "answer", "correct", "right")
    return pronoun_before or (after in _PRONOUN_AFTER and not answers and not words[i + 1].gap.strip())


def _extended(words: Sequence[Word], i: int, value: float, j: int, scale: float = 1.0) -> Number:
    number = _with_parts(words, i, value, j, scale)
    if number.value is None or word_at(words, i, number.end) not in _POWERS or words[number.end].gap != " ":
        return number
    return Number(_raised(number.value, _POWERS[word_at(words, i, number.end)]), number.end + 1)


def _with_parts(words: Sequence[Word], i: int, value: float, j: int, scale: float = 1.0) -> Number:
    """Take in what extends a number: two point five, two thirds, three and a half, a million and a half, two dozen."""
    word = word_at(words, i, j)
    if word == "point" and joined(words, i, j) and (decimals := _decimals(words, j + 1)):
        text, j = decimals
        value = float(f"{value:.0f}.{text}")
        while joined(words, i, j) and (word := word_at(words, i, j)) in SCALES:
            value, j = value * SCALES[word], j + 1
        return Number(value, j)
    if word == "dozen" and joined(words, i, j):
        value, j, scale = value * 12, j + 1, 12.0
    if word in PARTS and joined(words, i, j) and value < 20 and (value == 1 or word.endswith("s") or word == "third"):
        return _of_a_scale(words, i, value * PARTS[word], j + 1)
    if word_at(words, i, j) == "and" and not words[j].gap.strip(" \n-"):
        fraction = _added_fraction(words, i, j + 1)
        if fraction is not None:
            value, j = value + scale * fraction[0], fraction[1]
            if (word := word_at(words, i, j)) in SCALES and joined(words, i, j):
                value, j = value * SCALES[word], j + 1  # two and a half million
    return Number(value, j)


def _added_fraction(words: Sequence[Word], i: int, k: int) -> tuple[float, int] | None:
    """Read what stands behind "and" in "three and a half", "two and 1/2", "one and three quarters"."""
    part, after = word_at(words, i, k), word_at(words, i, k + 1)
    if part in PARTS and words[k].after_article:
        return PARTS[part], k + 1
    if "/" in part and part[0].isdigit():
        return digits(part) or 0.0, k + 1
    over = NUMERALS.get(part)
    if over and over < 20 and after in PARTS and (over == 1 or after.endswith("s")):
        return over * PARTS[after], k + 2
    return None


def _decimals(words: Sequence[Word], j: int) -> tuple[str, int] | None:
    """Return the digits said after "point" and the index after them."""
    text = ""
    while joined(words, j - 1, j) or not text:
        word = word_at(words, j - 1, j)
        if word.isdigit() and not text:
            return word, j + 1
        read = small(words, j) if word in NUMERALS else None
        if word in ("oh", "nought"):
            read = (0, j + 1)
        if read is None:
            break
        text, j = text + f"{read[0]:.0f}", read[1]
    return (text, j) if text else None


def _bare_point(words: Sequence[Word], i: int) -> Number | None:
    """Read "point five"; "at point five" and "the point 5" name a place and no number."""
    decimals = _decimals(words, i + 1) if joined(words, i, i + 1) else None
    if decimals is None:
        return None
    text, j = decimals
    names = words[i].article or word_at(words, i, i - 1) in ("at", "from", "to", "this", "that", "each", "every")
    return Number(None if names else float(f"0.{text}"), j)


def _part(words: Sequence[Word], i: int) -> Number:
    return _of_a_scale(words, i, PARTS[words[i].raw.lower()], i + 1)


def _of_a_scale(words: Sequence[Word], i: int, value: float, j: int) -> Number:
    """Read "half a dozen", "a quarter of a million"."""
    k = j + 1 if word_at(words, i, j) == "of" else j
    scale = {"dozen": 12.0, "hundred": 100.0, **SCALES}.get(word_at(words, i, k))
    if scale and (words[k].after_article or k == j):
        return Number(value * scale, k + 1)
    return Number(value, j)


def _worded_ordinal(words: Sequence[Word], i: int) -> Number | None:
    read = ordinal(words, i)
    return None if read is None else _ordinal(words, i, *read)


def _ordinal(words: Sequence[Word], i: int, value: float, end: int) -> Number:
    """Pass over an ordinal, but read "the 118th element", since elements are counted by their number."""
    k = end
    while k < end + 2 and word_at(words, i, k) in ("chemical", "known"):
        k += 1
    counted = word_at(words, i, k) == "element" and not words[end].gap.strip()
    return Number(value if counted else None, end)
