"""Random sets of heads beside chosen ones, as many in every layer."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from interp.errors import InputError
from interp.results.dose import Heads


def matched_sets(chosen: Heads, n_heads: Mapping[int, int], sets: int, seed: int) -> tuple[Heads, ...]:
    """Return `sets` different sets of other heads, each with as many heads in every layer as the chosen ones.

    Args:
        chosen: the heads that are never drawn.
        n_heads: how many heads each layer has.
        sets: how many sets.
        seed: of the draw.

    Raises:
        InputError: a layer has too few other heads, or there are fewer different sets than asked for.
    """
    wanted = Counter(layer for layer, _ in chosen)
    others = {layer: [h for h in range(n_heads[layer]) if (layer, h) not in chosen] for layer in sorted(wanted)}
    _check_room(wanted, others, sets)
    rng = np.random.default_rng(seed)
    drawn: dict[Heads, None] = {}
    while len(drawn) < sets:
        heads = ((layer, h) for layer, rest in others.items() for h in sorted(rng.permutation(rest)[: wanted[layer]]))
        drawn[tuple((layer, int(h)) for layer, h in heads)] = None
    return tuple(drawn)


def _check_room(wanted: Mapping[int, int], others: Mapping[int, Sequence[int]], sets: int) -> None:
    for layer, rest in others.items():
        if sets and len(rest) < wanted[layer]:
            raise InputError(
                f"Layer {layer} has {len(rest)} heads besides the {wanted[layer]} chosen ones, too few to draw "
                f"{wanted[layer]} of them at random; choose fewer heads there, or pass --random-heads 0."
            )
    possible = math.prod(math.comb(len(rest), wanted[layer]) for layer, rest in others.items())
    if sets > possible:
        raise InputError(
            f"Only {possible} different sets of other heads match the chosen ones by layer, and {sets} were asked for; "
            f"pass --random-heads {possible} or fewer."
        )
