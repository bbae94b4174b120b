"""The model of a finished run, opened again exactly as the run had it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from hooks.backend.base import HookedModel
from hooks.backend.hook import HookError
from hooks.models import catalogue
from hooks.models.loading import open_backend
from hooks.models.spec import ModelSpec
from interp.records.loaded import Loaded, ModelId


def reopen(loaded: Loaded) -> HookedModel:
    """Open what a run's `model.json` names: the same weights, number format, device, attention and backend.

    Raises:
        InputError: weights or a device that cannot be had here, or weights that have changed since.
    """
    was = loaded.model
    spec, weights = _spec(was)
    model = open_backend(
        spec,
        backend=loaded.backend,
        dtype=was.dtype,
        device=was.device,
        attn=was.attn,
        weights=weights,
        prove=loaded.proof == "passed",
    )
    if model.model_id.weights != was.weights:
        raise HookError(
            f"The weights of {was.name} are not the ones that made the run ({model.model_id.commit} now, {was.commit} "
            "then); restore them, or make the run again."
        )
    return model


def _spec(was: ModelId) -> tuple[ModelSpec, Literal["embedded", "hub"] | None]:
    if was.source == "embedded":
        row = next((spec for spec in catalogue.MODELS if spec.embedded and spec.name == was.name), None)
        if row is None:
            raise HookError(f"This version of h-last has no embedded weights of {was.name}; make the run again.")
        return row, "embedded"
    if was.source == "directory":
        if not Path(was.repo).is_dir():
            raise HookError(
                f"The directory {was.repo}, whose model made the run, is gone; put it back, or make the run again."
            )
        return ModelSpec(was.name, was.repo), None
    return ModelSpec(was.name, was.repo, revision=was.commit), "hub"
