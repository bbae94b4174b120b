"""Pairs of prompts whose words are alike, found without comparing every prompt with every other.

Two prompts are alike by the Jaccard index of the runs of characters in their content words. If they are, their rarest
runs meet: of |x| runs at least a = ceil(ALIKE |x|) are shared, so among the |x| - a + MEET rarest of each there are
MEET that both have (prefix filtering: Chaudhuri et al. 2006; with more than one meeting: Wang et al. 2012).

Prompts of one form ("What is the capital of X?") are alike by the thousand and yet ask other things. Of a form that
many prompts have, only those pairs are looked at that share a rare word, or of which one has no word of its own: the
others share exactly the words of the form, which `interp.prompts.near_duplicates` takes for two questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ALIKE = 0.7  # Jaccard index from which two prompts are alike
RUN = 4  # characters in a run
FORM = 6  # prompts that share their words: a form, not a coincidence
MEET = 5  # rare runs that must meet; more of them compare fewer pairs, over longer lists
COMMON = 50  # prompts from which on a word is common, and may be one of a form's
MANY = 500  # prompts of one form from which on their pairs are not all looked at
BLOCK = 5_000_000  # meetings counted at a time, to bound memory
MOST = 4_000_000_000  # meetings counted in all: minutes; beyond, the rest of the prompts is not compared
MOST_PAIRS = 20_000_000  # pairs measured in all, likewise
_CHUNK = 200_000  # pairs measured at a time
SOON = 2.0  # seconds after which a progress bar is shown


class AlikePairs:
    """The alike pairs between the first prompts and the others: their indices and Jaccard index.

    Iterating gives them in the order of the others, then of the first ones; then `unchecked` says how many of the
    others were not compared with all.
    """

    def __init__(self, contents: Sequence[frozenset[str]], n_first: int) -> None:
        """Take each prompt's content words; the first `n_first` prompts are compared with all the others."""
        self.unchecked = 0
        self._contents, self._n_first = contents, n_first
        self._runs = _table([list(dict.fromkeys(chain.from_iterable(map(_runs_of, c)))) for c in contents])
        self._sizes = np.diff(self._runs.indptr)
        self._meetings = self._measured = 0

    def __iter__(self) -> Iterator[tuple[int, int, float]]:
        """Find them."""
        from tqdm import tqdm

        with tqdm(desc="Comparing prompts", unit="pair", unit_scale=True, delay=SOON) as bar:
            found = []
            for part in self._found():
                found.append(part)
                bar.update(self._measured - bar.n)
        if not found:
            return
        rows, columns, alike = (np.concatenate(part) for part in zip(*found, strict=True))
        _, first = np.unique(rows * self._n_first + columns, return_index=True)  # in the order of both
        for k in first:
            yield int(rows[k]), int(columns[k]), float(alike[k])

    def _found(self) -> Iterator[tuple[Any, Any, Any]]:
        firsts, others = np.arange(self._n_first), np.arange(self._n_first, len(self._contents))
        rare, forms, is_bare = self._forms()
        prefixes = self._prefixes()
        large = [form for form, count in Counter(forms.tolist()).items() if count >= MANY]
        alone = ~np.isin(forms, large)
        yield from self._meeting(prefixes, others[alone[others]], firsts, MEET)
        for form in large:
            rows, columns = others[forms[others] == form], firsts[forms[firsts] == form]
            yield from self._meeting(prefixes, rows, firsts[forms[firsts] != form], MEET)
            yield from self._meeting(rare, rows, columns, 1)
            yield from self._all_of(rows[is_bare[rows]], columns)
            yield from self._all_of(rows, columns[is_bare[columns]])

    def _forms(self) -> tuple[csr_array, Any, Any]:
        """Return the table of rare words, a number for each prompt's common words, and who has none but those."""
        used = Counter(chain.from_iterable(self._contents))
        common = frozenset(word for word, count in used.items() if count >= COMMON)
        numbers: dict[frozenset[str], int] = {}
        forms = [numbers.setdefault(content & common, len(numbers)) for content in self._contents]
        rare = [sorted(content - common) for content in self._contents]
        return _table(rare), np.asarray(forms), np.asarray([not words for words in rare])

    def _prefixes(self) -> csr_array:
        """Return the table of each prompt's rarest runs."""
        from scipy.sparse import csr_array

        table = self._runs
        used = np.bincount(table.indices, minlength=table.shape[1])
        row = np.repeat(np.arange(len(self._sizes)), self._sizes)
        order = np.lexsort((table.indices, used[table.indices], row))
        place = np.arange(len(row)) - table.indptr[row]
        kept = place < (self._sizes - self._needed() + MEET)[row]
        columns, rows = table.indices[order][kept], row[kept]
        return csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=table.shape)

    def _needed(self) -> Any:
        """Return how many runs a prompt shares at least with one that it is alike to."""
        return np.ceil(ALIKE * self._sizes - 1e-6).astype(np.int64)

    def _meeting(self, table: csr_array, rows: Any, columns: Any, least: int) -> Iterator[tuple[Any, Any, Any]]:
        """Yield the alike pairs with `least` entries of a table in common, or as many as they must share at all."""
        if not len(rows) or not len(columns):
            return
        of_columns = table[columns]
        against = of_columns.T.tocsr()
        cost = table[rows] @ np.bincount(of_columns.indices, minlength=table.shape[1])
        needed = self._needed()
        for part in _parts(np.cumsum(cost)):
            self._meetings += int(cost[part].sum())
            if self._meetings > MOST or self._measured > MOST_PAIRS:
                self.unchecked += len(rows) - part.start
                return
            shared = (table[rows[part]] @ against).tocoo()
            j, i = rows[part][shared.row], columns[shared.col]
            enough = shared.data >= np.minimum(least, np.maximum(needed[j], needed[i]))
            yield from self._measure(j[enough], i[enough])

    def _all_of(self, rows: Any, columns: Any) -> Iterator[tuple[Any, Any, Any]]:
        """Yield the alike pairs among all pairs of some prompts."""
        for at, row in enumerate(rows):
            if self._measured > MOST_PAIRS:
                self.unchecked += len(rows) - at
                return
            yield from self._measure(np.full(len(columns), row), columns)

    def _measure(self, rows: Any, columns: Any) -> Iterator[tuple[Any, Any, Any]]:
        sizes = self._sizes
        close = np.minimum(sizes[rows], sizes[columns]) >= ALIKE * np.maximum(sizes[rows], sizes[columns]) - 1e-6
        rows, columns = rows[close], columns[close]
        self._measured += len(rows)
        for start in range(0, len(rows), _CHUNK):
            j, i = rows[start : start + _CHUNK], columns[start : start + _CHUNK]
            shared = np.asarray(self._runs[j].multiply(self._runs[i]).sum(axis=1)).ravel()
            alike = shared / (sizes[j] + sizes[i] - shared)
            kept = alike >= ALIKE - 1e-6
            yield j[kept], i[kept], alike[kept]


def _parts(costs: Any) -> Iterator[slice]:
    """Yield slices of rows that cost about BLOCK each; `costs` is the running sum."""
    start = 0
    while start < len(costs):
        done = costs[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(costs, done + BLOCK, side="right")))
        yield slice(start, stop)
        start = stop


def _table(rows: Sequence[Sequence[str]]) -> csr_array:
    """Return a table of rows by what they hold, 1 where they hold it."""
    from scipy.sparse import csr_array

    columns: dict[str, int] = {}
    index, pointer = [], [0]
    for row in rows:
        index += [columns.setdefault(entry, len(columns)) for entry in row]
        pointer.append(len(index))
    shape = (len(rows), max(1, len(columns)))
    return csr_array((np.ones(len(index), dtype=np.float32), index, pointer), shape=shape)


@lru_cache(maxsize=100_000)
def _runs_of(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    return tuple(padded[i : i + RUN] for i in range(max(1, len(padded) - RUN + 1)))
