"""Ablate every head once, and say how far the next-token distribution moves: the data of a heat map.

`python -m hooks.ablate --model smollm2-135m` runs one pass per head over a batch of prompts (270 heads, 16 prompts)
and writes layer by head tables as JSON.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hooks.heads.ablation import Ablation, ablate_heads
from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.prompts import sets as prompt_sets
from interp.records.prompts import Prompt
from interp.runs.files import write_json

if TYPE_CHECKING:
    from hooks.backend.base import HookedModel

SCHEMA = "ablation-1"


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


def main(config: Config) -> int:
    """Run the command."""
    if config.output.exists():
        raise InputError(f"{config.output} exists already; name another file with --output, or remove it.")
    if config.prompts < 1:
        raise InputError(f"--prompts must be at least 1, not {config.prompts}.")
    chosen = prompt_sets.load(config.domain).fresh[: config.prompts]

    from tqdm import tqdm

    from hooks.models.loading import open_backend

    model = open_backend(
        config.model, backend=config.backend, revision=config.revision, dtype=config.dtype, device=config.device
    )
    total = sum(heads.n_heads for heads in model.geometry.attention.values())
    found = list(tqdm(ablate_heads(model, chosen, config.factor), total=total, desc="heads", unit="head"))
    write_json(config.output, report(model, chosen, config.factor, found))
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
