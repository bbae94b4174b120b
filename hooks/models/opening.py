"""A model that is opened only where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hooks.models.spec import ModelSpec
from interp.cli.groups import ModelOptions

if TYPE_CHECKING:
    from hooks.backend.protocol import Backend


def opener(spec: ModelSpec, options: ModelOptions) -> Callable[[], Backend]:
    """Return what opens this model with these options; nothing is loaded before it is called."""

    def open_model() -> Backend:
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
