"""An answer as words and sentences: the one place that says what counts as a word, a sentence and the same word.

Characters are folded one by one (accents, fractions, dashes, quotes), so that every word knows where it stands in the
original text. Words are compared by their key: lower case, without accents and apostrophes, number words as digits,
stemmed with the Snowball English stemmer (Porter2), so whisk = whisking = whisked. Articles carry no key and are left
out. A line break ends a sentence only where the next line starts a new block (blank line, bullet, capital, digit).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

# How answers are read (words, quantities, negation, wordings): raise it with every change that could change a verdict.
RULES_VERSION = "4"


def listed(words: str) -> frozenset[str]:
    """Return the words of a space-separated list."""
    return frozenset(words.split())


_SMALL = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty"""
_TENS = "thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS = {word: value for value, word in enumerate(_SMALL.split())} | {
    word: 10 * (i + 3) for i, word in enumerate(_TENS.split())
}

# The units that quantities may have: (dimension, how many base units it is) -> names
_UNIT_NAMES: dict[tuple[str, float], str] = {
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
UNITS = {name: unit for unit, names in _UNIT_NAMES.items() for name in names.split()}

_COUNTS = frozenset(NUMBER_WORDS) | {"hundred"}

ARTICLES = frozenset({"a", "an", "the"})

# Folded before Unicode decomposition, because decomposition would lose or mangle them.
_FOLD = {
    "º": "°",
    "№": "no. ",
    "…": "...",
    "≠": "≠",
    "\r": "",
    "\t": " ",
    "\u00a0": "\u00a0",  # kept apart from a space: it may group digits (10 000)
    "\u2007": "\u00a0",
    "\u2009": "\u00a0",
    "\u202f": "\u00a0",
    "\u2028": "\n",
    "\u2029": "\n",
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
    "\u2015": "\u2014",
    **dict.fromkeys("\u2018\u2019\u201b\u02bb\u02bc\u02b9\u2032\u00b4`", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u2033\u00ab\u00bb", '"'),
    **{"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"},
    **{"ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ß": "ss", "ı": "i", "ħ": "h", "Ħ": "H", "ŋ": "n", "Ŋ": "N"},
}
_KEPT_CONTROLS = "\n\u00a0"
# Kept apart from the digits before them: 10⁶ is not 106.
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))


def _fold(char: str) -> str:
    """Return what one character becomes; a folded text folds to itself."""
    if char in _FOLD:
        return _FOLD[char]
    if unicodedata.category(char) == "No" and "\u2044" in unicodedata.normalize("NFKD", char):
        return " " + unicodedata.normalize("NFKD", char).replace("\u2044", "/")
    if char in _RAISED:
        return "^" + _RAISED[char]
    out = "".join(_FOLD.get(c, c) for c in unicodedata.normalize("NFKD", char))
    return "".join(c for c in out if c in _KEPT_CONTROLS or unicodedata.category(c)[0] not in "MC")


class _FoldTable(dict[int, str]):
    def __missing__(self, code: int) -> str:
        self[code] = out = _fold(chr(code))
        return out


_TABLE = _FoldTable()


# White space, controls and marks of direction aside: fillers that are letters or symbols to Unicode and show nothing.
_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))  # variation selectors
)


def visible(text: str) -> bool:
    """Return whether anything of a text can be seen: not so of white space, control, format and filler characters."""
    return any(not (c.isspace() or unicodedata.category(c) in ("Cc", "Cf") or c in _BLANK) for c in text)


def normalise(text: str) -> str:
    """Return the text with accents, fractions, dashes, quotes and odd spaces folded to plain forms; case is kept."""
    return text.translate(_TABLE)


def original_offsets(text: str) -> list[int]:
    """Return where each character of `normalise(text)` came from, and the length of the text last."""
    offsets = [i for i, char in enumerate(text) for _ in _TABLE[ord(char)]]
    return [*offsets, len(text)]


_STEMMER = snowballstemmer.stemmer("english")
_BRITISH_ISE = re.compile(r"(?<=[a-z]{3})(?:is|iz)(e|es|ed|er|ing|ation|ations)$")
_BRITISH_OUR = re.compile(r"(?<=[vlb])our(?=$|s$|ed$|ing$|ful$|less$)")
_OVER = re.compile(r"(over|under)(\w{3,})")
_IRREGULAR_PAIRS = """
    beaten=beat broke=break broken=break burnt=burn froze=freeze frozen=freeze halves=half held=hold kept=keep
    knives=knife loaves=loaf made=make shaken=shake shook=shake shrank=shrink shrunk=shrink stuck=stick swollen=swell
    taken=take took=take iced=ice icy=ice
"""
_IRREGULAR = dict(pair.split("=") for pair in _IRREGULAR_PAIRS.split())


@lru_cache(maxsize=100_000)
def key(word: str) -> str:
    """Return the form in which two words are compared; articles have none (an empty string)."""
    word = word.lower()
    if word in ARTICLES:
        return ""
    if word.endswith("'s"):
        word = word[:-2]
    word = word.replace("'", "").replace(".", "").replace("^", "")
    if word in NUMBER_WORDS:
        return str(NUMBER_WORDS[word])
    word = _IRREGULAR.get(word, word)
    if len(word) > 5:  # caramelise = caramelize, colour = color
        word = _BRITISH_OUR.sub("or", _BRITISH_ISE.sub(r"iz\1", word))
    compound = _OVER.match(word)  # the stemmer keeps "overheat" and "overheated" apart
    if compound:
        return compound[1] + str(_STEMMER.stemWord(compound[2]))
    return str(_STEMMER.stemWord(word))


@dataclass(frozen=True, slots=True)
class Word:
    """One word, number or sign; `gap` is what stands before it in its sentence, `article` what was left out there."""

    key: str
    raw: str
    start: int
    end: int
    sentence: int
    gap: str
    article: str = ""

    @property
    def after_article(self) -> bool:
        """Whether "a" or "an" stands before it ("an hour" is one hour)."""
        return self.article in ("a", "an")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words `first` to `last` (exclusive) of the answer.

    `item`: it stands in a list item; `opens`: it is the first of its block; `lead`: it introduces what follows (a
    heading, or it ends with a colon).
    """

    first: int
    last: int
    question: bool
    item: bool
    opens: bool
    lead: bool


_WORD = re.compile(
    r"""
    (?:https?://|www\.)[^\s()\[\]<>]+                 # an address, whose parts are no words
    | \d+(?:[.,]\d+)?[eE][-+]?\d+(?![^\W_])            # 1e6
    | \d+(?:[.,]\d+)?\^[{(]?\^?[-+]?(?:\^?\d)+[)}]?   # 10^6, 10^{-6}, 10⁶ as it is folded
    | 10\*\*[-+]?\d+                                  # 10**6
    | [1-9]/(?:2|3|4|5|6|8|16)(?![\d/])               # a simple fraction
    | [1-9]\d{0,2}(?:(?P<by>[,'_\u00a0\ ]|\{,\})\d{3})(?:(?P=by)\d{3})*(?!\d)(?:\.\d+(?!\.?\d))?  # 10,000
    | [1-9]\d?(?:,\d\d)+,\d{3}(?!\d)(?:\.\d+)?        # 1,00,000
    | [1-9]\d{0,2}(?:\.\d{3})+,\d+(?![.,]?\d)         # 1.500,75
    | \d+(?:\.\d+){2,}                                # 1.000.000, or a version
    | \d+\.\d+ | (?<!\d,)\d+,\d+(?![.,]\d) | \d+ | (?<![\w.])\.\d+  # 1.5, 1,5, 12, .5
    | (?:(?<=\d)|(?<=\d\s))[xX](?=10(?:\^|\*\*))      # 6x10^23
    | (?:[^\W\d_]\.){2,}                              # e.g., U.S.
    | (?<=\d)h(?=\d)                                  # 1h30m
    | [^\W\d_](?:[^\W_]|\^\d)*(?:'[^\W_]+)*           # words, words with digits (CO2, m²), don't
    | [°%]
    """,
    re.VERBOSE,
)
# What follows the letter A and no article, and what an article follows even where it is in capitals.
_BEHIND_A_LETTER = listed("is was are and or but because since as for if not would should must has seems rather")
_BEFORE_AN_ARTICLE = listed("is was be are called named of with as in by not answer for to from and or than like")
# A letter with a full stop is an initial, unless a new sentence follows.
_NEW_SENTENCE = re.compile(
    r"(?:The|This|That|It|It's|Its|In|As|Because|Since|So|Therefore|However|We|You|They|He|She|There|An|Option|Answer"
    r"|Choice|Explanation|Reason|No|Yes|Actually|Correction|Sorry|Wait|Oops|I(?!\.)|A(?!\.)"
    r"|[A-Z] (?:is|was|and|would|seems))\b"
)
_MARKER = re.compile(
    r"[ \u00a0]*(?:(?:[-*+•▪◦‣·●○]|[*_]*\(?(?P<number>\d{1,3})[.)]|\(?[a-zA-Z]\)|\#{1,6}|>)[ \u00a0]+)+"
)
# A statement all the same: "It is Paris, isn't it?"
_TAG = re.compile(r",\s(?:\w+n't (?:it|he|she|they|there|that|this|we|you|I)|right|correct|yes|no)$", re.IGNORECASE)
_STOP = re.compile(r"[.!?]+[\"')\]*_]*(?=\s|$)")
_ABBREVIATIONS = listed("e.g i.e eg ie dr mr mrs ms st mt vs approx ca cf fig al jr sr prof")
_MAY_END = listed("etc min max tbsp tsp oz lb hr hrs sec temp deg dept")
_LAST_WORD = re.compile(r"(\d?)[ \u00a0°]*([^\W_]+(?:\.[^\W_]+)*)$")


def _blocks(text: str) -> Iterator[tuple[int, int, bool, bool]]:
    """Yield start, end, whether it is a list item, whether a heading, of every run of lines that belong together."""
    start: int | None = None
    flags = (False, False)
    offset = number = 0
    for line in text.split("\n"):
        end = offset + len(line)
        marker = _MARKER.match(line)
        if marker and marker["number"]:
            if int(marker["number"]) in (1, number + 1):
                number = int(marker["number"])
            else:  # "79. Gold has ..." answers with a number
                marker = None
        fresh = marker is not None or start is None or _starts_block(text, start, offset, line)
        if fresh:
            if start is not None:
                yield start, offset - 1, *flags
            flags = (marker is not None and "#" not in marker[0], marker is not None and "#" in marker[0])
            start = offset + (marker.end() if marker else 0)
        offset = end + 1
    if start is not None:
        yield start, len(text), *flags


def _starts_block(text: str, start: int, offset: int, line: str) -> bool:
    """Say whether a line without a bullet begins something new, rather than go on with the line before it."""
    stripped = line.strip(" \u00a0*_")
    before = text[start : offset - 1].rstrip(" \u00a0*_")
    if not stripped or not before:
        return True
    return before[-1] in ".!?:;|" or not (stripped[0].islower() or stripped[0] in "(,;")


def _is_stop(block: str, stop: re.Match[str]) -> bool:
    """Say whether this punctuation ends a sentence, or belongs to an abbreviation, an initial or an ordinal."""
    if stop[0][0] != ".":
        return True
    rest = block[stop.end() :].lstrip()
    if not rest:
        return True
    before = _LAST_WORD.search(block, max(0, stop.start() - 30), stop.start())
    if before is None:
        return True
    digit, word = before[1], before[2]
    if word.lower() in ("no", "nos"):  # "no. 118", "nos. 117 and 118"
        return not (rest[0].isdigit() or (word.islower() and re.split(r"\W", rest, maxsplit=1)[0].lower() in _COUNTS))
    if word.lower() in _ABBREVIATIONS:
        return False
    if re.fullmatch(r"[A-Z](?:\.[A-Z])+", word):  # "the U.S. Dollar" goes on, "in the U.S. The capital" does not
        return _NEW_SENTENCE.match(rest) is not None
    if word.lower() in _MAY_END or "." in word:
        return rest[0].isupper() or rest[0] in "*_"
    # A single letter is an initial ("J. Child") unless a number stands before it ("88 C.").
    return not (len(word) == 1 and word.isupper() and not digit) or _NEW_SENTENCE.match(rest) is not None


def _sentences(block: str) -> Iterator[tuple[int, int, bool]]:
    """Yield start, end and whether it is a question, for every sentence of a block."""
    start = 0
    for stop in _STOP.finditer(block):
        if _is_stop(block, stop):
            yield start, stop.end(), "?" in stop[0] and not _TAG.search(block, start, stop.start())
            start = stop.end()
    if start < len(block):
        yield start, len(block), False


def read(text: str) -> tuple[list[Word], list[Sentence]]:
    """Split a normalised text into its words and sentences."""
    words: list[Word] = []
    sentences: list[Sentence] = []
    for block_start, block_end, item, heading in _blocks(text):
        block = text[block_start:block_end]
        for start, end, question in _sentences(block):
            first = len(words)
            _read_words(text, block_start + start, block_start + end, len(sentences), words)
            if len(words) > first:
                lead = heading or text[block_start + start : block_start + end].rstrip(" *_").endswith(":")
                sentences.append(Sentence(first, len(words), question, item, start == 0, lead))
    return words, sentences


def _read_words(text: str, start: int, end: int, sentence: int, words: list[Word]) -> None:
    """Append the words between two offsets; an article only leaves its mark on the word after it."""
    at, gap, article = start, "", ""
    for match in _WORD.finditer(text, start, end):
        raw = match[0]
        gap, at = gap + text[at : match.start()], match.end()
        word_key = key(raw)
        if not word_key and gap == "" and raw.islower() and match.start() > start and text[match.start() - 1].isdigit():
            word_key = raw  # "118a": no article, but a part of a name
        if not word_key and _is_letter(text, match, len(words) > 0 and words[-1].sentence == sentence, end):
            word_key = raw.lower()  # "The answer is A."
        if not word_key:
            article = raw.lower()
            continue
        words.append(Word(word_key, raw, match.start(), at, sentence, gap, article))
        gap, article = "", ""


def _is_letter(text: str, word: re.Match[str], goes_on: bool, end: int) -> bool:
    """Tell the letter A ("The answer is A.", "A is right", "vitamin A deficiency") from the article.

    An article stands before the word that it belongs to, and in capitals only at the beginning of what is said.
    """
    raw, after = word[0], text[word.end() : end]
    if raw not in ("A", "a"):
        return False
    if not after.strip(" \u00a0*_") or re.match(r"[*_]*(?:[),;:!?\]}]|\.(?!\.))", after):
        return True
    if raw == "a":
        return False
    if after[0] in "\"'`*_/":
        return after[0] == "/" or text[: word.start()].endswith(after[0])
    following = re.match(r"[ \u00a0]+([^\W\d_]+)", after)
    if following is None or following[1] in _BEHIND_A_LETTER:
        return True
    before = re.search(r"([^\W\d_]+)[ \u00a0]+$", text[max(0, word.start() - 30) : word.start()])
    return goes_on and before is not None and following[1].islower() and before[1].lower() not in _BEFORE_AN_ARTICLE
