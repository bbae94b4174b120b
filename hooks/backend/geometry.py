"""A model's geometry: read from its modules, and held against its configuration where that counts heads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hooks.backend.hook import Hook, HookError, first_pass
from hooks.family import anatomy
from interp.records.arrays import Site


@dataclass(frozen=True, slots=True)
class Attention:
    """The heads of one attention layer. Head h is columns `h * d_head : (h + 1) * d_head` of the input of `path`."""

    n_heads: int
    d_head: int
    path: str

    @property
    def width(self) -> int:
        """Columns of the input of `path`: n_heads * d_head."""
        return self.n_heads * self.d_head


@dataclass(frozen=True, slots=True)
class Geometry:
    """A model's shape, read from its modules.

    Attributes:
        decoder: path of the module that holds the blocks.
        layers: path of the list of blocks.
        norm: path of the norm whose output is ln_final. It lies inside the last block where blocks end in a norm.
        n_layers: number of blocks.
        d_model: width of the residual stream.
        vocab: rows of the unembedding.
        attention: the layers whose heads can be told apart.
        headless: why not, for the layers that are not among them.
    """

    decoder: str
    layers: str
    norm: str
    n_layers: int
    d_model: int
    vocab: int
    attention: Mapping[int, Attention] = field(default_factory=lambda: MappingProxyType({}))
    headless: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def ends_in_norm(self) -> bool:
        """Whether each block ends in a norm, so that ln_final is the last block's own output."""
        return self.norm.startswith(f"{self.layers}.")

    def heads_of(self, layer: int) -> Attention:
        """Return the heads of a layer; HookError says why it has none, and which layers have."""
        if layer in self.attention:
            return self.attention[layer]
        why = self.headless.get(layer, f"has no heads, the layers are 0 to {self.n_layers - 1}")
        others = f"scale or read heads of one of the layers {sorted(self.attention)}" if self.attention else NO_HEADS
        raise HookError(f"Layer {layer} {why}; {others}.")

    def check(self, hook: Hook) -> Hook:
        """Return the hook if this model has it, else raise HookError."""
        if not 0 <= hook.layer < self.n_layers:
            raise HookError(
                f"Layer {hook.layer} is out of range; this model has layers 0 to {self.n_layers - 1}, counted from 0."
            )
        if hook.site in (Site.Z, Site.ATTN_OUT):
            self.heads_of(hook.layer)
        if hook.site is Site.LN_FINAL and hook.layer != self.n_layers - 1:
            raise HookError(f"The final norm belongs to the last block; write ln_final.{self.n_layers - 1}.")
        return hook


NO_HEADS = "no layer of this model has heads to read or scale, its states can be read"


def read_geometry(model: Any) -> Geometry:
    """Return the geometry of a causal language model of transformers; HookError where a part cannot be found."""
    kind, unembedding = type(model).__name__, model.get_output_embeddings()
    if unembedding is None:
        raise HookError(f"{kind} has no unembedding; pass a causal language model.")
    found = anatomy.find_blocks(model)
    if found is None:
        raise HookError(f"{kind} keeps its blocks under a name that is not known ({', '.join(anatomy.BLOCKS)}).")
    owner, name = found
    layers = _join(owner, name)
    blocks = model.get_submodule(layers)
    if len({id(block) for block in blocks}) < len(blocks):
        raise HookError(f"{kind} runs one block at several depths, so its layers cannot be told apart by a hook.")
    attention, headless = _heads(model, blocks, layers)
    return Geometry(
        decoder=owner,
        layers=layers,
        norm=_norm(model, owner),
        n_layers=len(blocks),
        d_model=anatomy.residual_width(model) or int(unembedding.weight.shape[1]),
        vocab=int(unembedding.weight.shape[0]),
        attention=MappingProxyType(attention),
        headless=MappingProxyType(headless),
    )


def _join(*steps: str) -> str:
    return ".".join(step for step in steps if step)


def _norm(model: Any, owner: str) -> str:
    """Return the path of the norm after the blocks, or of the last block's last norm where blocks end in one."""
    holder = model.get_submodule(owner)
    named = anatomy.find_norm(holder)
    if named is not None:
        return _join(owner, named)
    with first_pass(type(model).__name__, "plain transformers"):
        path = anatomy.trace_norm(model, holder)
    if path is None:
        raise HookError(
            f"{type(model).__name__} has no final norm between its blocks and its unembedding that could be found "
            f"(looked for {', '.join(anatomy.NORM)} in {owner!r}, and for the norm that the last block ends in); "
            "h_last is read there, so this model cannot be read."
        )
    return path


def _heads(model: Any, blocks: Any, layers: str) -> tuple[dict[int, Attention], dict[int, str]]:
    """Return the heads of every layer that has them, and the reason for every layer that has not."""
    config = anatomy.text_config(model)
    attention: dict[int, Attention] = {}
    headless: dict[int, str] = {}
    used = Counter(id(mixer.module) for block in blocks if (mixer := anatomy.find_mixer(block)) is not None)
    for layer, block in enumerate(blocks):
        mixer = anatomy.find_mixer(block)
        if mixer is None:
            headless[layer] = "has no attention output projection, it mixes tokens without softmax attention"
        elif used[id(mixer.module)] > 1:
            headless[layer] = f"shares its attention ({mixer.path}) with other layers, so a hook cannot tell them apart"
        else:
            told = _layer_heads(mixer, f"{layers}.{layer}", anatomy.configured_heads(config, layer))
            if isinstance(told, str):
                headless[layer] = f"has heads that cannot be told apart: {told}"
            else:
                attention[layer] = told
    return attention, headless


def _layer_heads(mixer: anatomy.Mixer, block: str, configured: int | None) -> Attention | str:
    """Return the heads of one attention, or why they cannot be told apart."""
    path = f"{block}.{mixer.path}"
    if mixer.projection is None:
        return f"{path} {mixer.reason}"
    projection = mixer.module.get_submodule(mixer.projection)
    width = anatomy.input_width(projection)
    if width is None:
        return f"{path}.{mixer.projection} is no plain linear layer"
    count = anatomy.count_heads(mixer.module)
    if count is not None and configured is not None and count != configured:
        return f"{path} says that it has {count} heads, the configuration {configured}"
    count = count or configured
    if not count:
        return f"neither {path} nor the configuration says how many heads it has"
    d_head = anatomy.head_width(mixer.module) or width // count
    if count * d_head != width:
        if width % count or anatomy.head_width(mixer.module) is not None:
            return (
                f"{path}.{mixer.projection} reads {width} columns, but {count} heads of {d_head} make {count * d_head}"
            )
        d_head = width // count
    return Attention(n_heads=count, d_head=d_head, path=f"{path}.{mixer.projection}")
