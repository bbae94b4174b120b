"""How a command opens its model: at the moment it is needed, as its options say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hooks.models.spec import ModelSpec
from interp.cli.groups import ModelOptions

if TYPE_CHECKING:
    from hooks.backend.base import HookedModel


def opener(spec: ModelSpec, options: ModelOptions) -> Callable[[], HookedModel]:
    """Return what loads the model when called; until then nothing heavy is imported.

    The revision is the spec's own: it was chosen when the name was resolved.
    """

    def open_model() -> HookedModel:
        from hooks.models.loading import open_backend

        return open_backend(
            spec,
            backend=options.backend,
            dtype=options.dtype,
            device=options.device,
            attn=options.attn,
            weights=options.weights,
            prove=options.prove,
        )

    return open_model
