"""The label permutation null of a cross-validated probe: what the same procedure finds where there is nothing to find.

Labels are permuted within the test parts of the folds. The folds and their class counts then stay as they are, so that
one rotation of the rows serves every permutation, and the test is as valid as with all permutations: where labels and
features are unrelated, rows of one fold are exchangeable. Where several rows belong to one group (the answers to one
prompt), whole groups of the same size trade their labels.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from jaxtyping import Bool

from probes.fitting.folds import Fold, TooFew


def permuted_labels(
    y: Bool[np.ndarray, " n"],
    folds: Sequence[Fold],
    n: int,
    seed: int | np.random.Generator,
    groups: Sequence[Hashable] | None = None,
) -> Bool[np.ndarray, "b n"]:
    """Return n random labelings, each a permutation of the labels within every fold; see the module's text."""
    rng = np.random.default_rng(seed)
    blocks = [block for _, test in folds for block in _blocks(test, groups)]
    if not any(len(np.unique(y[block], axis=0)) > 1 for block in blocks):
        raise TooFew("No two groups of one size and one fold carry different labels, so there is nothing to permute.")
    permuted = np.empty((n, len(y)), dtype=bool)
    for block in blocks:
        order = rng.permuted(np.tile(np.arange(len(block)), (n, 1)), axis=1)
        permuted[:, block] = y[block][order]
    return permuted


def _blocks(test: np.ndarray, groups: Sequence[Hashable] | None) -> list[np.ndarray]:
    """Rows of one fold that may trade labels: arrays of group by row, one array a size of group."""
    if groups is None:
        return [test[:, None]]
    members: dict[Hashable, list[int]] = {}
    for row in test:
        members.setdefault(groups[row], []).append(int(row))
    sizes = sorted({len(rows) for rows in members.values()})
    return [np.array([rows for rows in members.values() if len(rows) == size]) for size in sizes]
