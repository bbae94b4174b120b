"""What every head wrote in given answers, into a run directory: batch by batch, continued where it was cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hooks.answers.collect import record_model
from hooks.answers.given import read_given
from hooks.backend.hook import Hook, HookError, Read, Reduce
from hooks.backend.protocol import Backend
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import HeadActivations, Site
from interp.records.prompts import Prompt
from interp.records.rendering import Rendering
from interp.runs.arrays import read_head_activations, write_head_activations
from interp.runs.directory import Run
from interp.runs.layout import HEADS, HEADS_INDEX, MODEL
from interp.runs.resume import resume
from interp.runs.stages import end_stage, stage_done


def capture_heads(
    backend: Backend,
    prompts: Sequence[Prompt],
    generations: Sequence[Generation],
    *,
    last_tokens: int = 32,
    batch_size: int = 8,
    rendering: Rendering | None = None,
) -> HeadActivations:
    """Return each head's mean norm and mean vector over the last response tokens, at every layer that has heads.

    Answers generated with scaled heads are read with the same heads scaled. Empty answers have no row. `rendering` is
    that of the run that holds the answers; None is the default of this day.
    """
    layers = tuple(backend.geometry.attention)
    if not layers:
        raise HookError(f"{backend.model_id.name} has no attention layer with an output projection to read heads at.")
    reads = [Read(Hook(Site.Z, layer), how) for layer in layers for how in (Reduce.NORM, Reduce.MEAN)]
    ids, values = read_given(backend, prompts, generations, reads, last_tokens, batch_size, rendering)
    return HeadActivations(
        generation_ids=ids,
        layers=layers,
        norms=tuple(values[Read(Hook(Site.Z, layer), Reduce.NORM)] for layer in layers),
        means=tuple(values[Read(Hook(Site.Z, layer), Reduce.MEAN)] for layer in layers),
        last_tokens=last_tokens,
    )


def collect_heads(
    run: Run,
    open_model: Callable[[], Backend],
    prompts: Sequence[Prompt],
    generations: Sequence[Generation],
    *,
    last_tokens: int,
    batch_size: int,
    rendering: Rendering | None = None,
) -> HeadActivations:
    """Write `heads.safetensors` of these answers, rows in their order, and return it; loads no model when it is there.

    A batch is the unit that is saved; which answers are in it depends only on their lengths and the batch size.
    """

    def make(batch: Sequence[Generation], part: Path) -> None:
        backend = open_model()
        record_model(run, backend)
        heads = capture_heads(
            backend, prompts, batch, last_tokens=last_tokens, batch_size=len(batch), rendering=rendering
        )
        write_head_activations(part, heads)

    if not stage_done(run, HEADS, HEADS_INDEX):
        batches = _batches(generations, batch_size)
        parts = resume(run, "heads of answers", batches, make, unit="batch", saved=_is_whole)
        heads = merge_heads([read_head_activations(part) for part in parts], [g.id for g in generations])
        write_head_activations(run.path / HEADS, heads)
        end_stage(run, MODEL, HEADS, HEADS_INDEX)
    return read_head_activations(run.path / HEADS)


def _batches(generations: Sequence[Generation], batch_size: int) -> list[list[Generation]]:
    """Return the answers in batches of nearly equal length."""
    if batch_size < 1:
        raise InputError(f"The batch size must be at least 1, not {batch_size}.")
    ordered = sorted(generations, key=lambda g: g.n_prompt_tokens + len(g.tokens))
    return [ordered[i : i + batch_size] for i in range(0, len(ordered), batch_size)]


def _is_whole(part: Path) -> bool:
    """Return whether a part's sidecar is there, which is written last."""
    return part.with_suffix(".json").is_file()


def merge_heads(parts: Sequence[HeadActivations], ids: Sequence[str]) -> HeadActivations:
    """Stack the rows of several captures in the order of `ids`; an id without a row raises InputError."""
    row = {g: i for i, g in enumerate(g for part in parts for g in part.generation_ids)}
    missing = [g for g in ids if g not in row]
    if missing:
        raise InputError(
            f"{len(missing)} of {len(ids)} answers have no head activations, the first being {missing[0]!r}."
        )
    order = np.array([row[g] for g in ids], dtype=np.intp)
    first = parts[0]
    norms, means = (
        tuple(np.concatenate([getattr(part, name)[i] for part in parts])[order] for i in range(len(first.layers)))
        for name in ("norms", "means")
    )
    return HeadActivations(tuple(ids), first.layers, norms, means, first.last_tokens)
