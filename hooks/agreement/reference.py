"""The same quantities by transformers alone: no hook of ours, no decoding loop of ours, heads scaled in the weights."""

from __future__ import annotations

import inspect
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
    ids, mask = (like.tensor(a) for a in batch(like, questions))
    seen = mask.bool().cpu().numpy()
    plain, z = _forward(model, like.geometry, ids, mask)
    scale_weights(model, like.geometry, edit)
    scaled, _ = _forward(model, like.geometry, ids, mask)
    return {
        "h_last": [_numpy(state[:, -1]) for state in _after_blocks(model, like.geometry.n_layers, plain.hidden_states)],
        "z": [value[seen] for value in z],
        "logits": [_numpy(plain.logits)[seen]],
        "scaled logits": [_numpy(scaled.logits)[seen]],
        "scaled generation": _generate(model, like, ids, mask, new_tokens),
    }


def _after_blocks(model: Any, n_layers: int, hidden_states: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
    """Return the states after each block but the last, and after the norm; most families list the embeddings first."""
    embeddings_first = "cache_params" not in inspect.signature(model.forward).parameters
    if embeddings_first:
        return hidden_states[len(hidden_states) - n_layers :]
    return [*hidden_states[:-2], hidden_states[-1]]


def _forward(model: Any, geometry: Geometry, ids: torch.Tensor, mask: torch.Tensor) -> tuple[Any, list[np.ndarray]]:
    """Return one pass with its hidden states, and what each o_proj was called with."""
    seen: list[np.ndarray] = []
    handles = [
        model.get_submodule(heads.path).register_forward_pre_hook(
            lambda _module, args, n=heads.n_heads: seen.append(_numpy(args[0].unflatten(-1, (n, -1))))
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
            projection = model.get_submodule(heads.path)
            projection.weight = torch.nn.Parameter(
                projection.weight.clone(), requires_grad=False
            )  # tied ones part here
            weight = projection.weight.T if hasattr(projection, "nx") else projection.weight  # GPT-2's is transposed
            weight[:, columns] *= edit.factor


def _generate(
    model: Any, like: HookedModel, ids: torch.Tensor, mask: torch.Tensor, new_tokens: int
) -> list[np.ndarray]:
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
    answers = zip(prompts, tokens.tolist(), strict=True)
    last = [count_content(like.tokenizer, *answer, cut_off=True) for answer in answers]
    steps = [_after_blocks(model, like.geometry.n_layers, states) for states in made.hidden_states]
    rows = [[_state(steps[n][layer], row, n) for row, n in enumerate(last)] for layer in range(like.geometry.n_layers)]
    return [tokens.cpu().numpy(), *map(np.stack, rows)]


def _state(states: torch.Tensor, row: int, n_content: int) -> np.ndarray:
    """Return a row's state at the newest token; zeros for an answer in which nothing can be seen."""
    state = _numpy(states[row, -1])
    return state if n_content else np.zeros_like(state)


def _numpy(tensor: torch.Tensor) -> np.ndarray:
    """Return a copy that no later step of the model can change."""
    return tensor.float().cpu().numpy().copy()
