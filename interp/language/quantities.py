"""Numbers, quantities, ranges and ratios as they are stated in an answer.

Understood: digits with thousands separators, decimals, fractions and powers of ten; numbers in words (`numerals`);
"half an hour"; ranges ("82-85 C", "between 82 and 85 degrees", "two or three minutes"); compound times ("1 h 30 min");
ratios ("3:1", "3 to 1", "three parts oil to one part vinegar", "equal parts"). Values are kept in the base unit of
their dimension; Celsius and Fahrenheit stay apart until they are compared, because a bare "degrees" may be either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from interp.language.numerals import DOZEN, PARTS, and_a_part, decimals, extend, lower, read_numeral
from interp.language.words import NUMBER_WORDS, Word, listed

# unit -> (dimension, how many base units it is)
_NAMES: dict[tuple[str, float], str] = {
    ("time", 1.0): "s sec secs second seconds",
    ("time", 60.0): "min mins minute minutes",
    ("time", 3600.0): "h hr hrs hour hours",
    ("time", 86400.0): "day days",
    ("mass", 0.001): "mg milligram milligrams",
    ("mass", 1.0): "g gr gram grams gramme grammes",
    ("mass", 1000.0): "kg kgs kilo kilos kilogram kilograms",
    ("volume", 1.0): "ml millilitre millilitres milliliter milliliters cc",
    ("volume", 10.0): "cl centilitre centilitres centiliter centiliters",
    ("volume", 100.0): "dl decilitre decilitres deciliter deciliters",
    ("volume", 1000.0): "l litre litres liter liters",
    ("length", 1.0): "mm millimetre millimetres millimeter millimeters",
    ("length", 10.0): "cm centimetre centimetres centimeter centimeters",
    ("length", 1000.0): "m metre metres meter meters",
    ("length", 1_000_000.0): "km kilometre kilometres kilometer kilometers",
    ("%", 1.0): "% percent pct",
    ("C", 1.0): "celsius centigrade",
    ("F", 1.0): "fahrenheit",
    ("degrees", 1.0): "° degree degrees deg",
}
UNITS = {name: unit for unit, names in _NAMES.items() for name in names.split()}
_NOT_A_TEMPERATURE = listed("angle angles turn turns rotation bend brix baume north south east west latitude")
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3}){2,}")
_SEPARATORS = re.compile(r"[\u00a0 '_]")
_E_NOTATION = re.compile(r"[eE](\d{1,2})")
_RAISED = re.compile(r"\s*(?:\^|\*\*)[{(]?\^?(-?)\^?")
_COMPARATORS = listed("above over exceeding exceeds exceed beyond below under")
_THAN = listed("more less higher lower greater hotter cooler longer shorter fewer")


@dataclass(frozen=True, slots=True)
class Quantity:
    """Words `start` to `end` (exclusive) state `low` to `high` of a dimension; `open_ended` after above, below, ..."""

    start: int
    end: int
    low: float
    high: float
    dimension: str
    open_ended: bool = False


def find_quantities(words: Sequence[Word]) -> list[Quantity]:
    """Return every quantity and ratio stated, left to right, none inside another."""
    found: list[Quantity] = []
    i = 0
    while i < len(words):
        quantity = _ratio(words, i) or _range(words, i)
        if quantity is None:
            unread = read_numeral(words, i) if not words[i].raw[0].isdigit() else None
            i = i + 1 if unread is None else unread.end
        else:
            found.append(quantity)
            i = quantity.end
    return found


def _same(words: Sequence[Word], i: int, j: int) -> bool:
    return j < len(words) and words[i].sentence == words[j].sentence


def _digits(raw: str) -> float | None:
    """Return what digits say; None of other words, and of dates and versions, which are no numbers."""
    if not (raw[0].isdigit() or raw[0] == "."):
        return None
    if "/" in raw:
        over, _, under = raw.partition("/")
        return int(over) / int(under) if under.isdecimal() else None
    if "-" in raw:
        return None
    if raw.count(".") > 1:
        groups = raw.split(".")
        return float("".join(groups)) if _GROUPED.fullmatch(raw) else None
    groups = _SEPARATORS.sub(",", raw).split(",")
    if len(groups) == 2 and len(groups[1].partition(".")[0]) != 3:
        return float(".".join(groups))  # a decimal comma
    return float("".join(groups))


def _is_ordinal(words: Sequence[Word], i: int) -> bool:
    """Say whether a number runs on into letters that are no unit: 20th, 1980s, 3x."""
    if not _same(words, i, i + 1) or words[i + 1].gap:
        return False
    tail = words[i + 1].raw
    if tail == "s":
        return len(words[i].raw) == 4
    return tail.lower() not in UNITS and tail not in ("C", "F", "c", "f") and tail[0].isalpha()


def _number(words: Sequence[Word], i: int) -> tuple[float, int] | None:
    """Read a number that begins at word i; return its value and the index after it."""
    value = _digits(words[i].raw)
    if value is not None:
        power = _power_of_ten(words, i, value)
        if power is None and _is_ordinal(words, i):
            return None
        value, j = power or _mixed(words, i, value)
        value, j = decimals(words, i, value, j) if value.is_integer() else (value, j)
        value, j = extend(words, i, value, j)
        value, j = _of_parts(words, i, value, j)
        return _signed(words, i, value), j
    numeral = read_numeral(words, i)
    if numeral is not None:
        return None if numeral.value is None else (_signed(words, i, numeral.value), numeral.end)
    word = words[i].raw.lower()
    if word in ("half", "quarter"):
        if lower(words, i, i + 1) == "dozen":
            return PARTS[word] * DOZEN, i + 2
        return PARTS[word], i + 1
    return None


def _mixed(words: Sequence[Word], i: int, value: float) -> tuple[float, int]:
    """Add a fraction that follows: 1 1/2."""
    j = i + 1
    if "/" not in words[i].raw and _same(words, i, j) and "/" in words[j].raw and words[j].gap in (" ", "  ", "-"):
        fraction = _digits(words[j].raw)
        if fraction is not None:
            return value + fraction, j + 1
    return value, j


def _of_parts(words: Sequence[Word], i: int, value: float, j: int) -> tuple[float, int]:
    """Take in thirds and quarters behind digits, and a half that is added: 2 thirds, 3 and a half."""
    part = lower(words, i, j)
    if part in ("thirds", "quarters", "third") and "/" not in words[i].raw and value < 10:
        return value * PARTS[part], j + 1
    return and_a_part(words, i, value, j)


def _signed(words: Sequence[Word], i: int, value: float) -> float:
    """Apply a minus sign or "minus" before the number, where it does not subtract: -18, minus eighteen."""
    gap = words[i].gap
    sign = gap.endswith("-") and (len(gap) == 1 or gap[-2] in " (\u00a0") and not _is_number_before(words, i)
    word = lower(words, i, i - 1) in ("minus", "negative") and gap in (" ", "\u00a0", "-")
    subtracts = word and i >= 2 and lower(words, i, i - 2)[:1].isdigit()
    return -value if sign or (word and not subtracts) else value


def _is_number_before(words: Sequence[Word], i: int) -> bool:
    before = lower(words, i, i - 1)
    return bool(before) and (before[0].isdigit() or words[i].gap == "-")


def _power_of_ten(words: Sequence[Word], i: int, value: float) -> tuple[float, int] | None:
    """Read scientific notation that begins at word i: 10^6, 10**6, 6.02 x 10^23, 1e6; None where it is none."""
    j = i + 1
    if not _same(words, i, j):
        return None
    if not words[j].gap and (exponent := _E_NOTATION.fullmatch(words[j].raw)):
        return value * 10.0 ** int(exponent[1]), j + 1
    if (raised := _exponent(words, i, j)) is not None:
        exponent_value, j = raised
        return (value**exponent_value, j) if abs(exponent_value) <= 300 / max(1.0, len(str(int(value)))) else None
    ten = (
        j
        if words[j].gap.strip() in ("\u00d7", "*", "\u00b7")
        else j + 1
        if words[j].raw.lower() in ("x", "times")
        else None
    )
    if ten is None or not _same(words, i, ten) or words[ten].raw != "10":
        return None
    raised = _exponent(words, i, ten + 1)
    return None if raised is None else (value * 10.0 ** raised[0], raised[1])


def _exponent(words: Sequence[Word], i: int, j: int) -> tuple[int, int] | None:
    """Read an exponent at word j: ^6, **6, ^{6}, and superscripts, which stand as a sign each: ^2^3."""
    if not _same(words, i, j) or not (sign := _RAISED.fullmatch(words[j].gap)) or not words[j].raw.isdecimal():
        return None
    digits, j = words[j].raw, j + 1
    while _same(words, i, j) and words[j].gap == "^" and words[j].raw.isdecimal():
        digits, j = digits + words[j].raw, j + 1
    return (int(f"{sign[1]}{digits}"), j) if len(digits) <= 3 else None


def _unit(words: Sequence[Word], i: int, j: int) -> tuple[str, float, int]:
    """Read the unit at word j of a number that began at word i; a number without one has dimension ""."""
    word = lower(words, i, j)
    if not word or words[j].gap.strip(" \u00a0-(*_"):
        return "", 1.0, j
    if word == "of" and lower(words, i, j + 1) in UNITS and words[j + 1].after_article:
        return _unit(words, i, j + 1)  # a quarter of an hour
    if word == "per" and lower(words, i, j + 1) == "cent":
        return "%", 1.0, j + 2
    if (scale := _temperature_letter(words, j)) is not None:
        return scale, 1.0, j + 1
    if word not in UNITS or (word == "m" and words[j].raw == "M") or (word in "sh" and words[j].raw.isupper()):
        return "", 1.0, j
    dimension, factor = UNITS[word]
    if (raised := _exponent(words, i, j + 1)) is not None:
        return f"{dimension}^{raised[0]}", factor, raised[1]  # square metres are no metres
    if dimension != "degrees":
        return dimension, factor, j + 1
    return _degrees(words, i, j + 1)


def _temperature_letter(words: Sequence[Word], j: int) -> str | None:
    """Return C or F where word j is that letter: upper case, or lower case right behind the number or sign."""
    raw = words[j].raw
    if raw in ("C", "F") or (raw in ("c", "f") and not words[j].gap):
        return raw.upper()
    return None


def _degrees(words: Sequence[Word], i: int, j: int) -> tuple[str, float, int]:
    word = lower(words, i, j)
    if word in ("celsius", "centigrade", "c"):
        return "C", 1.0, j + 1
    if word in ("fahrenheit", "f"):
        return "F", 1.0, j + 1
    return ("angle" if word in _NOT_A_TEMPERATURE else "degrees"), 1.0, j


def _single(words: Sequence[Word], i: int) -> tuple[float, str, float, int] | None:
    """Read one number with its unit: value in stated units, dimension, factor, index after it."""
    number = _number(words, i) or _unit_as_one(words, i)
    if number is None:
        return None
    value, j = number
    dimension, factor, j = _unit(words, i, j)
    if j == i:  # "a day" set off so that it reads as no unit: nothing was stated
        return None
    return value, dimension, factor, j


def _unit_as_one(words: Sequence[Word], i: int) -> tuple[float, int] | None:
    """Read "an hour", "a minute" as one of them; "an hour and a half" as 1.5."""
    if not words[i].after_article or words[i].raw.lower() not in ("hour", "minute", "day"):
        return None
    return 1.0, i


def _range(words: Sequence[Word], i: int) -> Quantity | None:
    """Read a quantity at word i: a range, a compound time, or a single value."""
    first = _single(words, i)
    if first is None:
        return None
    low, dimension, factor, j = first
    if dimension in ("C", "F", "degrees") and lower(words, i, j) == "below" and lower(words, i, j + 1) == "zero":
        return _quantity(words, i, j + 2, -low * factor, -low * factor, dimension)
    second_at = _connected(words, i, j)
    second = _single(words, second_at) if second_at is not None else None
    if second is not None:
        high, high_dimension, high_factor, end = second
        if not dimension:
            dimension, factor = high_dimension, high_factor
        degrees = {dimension, high_dimension} in ({"degrees", "C"}, {"degrees", "F"})
        if degrees:
            dimension = high_dimension if dimension == "degrees" else dimension
        fits = degrees or dimension == high_dimension
        if fits and low * factor <= high * high_factor:
            return _quantity(words, i, end, low * factor, high * high_factor, dimension)
    value = low * first[2]
    if first[1] == "time":
        value, j = _compound_time(words, i, j, value, first[2])
    return _quantity(words, i, j, value, value, first[1])


def _connected(words: Sequence[Word], i: int, j: int) -> int | None:
    """Return where the second number of a range would begin, if something like "to" or a dash stands at word j."""
    if not _same(words, i, j):
        return None
    if words[j].gap.strip(" \u00a0*_") in ("-", "\u2014", "~") or words[j].gap == "/":
        return j if words[j].raw[0].isdigit() or words[j].raw.lower() in NUMBER_WORDS else None
    word = words[j].raw.lower()
    between = word == "and" and "between" in (lower(words, i, i - 1), lower(words, i, i - 2))
    if word in ("to", "or", "through") or between:
        return j + 1 if _same(words, i, j + 1) and not words[j].gap.strip(" \u00a0*_,") else None
    return None


def _compound_time(words: Sequence[Word], i: int, j: int, value: float, factor: float) -> tuple[float, int]:
    """Add smaller units that follow: 1 h 30 min, two hours and 15 minutes, an hour and a half."""
    k = j + 1 if lower(words, i, j) == "and" else j
    if lower(words, i, k) in ("half", "quarter") and words[k].after_article and k > j:
        return value + factor * PARTS[words[k].raw.lower()], k + 1
    more = _single(words, k) if _same(words, i, k) and not words[k].gap.strip(" \u00a0,") else None
    if more is not None and more[1] == "time" and more[2] < factor and more[0] * more[2] < factor:
        return value + more[0] * more[2], more[3]
    return value, j


def _quantity(words: Sequence[Word], i: int, end: int, low: float, high: float, dimension: str) -> Quantity:
    before, earlier = lower(words, i, i - 1), lower(words, i, i - 2)
    open_ended = (before in _COMPARATORS and earlier not in ("just", "slightly")) or (
        before == "than" and earlier in _THAN and lower(words, i, i - 3) not in ("no", "not")
    )
    return Quantity(i, end, low, high, dimension, open_ended)


def _ratio(words: Sequence[Word], i: int) -> Quantity | None:
    """Read a ratio at word i, as the first side for one of the second."""
    if words[i].raw.lower() == "equal" and lower(words, i, i + 1) in ("parts", "amounts", "quantities"):
        return Quantity(i, i + 2, 1.0, 1.0, "ratio")
    first = _number(words, i)
    if first is None:
        return None
    low, j = first
    high = low
    second_at = _connected(words, i, j) if low > 0 else None
    upper = _number(words, second_at) if second_at is not None else None
    if upper is not None and upper[0] > low and _first_side_ends(words, i, upper[1]):
        high, j = upper
    second = _second_side(words, i, j, high)
    if second is None or second[0] <= 0:
        return None
    return Quantity(i, second[1], low / second[0], high / second[0], "ratio")


def _first_side_ends(words: Sequence[Word], i: int, j: int) -> bool:
    """Say whether "part(s)" or a colon stands at word j."""
    return lower(words, i, j) in ("part", "parts") or (_same(words, i, j) and words[j].gap.strip() == ":")


def _second_side(words: Sequence[Word], i: int, j: int, first: float) -> tuple[float, int] | None:
    """Read what follows the first side: ":1", "to 1", "part(s) [of] up to two words to 1 [part]"."""
    if not _same(words, i, j):
        return None
    if words[j].gap in (":", " : ") or (words[j].gap == "/" and words[j].raw == "1"):
        return _number(words, j)
    parts = lower(words, i, j) in ("part", "parts")
    if not parts:
        second = _number(words, j + 1) if lower(words, i, j) == "to" and _same(words, i, j + 1) else None
        return second if second is not None and _is_plain_ratio(words, i, second, first) else None
    k = j + 1 + (lower(words, i, j + 1) == "of")
    for at in range(k, k + 3):
        link = lower(words, i, at) in ("to", "and", "for", "with")
        comma = _same(words, i, at) and "," in words[at].gap
        number_at = at + 1 if link else at
        if not (link or comma) or not _same(words, i, number_at):
            continue
        second = _number(words, number_at)
        if second is not None:
            return second[0], second[1] + (lower(words, i, second[1]) in ("part", "parts"))
    return None


def _is_plain_ratio(words: Sequence[Word], i: int, second: tuple[float, int], first: float) -> bool:
    """Say whether "a to b" is a ratio and not a range: it falls, or its sentence speaks of a ratio; and has no unit."""
    value, after = second
    if _unit(words, i, after)[0]:
        return False
    if first > value:
        return True
    near = (lower(words, i, k) for k in range(i - 6, after + 3))
    return any(w in ("ratio", "ratios", "proportion", "proportions", "part", "parts") for w in near)
