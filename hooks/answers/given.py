"""Answers that are already there -> activations, by one forward pass over prompt and response (teacher forcing).

`hooks.answers.batch` captures h_last while it generates; this reads answers that came from elsewhere, and what heads
wrote over the last tokens of a response (paper section 5: the o_proj input over the last 32 response tokens).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hooks.answers.chat import encode, ids_sha256
from hooks.answers.padding import pad_left
from hooks.answers.rendering import default_rendering
from hooks.backend.decoding import pad_id
from hooks.backend.hook import HookError, Read
from hooks.backend.protocol import Backend, Forward
from interp.records.answers import Generation
from interp.records.prompts import Prompt
from interp.records.rendering import Rendering


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One answer with the token ids that precede it."""

    generation: Generation
    prompt_ids: tuple[int, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """Prompt and answer."""
        return (*self.prompt_ids, *self.generation.tokens)


def read_given(
    backend: Backend,
    prompts: Sequence[Prompt],
    generations: Sequence[Generation],
    reads: Sequence[Read],
    span: int,
    batch_size: int,
    rendering: Rendering | None = None,
) -> tuple[tuple[str, ...], dict[Read, Float[np.ndarray, "n ..."]]]:
    """Return the ids of the answers that have tokens, in order, and one array a read with a row each.

    `rendering` is that of the run that holds the answers; None is the default of this day.
    """
    if span < 1 or batch_size < 1:
        raise HookError("The number of last tokens and the batch size must be at least 1.")
    answered = [a for a in pair(backend, prompts, generations, rendering) if a.generation.tokens]
    if not answered:
        raise HookError("Every answer is empty, so there is no response token to read.")
    order = sorted(range(len(answered)), key=lambda i: len(answered[i].ids))
    seen = list(_passes(backend, [answered[i] for i in order], reads, span, batch_size))
    back = np.argsort(np.array(order, dtype=np.intp), kind="stable")
    values = {read: np.concatenate([passed.values[read] for passed in seen])[back] for read in reads}
    return tuple(a.generation.id for a in answered), values


def _passes(
    backend: Backend, answered: Sequence[GivenAnswer], reads: Sequence[Read], span: int, batch_size: int
) -> Iterator[Forward]:
    for start in range(0, len(answered), batch_size):
        batch = answered[start : start + batch_size]
        ids, mask = pad_left([a.ids for a in batch], pad_id(backend))
        spans = [min(span, len(a.generation.tokens)) for a in batch]
        with backend.scaled([a.generation.edit for a in batch]):
            yield backend.forward(ids, mask, reads, span=spans)


def pair(
    backend: Backend, prompts: Sequence[Prompt], generations: Sequence[Generation], rendering: Rendering | None = None
) -> Iterator[GivenAnswer]:
    """Yield each answer with its prompt's ids; a prompt that is absent or has other ids now raises HookError."""
    rendering = rendering or default_rendering(backend.tokenizer)
    by_id = {prompt.id: encode(backend.tokenizer, prompt.text, rendering=rendering) for prompt in prompts}
    for generation in generations:
        if generation.prompt_id not in by_id:
            raise HookError(
                f"The answer {generation.id!r} belongs to no given prompt; pass the prompts it was made from."
            )
        check_prompt(generation, by_id[generation.prompt_id])
        yield GivenAnswer(generation, by_id[generation.prompt_id])


def check_prompt(generation: Generation, ids: Sequence[int]) -> None:
    """Raise HookError unless an answer was made to a prompt of these token ids."""
    now, then = ids_sha256(ids), generation.prompt_sha256
    if now == then:
        return
    if not then or "prompt_sha256" in generation.unrecorded:
        raise HookError(f"The answer {generation.id!r} does not record the tokens of its prompt; answer it again.")
    raise HookError(
        f"The prompt of {generation.id!r} has other tokens here ({len(ids)}, sha256 {now[:12]}) than when it was "
        f"answered ({generation.n_prompt_tokens}, sha256 {then[:12]}): its text, the tokenizer, the chat template or "
        "the date that the template sees is another one; use those that it was answered with, or answer it again."
    )
