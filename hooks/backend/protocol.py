"""What every backend is: the words for reading and editing a model, and the protocol that all three backends keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import RLock
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int

from hooks.backend.geometry import Geometry
from hooks.backend.hook import Hook, Read
from hooks.family.reach import Reach
from interp.records.answers import HeadScale, StopReason
from interp.records.loaded import ModelId

BackendName = Literal["torch", "nnsight", "transformer_lens"]
Logits = Literal["last", "all"]
Proof = Literal["passed", "skipped"]  # whether the hooks proved themselves when the model was opened


@dataclass(frozen=True, slots=True, eq=False)
class Forward:
    """What one forward pass gave: float32 logits (last position, or all) and one array a Read.

    Shapes, by reduction: LAST and MEAN "row d", NORM "row", WHOLE "row pos d"; at Z, d is "head d_head" and NORM is
    "row head". LAST with a span above 1 is the mean's set of positions cut to its newest one.
    """

    logits: Float[np.ndarray, "*shape vocab"]
    values: Mapping[Read, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One batch of greedy answers, row by row, with the states that were seen while they were made.

    Attributes:
        tokens: tokens of each row (no end-of-turn token, nothing after a stop string).
        n_content: how many of them reach the last one that bears visible text; 0 where none does.
        n_generated: how many tokens each row said, those included that `tokens` leaves out.
        stop: why each row ended.
        logprobs: natural log-probability of each of `tokens`.
        content: mean state over the last `pool_tokens` of the first `n_content` tokens; rows without content are NaN.
        end: state of the token that ended the turn; rows that were cut off are NaN.
        hooks: what axis `hook` of the states holds.
    """

    tokens: tuple[tuple[int, ...], ...]
    n_content: tuple[int, ...]
    n_generated: tuple[int, ...]
    stop: tuple[StopReason, ...]
    logprobs: tuple[tuple[float, ...], ...]
    hooks: tuple[Hook, ...]
    content: Float[np.ndarray, "hook row d_model"]
    end: Float[np.ndarray, "hook row d_model"]


@runtime_checkable
class Backend(Protocol):
    """A model in memory that can be read and edited. All backends give the same numbers; only the attaching differs."""

    name: BackendName
    model_id: ModelId
    geometry: Geometry
    tokenizer: Any
    lock: RLock
    end_of_turn: frozenset[int]
    ignored: tuple[str, ...]
    reach: Reach
    n_embeddings: int
    proof: Proof

    def forward(
        self,
        ids: Int[np.ndarray, "row pos"],
        mask: Int[np.ndarray, "row pos"],
        reads: Sequence[Read | str] = (),
        *,
        span: int | Sequence[int] = 1,
        logits: Logits = "last",
    ) -> Forward:
        """Run left-padded token ids once and return the logits and what was read (a name: at the last token)."""
        ...

    def decode(
        self,
        ids: Int[np.ndarray, "row pos"],
        mask: Int[np.ndarray, "row pos"],
        *,
        max_new_tokens: int,
        hooks: Sequence[Hook] = (),
        pool_tokens: int = 1,
        stop_strings: Sequence[str] = (),
    ) -> Decoded:
        """Continue left-padded token ids greedily, reading the states of the answer's last tokens on the way."""
        ...

    def scaled(self, scale: HeadScale | Sequence[HeadScale | None]) -> AbstractContextManager[Backend]:
        """Scale heads in every pass this thread runs inside the block; a sequence gives each row of a batch its own."""
        ...

    def check_reach(self, n_prompt: int, budget: int) -> None:
        """Refuse a longest prompt that leaves no room for its answer; say once where trained lengths are left."""
        ...

    def check_room(self, lengths: Sequence[int], budget: int) -> None:
        """Refuse a batch of prompts of these lengths that needs more memory than is free."""
        ...

    def prove(self) -> None:
        """Raise HookError unless reading and scaling do what they say on this very model."""
        ...


class Pass(NamedTuple):
    """What one pass through the model gave; the tensors are still on the device."""

    logits: torch.Tensor
    cache: Any
    values: dict[Read, torch.Tensor]


class Parts(NamedTuple):
    """The model's own modules that a proof recomputes with, as they were before any backend touched the model."""

    blocks: tuple[torch.nn.Module, ...]
    norm: torch.nn.Module
    unembedding: torch.nn.Module
    projections: dict[int, torch.nn.Module]
    head_reads_further: bool  # whether the head puts ln_final through more than the unembedding
    softcap: float | None


@runtime_checkable
class Steps(Protocol):
    """A model that runs tokens step by step: all that decoding and the proof need of a backend."""

    name: BackendName
    model_id: ModelId
    tokenizer: Any
    geometry: Geometry
    end_of_turn: frozenset[int]
    n_embeddings: int
    device: torch.device
    dtype: torch.dtype
    parts: Parts
    hf: Any

    def step(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        reads: Sequence[Read] = (),
        *,
        cache: Any = None,
        use_cache: bool = False,
        weights: torch.Tensor | None = None,
        all_logits: bool = False,
        keep_logits: int = 1,
    ) -> Pass:
        """Run the tokens that follow `cache`; `mask` covers the cached positions too."""
        ...

    def bare(self, ids: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return the last position's logits of the model without any hook; without a mask, given the tokens alone."""
        ...

    def unembed(self, final: torch.Tensor, rows: int) -> torch.Tensor | None:
        """Return float32 logits of the vocabulary's first rows; None where the head is more than one linear layer."""
        ...

    def watched(self) -> tuple[dict[int, torch.nn.Module], dict[int, torch.nn.Module]]:
        """Return the modules of the blocks, and those whose input is z before any edit, by layer."""
        ...

    def scaled(self, scale: HeadScale | Sequence[HeadScale | None]) -> AbstractContextManager[Any]:
        """Scale heads in every pass this thread runs inside the block."""
        ...

    def n_attached(self) -> int:
        """Return how many hooks hang on the model's modules now."""
        ...
