"""Prompts into a run directory: generations and h_last, batch by batch, continued where a killed run stopped.

A batch is the unit that is saved. Its composition depends only on the prompts, the tokenizer and the batch size, so a
continued run computes exactly what an uninterrupted one would have. The day that a chat template sees is that on which
the run was begun.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hooks.answers.parts import check_parts, merge_parts, write_part
from interp.cli.groups import AS_USUAL, RenderingOptions
from interp.errors import InputError
from interp.records.loaded import Loaded
from interp.records.prompts import Prompt
from interp.records.rendering import Rendering
from interp.runs.directory import Run
from interp.runs.layout import FEATURES, FEATURES_INDEX, GENERATIONS, MODEL, PROMPTS, RENDERING
from interp.runs.loaded import read_loaded, write_loaded
from interp.runs.resume import resume
from interp.runs.stages import end_stage, stage_done

if TYPE_CHECKING:
    from hooks.backend.protocol import Backend

log = logging.getLogger(__name__)


def collected(run: Run, with_features: bool = True) -> bool:
    """True when generations, and features where there are to be any, are there, merged and complete."""
    return stage_done(run, GENERATIONS, *((FEATURES, FEATURES_INDEX) if with_features else ()))


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
    asking: RenderingOptions = AS_USUAL,
) -> None:
    """Write the generations and features of `prompts`, in their order; loads no model when done.

    Without layers no features are kept, and their file is not written. `raw` is that of `generate_batch`, `asking` says
    how prompts are put to the model, which is written to `rendering.json`.

    Raises:
        InputError: prompts that share an id or cannot be asked, or parts of answers to other prompts.
    """
    if collected(run, with_features=layers is None or len(layers) > 0):
        return
    from hooks.answers.batch import as_prompts, check_batches, generate_batch, plan_batches
    from hooks.answers.rendering import settle_run

    as_prompts(prompts)
    backend = open_model()
    record_model(run, backend)
    rendering = settle_run(run, backend.tokenizer, asking, raw=raw)
    asked = asked_ids(backend, prompts, rendering, raw=raw)
    batches = plan_batches(backend, prompts, batch_size, raw, rendering)
    check_batches(backend, batches, asked, max_new_tokens)
    check_parts(run, asked)

    def make(batch: Sequence[Prompt], part: Path) -> None:
        generations, features = generate_batch(
            backend,
            batch,
            max_new_tokens=max_new_tokens,
            pool_tokens=pool_tokens,
            layers=layers,
            raw=raw,
            rendering=rendering,
        )
        write_part(part, generations, features)

    parts = resume(run, "answers", batches, make, size=len)
    merge_parts(run, len(parts), [prompt.id for prompt in prompts])
    end_stage(run, PROMPTS, MODEL, RENDERING, GENERATIONS, FEATURES, FEATURES_INDEX)


def asked_ids(
    backend: Backend, prompts: Sequence[Prompt], rendering: Rendering, *, raw: bool = False
) -> dict[str, tuple[int, ...]]:
    """Return the token ids that each prompt is asked by, by its id; a prompt that cannot be asked raises HookError."""
    from hooks.answers.chat import encode, special_tokens

    spoken = {prompt.id: found for prompt in prompts if (found := special_tokens(backend.tokenizer, prompt.text))}
    if spoken and not raw:
        first, found = next(iter(spoken.items()))
        log.warning(
            "warning: %d of %d prompts (the first is %s) hold the text of a special token (%s), which the model is "
            "given as that token and not as text, as transformers' apply_chat_template gives it.",
            *(len(spoken), len(prompts), first, found[0]),
        )
    return {prompt.id: encode(backend.tokenizer, prompt.text, raw, rendering) for prompt in prompts}


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
