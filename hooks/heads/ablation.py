"""Every head zeroed in turn, and what that does to the next token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from jaxtyping import Float

from interp.records.answers import HeadScale
from interp.records.prompts import Prompt
from interp.records.rendering import Rendering

if TYPE_CHECKING:
    from hooks.backend.base import HookedModel

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ablation:
    """What one head does: means over prompts at the last prompt position.

    Attributes:
        kl: KL divergence, in nats, from the model's next-token distribution to the one without the head.
        logprob_change: change of the log-probability of the token that the whole model would say, in nats.
        flipped: share of prompts where another token becomes the likeliest.
    """

    layer: int
    head: int
    kl: float
    logprob_change: float
    flipped: float


def ablate_heads(
    model: HookedModel,
    prompts: Sequence[Prompt],
    factor: float = 0.0,
    layers: Sequence[int] | None = None,
    rendering: Rendering | None = None,
) -> Iterator[Ablation]:
    """Yield one Ablation per head (of these layers; None is all), one pass each over all prompts at once.

    `rendering` is how prompts are put to the model; None is the default of this day.
    """
    from hooks.answers.chat import encode
    from hooks.answers.padding import pad_left
    from hooks.backend.decoding import pad_id

    ids, mask = pad_left(
        [encode(model.tokenizer, prompt.text, rendering=rendering) for prompt in prompts], pad_id(model)
    )

    def measure() -> Float[np.ndarray, "row vocab"]:
        return _log_softmax(model.forward(ids, mask).logits)

    whole = measure()
    for layer, head, without in each_head_scaled(model, measure, factor, layers):
        yield _compare(layer, head, whole, without)


def each_head_scaled(
    model: HookedModel, measure: Callable[[], T], factor: float = 0.0, layers: Sequence[int] | None = None
) -> Iterator[tuple[int, int, T]]:
    """Yield layer, head and what `measure` returns while that head alone is scaled (of these layers; None is all)."""
    for layer in model.geometry.attention if layers is None else layers:
        for head in range(model.geometry.heads_of(layer).n_heads):
            with model.scaled(HeadScale(((layer, head),), factor)):
                seen = measure()
            yield layer, head, seen


def _log_softmax(logits: Float[np.ndarray, "row vocab"]) -> Float[np.ndarray, "row vocab"]:
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def _compare(
    layer: int, head: int, whole: Float[np.ndarray, "row vocab"], without: Float[np.ndarray, "row vocab"]
) -> Ablation:
    said = whole.argmax(-1)
    rows = np.arange(len(said))
    return Ablation(
        layer=layer,
        head=head,
        kl=float((np.exp(whole) * (whole - without)).sum(-1, dtype=np.float64).mean()),
        logprob_change=float((without - whole)[rows, said].mean(dtype=np.float64)),
        flipped=float((without.argmax(-1) != said).mean()),
    )
