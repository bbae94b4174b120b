"""Ablate every head once, and say how far the next-token distribution moves: the data of a heat map.

`python -m hooks.ablate --model smollm2-135m` runs one pass per head over a batch of prompts (270 heads, 16 prompts)
and writes layer by head tables as JSON.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from jaxtyping import Float

from interp import prompts as prompt_sets
from interp import store
from interp.command import run_command
from interp.errors import InputError
from interp.records import HeadScale, Prompt

if TYPE_CHECKING:
    from hooks.hooked_model import HookedModel

SCHEMA = "ablation-1"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Config:
    """Scale every attention head by a factor, one at a time, and measure what the next token loses.

    Attributes:
        model: short name, hub id or directory.
        domain: built-in prompt set whose first fresh prompts are used.
        prompts: how many prompts.
        factor: what each head is multiplied by; 0 removes it.
        backend: which hooks to use.
        revision: hub branch, tag or commit.
        dtype: auto, float32, bfloat16, float16 or float64.
        device: auto, cpu, cuda or cuda:1.
        output: JSON file to write; it must not exist yet.
    """

    model: str = "smollm2-135m"
    domain: str = "facts"
    prompts: int = 16
    factor: float = 0.0
    backend: Literal["torch", "nnsight", "transformer_lens"] = "torch"
    revision: str | None = None
    dtype: str = "auto"
    device: str = "auto"
    output: Path = Path("results/ablation.json")
    log_level: Literal["warning", "info"] = "warning"


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
    model: HookedModel, prompts: Sequence[Prompt], factor: float = 0.0, layers: Sequence[int] | None = None
) -> Iterator[Ablation]:
    """Yield one Ablation per head (of these layers; None is all), one pass each over all prompts at once."""
    from hooks.chat import encode
    from hooks.decode import pad_id
    from hooks.generate import pad_left

    ids, mask = pad_left([encode(model.tokenizer, prompt.text) for prompt in prompts], pad_id(model))

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


def main(config: Config) -> int:
    """Run the command."""
    if config.output.exists():
        raise InputError(f"{config.output} exists already; name another file with --output, or remove it.")
    if config.prompts < 1:
        raise InputError(f"--prompts must be at least 1, not {config.prompts}.")
    chosen = prompt_sets.load(config.domain).fresh[: config.prompts]

    from tqdm import tqdm

    from hooks.loading import open_backend

    model = open_backend(
        config.model, backend=config.backend, revision=config.revision, dtype=config.dtype, device=config.device
    )
    total = sum(heads.n_heads for heads in model.geometry.attention.values())
    found = list(tqdm(ablate_heads(model, chosen, config.factor), total=total, desc="heads", unit="head"))
    store.write_json(config.output, report(model, chosen, config.factor, found))
    sys.stdout.write(summary(found) + f"\n{config.output}\n")
    return 0


def report(
    model: HookedModel, prompts: Sequence[Prompt], factor: float, found: Sequence[Ablation]
) -> dict[str, object]:
    """Return the JSON document: per measure one list a layer, one number a head."""
    layers = sorted({one.layer for one in found})
    measures = ("kl", "logprob_change", "flipped")
    return {
        "schema": SCHEMA,
        "model": dataclasses.asdict(model.model_id),
        "backend": model.name,
        "proof": model.proof,
        "factor": factor,
        "prompt_ids": [prompt.id for prompt in prompts],
        "layers": layers,
        **{
            name: [[getattr(one, name) for one in found if one.layer == layer] for layer in layers] for name in measures
        },
    }


def summary(found: Sequence[Ablation], top: int = 5) -> str:
    """Return the heads that matter most, one a line."""
    lines = [f"{'head':>8} {'KL':>9} {'logprob':>9} {'flipped':>8}"]
    for one in sorted(found, key=lambda one: -one.kl)[:top]:
        name = f"L{one.layer}H{one.head}"
        lines.append(f"{name:>8} {one.kl:9.4f} {one.logprob_change:9.4f} {one.flipped:8.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(run_command(Config, main, "python -m hooks.ablate"))
