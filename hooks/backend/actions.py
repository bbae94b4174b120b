"""Reading activations: the small functions that run inside a forward pass, on the device, and keep little."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence

import numpy as np
import torch
from torch import Tensor

from hooks.backend.geometry import Geometry
from hooks.backend.hook import Hook, HookError, Read, Reduce
from interp.records.arrays import Site

Action = Callable[[Tensor], Tensor | None]  # sees one activation; what it returns takes the activation's place
NOT_FINITE = (
    "The model computed states that are not finite numbers; load it with another --dtype or --attn "
    "(eager attention in float64 cannot be padded on the left, float16 overflows in some models)."
)
_ORDER = (Site.Z, Site.ATTN_OUT, Site.RESID_POST, Site.LN_FINAL)


def in_execution_order(hook: Hook) -> tuple[int, int]:
    """Return a sort key: hooks come in the order in which a forward pass reaches them."""
    return hook.layer, _ORDER.index(hook.site)


def finite(x: np.ndarray) -> np.ndarray:
    """Return the states, or refuse what the model itself computed as no number."""
    if not np.isfinite(x).all():
        raise HookError(NOT_FINITE)
    return x


def build_plan(
    reads: Sequence[Read],
    weights: Tensor,
    scales: Mapping[int, Tensor],
    geometry: Geometry,
    into: MutableMapping[Read, Tensor],
) -> dict[Hook, Action]:
    """Return what to do at each hook: scale first, then read what the model goes on with.

    Args:
        reads: what to keep; the results land in `into`.
        weights: (row, pos), how much each position counts towards a mean; each row sums to 1.
        scales: layer -> multipliers that broadcast over (row, pos, columns).
        geometry: of the model.
        into: where each Read's tensor goes, float32.
    """
    wanted: dict[Hook, list[Read]] = {Hook(Site.Z, layer): [] for layer in scales}
    for read in reads:
        wanted.setdefault(geometry.check(read.hook), []).append(read)
    plan: dict[Hook, Action] = {}
    for hook in sorted(wanted, key=in_execution_order):
        scale = scales.get(hook.layer) if hook.site is Site.Z else None
        heads = geometry.heads_of(hook.layer).n_heads if hook.site is Site.Z else None
        plan[hook] = _action(hook, tuple(wanted[hook]), weights, scale, heads, into)
    return plan


def _action(
    hook: Hook,
    reads: tuple[Read, ...],
    weights: Tensor,
    scale: Tensor | None,
    heads: int | None,
    into: MutableMapping[Read, Tensor],
) -> Action:
    def act(activation: Tensor) -> Tensor | None:
        if activation.ndim != 3 or len(activation) != len(weights):
            raise HookError(
                f"The model has a tensor of shape {tuple(activation.shape)} at {hook}, where (row, pos, column) with "
                f"{len(weights)} rows was expected: it keeps something else there than one state a token."
            )
        edited = None if scale is None else scaled(activation, scale)
        seen = activation if edited is None else edited
        for read in reads:
            into[read] = _reduce(seen, weights, heads, read.reduce)
        return edited

    return act


def scaled(activation: Tensor, scale: Tensor) -> Tensor:
    """Return a new tensor, multiplied at full precision and rounded once: a factor of 0.999 is 1 in bfloat16."""
    return (activation.to(torch.promote_types(activation.dtype, scale.dtype)) * scale).to(activation.dtype)


def _reduce(seen: Tensor, weights: Tensor, heads: int | None, how: Reduce) -> Tensor:
    """Return a fresh float32 tensor; never a view that keeps the whole activation alive."""
    if how is Reduce.LAST:
        seen = seen[:, -1]
    split = seen if heads is None else seen.unflatten(-1, (heads, -1))
    if how is Reduce.LAST or how is Reduce.WHOLE:
        return split.to(torch.float32, copy=True)
    last = weights.shape[1]
    tail = split[:, -last:].float()
    if how is Reduce.NORM:
        tail = tail.norm(dim=-1)
    return (tail * weights.reshape(*weights.shape, *[1] * (tail.ndim - 2))).sum(1)
