"""How far a model reads: how many positions it has, and whether it can go beyond them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hooks.family.anatomy import text_config

# How families count positions without a table that ends: by their modules' or configurations' names.
ENDLESS_MODULES = ("rotary", "rope", "alibi", "relative")
ENDLESS_SETTINGS = ("rope_parameters", "rope_theta", "rope_scaling", "rotary_dim", "rotary_pct", "alibi", "use_alibi")


@dataclass(frozen=True, slots=True)
class Reach:
    """The positions of a model: how many by its configuration (None: it names none), and whether more can be computed.

    A table of positions ends. Rotations and slopes go on, into lengths that the model was never trained on.
    """

    positions: int | None
    ends: bool


def reach(model: Any) -> Reach:
    """Read it from the configuration, and from how the model counts positions."""
    config = text_config(model)
    positions = getattr(config, "max_position_embeddings", None)
    if not isinstance(positions, int) or positions < 1:
        return Reach(None, False)
    endless = any(getattr(config, name, None) not in (None, False) for name in ENDLESS_SETTINGS) or any(
        word in type(module).__name__.lower() for module in model.modules() for word in ENDLESS_MODULES
    )
    return Reach(positions, not endless)
