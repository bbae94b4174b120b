"""Do two sets of prompts ask the same thing? Exactly (after normalisation), or nearly.

The measure: a prompt's content words (function words are dropped, the rest stemmed as a checklist stems them) are cut
into runs of RUN characters; two prompts are alike by the Jaccard index of their runs, so that word order, endings and
small slips hardly count. Two alike prompts are near duplicates, unless each holds something of its own that makes it
another question:
    in a prompt of at most SHORT content words, a number or a name (capital letters inside a sentence);
    in any prompt, any content word, where the words the two share are a form that at least FORM prompts of the set use
    (templates that ask the same of many things).
A word that only one of the two adds makes no other question. What the measure cannot see: a paraphrase in other words.

Pairs are looked for by their rarest runs (`interp.prompts.alike`), so that large sets take about linear time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from interp.language import words
from interp.prompts.alike import FORM, AlikePairs
from interp.records.prompts import Prompt

SHORT = 12  # content words up to which a name or a number is what the question is about

_FUNCTION_WORDS = """
    about all also am an and any are as at be been but by can could did do does doing don't each for from get
    give got had has have he hello help her here hi him his how i i'm if in into is it it's its just kindly
    like may me might my need no not now of off on or our out over please she should so some tell than thanks
    that the their them then there these they this those to too us very want was we were what what's when
    where which who why will with would yes you your
"""
FUNCTION_WORDS = frozenset(words.key(word) for word in _FUNCTION_WORDS.split())


@dataclass(frozen=True, slots=True)
class _Read:
    """A prompt as the measure sees it: its content words, and its numbers and whole names ("papua new guinea")."""

    content: frozenset[str]
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Repeats:
    """Prompts that stand in both splits.

    Attributes:
        pairs: a fit and a fresh prompt that repeat each other, and how alike they are (1: the same); those that are the
            same come first, then in the order of the fresh prompts.
        unchecked: how many fresh prompts were not compared for being nearly the same, because too many pairs of the set
            are alike; repeated word for word is none of them.
    """

    pairs: tuple[tuple[Prompt, Prompt, float], ...]
    unchecked: int


def repeats(fit: Sequence[Prompt], fresh: Sequence[Prompt]) -> Repeats:
    """Return every fit and fresh prompt that are the same or nearly."""
    known = {same(prompt.text): prompt for prompt in reversed(fit)}
    pairs = [(known[same(prompt.text)], prompt, 1.0) for prompt in fresh if same(prompt.text) in known]
    repeated = {prompt.id for _, prompt, _ in pairs}
    reads = [_read(prompt.text) for prompt in (*fit, *fresh)]
    found = AlikePairs([read.content for read in reads], len(fit))
    forms = _Forms([read.content for read in reads])
    for j, i, alike in found:
        if fresh[j - len(fit)].id not in repeated and not _other_question(reads[i], reads[j], forms):
            pairs.append((fit[i], fresh[j - len(fit)], alike))
    return Repeats(tuple(pairs), found.unchecked)


def same(text: str) -> str:
    """Return the text without case, accents, punctuation, articles and spacing: equal texts are the same prompt."""
    return " ".join(word.key for word in words.read(words.normalise(text))[0])


def _read(text: str) -> _Read:
    found, sentences = words.read(words.normalise(text))
    starts = {sentence.first for sentence in sentences}
    content = {word.key for word in found if word.key not in FUNCTION_WORDS}
    marks = {word.key for word in found if word.key[0].isdigit()} | set(_names(found, starts))
    return _Read(frozenset(content or {word.key for word in found}), frozenset(marks))


def _names(found: Sequence[words.Word], starts: set[int]) -> Iterator[str]:
    """Yield runs of capitalised words inside a sentence as one name each; `of` and `and` may stand between them."""
    name: list[str] = []
    links: list[str] = []
    for at, word in enumerate(found):
        if at in starts:
            yield from _closed(name)
            name, links = [], []
        elif word.raw[0].isupper() and word.key not in FUNCTION_WORDS:
            name, links = [*name, *(links if name else []), word.key], []
        elif name and word.key in _LINKS and word.gap.isspace():
            links = [*links, word.key]
        else:
            yield from _closed(name)
            name, links = [], []
    yield from _closed(name)


_LINKS = frozenset({"of", "and"})


def _closed(name: list[str]) -> list[str]:
    return [" ".join(name)] if name else []


class _Forms(dict[frozenset[str], bool]):
    """Say, and remember, whether a set of words is a form: used by at least FORM prompts."""

    def __init__(self, contents: Sequence[frozenset[str]]) -> None:
        super().__init__()
        self._contents = contents
        self._holders: dict[str, list[int]] = {}
        for at, content in enumerate(contents):
            for word in content:
                self._holders.setdefault(word, []).append(at)

    def __missing__(self, shared: frozenset[str]) -> bool:
        holders = min((self._holders[word] for word in shared), key=len, default=range(len(self._contents)))
        users = (at for at in holders if shared <= self._contents[at])
        self[shared] = found = sum(1 for _ in islice(users, FORM)) == FORM
        return found


def _other_question(a: _Read, b: _Read, forms: _Forms) -> bool:
    """Say whether each of two alike prompts holds something of its own that makes it a question of its own."""
    short = max(len(a.content), len(b.content)) <= SHORT
    if short and a.marks - b.marks and b.marks - a.marks:
        return True
    if a.content <= b.content or b.content <= a.content:
        return False
    return forms[a.content & b.content]
