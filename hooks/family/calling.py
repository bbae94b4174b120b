"""How a family of models is called: which inputs its forward takes, and under which name its cache comes and goes."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Required, TypedDict

import torch

# The names of the caches that models read back as their own input, in the order in which transformers looks for them.
CACHES = ("past_key_values", "cache_params", "state")
KEY_VALUE = CACHES[0]


class Inputs(TypedDict, total=False):
    """What transformers' forward is called with; a family that does not take one of them is not given it."""

    input_ids: Required[torch.Tensor]
    attention_mask: Required[torch.Tensor]
    use_cache: Required[bool]
    position_ids: torch.Tensor
    past_key_values: Any  # the family's own cache, under the family's own name for it
    cache_params: Any
    state: Any
    logits_to_keep: torch.Tensor


@dataclass(frozen=True, slots=True)
class Calling:
    """The calling convention of a family: the names that its forward takes."""

    accepts: frozenset[str]

    @classmethod
    def of(cls, model: torch.nn.Module) -> Calling:
        """Read it from the model's forward."""
        return cls(frozenset(inspect.signature(model.forward).parameters))

    @property
    def masked(self) -> bool:
        """Whether the rows of a batch can be told from their padding."""
        return "attention_mask" in self.accepts

    @property
    def cache(self) -> str | None:
        """The name under which the cache goes in and comes out; None of a family that takes none under a known name."""
        return next((name for name in CACHES if name in self.accepts), None)

    def inputs(self, ids: torch.Tensor, mask: torch.Tensor, cache: Any, use_cache: bool, kept: int) -> Inputs:
        """Return what forward is called with: tokens that follow `cache`, the logits of the newest `kept` positions."""
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        inputs: Inputs = {"input_ids": ids, "attention_mask": mask, "position_ids": positions, "use_cache": use_cache}
        if cache is not None and self.cache is not None:
            inputs[self.cache] = cache  # type: ignore[literal-required]
            if self.cache != KEY_VALUE:  # a recurrent state knows no positions: its mask is that of the new tokens
                inputs["attention_mask"] = mask[:, -ids.shape[1] :]
        if "position_ids" not in self.accepts:  # families that count positions from the mask by themselves
            del inputs["position_ids"]
        if "logits_to_keep" in self.accepts and kept < ids.shape[1]:
            # A tensor, not a number: given a number, Gemma 4 drops positions that the hooks are to read.
            inputs["logits_to_keep"] = torch.arange(ids.shape[1] - kept, ids.shape[1], device=ids.device)
        return inputs
