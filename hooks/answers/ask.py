"""What one types in a notebook: answer prompts, capture h_last, read any hook. Each takes an open model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hooks.answers.batch import as_prompts, generate_batch
from hooks.answers.chat import encode
from hooks.backend.hook import Hook, Read, Reduce
from hooks.backend.names import hook_names, parse_hook
from hooks.backend.protocol import Backend
from interp.records.answers import Generation
from interp.records.arrays import Features
from interp.records.prompts import Prompt


def generate(backend: Backend, prompts: Sequence[str | Prompt], *, max_new_tokens: int = 256) -> list[Generation]:
    """Answer prompts greedily as one batch."""
    return generate_batch(backend, as_prompts(prompts), max_new_tokens=max_new_tokens, layers=())[0]


def capture(backend: Backend, prompts: Sequence[str | Prompt], *, max_new_tokens: int = 256) -> list[Features]:
    """Answer prompts greedily as one batch and return h_last at both positions, all layers and the final norm."""
    return generate_batch(backend, as_prompts(prompts), max_new_tokens=max_new_tokens)[1]


def read(backend: Backend, prompt: str | Prompt, hooks: Sequence[str | Hook]) -> dict[str, np.ndarray]:
    """Run one prompt and return what each hook saw, (pos, columns) or at Z (pos, head, d_head), by our names."""
    names = hook_names(backend.geometry)
    wanted = [Read(parse_hook(str(hook), backend.geometry, names), Reduce.WHOLE) for hook in hooks]
    ids = np.array([encode(backend.tokenizer, prompt if isinstance(prompt, str) else prompt.text)])
    values = backend.forward(ids, np.ones_like(ids), wanted).values
    return {str(read.hook): values[read][0] for read in wanted}
