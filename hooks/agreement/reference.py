"""The same quantities by transformers alone: no hook of ours, no decoding loop of ours, heads scaled in the weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hooks.agreement.quantities import Quantities, batch
from hooks.backend.base import HookedModel
from hooks.backend.decoding import count_content
from hooks.backend.geometry import Geometry
from hooks.models.catalogue import locate, resolve
from hooks.models.loading import load
from interp.records.answers import HeadScale


def reference(
    name: str | Path, attn: str, like: HookedModel, questions: Sequence[str], edit: HeadScale, new_tokens: int
) -> Quantities:
    """Load the model once more, with `attn`, and compute the quantities of `observe` for the same batch."""
    directory = locate(resolve(str(name))).directory
    model, _ = load(directory, like.dtype, attn, like.device)
    ids, mask = (torch.from_numpy(a) for a in batch(like, questions))
    seen = mask.bool().numpy()
    plain, z = _forward(model, like.geometry, ids, mask)
    scale_weights(model, like.geometry, edit)
    scaled, _ = _forward(model, like.geometry, ids, mask)
    return {
        "h_last": [state[:, -1].numpy() for state in plain.hidden_states[1:]],
        "z": [value[seen] for value in z],
        "logits": [plain.logits.numpy()[seen]],
        "scaled logits": [scaled.logits.numpy()[seen]],
        "scaled generation": _generate(model, like.tokenizer, ids, mask, new_tokens),
    }


def _forward(model: Any, geometry: Geometry, ids: torch.Tensor, mask: torch.Tensor) -> tuple[Any, list[np.ndarray]]:
    """Return one pass with its hidden states, and what each o_proj was called with."""
    seen: list[np.ndarray] = []
    handles = [
        model.get_submodule(heads.path).register_forward_pre_hook(
            lambda _module, args, n=heads.n_heads: seen.append(args[0].unflatten(-1, (n, -1)).numpy().copy())
        )
        for heads in geometry.attention.values()
    ]
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    try:
        with torch.no_grad():
            output = model(
                input_ids=ids, attention_mask=mask, position_ids=positions, output_hidden_states=True, use_cache=False
            )
    finally:
        for handle in handles:
            handle.remove()
    return output, seen


def scale_weights(model: Any, geometry: Geometry, edit: HeadScale) -> None:
    """Multiply the columns of o_proj that read each head: the same function as scaling the head."""
    with torch.no_grad():
        for layer, head in edit.heads:
            heads = geometry.heads_of(layer)
            columns = slice(head * heads.d_head, (head + 1) * heads.d_head)
            model.get_submodule(heads.path).weight[:, columns] *= edit.factor


def _generate(model: Any, tokenizer: Any, ids: torch.Tensor, mask: torch.Tensor, new_tokens: int) -> list[np.ndarray]:
    """Return greedy tokens, and the states of each row's last visible one, which one token more makes visible."""
    model.generation_config.eos_token_id = None
    made = model.generate(
        ids,
        attention_mask=mask,
        max_new_tokens=new_tokens + 1,
        min_new_tokens=None,
        do_sample=False,
        pad_token_id=0,
        output_hidden_states=True,
        return_dict_in_generate=True,
    )
    tokens = made.sequences[:, ids.shape[1] : -1]
    prompts = [row[seen].tolist() for row, seen in zip(ids, mask.bool(), strict=True)]
    last = [count_content(tokenizer, *row) for row in zip(prompts, tokens.tolist(), strict=True)]
    layers = range(1, len(made.hidden_states[0]))
    rows = [[_state(made.hidden_states[n][layer], row, n) for row, n in enumerate(last)] for layer in layers]
    return [tokens.numpy(), *map(np.stack, rows)]


def _state(states: torch.Tensor, row: int, n_content: int) -> np.ndarray:
    """Return a row's state at the newest token; zeros for an answer in which nothing can be seen."""
    state = states[row, -1].numpy()
    return state if n_content else np.zeros_like(state)
