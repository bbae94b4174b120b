"""A model's geometry, read from its modules and never from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hooks.backend.hook import Hook, HookError
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
    """A model's shape, read from its modules. `attention` lists only the layers that have an output projection."""

    decoder: str
    layers: str
    norm: str
    n_layers: int
    d_model: int
    vocab: int
    attention: Mapping[int, Attention] = field(default_factory=lambda: MappingProxyType({}))

    def heads_of(self, layer: int) -> Attention:
        """Return the heads of a layer; HookError names the layers that have them."""
        if layer not in self.attention:
            raise HookError(
                f"Layer {layer} has no attention output projection; scale or read heads of one of the layers "
                f"{sorted(self.attention)}."
            )
        return self.attention[layer]

    def check(self, hook: Hook) -> Hook:
        """Return the hook if this model has it, else raise HookError."""
        if not 0 <= hook.layer < self.n_layers:
            raise HookError(f"Layer {hook.layer} is out of range; this model has layers 0 to {self.n_layers - 1}.")
        if hook.site in (Site.Z, Site.ATTN_OUT):
            self.heads_of(hook.layer)
        if hook.site is Site.LN_FINAL and hook.layer != self.n_layers - 1:
            raise HookError(f"The final norm belongs to the last block; write ln_final.{self.n_layers - 1}.")
        return hook


# The names under which decoders keep their parts: one row a part, tried in order.
LAYERS = ("layers", "h", "blocks")
NORM = ("norm", "ln_f", "final_layernorm", "final_layer_norm", "norm_f", "layer_norm", "embedding_norm")
ATTENTION = ("self_attn", "attn", "attention", "self_attention")
PROJECTION = ("o_proj", "out_proj", "c_proj", "dense", "wo")
HEAD_COUNT = ("num_heads", "num_attention_heads", "n_heads", "n_head")
HEAD_WIDTH = ("v_head_dim", "head_dim", "head_size")  # the width of what a head writes comes first


def read_geometry(model: Any) -> Geometry:
    """Return the geometry of a causal language model of transformers; HookError where a part cannot be found."""
    decoder = model.get_decoder()
    path = next((name for name, module in model.named_modules() if module is decoder), None)
    embedding = model.get_output_embeddings()
    if path is None or embedding is None:
        raise HookError(f"{type(model).__name__} has no decoder with an unembedding; pass a causal language model.")
    layers, norm = _part(decoder, LAYERS), _part(decoder, NORM)
    if layers is None or norm is None:
        raise HookError(
            f"{type(model).__name__} keeps its blocks or its final norm under names that are not known "
            f"(looked for {', '.join(LAYERS)} and {', '.join(NORM)} in {path!r})."
        )
    blocks = getattr(decoder, layers)
    attention = {i: heads for i, block in enumerate(blocks) if (heads := _heads(block, f"{path}.{layers}.{i}"))}
    return Geometry(
        decoder=path,
        layers=f"{path}.{layers}",
        norm=f"{path}.{norm}",
        n_layers=len(blocks),
        d_model=int(embedding.weight.shape[1]),
        vocab=int(embedding.weight.shape[0]),
        attention=MappingProxyType(attention),
    )


def _part(module: Any, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if getattr(module, name, None) is not None), None)


def _heads(block: Any, path: str) -> Attention | None:
    """Return the heads of one block, or None where its token mixer is no attention with an output projection."""
    name = _part(block, ATTENTION)
    if name is None:
        return None
    attention = getattr(block, name)
    projection = _part(attention, PROJECTION)
    if projection is None:
        raise HookError(
            f"The attention at {path}.{name} has no output projection under a known name ({', '.join(PROJECTION)}), "
            "so its heads cannot be told apart."
        )
    width = _in_features(getattr(attention, projection), f"{path}.{name}.{projection}")
    count, d_head = _count(attention), _d_head(attention)
    if count is None and d_head is None:
        raise HookError(f"{path}.{name} says neither head_dim nor its number of heads; its heads cannot be told apart.")
    count, d_head = count or width // (d_head or 1), d_head or width // (count or 1)
    if count * d_head != width:
        raise HookError(
            f"{path}.{name}.{projection} reads {width} columns, but {count} heads of {d_head} make {count * d_head}; "
            "its heads cannot be told apart."
        )
    return Attention(n_heads=count, d_head=d_head, path=f"{path}.{name}.{projection}")


def _count(attention: Any) -> int | None:
    """Return the number of query heads, by the module or by the configuration that it keeps."""
    for source in (attention, getattr(attention, "config", None)):
        name = _part(source, HEAD_COUNT)
        if name is not None:
            return int(getattr(source, name))
    return None


def _d_head(attention: Any) -> int | None:
    name = _part(attention, HEAD_WIDTH)
    return None if name is None else int(getattr(attention, name))


def _in_features(projection: Any, path: str) -> int:
    """Return the input width of a projection (`nn.Linear`, or the transposed `Conv1D` of GPT-2)."""
    if hasattr(projection, "in_features"):
        return int(projection.in_features)
    if hasattr(projection, "nx"):
        return int(projection.nx)
    raise HookError(f"{path} does not say how wide its input is; its heads cannot be told apart.")
