"""Reading a reply against a menu: exactly one option, named plainly, or none.

An option is read where a clause of the reply is that option alone, or that option after words that only introduce it
("the answer is YES", "Score: 4"). Words are compared whole and without regard to case, so INCORRECT is not CORRECT and
10 is not 1; unknown words before an option ("partly", "not", "almost") take it away. Quotes, markdown, JSON and tags
around an option do not matter, and a reasoning block before the reply is dropped.

No option is read from a reply that

- names two different options (in a clause of its own, or anywhere spelled as on the menu);
- denies the option, asks with it ("CORRECT?"), or states it only inside a longer phrase;
- holds a JSON object with a key twice;
- gives a number that is more than the option: "4/5", "4.5", "4-5", "4 out of 5", "-1", "~3" and "5%" are not on a menu
  from 1 to 5. A score out of five could be meant by the first, but who reads it so must guess in the others too.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from interp.errors import InputError
from interp.language.denials import ACTION, CHECKS, CROSSES, TIMES, affirms_at, cue_at
from interp.language.thinking import final_answer
from interp.language.words import visible
from interp.runs.files import DoubledKey, once

RULES_VERSION = "4"  # raise it when any reply is read differently
EMPTY, OFF_MENU = "empty", "off_menu"

_INTRODUCING = """
    a an the my your this that it its it's that's i i'd i'll would will be is was as of so therefore thus hence then
    well actually overall finally final clearly definitely answer answers response reply option choice choose pick
    select selected give assign say rate rated score scores scored rating grade verdict label judgment judgement
    decision number classification category class delivery result conclusion claim statement question boxed
"""
# Deny an option, beside what denies in any text (`interp.language.denials`).
_DENYING_AN_OPTION = frozenset({"wrong", "opposite", "but", "than", "≠", "¬"})
_INTRODUCTIONS = frozenset(_INTRODUCING.split())

_CURLY = str.maketrans({"‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "\u00a0": " ", "\u202f": " "})
_CROSSED = f"{CROSSES}{TIMES}\ufe0f"
_NEGATIVE = "no|not|incorrect|false|wrong|unmet|fail(?:ed|s)?|absent|missing"
_REWRITES = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"<\|[^|\n]*\|>|\[/?INST\]", " "),  # a chat template's own marks
        (r"</?([A-Za-z][\w -]*)/?>", r"\n\1\n"),  # tags
        (r"(?m)^\s*>+\s+(?=\D)", ""),  # markdown's quotation, which before a digit could be "greater than"
        (r"(?m)^\s*(?:[•▪◦‣●→⇒➜▶]|[-=]>|\[[xX]\])\s*", ""),  # bullets, arrows, ticked boxes
        (r"!=|<>", " ≠ "),
        (r"[<>]=", " ≥ "),
        (r"(?<=\d)\.{2,}(?=\d)|\A\s*[—–](?=\d)", "-"),  # 4..5 is a range, –4 a negative number
        (r"\$+(?=\s*\\)|(?<=\})\s*\$+", " "),
        (r"\\[a-z]+(?=\{)", " boxed "),  # \boxed{...}, \text{...}
        (r"(?<!\d),|,(?!\d)", " , "),
        (r"(?<!\d)[:=]|[:=](?!\d)", " : "),
        (r"[—–]|\s-+\s", " , "),
        (r"(?<=\d) , (?=\d)", "-"),  # 4–5 is a range
        (r"[()]", " , "),
        (r"[。｡]+", " . "),
        # a cross says no: beside a "no" it says the same, beside anything else it takes that away
        (rf"[{_CROSSED}]\s*(?=[^\w\n]*\b(?i:{_NEGATIVE})\b)", " "),
        (rf"(?<![\w-])((?i:{_NEGATIVE})\W{{0,3}}?)\s*[{_CROSSED}]", r"\1 "),
        (r"[.!?;…]+(?!\d)", lambda found: " ? " if "?" in found[0] else " . "),
        (rf"[\"«»‹›「」『』【】《》〔〕*`|{{}}\[\]{CHECKS}\ufe0e\ufe0f]", " "),
        (r"(?<=[^\W\d])/(?=[^\W\d])", " "),  # YES/NO names both; 4/5 stays one thing
        (r"\b(?i:because|since)\b", " , "),
        (r"\n+", " . "),
    )
)
_NUMBER = re.compile(r"\bno\.\s*(?=\d)|№", re.IGNORECASE)  # "no. 4", which denies nothing
_OBJECTS = 50  # braces of a reply at which a JSON object is looked for
_GLUE = re.compile(r"\W+")
_MARKS = frozenset(".,:?")
_EDGES = re.compile(r"^(?:[_'/\\#]|[-.+](?!\d))+|[._'/\\-]+$")


@dataclass(frozen=True, slots=True)
class MenuChoice:
    """What a reply chose, or why nothing: `empty` (also nothing but reasoning) or `off_menu`."""

    choice: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Clause:
    words: tuple[str, ...]  # as written
    before: tuple[str, ...]  # the clause before it in its sentence
    labelled: bool  # a colon stands between the two
    asks: bool  # the sentence is a question


@dataclass(frozen=True, slots=True)
class _Option:
    name: str
    words: tuple[str, ...]

    @property
    def folded(self) -> tuple[str, ...]:
        return _fold(self.words)


@dataclass(frozen=True, slots=True)
class _Mention:
    option: _Option
    start: int
    exact: bool  # spelled as on the menu


def read_choice(reply: str, menu: Sequence[str]) -> MenuChoice:
    """Return the one option of the menu that a reply gives, as the menu spells it.

    Raises:
        InputError: a menu whose options cannot be told apart.
    """
    options = _options(tuple(menu))
    text = (final_answer(reply) or "").strip()
    if not visible(text):
        return MenuChoice(None, EMPTY)
    if _doubles_a_key(text) or any(_refused_in_json(option.name, text) for option in options):
        return MenuChoice(None, OFF_MENU)
    if ("no",) not in {option.folded for option in options}:
        text = _NUMBER.sub("number ", text)
    stated: set[str] = set()
    named: set[str] = set()
    for clause in _clauses(text):
        mentions = list(_mentions(clause.words, options))
        named |= _named(clause.words, mentions, options)
        if mentions and _states(clause, mentions[-1]):
            stated.add(mentions[-1].option.name)
        elif _denies(clause.words[: max((mention.start for mention in mentions if mention.exact), default=0)]):
            return MenuChoice(None, OFF_MENU)
    if len(stated) == 1 and named <= stated:
        return MenuChoice(stated.pop(), None)
    return MenuChoice(None, OFF_MENU)


def _doubles_a_key(text: str) -> bool:
    """Say whether the reply holds a JSON object with a key twice: which of its values is meant is not said."""
    decoder = json.JSONDecoder(object_pairs_hook=once)
    for brace in list(re.finditer(r"\{", text))[:_OBJECTS]:
        try:
            decoder.raw_decode(text, brace.start())
        except DoubledKey:
            return True
        except (ValueError, RecursionError):
            continue
    return False


def _refused_in_json(option: str, text: str) -> bool:
    """Say whether the reply is an object that has the option for a key, and false or nothing for its value."""
    return re.search(rf'"{re.escape(option)}"\s*:\s*(?:false|null|0)\b', text, re.IGNORECASE) is not None


def check_menu(menu: Sequence[str]) -> None:
    """Refuse a menu whose options cannot be told apart: alike but for case, without a letter, or of several clauses."""
    _options(tuple(menu))


@lru_cache(maxsize=256)
def _options(menu: tuple[str, ...]) -> tuple[_Option, ...]:
    """Return the options, those of most words first."""
    options: list[_Option] = []
    for name in menu:
        clauses = list(_clauses(name))
        option = _Option(name, clauses[0].words if len(clauses) == 1 else ())
        if not any(c.isalnum() for word in option.words for c in word) or option.folded in {o.folded for o in options}:
            raise InputError(
                f"The menu {list(menu)} has an option that cannot be read from a reply, {name!r}; expected options of "
                "one phrase each that differ in their letters or digits."
            )
        options.append(option)
    return tuple(sorted(options, key=lambda option: -len(option.words)))


def _fold(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words)


def _clauses(text: str) -> Iterator[_Clause]:
    text = _visible(text).translate(_CURLY)
    for pattern, new in _REWRITES:
        text = pattern.sub(new, text)
    for sentence in re.split(r"(?<=\s[.?])\s", f" {text} . "):
        yield from _sentence_clauses(sentence.split())


def _visible(text: str) -> str:
    """Return the text in compatibility form (full-width letters as plain ones), without invisible format characters."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")


def _sentence_clauses(tokens: Sequence[str]) -> Iterator[_Clause]:
    before: tuple[str, ...] = ()
    words: list[str] = []
    labelled = False
    for token in (*tokens, "."):
        if token in _MARKS:
            if words:
                yield _Clause(tuple(words), before, labelled, asks=tokens[-1] == "?")
                before, words = tuple(words), []
            labelled = token == ":"
        elif word := _EDGES.sub("", token):
            words.append(word)


def _mentions(words: tuple[str, ...], options: Sequence[_Option]) -> Iterator[_Mention]:
    """Yield the options that are named, at each place the longest; what it covers is not looked at again."""
    folded, start = _fold(words), 0
    while start < len(words):
        option = next((o for o in options if folded[start : start + len(o.words)] == o.folded), None)
        if option is None:
            start += 1
            continue
        yield _Mention(option, start, words[start : start + len(option.words)] == option.words)
        start += len(option.words)


def _named(words: tuple[str, ...], mentions: Sequence[_Mention], options: Sequence[_Option]) -> set[str]:
    """Return the options that are named as the menu spells them, also where a word is glued to another ("NO-one")."""
    covered = {i for m in mentions for i in range(m.start, m.start + len(m.option.words))}
    loose: list[str] = []
    for i, word in enumerate(words):
        # the numbers in 1-5 or 4/5 are no options, but keep their places
        loose += [word] if i in covered else ["" if re.search(r"\d", part) else part for part in _GLUE.split(word)]
    return {mention.option.name for mention in _mentions(tuple(loose), options) if mention.exact}


def _states(clause: _Clause, last: _Mention) -> bool:
    """Return whether the clause is this option, or this option after words that only introduce it."""
    ends = last.start + len(last.option.words) == len(clause.words)
    introduction = _without_affirmations(_fold(clause.words[: last.start]))
    if clause.asks or not ends or not _INTRODUCTIONS.issuperset(introduction):
        return False
    return not (_denies(clause.before) if clause.labelled else _ends_in_denial(clause.before))


def _without_affirmations(words: Sequence[str]) -> list[str]:
    """Return the words without "none other than", "no doubt" and their like."""
    left, i = [], 0
    while i < len(words):
        affirming = affirms_at(words, i)
        left += [] if affirming else [words[i]]
        i += affirming or 1
    return left


def _denials(words: Iterable[str]) -> Iterator[int]:
    """Yield after which word each denial ends."""
    plain = _without_affirmations(_fold(words))
    for i, word in enumerate(plain):
        length, kind = cue_at(plain, i)
        if word in _DENYING_AN_OPTION or (length and kind != ACTION):
            yield i + max(length, 1)


def _denies(words: Iterable[str]) -> bool:
    return any(True for _ in _denials(words))


def _ends_in_denial(words: Sequence[str]) -> bool:
    """Say whether a clause ends in a denial of what comes next ("it is not, YES")."""
    return len(_without_affirmations(_fold(words))) in set(_denials(words))
