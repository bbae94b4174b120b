"""How far a model reads: how many positions it has, and whether it can go beyond them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from hooks.family.anatomy import text_config

# The names under which configurations say how many positions there are.
COUNTS = ("max_position_embeddings", "max_seq_len", "n_positions", "n_ctx", "max_sequence_length")
# The names of tables with a row a position: wpe (GPT-2), embed_positions (OPT, GPT-J), position_embeddings (BERT),
# pos_encoding (CTRL). Some families keep a few rows more than they count.
TABLE = re.compile(r"(^|[._])(wpe|pos|position|positions|positional)([._]|$)")
SPARE_ROWS = 8
LENGTH_DEPENDENT = ("dynamic", "longrope")  # kinds of rotation that transformers makes anew for longer texts
# Families that make what they add to attention scores for as many positions as they count, in a function of their own.
FIXED = ("MptModel",)


@dataclass(frozen=True, slots=True)
class Reach:
    """The positions of a model: how many by its configuration (None: it names none), and whether more can be computed.

    A table of positions ends. Rotations, slopes and recurrences go on, into lengths that the model was never trained
    on. Some rotations turn every position otherwise once a text is longer than `turns_at` tokens: then a row of a batch
    depends on the longest one, and keys in the cache are turned as the next ones are not.
    """

    positions: int | None
    ends: bool
    turns_at: int | None = None


def reach(model: Any) -> Reach:
    """Read it from the configuration, and from the tables of positions that the model holds."""
    config = text_config(model)
    turns_at = min(_turns(config), default=None)
    counts = [value for name in COUNTS if isinstance(value := getattr(config, name, None), int) and value > 0]
    if not counts:
        return Reach(None, False, turns_at)
    positions = counts[0]
    ends = any(positions <= rows <= positions + SPARE_ROWS for rows in _tables(model))
    ends = ends or any(type(module).__name__ in FIXED for module in model.modules())
    return Reach(positions, ends, turns_at)


def _turns(config: Any) -> Iterator[int]:
    """Yield the lengths at which the rotations of a configuration change, from each of its kinds of layers."""
    given = getattr(config, "rope_parameters", None) or {}
    for rope in [given, *(value for value in given.values() if isinstance(value, dict))]:
        if rope.get("rope_type") in LENGTH_DEPENDENT:
            length = rope.get("original_max_position_embeddings") or getattr(config, COUNTS[0], None)
            if length:
                yield int(length)


def _tables(model: Any) -> Iterator[int]:
    """Yield the length of everything that is named like a table of positions, and does not grow by itself."""
    for path, module in model.named_modules():
        if hasattr(module, "make_weights"):  # sinusoids that are made anew for longer texts
            continue
        plain = {name: value for name, value in vars(module).items() if isinstance(value, torch.Tensor)}
        own = {**dict(module.named_parameters(recurse=False)), **dict(module.named_buffers(recurse=False)), **plain}
        for name, tensor in own.items():
            if tensor.ndim and TABLE.search(f"{path}.{name}".lower()):
                yield max(tensor.shape) if name == "position_ids" else tensor.shape[0]
