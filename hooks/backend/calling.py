"""How a family of models is called: which inputs its forward takes, and under which name its cache comes and goes."""

from __future__ import annotations

import inspect
from typing import Any

import torch

from hooks.backend.hook import HookError
from hooks.backend.protocol import Inputs

# The names of the caches that models read back as their own input, in the order in which transformers looks for them.
CACHES = ("past_key_values", "cache_params", "state")
KEY_VALUE = CACHES[0]


class Calling:
    """The calling convention of a model, read from its forward once.

    Raises:
        HookError: a model that takes no attention mask, or no cache under a known name.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self._kind = type(model).__name__
        self._accepts = frozenset(inspect.signature(model.forward).parameters)
        if "attention_mask" not in self._accepts:
            raise HookError(
                f"{self._kind} takes no attention mask, so the rows of a batch cannot be told from their padding; "
                "choose a model whose forward takes one."
            )
        cache = next((name for name in CACHES if name in self._accepts), None)
        if cache is None:
            raise HookError(
                f"{self._kind} takes no cache under a known name ({', '.join(CACHES)}), so that it cannot answer token "
                "by token; choose another model."
            )
        self.cache = cache

    def inputs(self, ids: torch.Tensor, mask: torch.Tensor, cache: Any, use_cache: bool, kept: int) -> Inputs:
        """Return what forward is called with: tokens that follow `cache`, the logits of the newest `kept` positions."""
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        inputs: Inputs = {"input_ids": ids, "attention_mask": mask, "position_ids": positions, "use_cache": use_cache}
        if cache is not None:
            inputs[self.cache] = cache  # type: ignore[literal-required]
            if self.cache != KEY_VALUE:  # a recurrent state knows no positions: its mask is that of the new tokens
                inputs["attention_mask"] = mask[:, -ids.shape[1] :]
        if "position_ids" not in self._accepts:  # families that count positions from the mask by themselves
            del inputs["position_ids"]
        if "logits_to_keep" in self._accepts and kept < ids.shape[1]:
            # A tensor, not a number: given a number, Gemma 4 drops positions that the hooks are to read.
            inputs["logits_to_keep"] = torch.arange(ids.shape[1] - kept, ids.shape[1], device=ids.device)
        return inputs

    def checked(self, cache: Any) -> Any:
        """Return the cache that a pass left; HookError where there is none, since the next token would see no past."""
        if cache is None:
            raise HookError(
                f"{self._kind} was asked for its cache ({self.cache}) and returned none, so that every further token "
                "would be computed without the ones before it: it is in training mode with gradient checkpointing, or "
                "keeps its past where no caller can hold it."
            )
        return cache
