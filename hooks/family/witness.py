"""A second pair of eyes: plain hooks of the proof's own, which see what a model did while a backend read it.

They know nothing of a backend's names and places. They hang on the modules themselves, in front of whatever a backend
attaches, and keep the very tensors that the model computed beside copies of them, so that an edit in place shows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch

from hooks.family.anatomy import first_tensor


@dataclass(slots=True)
class Witness:
    """What was seen in one pass.

    Attributes:
        blocks: what each block returned, once for every time that it ran.
        before: what arrived at each output projection, before any edit: the tensor itself, and a copy of it.
    """

    blocks: dict[int, list[torch.Tensor]] = field(default_factory=dict)
    before: dict[int, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)

    def edited_in_place(self) -> list[int]:
        """Return the layers whose z was overwritten instead of replaced."""
        return [layer for layer, (seen, copy) in self.before.items() if not torch.equal(seen, copy)]


@contextlib.contextmanager
def witnessed(blocks: Mapping[int, torch.nn.Module], entrances: Mapping[int, torch.nn.Module]) -> Iterator[Witness]:
    """Watch the blocks' outputs and what enters the modules where z is edited, for as long as the block is open."""
    seen = Witness()

    def on_block(layer: int) -> None:
        def hook(_module: torch.nn.Module, _args: object, output: object) -> None:
            seen.blocks.setdefault(layer, []).append(first_tensor(output).clone())

        handles.append(blocks[layer].register_forward_hook(hook, prepend=True))

    def on_entrance(layer: int) -> None:
        def hook(_module: torch.nn.Module, args: tuple[torch.Tensor, ...]) -> None:
            seen.before[layer] = args[0], args[0].clone()

        handles.append(entrances[layer].register_forward_pre_hook(hook, prepend=True))

    handles: list[torch.utils.hooks.RemovableHandle] = []
    try:
        for layer in blocks:
            on_block(layer)
        for layer in entrances:
            on_entrance(layer)
        yield seen
    finally:
        for handle in handles:
            handle.remove()
