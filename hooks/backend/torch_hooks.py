"""Plain PyTorch hooks on the transformers model: the reference that the other backends must equal."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import torch

from hooks.backend.actions import Action
from hooks.backend.base import HookedModel
from hooks.backend.hook import Hook
from hooks.backend.protocol import BackendName
from hooks.family.calling import Inputs
from interp.records.arrays import Site
from interp.records.loaded import ModelId


class TorchBackend(HookedModel):
    """Reads block and norm outputs with forward hooks and o_proj inputs with forward pre-hooks."""

    name: BackendName = "torch"

    def __init__(self, model: torch.nn.Module, tokenizer: Any, model_id: ModelId) -> None:
        super().__init__(model, tokenizer, model_id)
        self._modules: dict[str, torch.nn.Module] = {}

    def _call(self, inputs: Inputs, plan: Mapping[Hook, Action]) -> tuple[torch.Tensor, Any]:
        with ExitStack() as attached:
            for hook, action in plan.items():
                attached.callback(self._attach(hook, action).remove)
            return self._told(self.hf(**inputs))

    def _module(self, path: str) -> torch.nn.Module:
        """Look a module up once; a pass attaches dozens of hooks."""
        if path not in self._modules:
            self._modules[path] = self.hf.get_submodule(path)
        return self._modules[path]

    def _attach(self, hook: Hook, action: Action) -> torch.utils.hooks.RemovableHandle:
        module = self._module(self.path(hook))
        if hook.site is Site.Z:
            return module.register_forward_pre_hook(_on_input(action))
        return module.register_forward_hook(_on_output(action))


def _on_input(action: Action) -> Any:
    def pre_hook(_module: torch.nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        edited = action(args[0])
        return None if edited is None else (edited, *args[1:])

    return pre_hook


def _on_output(action: Action) -> Any:
    def hook(_module: torch.nn.Module, _args: tuple[Any, ...], output: Any) -> None:
        action(output[0] if isinstance(output, tuple) else output)

    return hook
