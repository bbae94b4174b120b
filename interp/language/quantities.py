"""Numbers, quantities, ranges and ratios as they are stated in an answer.

Understood: single numbers in digits or words (`interp.language.numerals`) with their unit; ranges ("82-85 C", "between
82 and 85 degrees", "two or three minutes"); amounts in two units ("1 h 30 min", "1 kg 500 g"); ratios ("3:1", "3 to 1",
"three parts oil to one part vinegar", "equal parts"). Values are kept in the base unit of their dimension; Celsius and
Fahrenheit stay apart until they are compared, because a bare "degrees" may be either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interp.language.cardinals import PARTS, word_at
from interp.language.numerals import number_at
from interp.language.words import NUMBER_WORDS, UNITS, Word, listed

_NOT_A_TEMPERATURE = listed("angle angles turn turns rotation bend brix baume north south east west latitude")
_COMPOUND = listed("time mass volume length")
_HOUR = 3600.0
# What "a" or "an" counts; "a second" is a place or another one, and letters are options.
_COUNTABLE = {
    name for name, (kind, _) in UNITS.items() if kind in _COMPOUND and (len(name) > 3 or name == "day")
} - listed("second secs mins")
_UNREAD = "unread"  # passed over as a whole
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
            number = number_at(words, i)
            i = number.end if number is not None else i + 1
        else:
            if quantity.dimension != _UNREAD:
                found.append(quantity)
            i = quantity.end
    return found


def _same(words: Sequence[Word], i: int, j: int) -> bool:
    return j < len(words) and words[i].sentence == words[j].sentence


def _number(words: Sequence[Word], i: int) -> tuple[float, int] | None:
    """Read a number that begins at word i; return its value and the index after it."""
    number = number_at(words, i)
    return None if number is None or number.value is None else (number.value, number.end)


def _unit(words: Sequence[Word], i: int, j: int) -> tuple[str, float, int]:
    """Read the unit at word j of a number that began at word i; a number without one has dimension ""."""
    word = word_at(words, i, j)
    if word in ("circ", "degree") and (after := _latex_degrees(words, i, j)) is not None:
        return after
    if not word or words[j].gap.strip(" \u00a0-(*_\\"):
        return "", 1.0, j
    if word == "of" and word_at(words, i, j + 1) in UNITS and words[j + 1].after_article:
        return _unit(words, i, j + 1)  # a quarter of an hour, of a litre
    if word == "per" and word_at(words, i, j + 1) == "cent":
        return "%", 1.0, j + 2
    if (scale := _temperature_letter(words, j)) is not None:
        return scale, 1.0, j + 1
    if word not in UNITS or (word == "m" and words[j].raw == "M") or (word in "sh" and words[j].raw.isupper()):
        return "", 1.0, j
    dimension, factor = UNITS[word]
    if dimension != "degrees":
        return dimension, factor, j + 1
    return _degrees(words, i, j + 1)


def _latex_degrees(words: Sequence[Word], i: int, j: int) -> tuple[str, float, int] | None:
    r"""Read the unit of 83^\circ C, 83^{\circ}\text{C} and their like."""
    if words[j].gap.lstrip(" ") not in ("^\\", "^{\\", "\\", "{}^\\"):
        return None
    k = j + 1 + (word_at(words, i, j + 1) in ("text", "mathrm", "rm"))
    letter = _same(words, i, k) and words[k].gap.strip(" ${}\\,;") == "" and _degrees(words, i, k)
    return letter or ("degrees", 1.0, j + 1)


def _temperature_letter(words: Sequence[Word], j: int) -> str | None:
    """Return C or F where word j is that letter: upper case, or lower case right behind the number or sign."""
    raw = words[j].raw
    if raw in ("C", "F") or (raw in ("c", "f") and not words[j].gap):
        return raw.upper()
    return None


def _degrees(words: Sequence[Word], i: int, j: int) -> tuple[str, float, int]:
    word = word_at(words, i, j)
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
    if (zero := word_at(words, i, j + 1)) in ("zero", "freezing") and word_at(words, i, j) in ("above", "below"):
        sign, base = (-1 if words[j].raw.lower() == "below" else 1), 32 * (zero == "freezing" and dimension == "F")
        return base + sign * value, dimension, factor, j + 2
    return value, dimension, factor, j


def _unit_as_one(words: Sequence[Word], i: int) -> tuple[float, int] | None:
    """Read "an hour", "a litre" as one of them; "an hour and a half" as 1.5."""
    if not words[i].after_article or words[i].raw.lower() not in _COUNTABLE:
        return None
    return 1.0, i


def _range(words: Sequence[Word], i: int) -> Quantity | None:
    """Read a quantity at word i: a range, a compound time, or a single value."""
    first = _single(words, i)
    if first is None:
        return None
    low, dimension, factor, j = first
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
        bounds = (low * factor, high * high_factor)
        if fits and (bounds[0] <= bounds[1] or bounds[0] < 0):  # -18 to -20 rises, too
            return _quantity(words, i, end, min(bounds), max(bounds), dimension)
    value = low * first[2]
    if first[1] in _COMPOUND:
        whole = _compound(words, i, j, first)
        if whole is None:
            return Quantity(i, j + 1, 0.0, 0.0, _UNREAD)
        value, j = whole
    return _quantity(words, i, j, value, value, first[1])


def _connected(words: Sequence[Word], i: int, j: int) -> int | None:
    """Return where the second number of a range would begin, if something like "to" or a dash stands at word j."""
    if not _same(words, i, j):
        return None
    if words[j].gap.strip(" \u00a0*_") in ("-", "\u2014", "~") or words[j].gap == "/":
        return j if words[j].raw[0].isdigit() or words[j].raw.lower() in NUMBER_WORDS else None
    word = words[j].raw.lower()
    between = word == "and" and "between" in (word_at(words, i, i - 1), word_at(words, i, i - 2))
    if word in ("to", "or", "through") or between:
        return j + 1 if _same(words, i, j + 1) and not words[j].gap.strip(" \u00a0*_,") else None
    return None


def _compound(words: Sequence[Word], i: int, j: int, first: tuple[float, str, float, int]) -> tuple[float, int] | None:
    """Add smaller units that follow: 1 h 30 min, two hours and 15 minutes, an hour and a half, 1 kg 500 g.

    None for "1 h 30": what the 30 are is not said, and one hour is a part of it.
    """
    amount, dimension, factor, _ = first
    value = amount * factor
    time = dimension == "time"
    k = j + 1 if time and word_at(words, i, j) == "and" else j
    if word_at(words, i, k) in ("half", "quarter") and words[k].after_article and k > j:
        return value + factor * PARTS[words[k].raw.lower()], k + 1
    adjacent = word_at(words, i, k) and not words[k].gap.strip(" \u00a0," if time else " \u00a0")
    more = _single(words, k) if adjacent else None
    if more is not None and factor == _HOUR and word_at(words, i, more[3] - 1) == "m":  # 1 h 30 m
        more = more[0], "time", 60.0, more[3]
    if more is not None and more[1] == dimension and more[2] < factor and more[0] * more[2] < factor:
        return value + more[0] * more[2], more[3]
    bare = more is not None and not more[1] and k == j and "," not in words[k].gap
    if bare and factor == _HOUR and words[k].raw.isdigit() and len(words[k].raw) == 2:
        return None
    return value, j


def _quantity(words: Sequence[Word], i: int, end: int, low: float, high: float, dimension: str) -> Quantity:
    if dimension in _COMPOUND and _is_rate(words, i, end):
        return Quantity(i, end + 1, low, high, _UNREAD)
    before, earlier = word_at(words, i, i - 1), word_at(words, i, i - 2)
    open_ended = (before in _COMPARATORS and earlier not in ("just", "slightly")) or (
        before == "than" and earlier in _THAN and word_at(words, i, i - 3) not in ("no", "not")
    )
    return Quantity(i, end, low, high, dimension, open_ended)


def _is_rate(words: Sequence[Word], i: int, end: int) -> bool:
    """Tell "5 g/L" and "5 g per litre" from an amount."""
    after = word_at(words, i, end)
    if after == "per":
        return UNITS.get(word_at(words, i, end + 1), ("", 0.0))[0] in _COMPOUND
    return after in UNITS and UNITS[after][0] in _COMPOUND and words[end].gap == "/"


def _ratio(words: Sequence[Word], i: int) -> Quantity | None:
    """Read a ratio at word i, as the first side for one of the second."""
    if words[i].raw.lower() == "equal" and word_at(words, i, i + 1) in ("parts", "amounts", "quantities"):
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
    if _same(words, i, second[1]) and words[second[1]].gap == ":" and _number(words, second[1]):  # 3:1:1
        return Quantity(i, second[1] + 1, 0.0, 0.0, _UNREAD)
    return Quantity(i, second[1], low / second[0], high / second[0], "ratio")


def _first_side_ends(words: Sequence[Word], i: int, j: int) -> bool:
    """Say whether "part(s)" or a colon stands at word j."""
    return word_at(words, i, j) in ("part", "parts") or (_same(words, i, j) and words[j].gap.strip() == ":")


def _second_side(words: Sequence[Word], i: int, j: int, first: float) -> tuple[float, int] | None:
    """Read what follows the first side: ":1", "to 1", "part(s) [of] up to two words to 1 [part]"."""
    if not _same(words, i, j):
        return None
    if words[j].gap in (":", " : ") or (words[j].gap == "/" and words[j].raw == "1"):
        return _number(words, j)
    parts = word_at(words, i, j) in ("part", "parts")
    if not parts:
        second = _number(words, j + 1) if word_at(words, i, j) == "to" and _same(words, i, j + 1) else None
        return second if second is not None and _is_plain_ratio(words, i, second, first) else None
    k = j + 1 + (word_at(words, i, j + 1) == "of")
    for at in range(k, k + 3):
        link = word_at(words, i, at) in ("to", "and", "for", "with")
        comma = _same(words, i, at) and "," in words[at].gap
        number_at = at + 1 if link else at
        if not (link or comma) or not _same(words, i, number_at):
            continue
        second = _number(words, number_at)
        if second is not None:
            return second[0], second[1] + (word_at(words, i, second[1]) in ("part", "parts"))
    return None


def _is_plain_ratio(words: Sequence[Word], i: int, second: tuple[float, int], first: float) -> bool:
    """Say whether "a to b" is a ratio and not a range: it falls, or its sentence speaks of a ratio; and has no unit."""
    value, after = second
    if _unit(words, i, after)[0]:
        return False
    if first > value:
        return True
    near = (word_at(words, i, k) for k in range(i - 6, after + 3))
    return any(w in ("ratio", "ratios", "proportion", "proportions", "part", "parts") for w in near)
