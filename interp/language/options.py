"""Options of a multiple choice and other answers of one letter or one number: where an answer gives one.

A wording that is one letter or one number, bare or marked ("A", "A.", "(A)", "A)", "A:", "**A**", "3)"), is matched as
it is written. The letter stands alone in the answer, in either case where it is marked or introduced, in capitals
elsewhere. It is not given by

- the article "a" and an "A" that only begins a sentence (`interp.language.words` keeps a letter A apart from them);
- the pronoun "I": an "I" counts alone, marked, or behind "is", "option" and their like with nothing but marks behind;
- a unit (90 °C), an initial (Harry S. Truman), a part of a word (X-ray, C++);
- one of several options that are listed on lines of their own ("A) Paris", "B) Lyon"), or joined ("A or B");
- another place of an answer that says which option it gives ("A is tempting, but the answer is B"): the last such
  statement counts. Such are "the answer is B", "B is correct", "so B", "it's B", an option that the answer opens with,
  and the one line of a list that is marked as correct; not what only talks about an option ("choice A is Lyon", "many
  choose A", "if ..., the answer would be A");
- two options of which an answer says nothing of the kind.

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
_ANSWER_LABEL = re.compile(r"(?m)^[ \t*_]*([Aa])(?=[*_]*:)")
_QUESTION_MARK = re.compile(r"(?m)^[ \t]*[*_]*Q[.:)]")
_INTRODUCERS = listed("answer answers option options choice letter alternative choose chose pick select boxed text")
_DECLARING = listed("answer answers option choice letter alternative boxed")
_CHOOSING = listed("choose chose pick picked select selected say")
_NAMING = listed("answer option choice letter alternative")
_CHOOSERS = listed("i i'd i'll we we'd would will should must to you can let's let me therefore so thus then and hence")
# What only talks about choosing: "many students choose A", "if ..., the answer would be A".
_SUPPOSED = listed("""
    if many some most people students others tempted tempting had were mistakenly commonly often sometimes unless
    someone somebody common another incorrect wrong
""")
_CONCLUDING = listed("so therefore thus hence it's namely")
_RIGHT = listed("correct right best answer true solution appropriate accurate")
_BE = listed("is must should will be was it's")
_MODAL = listed("would might could may")
_TURNS = listed("but yet however whereas while although though")
_LEADS = re.compile(
    r"\b(?:answer|choice|option|alternative|letter)\b(?:[^.!?\n]{0,80}?\b(?:is|be)\b)?[ \t]*:?[*_]*\s*[*_(\[\\$]*$",
    re.I,
)
_MARKED_RIGHT = re.compile(
    r"(?mi)^[ \t>*_(\[-]*([A-Z])[*_]*[).:\]].*?"
    r"(?:[✅✓✔☑]|[-\u2014\u2013(:,][ \t*_]*(?:correct|right|true)\b)[)*_.! \t]*(?:answer|option|choice)?[)*_.! \t]*$"
)
_EXPLAINED = re.compile(r"\n[ \t]*\n[^\n]{0,40}(?:explanation|reason|because|why\b|note\b)", re.I)
_LEAD = 120  # characters before an option that may lead up to it
_FAR = 12  # words that lead up to an option, at most
_LINKS = listed("is are was be being would should must will it its therefore thus as definitely clearly of correct")
_BEHIND_BE = listed("is are was be option choice answer letter symbol as called letters")
_JOINING = listed("or and")
_STARTERS = listed(
    "The This That It Its In As Because Since So Therefore However I We You They He She There A An Option"
)


_INITIALS = re.compile(r"\. ?[A-Z]\.")
_LIST_MARK = r"[*_]*[).:\]][*_]*[ \t]+\S"
_MARKS = re.compile(rf"(?:(?m:^)[ \t>*_(\[-]*|(?<![\w.])(?=[A-Z][*_]*\)))([A-Za-z]){_LIST_MARK}")


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
    """Return the option with which a line of an answer begins ("B) Lyon"), and where.

    Of several, the one that is chosen (`_chosen_line`); none where options are only listed.
    """
    chosen = _chosen_line(text)
    if chosen is not None:
        return [(text[chosen].upper(), chosen)]
    asked = _QUESTION_MARK.search(text) is not None
    found = [(m[1].upper(), m.start(1)) for m in _LISTED.finditer(text) if not _is_words(text, m, asked)]
    in_list = _in_list(text, r"[A-Za-z]|\d{1,2}(?=\))")
    found = [(name, start) for name, start in found if start not in in_list]
    return found if len({name for name, _ in found}) == 1 else []


def _is_words(text: str, found: re.Match[str], asked: bool) -> bool:
    """Say whether a line begins with a letter that is no option: "A: Paris" answers "Q:", "J. Child" is a name."""
    if asked and found[1] in "Aa":
        return True
    if found[1] in "Ii" and text[found.end(1)].isspace():
        return True
    return _INITIALS.match(text, found.end(1)) is not None


def numbers_given(number: str, words: Sequence[Word], text: str, quantities: dict[int, Quantity]) -> Iterator[int]:
    """Yield the words that are this number and neither a part of another nor the mark of one of several options."""
    value, end = float(number), 0
    in_list = _in_list(text, r"\d{1,2}(?=\))")
    for i, word in enumerate(words):
        quantity = quantities.get(i)
        inside, end = i < end, max(end, quantity.end) if quantity is not None else end
        dated = word.raw.endswith(f".{number}") and word.raw.count(".") == 2  # 15.04.1912
        if inside or word.start in in_list or (word.raw[0].isdigit() and word.raw != number and not dated):
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
    discussed = [option for option in given if _is_discussed(words, option.at)]
    if len({option.name for option in discussed}) > 1:
        given = [option for option in given if option not in discussed]
    return declared[-1:] or [option for option in given if words[option.at].start not in in_list]


def _is_discussed(words: Sequence[Word], i: int) -> bool:
    """Say whether a statement about an option begins with word i: "option A is ...", "B: ..."."""
    named = _near(words, i, i - 1) in _NAMING
    return (named or not _near(words, i, i - 1)) and _near(words, i, i + 1) != ""


def _chosen_line(text: str) -> int | None:
    """Return where the one option is that a list marks as correct, or that a list begins with out of its turn."""
    marked = list(_MARKED_RIGHT.finditer(text))
    if len(marked) == 1:
        return marked[0].start(1)
    marks = list(_MARKS.finditer(text))
    names = [mark[1].upper() for mark in marks]
    if len(set(names)) < 2:
        return None
    start, follows = marks[0].start(1), text[marks[0].end() : marks[1].start(1)]
    for mark in reversed(marks):
        first = mark.start(1) == start and names[0] == "A" and "\n\n" not in follows
        if not first and _LEADS.search(text[max(0, mark.start(1) - _LEAD) : mark.start(1)]):
            return mark.start(1)
    opens = names[0] != "A" or _EXPLAINED.search(follows) is not None
    return start if opens and not text[:start].strip("*_([> \n\t-") else None


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
        sign = sign and words[link].raw != words[i].raw  # "between A and B, B is right"
        if by_word or sign:
            return True
    return False


def _is_letter(words: Sequence[Word], i: int, j: int) -> bool:
    return len(_near(words, i, j)) == 1 and words[j].raw.isupper() and words[j].raw != "I"


def _introduced(words: Sequence[Word], i: int, introducers: frozenset[str]) -> bool:
    """Say whether "option", "the answer is" and their like lead up to word i."""
    j = _leading(words, i)
    return _near(words, i, j) in introducers and all("," not in words[k].gap for k in range(j + 1, i + 1))


def _leading(words: Sequence[Word], i: int) -> int:
    """Return the word before what links it with word i: "answer" of "the answer is definitely B"."""
    j = i - 1
    while j > i - _FAR and _near(words, i, j) in _LINKS:
        j -= 1
    return j


def _declares(words: Sequence[Word], text: str, i: int, asked: bool) -> bool:
    """Say whether the answer opens with this option (not with the list of all: `asked`), or says that it gives it."""
    opens = i == 0 and not asked and _CLOSED.match(text, words[i].end) is not None
    if opens:
        return True
    turn = next((k for k in range(i - 1, max(-1, i - _FAR), -1) if _near(words, i, k) in _TURNS), i - _FAR)
    if any(_near(words, i, k) in _SUPPOSED for k in range(max(0, turn), i)):
        return False
    clause = next((k for k in range(i, max(0, i - _FAR), -1) if "," in words[k].gap), i - _FAR)
    if any(_near(words, i, k) in _MODAL - {"would"} for k in range(max(0, turn, clause), i)):
        return False
    return _is_called_right(words, i) or _is_chosen(words, text, i) or _answered_with(words, i)


def _is_called_right(words: Sequence[Word], i: int) -> bool:
    """Say whether word i is said to be right: "B is correct", "B, Paris, must be the answer"."""
    at = next((k for k in range(i + 1, i + 5) if _near(words, i, k) in _BE), None)
    if at is None or any(_is_letter(words, i, k) or _near(words, i, k) in _MODAL for k in range(i + 1, at)):
        return False
    while _near(words, i, at) in _BE | {"definitely", "clearly", "therefore", "also", "indeed", "thus", "most"}:
        at += 1
    return _near(words, i, at) in _RIGHT


def _is_chosen(words: Sequence[Word], text: str, i: int) -> bool:
    """Say whether word i is what is chosen: "the answer is B", "choice B.", "I pick B", "so B"; not "option B is"."""
    j = _leading(words, i)
    lead = _near(words, i, j)
    if any("," in words[k].gap for k in range(j + 1, i + 1)):
        return False
    alone = _CLOSED.match(text, words[i].end) is not None
    if lead in _CHOOSING:
        before = _near(words, i, j - 1)
        return not before or before in _CHOOSERS
    if lead in _DECLARING and (j < i - 1 or ":" in words[i].gap or lead == "boxed"):
        return True
    if lead in _NAMING and j == i - 1:  # the name of an option
        outer = _near(words, i, j - 1)
        if outer in _BE | _CONCLUDING | _CHOOSING:
            return outer != "is" or _leading(words, j) < j - 1
        return alone and not outer
    return (
        alone and _near(words, i, i - 1) in _CONCLUDING | _LINKS and lead in _CONCLUDING | {"", "it", "and", "answer"}
    )


_CLOSED = re.compile(r"\s*$|[.,;:!?)\]}\"'*_`\n<$]| -| because\b| since\b| as\b")


def _answered_with(words: Sequence[Word], i: int) -> bool:
    """Say whether "the answer ... is" stands before word i: "The correct answer to the question is B"."""
    return _near(words, i, i - 1) in ("is", "be", "was") and any(
        _near(words, i, k) == "answer" for k in range(max(0, i - 8), i)
    )
