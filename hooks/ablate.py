"""Ablate every head once, and say how far the next-token distribution moves: the data of a heat map.

`python -m hooks.ablate --model smollm2-135m` runs one pass per head over a batch of prompts (270 heads, 16 prompts)
and writes layer by head tables as JSON.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from hooks.heads.ablation import Ablation, ablate_heads
from hooks.models.catalogue import resolve
from hooks.models.opening import opener
from interp.cli.front_door import run_command
from interp.cli.groups import AS_USUAL, LogLevel, ModelOptions, RenderingOptions
from interp.cli.options import at_least
from interp.prompts import sets as prompt_sets
from interp.records.prompts import Prompt
from interp.records.rendering import Rendering
from interp.results.ablation import AblationTables
from interp.results.schema import write_result
from interp.runs.files import check_output
from interp.runs.rendering import today

if TYPE_CHECKING:
    from hooks.backend.base import HookedModel


@dataclass(frozen=True)
class Ablate:
    """Scale every attention head by a factor, one at a time, and measure what the next token loses."""

    model: str = "smollm2-135m"
    """A short name (qwen3-1.7b, smollm2-135m, ...), a hub id (org/name), or a local directory."""
    domain: Literal["facts", "chef"] = "facts"
    """The built-in prompt set whose first fresh prompts are used."""
    prompts: int = 16
    """How many prompts."""
    factor: float = 0.0
    """What each head is multiplied by; 0 removes it."""
    loading: tyro.conf.OmitArgPrefixes[ModelOptions] = ModelOptions()
    asking: tyro.conf.OmitArgPrefixes[RenderingOptions] = AS_USUAL
    output: Path = Path("results/ablation.json")
    """The JSON file to write; it must not exist yet."""
    log_level: LogLevel = "warning"
    """How much is said on stderr besides the progress bar."""


def main(options: Ablate) -> int:
    """Run the command."""
    check_output(options.output)
    at_least("prompts", options.prompts, 1)
    chosen = prompt_sets.load(options.domain).fresh[: options.prompts]

    from tqdm import tqdm

    from hooks.answers.rendering import settle

    model = opener(resolve(options.model, options.loading.revision), options.loading)()
    total = sum(heads.n_heads for heads in model.geometry.attention.values())
    rendering = settle(model.tokenizer, options.asking, today())
    swept = ablate_heads(model, chosen, options.factor, rendering=rendering)
    effects = list(tqdm(swept, total=total, desc="heads", unit="head"))
    write_result(options.output, tables(model, chosen, options.factor, effects, rendering))
    sys.stdout.write(summary(effects) + f"\n{options.output}\n")
    return 0


def tables(
    model: HookedModel, prompts: Sequence[Prompt], factor: float, effects: Sequence[Ablation], rendering: Rendering
) -> AblationTables:
    """Return the effects of all heads as one table a measure."""
    layers = tuple(sorted({head.layer for head in effects}))
    rows = [[head for head in effects if head.layer == layer] for layer in layers]
    return AblationTables(
        schema=AblationTables.SCHEMA,
        model=model.model_id,
        backend=model.name,
        proof=model.proof,
        factor=factor,
        rendering=rendering,
        prompt_ids=tuple(prompt.id for prompt in prompts),
        layers=layers,
        kl=tuple(tuple(head.kl for head in row) for row in rows),
        logprob_change=tuple(tuple(head.logprob_change for head in row) for row in rows),
        flipped=tuple(tuple(head.flipped for head in row) for row in rows),
    )


def summary(effects: Sequence[Ablation], top: int = 5) -> str:
    """Return the heads that matter most, one a line."""
    lines = [f"{'head':>8} {'KL':>9} {'logprob':>9} {'flipped':>8}"]
    for effect in sorted(effects, key=lambda effect: -effect.kl)[:top]:
        name = f"L{effect.layer}H{effect.head}"
        lines.append(f"{name:>8} {effect.kl:9.4f} {effect.logprob_change:9.4f} {effect.flipped:8.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(run_command(Ablate, main, "python -m hooks.ablate"))
