"""Rows of token ids padded on the left."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from hooks.backend.hook import HookError


def pad_left(rows: Sequence[Sequence[int]], pad: int) -> tuple[Int[np.ndarray, "row pos"], Int[np.ndarray, "row pos"]]:
    """Return ids padded on the left to one length, and their mask."""
    if not rows or not all(rows):
        raise HookError("A batch needs at least one prompt, and every prompt at least one token.")
    width = max(len(row) for row in rows)
    ids = np.full((len(rows), width), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, width - len(row) :] = row
        mask[i, width - len(row) :] = 1
    return ids, mask
