"""Prompts into a run directory: generations and h_last, batch by batch, continued where a killed run stopped.

A batch is the unit that is saved. Its composition depends only on the prompts, the tokenizer and the batch size, so a
continued run computes exactly what an uninterrupted one would have.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hooks.answers.parts import merge_parts, write_part
from interp.errors import InputError
from interp.records.prompts import Prompt
from interp.runs.directory import Run
from interp.runs.files import canonical_json, read_json, write_json
from interp.runs.layout import FEATURES, GENERATIONS

if TYPE_CHECKING:
    from hooks.backend.protocol import Backend


def collected(run: Run, with_features: bool = True) -> bool:
    """True when generations, and features where there are to be any, are there, merged and complete."""
    features = (run.path / FEATURES).with_suffix(".json")
    return (run.path / GENERATIONS).is_file() and (features.is_file() or not with_features)


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
    """Write `generations.jsonl` and `features.safetensors` of `prompts`, in their order; loads no model when done.

    Without layers no features are kept, and their file is not written. `raw` is that of `generate_batch`.
    """
    if collected(run, with_features=layers is None or len(layers) > 0):
        return
    from tqdm import tqdm

    from hooks.answers.batch import generate_batch, plan_batches

    backend = open_model()
    record_model(run, backend)
    batches = plan_batches(backend, prompts, batch_size, raw)
    with tqdm(total=len(prompts), desc="answers", unit="answer") as bar:
        for index, batch in enumerate(batches):
            if not run.part(index).is_file():
                generations, features = generate_batch(
                    backend, batch, max_new_tokens=max_new_tokens, pool_tokens=pool_tokens, layers=layers, raw=raw
                )
                write_part(run.part(index), generations, features)
            bar.update(len(batch))
    merge_parts(run, len(batches), [prompt.id for prompt in prompts])


def record_model(run: Run, backend: Backend) -> None:
    """Write what was loaded, or refuse to mix answers of two loadings in one run."""
    import dataclasses

    loaded = {"model": dataclasses.asdict(backend.model_id), "backend": backend.name, "proof": backend.proof}
    file = run.path / "model.json"
    if not file.exists():
        write_json(file, loaded)
    elif read_json(file) != json.loads(canonical_json(loaded)):
        raise InputError(
            f"{file} says that this run was begun on another model, device or dtype; continue it there, or pass "
            "another --output-dir."
        )
