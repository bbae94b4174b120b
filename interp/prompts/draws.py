"""Prompts drawn evenly over relations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interp.records.prompts import Prompt


def evenly(prompts: Sequence[Prompt], limit: int, seed: int) -> tuple[Prompt, ...]:
    """Return `limit` prompts, as many of each split and relation as there are to be had, in their own order.

    Prompts are shuffled within each split and relation and then taken in turns; with fewer than `limit`, all are kept.
    """
    rng = np.random.default_rng(seed)
    groups: dict[tuple[str, str], list[int]] = {}
    for row, prompt in enumerate(prompts):
        groups.setdefault((prompt.split, prompt.relation or ""), []).append(row)
    turn = {row: place for rows in groups.values() for place, row in enumerate(rng.permutation(rows).tolist())}
    chosen = sorted(turn, key=lambda row: (turn[row], row))[:limit]
    return tuple(prompts[row] for row in sorted(chosen))
