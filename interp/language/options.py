"""Options of a multiple choice and other answers of one letter or one number: where an answer gives one.

A wording that is one letter or one number, bare or marked ("A", "A.", "(A)", "A)", "A:", "**A**", "3)"), is matched as
it is written. The letter stands alone in the answer, in either case where it is marked or introduced, in capitals
elsewhere. It is not given by

- the article "a" and an "A" that only begins a sentence (`interp.language.words` keeps a letter A apart from them);
- the pronoun "I": an "I" counts alone, marked, or behind "is", "option" and their like with nothing but marks behind;
- a unit (90 °C), an initial (Harry S. Truman), a part of a word (X-ray, C++);
- one of several options that are listed on lines of their own ("A) Paris", "B) Lyon"), or joined ("A or B");
- another place of an answer that says which option it gives ("A is tempting, but the answer is B"): the last such
  statement counts, and an answer that opens with an option has made one.

A number is given by itself, in digits or in words, and not by a part of another one ("1 million").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from interp.language.numerals import number_at
from interp.language.quantities import Quantity
from interp.language.words import NUMBER_WORDS, UNITS, Word, listed

_QUOTES = r"*_\"'`"
_LONE = re.compile(rf"\s*[(\[{_QUOTES}]*([A-Za-z]|\d+)[)\]{_QUOTES}]*[.:]?[)\]{_QUOTES}]*\s*")
_LISTED = re.compile(r"(?m)^[ \t>*_(\[-]*([A-Za-z]|\d{1,2})(?:[*_]*[).:\]]|[ ]+[-\u2014])(?=\s)[*_]*[ \t]*\S")
_ANSWER_LABEL = re.compile(r"(?m)^[\s*_]*([Aa])(?=[*_]*:)")
_QUESTION_MARK = re.compile(r"(?m)^\s*[*_]*Q[.:)]")
_INTRODUCERS = listed("answer answers option options choice letter alternative choose chose pick select boxed text")
_DECLARING = listed("answer choice choose chose pick select boxed")
_LINKS = listed("is are was be being would should must will it its therefore thus as definitely clearly of correct")
_BEHIND_BE = listed("is are was be option choice answer letter symbol as called letters")
_JOINING = listed("or and")
_STARTERS = listed(
    "The This That It Its In As Because Since So Therefore However I We You They He She There A An Option"
)


_LIST_MARK = r"[*_]*[).:\]][*_]*[ \t]+\S"


@dataclass(frozen=True, slots=True)
class Given:
    """An option that an answer gives by its word `at`; `declared` where the answer says that this is its answer."""

    name: str
    at: int
    declared: bool


def lone_option(wording: str) -> str | None:
    """Return the letter (in capitals) or the number that is the whole of a wording; None where there is more to it."""
    found = _LONE.fullmatch(wording)
    return found[1].upper() if found else None


def marked_lines(text: str) -> list[tuple[str, int]]:
    """Return the option with which a line of an answer begins ("B) Lyon"), and where; none where options are listed."""
    asked = _QUESTION_MARK.search(text) is not None
    found = [(m[1].upper(), m.start(1)) for m in _LISTED.finditer(text) if not _is_words(text, m, asked)]
    in_list = _in_list(text, r"[A-Za-z]|\d{1,2}(?=\))")
    found = [(name, start) for name, start in found if start not in in_list]
    return found if len({name for name, _ in found}) == 1 else []


def _is_words(text: str, found: re.Match[str], asked: bool) -> bool:
    """Say whether a line begins with a letter that is no option: "A: Paris" answers "Q:", "J. Child" is a name."""
    after = text[found.end(1) :]
    if asked and found[1] in "Aa":
        return True
    if found[1] in "Ii" and re.match(r"\s", after):
        return True
    return re.match(r"\. ?[A-Z]\.", after) is not None


def numbers_given(number: str, words: Sequence[Word], text: str, quantities: dict[int, Quantity]) -> Iterator[int]:
    """Yield the words that are this number and neither a part of another nor the mark of one of several options."""
    value, end = float(number), 0
    in_list = _in_list(text, r"\d{1,2}(?=\))")
    for i, word in enumerate(words):
        quantity = quantities.get(i)
        inside, end = i < end, max(end, quantity.end) if quantity is not None else end
        if inside or word.start in in_list or (word.raw[0].isdigit() and word.raw != number):
            continue
        glued = any(_near(words, i, k) and not words[max(i, k)].gap for k in (i - 1, i + 1))  # the 3rd
        whole = quantity is not None and quantity.low == quantity.high == value and not quantity.dimension
        if whole or (quantity is None and word.raw == number and not glued and number_at(words, i) is None):
            yield i


def letters_given(words: Sequence[Word], text: str, stated: Callable[[int], bool]) -> list[Given]:
    """Return the letters that an answer gives, with the index of their word.

    Args:
        words: The words of the answer.
        text: The normalised text that they stand in.
        stated: Whether a word is affirmed.
    """
    in_list = _in_list(text, "[A-Za-z]")
    asked = _listed_from_a(text)
    labels = {m.start(1) for m in _ANSWER_LABEL.finditer(text)} if _QUESTION_MARK.search(text) else set()
    given = [
        Given(word.raw.upper(), i, _declares(words, text, i, asked))
        for i, word in enumerate(words)
        if _is_option(words, text, i) and word.start not in labels and stated(i)
    ]
    declared = [option for option in given if option.declared]
    return declared[-1:] or [option for option in given if words[option.at].start not in in_list]


def _in_list(text: str, name: str) -> set[int]:
    """Return where several options are listed in running text, "A) Paris B) Lyon"; `name` is the pattern of a mark."""
    found = list(re.finditer(rf"(?<![\w.])({name}){_LIST_MARK}", text))
    return {mark.start(1) for mark in found} if len({mark[1] for mark in found}) > 1 else set()


def _listed_from_a(text: str) -> bool:
    """Say whether options are listed from the first one on ("A. Paris", "B. Lyon"), as a question lists them."""
    names = [mark[1].upper() for mark in re.finditer(rf"(?<![\w.])([A-Za-z]){_LIST_MARK}", text)]
    return names[:2] == ["A", "B"]


def _is_option(words: Sequence[Word], text: str, i: int) -> bool:
    raw, gap, before = words[i].raw, words[i].gap, _near(words, i, i - 1)
    if len(raw) != 1 or not raw.isascii() or not raw.isalpha():
        return False
    behind = text[words[i].end :][:2]
    if (before and not gap) or gap.endswith("-") or re.match(r"[\w+#^]|['-]\w", behind):
        return False
    if _is_unit(words, i) or _is_initial(words, i) or _is_joined(words, i):
        return False
    marked = not behind.strip() or behind[0] in ".,;:!?)]}\"'*_`\n<$" or gap[-1:] in ("(", "[", "*", "`", "{", '"')
    introduced = _introduced(words, i, _INTRODUCERS)
    if raw in "Ii":  # "I, too, think" begins with the pronoun
        return marked and (
            introduced or before in _BEHIND_BE or (not before and behind[:1] not in (",", ";", "!", "?"))
        )
    if raw.islower() and behind[:1] in (",", ";") and before and not introduced:
        return False  # "a, well, cat"
    return raw.isupper() or marked or introduced


def _near(words: Sequence[Word], i: int, j: int) -> str:
    """Return word j in lower case if it stands in the sentence of word i, else an empty string."""
    return words[j].raw.lower() if 0 <= j < len(words) and words[i].sentence == words[j].sentence else ""


def _is_unit(words: Sequence[Word], i: int) -> bool:
    before = _near(words, i, i - 1)
    number = before[:1].isdigit() or before in NUMBER_WORDS or before in ("°", "degrees", "degree")
    return number and not words[i].gap.strip(" \u00a0") and (words[i].raw in UNITS or words[i].raw.isupper())


def _is_initial(words: Sequence[Word], i: int) -> bool:
    """Tell "Harry S. Truman" and "J. K. Rowling" from "Option S. Because ..."."""
    if not _near(words, i, i + 1) or words[i + 1].gap.rstrip() != "." or not words[i + 1].raw[0].isupper():
        return False
    if words[i + 1].raw in _STARTERS or _introduced(words, i, _INTRODUCERS):
        return False
    name = len(words[i + 1].raw) == 1 and _near(words, i, i + 2) != "" and words[i + 2].gap.startswith(".")
    return name or (_near(words, i, i - 1) != "" and words[i - 1].raw[0].isupper())


def _is_joined(words: Sequence[Word], i: int) -> bool:
    """Say whether another option is joined to this one: "A or B", "A/B", "A, B and C"."""
    for link, other in ((i + 1, i + 2), (i - 1, i - 2)):
        by_word = _near(words, i, link) in _JOINING and _is_letter(words, i, other)
        sign = _is_letter(words, i, link) and words[max(i, link)].gap.strip() in ("/", ",", "&", "or")
        if by_word or sign:
            return True
    return False


def _is_letter(words: Sequence[Word], i: int, j: int) -> bool:
    return len(_near(words, i, j)) == 1 and words[j].raw.isupper() and words[j].raw != "I"


def _introduced(words: Sequence[Word], i: int, introducers: frozenset[str]) -> bool:
    """Say whether "option", "the answer is" and their like lead up to word i."""
    j = i - 1
    while _near(words, i, j) in _LINKS:
        j -= 1
    return _near(words, i, j) in introducers and all("," not in words[k].gap for k in range(j + 1, i + 1))


def _declares(words: Sequence[Word], text: str, i: int, asked: bool) -> bool:
    """Say whether the answer opens with this option (not with the list of all: `asked`), or says that it gives it."""
    opens = i == 0 and not asked and re.match(r"\s*$|[.,;:!?)\]}\"'*_`\n<$]| -", text[words[i].end :]) is not None
    return opens or _introduced(words, i, _DECLARING) or _answered_with(words, i)


def _answered_with(words: Sequence[Word], i: int) -> bool:
    """Say whether "the answer ... is" stands before word i: "The correct answer to the question is B"."""
    return _near(words, i, i - 1) in ("is", "be", "was") and any(
        _near(words, i, k) == "answer" for k in range(max(0, i - 8), i)
    )
