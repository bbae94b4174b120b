"""TransformerLens 4: the same actions on the hook points of a TransformerBridge over untouched weights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from hooks.backend.actions import Action
from hooks.backend.base import HookedModel
from hooks.backend.hook import Hook, HookError
from hooks.backend.protocol import BackendName
from hooks.family.calling import Inputs
from interp.errors import InputError
from interp.records.arrays import Site
from interp.records.loaded import ModelId

# What TransformerLens raises on a model that it has no adapter for, or whose parts are not where it looks.
REFUSALS = (AttributeError, ImportError, KeyError, NotImplementedError, RuntimeError, TypeError, ValueError)
POINTS = {
    Site.RESID_POST: "blocks.{layer}.hook_out",
    Site.LN_FINAL: "ln_final.hook_out",
    Site.Z: "blocks.{layer}.attn.hook_z",
    Site.ATTN_OUT: "blocks.{layer}.attn.o.hook_out",
}


class TransformerLensBackend(HookedModel):
    """Adds each action to a hook point for one pass. The bridge rewires the model, so the model must be its own."""

    name: BackendName = "transformer_lens"

    def __init__(self, model: torch.nn.Module, tokenizer: Any, model_id: ModelId) -> None:
        super().__init__(model, tokenizer, model_id)
        self._bridge = boot(model, tokenizer, model_id.repo)

    def n_attached(self) -> int:
        """Return how many hooks hang on the bridge's hook points; the bridge's own wiring does not count."""
        return sum(len(point._forward_hooks) for point in self._bridge.hook_dict.values())

    def watched(self) -> tuple[dict[int, torch.nn.Module], dict[int, torch.nn.Module]]:
        """Return the modules of the blocks, and the hook points at which z is edited, by layer."""
        blocks, projections = super().watched()
        points = self._bridge.hook_dict
        return blocks, {layer: points[POINTS[Site.Z].format(layer=layer)] for layer in projections}

    def _call(self, inputs: Inputs, plan: Mapping[Hook, Action]) -> tuple[torch.Tensor, Any]:
        named = {name: value for name, value in inputs.items() if name != "input_ids"}
        added = [(POINTS[hook.site].format(layer=hook.layer), _on_point(action)) for hook, action in plan.items()]
        outputs: list[Any] = []  # the bridge hands on a cache under one name only, the model's own output has it all
        handle = self.hf.register_forward_hook(lambda _model, _args, output: outputs.append(output))
        try:
            with self._bridge.hooks(fwd_hooks=added):
                self._bridge(inputs["input_ids"], return_type="logits_and_cache", **named)
        except InputError:
            raise
        except REFUSALS as error:
            raise HookError(
                f"TransformerLens fails in a pass of {type(self.hf).__name__}: {_said(error)}. Use the torch or "
                "nnsight backend."
            ) from error
        finally:
            handle.remove()
        return self._told(outputs[-1])


def _on_point(action: Action) -> Any:
    def at_point(activation: torch.Tensor, hook: Any) -> torch.Tensor | None:
        """Show the action (row, pos, columns), whatever the hook point's shape."""
        edited = action(activation.flatten(2))
        return None if edited is None else edited.view_as(activation)

    return at_point


def boot(model: torch.nn.Module, tokenizer: Any, name: str) -> Any:
    """Return a bridge around the model, with TransformerLens kept from installing packages."""
    from transformer_lens.model_bridge import TransformerBridge

    tokenizer.init_kwargs.setdefault("name_or_path", "")
    device = str(next(model.parameters()).device)
    with _no_installer():
        try:
            return TransformerBridge.boot_transformers(
                name, hf_model=model, tokenizer=tokenizer, device=device, dtype=model.dtype
            )
        except REFUSALS as error:
            raise HookError(
                f"TransformerLens does not take {type(model).__name__}: {_said(error)}. "
                "Use the torch or nnsight backend."
            ) from error


def _said(error: Exception) -> str:
    """Return the first sentence of what TransformerLens says; the kind of error, too, where it says but a name."""
    text = " ".join(str(error).split()).split(". ")[0][:200].rstrip(".")
    return f"{type(error).__name__}: {text}" if isinstance(error, (AttributeError, KeyError)) or not text else text


def _install_nothing() -> bool:
    """Stand in for TransformerLens's installer: say that there is no torchvision."""
    return False


@contextlib.contextmanager
def _no_installer() -> Iterator[None]:
    """Keep the bridge from running `pip install torchvision`, which would replace the installed torch."""
    from transformer_lens.model_bridge.sources.transformers import helpers

    installer = helpers._ensure_torchvision
    helpers._ensure_torchvision = _install_nothing
    try:
        yield
    finally:
        helpers._ensure_torchvision = installer
