"""What one types in a notebook: answer prompts, capture h_last, read any hook. Each takes an open model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hooks.answers.batch import as_prompts, generate_batch
from hooks.answers.chat import encode
from hooks.backend.hook import Hook, Read, Reduce
from hooks.backend.names import hook_names, parse_hook
from hooks.backend.protocol import Backend
from interp.records.answers import Generation
from interp.records.arrays import Features
from interp.records.rendering import Rendering

Prompts = Any  # a text or a Prompt, or several of them in their order; anything else is refused in one sentence


def generate(
    backend: Backend, prompts: Prompts, *, max_new_tokens: int = 256, rendering: Rendering | None = None
) -> list[Generation]:
    """Answer prompts greedily as one batch; a string is one prompt (see `as_prompts`)."""
    asked = as_prompts(prompts)
    return generate_batch(backend, asked, max_new_tokens=max_new_tokens, layers=(), rendering=rendering)[0]


def capture(
    backend: Backend, prompts: Prompts, *, max_new_tokens: int = 256, rendering: Rendering | None = None
) -> list[Features]:
    """Answer prompts greedily as one batch and return h_last at both positions, all layers and the final norm."""
    return generate_batch(backend, as_prompts(prompts), max_new_tokens=max_new_tokens, rendering=rendering)[1]


def read(backend: Backend, prompt: Any, hooks: Sequence[str | Hook]) -> dict[str, np.ndarray]:
    """Run one prompt and return what each hook saw, (pos, columns) or at Z (pos, head, d_head), by our names."""
    names = hook_names(backend.geometry)
    wanted = [Read(parse_hook(str(hook), backend.geometry, names), Reduce.WHOLE) for hook in hooks]
    (asked,) = as_prompts([prompt])
    ids = np.array([encode(backend.tokenizer, asked.text)])
    values = backend.forward(ids, np.ones_like(ids), wanted).values
    return {str(read.hook): values[read][0] for read in wanted}
