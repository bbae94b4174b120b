"""Head scales -> one multiplier a layer."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from hooks.backend.geometry import Geometry
from hooks.backend.hook import HookError
from interp.records.answers import HeadScale

Rows = tuple[HeadScale | None, ...]


class Scaling(NamedTuple):
    """The multipliers of one open block: layer -> (row, 1, columns), and for how many rows they are (None: for all)."""

    vectors: Mapping[int, Tensor]
    n_rows: int | None


def check_scale(scale: HeadScale, geometry: Geometry) -> None:
    """Raise HookError for a head that the model lacks or lists twice, or a factor that is no number."""
    if not math.isfinite(scale.factor):
        raise HookError(f"A head can be scaled by a finite number only, not by {scale.factor}.")
    for layer, head in scale.heads:
        if not 0 <= layer < geometry.n_layers:
            raise HookError(f"Layer {layer} is out of range; this model has layers 0 to {geometry.n_layers - 1}.")
        n_heads = geometry.heads_of(layer).n_heads
        if not 0 <= head < n_heads:
            raise HookError(f"Layer {layer} has heads 0 to {n_heads - 1}, so there is no head {head}.")
    twice = [head for head, n in Counter(scale.heads).items() if n > 1]
    if twice:
        raise HookError(f"Head {twice[0]} is listed twice in one scale; list every head once.")


def multipliers(rows: Sequence[HeadScale | None], geometry: Geometry) -> Mapping[int, Tensor]:
    """Return, for every layer with a scaled head, float64 multipliers of shape (row, 1, n_heads * d_head)."""
    vectors: dict[int, Tensor] = {}
    for row, scale in enumerate(rows):
        for layer, head in scale.heads if scale else ():
            heads = geometry.heads_of(layer)
            vector = vectors.setdefault(layer, torch.ones(len(rows), 1, heads.width, dtype=torch.float64))
            assert scale is not None
            vector[row, :, head * heads.d_head : (head + 1) * heads.d_head] *= scale.factor
    return vectors


def combined(open_scales: Sequence[Scaling], n_rows: int) -> dict[int, Tensor]:
    """Return the product of the open scales, layer by layer; HookError where one is for another number of rows."""
    product: dict[int, Tensor] = {}
    for vectors, rows in open_scales:
        if rows is not None and rows != n_rows:
            raise HookError(f"{rows} row scales are open, but the batch has {n_rows} rows.")
        for layer, vector in vectors.items():
            product[layer] = vector * product[layer] if layer in product else vector
    return product
