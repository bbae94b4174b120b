"""Do two sets of prompts ask the same thing? Exactly (after normalisation), or nearly.

The measure: a prompt's content words (function words are dropped, the rest stemmed as a checklist stems them) are cut
into runs of RUN characters; two prompts are alike by the Jaccard index of their runs, so that word order, endings and
small slips hardly count. Two alike prompts are near duplicates, unless each holds something of its own that makes it
another question:
    in a prompt of at most SHORT content words, a number or a name (capital letters inside a sentence);
    in any prompt, any content word, where the words the two share are a form that at least FORM prompts of the set use
    (templates that ask the same of many things).
A word that only one of the two adds makes no other question. What the measure cannot see: a paraphrase in other words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interp.language import words
from interp.records.prompts import Prompt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ALIKE = 0.7  # Jaccard index from which two prompts are alike
RUN = 4  # characters in a run
FORM = 6  # prompts that share their words: a form, not a coincidence
SHORT = 12  # content words up to which a name or a number is what the question is about
BLOCK = 2048  # rows compared at a time, to bound memory

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


def first_overlap(fit: Sequence[Prompt], fresh: Sequence[Prompt]) -> tuple[Prompt, Prompt, float] | None:
    """Return the first fit and fresh prompt that repeat each other, and how alike they are (1: the same)."""
    return next(overlaps(fit, fresh), None)


def overlaps(fit: Sequence[Prompt], fresh: Sequence[Prompt]) -> Iterator[tuple[Prompt, Prompt, float]]:
    """Yield every fit and fresh prompt that are the same, then those that are nearly, with how alike they are."""
    known = {same(prompt.text): prompt for prompt in reversed(fit)}
    repeated = {prompt.id for prompt in fresh if same(prompt.text) in known}
    for prompt in fresh:
        if prompt.id in repeated:
            yield known[same(prompt.text)], prompt, 1.0
    reads = [_read(prompt.text) for prompt in (*fit, *fresh)]
    forms = _Forms(reads)
    for j, i, alike in _alike(reads, len(fit)):
        if fresh[j - len(fit)].id not in repeated and not _other_question(reads[i], reads[j], forms):
            yield fit[i], fresh[j - len(fit)], alike


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

    def __init__(self, reads: Sequence[_Read]) -> None:
        super().__init__()
        self._contents = [read.content for read in reads]

    def __missing__(self, shared: frozenset[str]) -> bool:
        self[shared] = found = sum(1 for content in self._contents if shared <= content) >= FORM
        return found


def _other_question(a: _Read, b: _Read, forms: _Forms) -> bool:
    """Say whether each of two alike prompts holds something of its own that makes it a question of its own."""
    short = max(len(a.content), len(b.content)) <= SHORT
    if short and a.marks - b.marks and b.marks - a.marks:
        return True
    if a.content <= b.content or b.content <= a.content:
        return False
    return forms[a.content & b.content]


def _alike(reads: Sequence[_Read], n_fit: int) -> Iterator[tuple[int, int, float]]:
    """Yield fresh index, fit index and Jaccard index of every alike pair, in the order of the fresh prompts."""
    table = _runs(reads)
    sizes = np.asarray(table.sum(axis=1)).ravel()
    fit = table[:n_fit].T.tocsr()
    for start in range(n_fit, len(reads), BLOCK):
        stop = min(start + BLOCK, len(reads))
        shared = (table[start:stop] @ fit).tocoo()
        union = sizes[start + shared.row] + sizes[shared.col] - shared.data
        alike = shared.data / union
        keep = np.flatnonzero(alike >= ALIKE)
        for k in keep[np.lexsort((shared.col[keep], shared.row[keep]))]:
            yield int(start + shared.row[k]), int(shared.col[k]), float(alike[k])


def _runs(reads: Sequence[_Read]) -> csr_array:
    """Return a table of prompts by runs of characters, 1 where the prompt holds the run."""
    from scipy.sparse import csr_array

    columns: dict[str, int] = {}
    index, pointer = [], [0]
    for read in reads:
        runs = Counter(run for word in read.content for run in _runs_of(word))
        index += sorted(columns.setdefault(run, len(columns)) for run in runs)
        pointer.append(len(index))
    shape = (len(reads), max(1, len(columns)))
    return csr_array((np.ones(len(index), dtype=np.float32), index, pointer), shape=shape)


def _runs_of(word: str) -> Iterator[str]:
    padded = f" {word} "
    for i in range(max(1, len(padded) - RUN + 1)):
        yield padded[i : i + RUN]
