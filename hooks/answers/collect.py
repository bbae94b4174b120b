"""Prompts into a run directory: generations and h_last, batch by batch, continued where a killed run stopped.

A batch is the unit that is saved. Its composition depends only on the prompts, the tokenizer and the batch size, so a
continued run computes exactly what an uninterrupted one would have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hooks.answers.parts import merge_parts, write_part
from interp.errors import InputError
from interp.records.loaded import Loaded
from interp.records.prompts import Prompt
from interp.runs.directory import Run
from interp.runs.layout import FEATURES_INDEX, GENERATIONS, MODEL
from interp.runs.loaded import read_loaded, write_loaded
from interp.runs.resume import resume

if TYPE_CHECKING:
    from hooks.backend.protocol import Backend


def collected(run: Run, with_features: bool = True) -> bool:
    """True when generations, and features where there are to be any, are there, merged and complete."""
    features = (run.path / FEATURES_INDEX).is_file()
    return (run.path / GENERATIONS).is_file() and (features or not with_features)


def collect(
    run: Run,
    open_model: Callable[[], Backend],
    prompts: Sequence[Prompt],
    *,
    batch_size: int,
    max_new_tokens: int,
    pool_tokens: int = 1,
    layers: Sequence[int] | None = None,
    raw: bool = False,
) -> None:
    """Write the generations and features of `prompts`, in their order; loads no model when done.

    Without layers no features are kept, and their file is not written. `raw` is that of `generate_batch`.
    """
    if collected(run, with_features=layers is None or len(layers) > 0):
        return
    from hooks.answers.batch import generate_batch, plan_batches

    backend = open_model()
    record_model(run, backend)

    def make(batch: Sequence[Prompt], part: Path) -> None:
        generations, features = generate_batch(
            backend, batch, max_new_tokens=max_new_tokens, pool_tokens=pool_tokens, layers=layers, raw=raw
        )
        write_part(part, generations, features)

    parts = resume(run, "answers", plan_batches(backend, prompts, batch_size, raw), make, size=len)
    merge_parts(run, len(parts), [prompt.id for prompt in prompts])


def record_model(run: Run, backend: Backend) -> None:
    """Write what was loaded, or refuse to mix answers of two loadings in one run."""
    loaded = Loaded(backend.model_id, backend.name, backend.proof, backend.ignored)
    if not (run.path / MODEL).exists():
        write_loaded(run.path, loaded)
    elif read_loaded(run.path) != loaded:
        raise InputError(
            f"{run.path / MODEL} says that this run was begun on another model, device or dtype; continue it there, or "
            "pass another --output-dir."
        )
