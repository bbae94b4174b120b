"""Where a transformers model keeps its parts: blocks, final norm, and the attention of a block.

Parts are looked for under the names that families give them, and believed by what they are: a head's slice is told
only where a softmax attention hands a plain linear layer as many equal slices as the configuration counts heads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# The names under which decoders keep their parts: one row a part, tried in order.
BLOCKS = ("layers", "h", "blocks", "layer")
NORM = (
    *("norm", "ln_f", "final_layernorm", "final_layer_norm", "norm_f", "layer_norm", "embedding_norm"),
    *("final_norm", "ln_out", "out_norm", "layernorm", "last_layernorm", "output_norm"),
)
PROJECTION = ("o_proj", "out_proj", "c_proj", "dense", "wo", "Wo", "out_lin", "output.dense")
# What turns the residual stream into queries; a token mixer without it is no attention.
QUERY = (
    *("q_proj", "qkv_proj", "c_attn", "query_key_value", "Wqkv", "q_b_proj", "q_a_proj", "wq", "Wq", "query", "qkv"),
    *("self.query", "q_lin", "W_pack", "qkv", "in_proj_qkv", "q"),
)
HEAD_COUNT = ("num_heads", "num_attention_heads", "n_heads", "n_head", "num_attn_heads", "n_local_heads")
HEAD_WIDTH = ("v_head_dim", "head_dim", "head_size")  # the width of what a head writes comes first
SOFTCAP = ("final_logit_softcapping", "logits_soft_cap", "logit_softcap")
CROSS = (
    "cross",
    "encoder_attn",
    "encoder_decoder",
)  # attention to another model's states; a lone decoder never runs it
# Token mixers that carry "attention" in their name but are recurrent: what they hand on is not a mean over positions.
NOT_SOFTMAX = ("linear", "delta", "lightning", "recurrent", "rwkv", "mamba")


@dataclass(frozen=True, slots=True)
class Mixer:
    """A block's softmax attention: where it is, and its output projection, or why that is not known."""

    path: str
    module: Any
    projection: str | None
    reason: str = ""


def part(module: Any, names: Sequence[str]) -> str | None:
    """Return the first of these attributes that the module has; a name may be a dotted path."""
    return next((name for name in names if _at(module, name) is not None), None)


def _at(module: Any, name: str) -> Any:
    for step in name.split("."):
        module = getattr(module, step, None)
    return module


def text_config(model: Any) -> Any:
    """Return the configuration of the text decoder."""
    return model.config.get_text_config(decoder=True)


def find_blocks(model: Any) -> tuple[str, str] | None:
    """Return the path of the module that holds the decoder's blocks, and their name in it."""
    decoder = model.get_decoder()
    paths = {id(module): name for name, module in model.named_modules()}
    for root in (decoder, model.base_model, model):
        for module in _nearestfirst_tensor(root):
            name = part(module, BLOCKS)
            if name is not None and _is_list_of_blocks(getattr(module, name)):
                return paths[id(module)], name
    return None


def _is_list_of_blocks(found: Any) -> bool:
    from torch.nn import ModuleList

    return isinstance(found, ModuleList) and len(found) > 0


def _nearestfirst_tensor(root: Any) -> Iterator[Any]:
    """Yield a module and all below it, level by level."""
    waiting = deque([root])
    while waiting:
        module = waiting.popleft()
        yield module
        waiting.extend(module.children())


def find_norm(owner: Any) -> str | None:
    """Return the name of the norm that stands after the blocks, or None where none is known by its name."""
    return part(owner, NORM)


def find_mixer(block: Any) -> Mixer | None:
    """Return the softmax attention of a block, or None where its token mixer is none."""
    unread, read = None, []
    for path, module in block.named_modules():
        if not path or not _is_attention(module) or any(word in path.lower() for word in CROSS):
            continue
        projection, query = part(module, PROJECTION), part(module, QUERY)
        if projection is not None and query is not None:
            read.append(Mixer(path, module, projection))
            continue
        lacking, names = ("output", PROJECTION) if projection is None else ("query", QUERY)
        reason = f"has no {lacking} projection under a name that is known ({', '.join(names)})"
        unread = unread or Mixer(path, module, None, reason)
    if len(read) > 1:
        paths = ", ".join(mixer.path for mixer in read)
        return Mixer(paths, read[0].module, None, f"are {len(read)} attentions in one layer")
    return read[0] if read else unread


def _is_attention(module: Any) -> bool:
    """Whether a module is, by its class, an attention with weights, not one that is recurrent or a mere function."""
    name = type(module).__name__.lower()
    named = "attention" in name or "attn" in name
    return named and not any(word in name for word in NOT_SOFTMAX) and next(module.parameters(), None) is not None


def residual_width(model: Any) -> int | None:
    """Return the width of the residual stream, by the configuration; an unembedding may be narrower or wider."""
    width = getattr(text_config(model), "hidden_size", None)
    return width if isinstance(width, int) else None


def count_heads(attention: Any) -> int | None:
    """Return the number of query heads that an attention module says itself."""
    for module in (attention, getattr(attention, "self", None)):
        name = part(module, HEAD_COUNT)
        if name is not None and isinstance(_at(module, name), int):
            return int(_at(module, name))
    return None


def head_width(attention: Any) -> int | None:
    """Return the width of what one head writes, by the attention module itself."""
    name = part(attention, HEAD_WIDTH)
    return None if name is None else int(getattr(attention, name))


def configured_heads(config: Any, layer: int) -> int | None:
    """Return the number of query heads of a layer by the configuration, or None where it says none."""
    layers = getattr(config, "per_layer_config", None)
    config = layers[layer] if layers is not None and layer < len(layers) else config
    for name in ("decoder_attention_heads", *HEAD_COUNT, "attention_heads"):
        value = getattr(config, name, None)
        if isinstance(value, (list, tuple)) and layer < len(value):
            value = value[layer]
        if isinstance(value, int):
            return value
    return None


def input_width(projection: Any) -> int | None:
    """Return the input width of a linear layer (`nn.Linear`, or GPT-2's transposed `Conv1D`), None of any other."""
    width = getattr(projection, "in_features", getattr(projection, "nx", None))
    return int(width) if isinstance(width, int) and getattr(projection, "weight", None) is not None else None


def trace_norm(model: Any, owner: Any) -> str | None:
    """Return the path of the norm whose output is the decoder's, by one pass over two tokens; None where none is.

    The decoder's output is that of the transformers base model, or of the module that holds the blocks.
    """
    import torch

    made: list[tuple[str, torch.Tensor]] = []
    ends: list[torch.Tensor] = []
    handles = [
        module.register_forward_hook(_keep(name, made))
        for name, module in model.named_modules()
        if "norm" in type(module).__name__.lower() and not any(module.children())
    ]
    for decoder in (owner, model.base_model):
        handles.append(decoder.register_forward_hook(lambda _module, _args, output: ends.append(first_tensor(output))))
    rows = model.get_input_embeddings().weight.shape[0]
    ids = torch.tensor([[3, 5]], device=next(model.parameters()).device) % rows
    try:
        with torch.no_grad():
            model(input_ids=ids, use_cache=False)
    finally:
        for handle in handles:
            handle.remove()
    same = [name for name, out in made if ends and out.shape == ends[-1].shape and torch.equal(out, ends[-1])]
    return same[-1] if same else None


def _keep(name: str, made: list[Any]) -> Any:
    def hook(_module: Any, _args: Any, output: Any) -> None:
        made.append((name, first_tensor(output)))

    return hook


def first_tensor(output: Any) -> Any:
    """Return the tensor of an output that may be a tuple or one of transformers' records."""
    return output if hasattr(output, "shape") else output[0]


def softcap(model: Any) -> float | None:
    """Return what the logits are capped at by a tanh, by the configuration."""
    config = text_config(model)
    return next((float(cap) for name in SOFTCAP if (cap := getattr(config, name, None))), None)


def head_reads_further(model: Any, norm: str) -> bool:
    """Whether modules with weights stand beside the decoder and the unembedding: a head that is more than one layer."""
    decoder, unembedding = norm.split(".")[0], model.get_output_embeddings()
    return any(
        name != decoder and module is not unembedding and next(module.parameters(), None) is not None
        for name, module in model.named_children()
    )
