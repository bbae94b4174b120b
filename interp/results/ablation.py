"""What `hooks.ablate` writes: the effect of every head, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from interp.records.loaded import ModelId
from interp.records.rendering import Rendering
from interp.results.schema import Result

HeadTable = tuple[tuple[float, ...], ...]  # one row a layer of `layers`, one number a head


@dataclass(frozen=True, slots=True)
class AblationTables(Result):
    """Every attention head scaled by one factor, one at a time: what the next token loses, as means over prompts.

    Attributes:
        model: what was loaded.
        backend: what attached the hooks.
        proof: whether they proved themselves.
        factor: what each head was multiplied by; 0 removes it.
        rendering: how the prompts were put to the model.
        prompt_ids: the prompts.
        layers: the layers that have heads: the rows of the tables.
        kl: KL divergence, in nats, from the model's next-token distribution to the one without the head.
        logprob_change: change of the log-probability of the token that the whole model would say, in nats.
        flipped: share of prompts where another token becomes the likeliest.
    """

    SCHEMA: ClassVar[int] = 3

    model: ModelId
    backend: str
    proof: str
    factor: float
    rendering: Rendering
    prompt_ids: tuple[str, ...]
    layers: tuple[int, ...]
    kl: HeadTable
    logprob_change: HeadTable
    flipped: HeadTable
