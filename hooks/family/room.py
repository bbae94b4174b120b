"""How much memory a batch takes beside the model's weights, and how much is free: asked before any work.

The need is a model's largest tensors counted, not a bound: of two decoders of 18 and 30 layers, in batches of 3,000 to
4,800 tokens, padded and not, on sdpa and on eager attention, it was between 0.7 and 1.4 times what they took.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch

from hooks.family.anatomy import text_config

GIB = 2**30
# The names under which configurations say how wide a feed-forward layer is; four times the model where none does.
FEED_FORWARD = ("intermediate_size", "ffn_dim", "n_inner", "d_ff", "ffn_hidden_size", "ffn_size")
SHARED = ("num_key_value_heads", "num_kv_heads", "n_kv_heads", "n_head_kv")  # keys and values that heads share
# Tensors that are alive at once where a layer is at its widest (measured): states as wide as the feed-forward and the
# residual, and every head's scores.
ALIVE, SCORES = 5, 2.5
MASK = 16  # bytes a pair of positions (measured): masks, and what attention makes of them in float32
CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)
SHORT = ("can't allocate memory", "not enough memory", "out of memory")


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of a model that decide what a batch of it takes: of its attention layers those that have heads."""

    attention_layers: int
    heads: int
    d_head: int
    d_model: int
    vocab: int


def needed(
    model: Any, sizes: Sizes, rows: int, width: int, new: int, *, eager: bool, padded: bool, logits: int = 1
) -> int:
    """Return about how many bytes a batch takes beside the weights.

    Args:
        model: the transformers model.
        sizes: its sizes.
        rows: prompts in the batch.
        width: tokens of the longest.
        new: tokens that are made of each.
        eager: whether attention holds every pair of positions of every head.
        padded: whether some prompt is shorter than the longest.
        logits: positions whose logits are kept.
    """
    config = text_config(model).to_dict()  # plain: a configuration with values for each layer hands out none of them
    item = next(model.parameters()).element_size()
    shared = min(_number(config, SHARED) or sizes.heads, sizes.heads)
    feed_forward = _number(config, FEED_FORWARD) or 4 * sizes.d_model
    cache = rows * (width + new) * sizes.attention_layers * 2 * shared * sizes.d_head * item
    states = rows * width * ALIVE * (feed_forward + sizes.d_model) * item
    scores = rows * sizes.heads * width**2 * SCORES * max(item, 4) if eager else 0
    windowed = padded or bool(config.get("sliding_window"))
    mask = rows * width**2 * MASK if windowed and not eager else 0
    vocabulary = rows * logits * sizes.vocab * (item + 4)
    return int(cache + states + scores + mask + vocabulary)


def _number(config: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """Return the largest number under these names; some families give one a layer."""
    given = [config.get(name) for name in names]
    numbers = [v for value in given for v in (value if isinstance(value, (list, tuple)) else [value])]
    return max((v for v in numbers if isinstance(v, int) and v > 0), default=None)


def free(device: torch.device) -> int:
    """Return the bytes that can still be had on a device: of the machine, or of the group that it holds us to."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + unused
    available = int(psutil.virtual_memory().available)
    addresses = resource.getrlimit(resource.RLIMIT_AS)[0]
    if addresses != resource.RLIM_INFINITY:
        available = min(available, max(addresses - int(psutil.Process().memory_info().vms), 0))
    for limit, used in CGROUPS:
        try:
            most, now = Path(limit).read_text().strip(), int(Path(used).read_text())
        except OSError:  # no such group
            continue
        if most.isdigit():
            available = min(available, max(int(most) - now + _given_back(limit), 0))
    return available


def _given_back(limit: str) -> int:
    """Return what a group holds of files that nobody is reading, which it gives back when asked for memory."""
    try:
        lines = Path(limit).with_name("memory.stat").read_text().split("\n")
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("inactive_file ", "total_inactive_file ")))


def shortage(name: str, device: torch.device, need: int, rows: int, width: int, new: int, *, eager: bool) -> str | None:
    """Return the sentence that refuses a batch which needs more than is free, or None where it fits."""
    left = free(device)
    if need <= left:
        return None
    asked = f"a batch of {rows} prompts, the longest" if rows > 1 else "a prompt"
    said = f" and up to {new:,} of an answer" if new else ""
    ways = [*(["lower --batch-size"] if rows > 1 else []), *(["take --attn sdpa"] if eager else [])]
    return (
        f"{name} needs about {need / GIB:.1f} GiB beside its weights for {asked} of {width:,} tokens{said}, but "
        f"{left / GIB:.1f} GiB are free on {device}; {', '.join([*ways, 'shorten the prompt'])}, or take a larger "
        "machine."
    )


@contextmanager
def enough(name: str, device: torch.device, error_type: type[Exception]) -> Iterator[None]:
    """Turn a pass that ran out of memory all the same into an error of one sentence."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(short in str(error).lower() for short in SHORT):
            raise
        raise error_type(
            f"{name} ran out of memory on {device} ({free(device) / GIB:.1f} GiB are free now); lower --batch-size, "
            "shorten the prompts, or take a larger machine."
        ) from error
