"""What was actually loaded: enough to load exactly that again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from interp.records.shown import Shown


@dataclass(frozen=True, slots=True)
class ModelId(Shown):
    """What was actually loaded: enough to load exactly that again.

    `source` is `hub`, `directory` or `embedded`; `commit` is the hub's commit, or the sha256 of the weight files.
    """

    name: str
    source: Literal["hub", "directory", "embedded"]
    repo: str
    commit: str
    dtype: str
    device: str
    attn: str


@dataclass(frozen=True, slots=True)
class Loaded(Shown):
    """What `model.json` holds: the model, what attached the hooks, and whether they proved themselves.

    `ignored` names what the model's generation configuration asks for and plain greedy decoding does not do.
    """

    model: ModelId
    backend: str
    proof: str
    ignored: tuple[str, ...] = ()
