"""The sets of heads that a sweep scales: the chosen ones first, the random ones beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hooks.heads.draws import matched_sets
from interp.records.answers import HeadScale
from interp.results.dose import Heads, HeadSet

if TYPE_CHECKING:
    from hooks.backend.geometry import Geometry


def draw_sets(chosen: Heads, geometry: Geometry, n_random: int, seed: int) -> list[HeadSet]:
    """Return the chosen heads and the random sets beside them; HookError for a head that the model lacks."""
    from hooks.backend.scales import check_scale

    check_scale(HeadScale(chosen, 1.0), geometry)
    n_heads = {layer: geometry.heads_of(layer).n_heads for layer, _ in chosen}
    random = matched_sets(chosen, n_heads, n_random, seed)
    return [HeadSet("chosen", chosen), *(HeadSet(f"random {i}", heads) for i, heads in enumerate(random, 1))]
