"""Which blocks an option such as `0,8,12-15` names, and how many a checkpoint has."""

from __future__ import annotations

import re
from pathlib import Path

from interp.errors import InputError
from interp.runs.files import read_json

_NUMBER = re.compile(r"[0-9]{1,5}")


def parse_layers(text: str, n_layers: int | None) -> tuple[int, ...] | None:
    """Return block numbers of `all` (None), or of numbers and ranges such as `0,8,12-15`."""
    if text.strip() == "all":
        return None
    chosen: set[int] = set()
    for item in text.split(","):
        first, _, last = item.strip().partition("-")
        if not _NUMBER.fullmatch(first) or not _NUMBER.fullmatch(last or first):
            raise InputError(
                f"--layers {text!r} is not understood; expected all, or numbers and ranges like 0,8,12-15."
            )
        highest = max(int(first), int(last or first))
        if n_layers is not None and highest >= n_layers:
            raise InputError(f"--layers {text} reaches block {highest}, but this model has blocks 0 to {n_layers - 1}.")
        chosen.update(range(int(first), int(last or first) + 1))
    if not chosen:
        raise InputError(f"--layers {text!r} names no layer; expected all, or numbers and ranges like 0,8,12-15.")
    return tuple(sorted(chosen))


def check_pool(pool_layers: int, layers: tuple[int, ...] | None, n_layers: int | None) -> None:
    """Refuse before any work an average over hidden states that will not be captured."""
    if pool_layers == 1 or n_layers is None:
        return
    if pool_layers > n_layers:
        raise InputError(f"--pool-layers is {pool_layers}; this model has {n_layers} hidden states to average.")
    missing = sorted(set(range(n_layers - pool_layers, n_layers - 1)) - set(layers or range(n_layers)))
    if missing:
        raise InputError(
            f"--pool-layers {pool_layers} averages over blocks that --layers leaves out ({missing}); add them or take "
            "--layers all."
        )


def count_layers(directory: Path) -> int | None:
    """Return what the model's configuration says, or None where it does not say; the hooks count the real blocks."""
    config = read_json(directory / "config.json", finite=False)
    for part in (config, config.get("text_config") if isinstance(config, dict) else None):
        if isinstance(part, dict) and isinstance(part.get("num_hidden_layers"), int):
            return int(part["num_hidden_layers"])
    return None
