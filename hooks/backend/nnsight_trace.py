"""nnsight: the same actions, run inside a trace.

Every pass is one trace of a bare `NNsight` wrapper around the transformers model, so an edit acts at every step of
generation and nnsight never touches the tokenizer. The trace lives in this file, where nnsight can read its source
whatever the caller is (a notebook, `python -c`, a thread).
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from functools import cache, reduce
from types import ModuleType
from typing import Any

import torch

from hooks.backend.actions import Action
from hooks.backend.base import HookedModel
from hooks.backend.hook import Hook, HookError
from hooks.backend.protocol import BackendName
from hooks.family.calling import Inputs
from interp.records.arrays import Site
from interp.records.loaded import ModelId


class NnsightBackend(HookedModel):
    """Runs each action on an envoy's input (at Z) or output, in the order in which the model reaches them."""

    name: BackendName = "nnsight"

    def __init__(self, model: torch.nn.Module, tokenizer: Any, model_id: ModelId) -> None:
        super().__init__(model, tokenizer, model_id)
        self._nnsight = import_nnsight()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".* has a submodule named", UserWarning)  # `_child` knows the new name
            self._traced = self._nnsight.NNsight(model)

    def _call(self, inputs: Inputs, plan: Mapping[Hook, Action]) -> tuple[torch.Tensor, Any]:
        points = [(self._envoy(hook), hook.site is Site.Z, action) for hook, action in plan.items()]
        from nnsight.intervention.interleaver import OutOfOrderError

        try:
            return self._told(_trace(self._traced, self._nnsight.save, inputs, points))
        except OutOfOrderError as error:
            raise HookError(
                f"nnsight reads a module the first time that it runs, and {type(self.hf).__name__} runs one of those "
                f"asked for earlier than its place ({str(error).split(' but ')[0]}); use the torch backend."
            ) from error

    def _envoy(self, hook: Hook) -> Any:
        return reduce(_child, self.path(hook).split("."), self._traced)


def _trace(traced: Any, save: Any, inputs: Inputs, points: list[tuple[Any, bool, Action]]) -> Any:
    with traced.trace(**inputs):
        for envoy, on_input, action in points:
            _visit(envoy, on_input, action)
        output = save(traced.output)
    return output  # noqa: RET504 (nnsight allows no return inside the block)


def _visit(envoy: Any, on_input: bool, action: Action) -> None:
    """Run one action inside the trace."""
    if on_input:
        edited = action(envoy.input)
        if edited is not None:
            envoy.input = edited
    else:
        output = envoy.output
        action(output[0] if isinstance(output, tuple) else output)


def _child(envoy: Any, name: str) -> Any:
    """A submodule; one that is called `output` or the like has another name, which nnsight gave it."""
    if name.isdigit():
        return envoy[int(name)]
    renamed = f"{envoy.OVERLOAD_PREFIX}{name}"
    return getattr(envoy, renamed if hasattr(envoy, renamed) else name)


@cache
def import_nnsight() -> ModuleType:
    """Import nnsight without its effects on the host program.

    On import it reads the host's command line (`-v` would turn on its debug mode) and mounts `.save` on every object.
    """
    mounted = hasattr(object, "save")  # by a host program that imported nnsight itself, and may rely on it
    argv = sys.argv
    sys.argv = argv[:1]
    try:
        import nnsight
        from nnsight._c import unmount
    finally:
        sys.argv = argv
    if unmount is not None and not mounted:
        unmount("save")
    return nnsight
