"""What every head wrote in given answers, into a run directory: batch by batch, continued where it was cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from interp import store
from interp.errors import InputError
from interp.records import Generation, HeadActivations, Prompt
from interp.runs import Run

if TYPE_CHECKING:
    from hooks.backend import Backend

HEADS = "heads.safetensors"


def collect_heads(
    run: Run,
    open_model: Callable[[], Backend],
    prompts: Sequence[Prompt],
    generations: Sequence[Generation],
    *,
    last_tokens: int,
    batch_size: int,
) -> HeadActivations:
    """Write `heads.safetensors` of these answers, rows in their order, and return it; loads no model when it is there.

    A batch is the unit that is saved; which answers are in it depends only on their lengths and the batch size.
    """
    file = run.path / HEADS
    if not file.with_suffix(".json").is_file():
        batches = _batches(generations, batch_size)
        for index, batch in _progress(batches):
            if not run.part(index).with_suffix(".json").is_file():
                _capture(run, index, open_model(), prompts, batch, last_tokens)
        parts = [store.read_head_activations(run.part(index)) for index in range(len(batches))]
        store.write_head_activations(file, merge_heads(parts, [g.id for g in generations]))
    return store.read_head_activations(file)


def _batches(generations: Sequence[Generation], batch_size: int) -> list[list[Generation]]:
    """Return the answers in batches of nearly equal length."""
    if batch_size < 1:
        raise InputError(f"The batch size must be at least 1, not {batch_size}.")
    ordered = sorted(generations, key=lambda g: g.n_prompt_tokens + len(g.tokens))
    return [ordered[i : i + batch_size] for i in range(0, len(ordered), batch_size)]


def _progress(batches: list[list[Generation]]) -> Iterable[tuple[int, list[Generation]]]:
    from tqdm import tqdm

    return tqdm(list(enumerate(batches)), desc="heads of answers", unit="batch")


def _capture(
    run: Run, index: int, backend: Backend, prompts: Sequence[Prompt], batch: Sequence[Generation], last_tokens: int
) -> None:
    from hooks.capture import capture_heads
    from hooks.collect import record_model

    record_model(run, backend)
    heads = capture_heads(backend, prompts, batch, last_tokens=last_tokens, batch_size=len(batch))
    store.write_head_activations(run.part(index), heads)


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
