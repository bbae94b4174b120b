"""Prompts -> generations and h_last, one batch at a time: the unit that a run saves and continues from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from hooks.answers.chat import encode, stop_strings
from hooks.answers.padding import pad_left
from hooks.backend.actions import finite
from hooks.backend.decoding import find_stop, pad_id
from hooks.backend.hook import Hook, HookError
from hooks.backend.protocol import Backend, Decoded
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.arrays import Features, Position, Site
from interp.records.prompts import Prompt, Split


def as_prompts(prompts: Sequence[str | Prompt]) -> list[Prompt]:
    """Return prompts; a plain string becomes one without claims, numbered by its place."""
    return [
        p if isinstance(p, Prompt) else Prompt(id=f"prompt-{i}", text=p, domain="", split=Split.FRESH, claims=())
        for i, p in enumerate(prompts)
    ]


def plan_batches(backend: Backend, prompts: Sequence[Prompt], batch_size: int, raw: bool = False) -> list[list[Prompt]]:
    """Return the prompts in batches of nearly equal token lengths; equal lengths keep their order."""
    if batch_size < 1:
        raise HookError(f"The batch size must be at least 1, not {batch_size}.")
    ordered = sorted(prompts, key=lambda prompt: len(encode(backend.tokenizer, prompt.text, raw)))
    return [ordered[i : i + batch_size] for i in range(0, len(ordered), batch_size)]


def generate_batch(
    backend: Backend,
    prompts: Sequence[Prompt],
    *,
    max_new_tokens: int,
    pool_tokens: int = 1,
    layers: Sequence[int] | None = None,
    edit: HeadScale | Sequence[HeadScale | None] | None = None,
    raw: bool = False,
) -> tuple[list[Generation], list[Features]]:
    """Answer one batch of prompts greedily and capture h_last in the same passes.

    The same backend, prompts and options give the same result bit by bit on the same machine.

    Args:
        backend: an open model.
        prompts: the batch, answered together.
        max_new_tokens: budget of each answer; an answer that reaches it has stop LENGTH and no END_OF_TURN row.
        pool_tokens: CONTENT is the mean over this many last content tokens (fewer in shorter answers).
        layers: blocks to read RESID_POST at; None is all. LN_FINAL is read whenever any layer is; () reads nothing.
        edit: heads to scale while generating, for all rows or one entry a row; it is recorded in the generations and
            in their ids.
        raw: continue each prompt's text as it stands, and keep the white space around what the model says.

    Returns:
        The generations in the order of `prompts`, and one Features per site and position with the rows that have it:
        RESID_POST and LN_FINAL, each at CONTENT and END_OF_TURN. An empty answer has no CONTENT row.
    """
    encoded = [encode(backend.tokenizer, prompt.text, raw) for prompt in prompts]
    ids, mask = pad_left(encoded, pad_id(backend))
    hooks = _hooks(backend, layers)
    edits = _row_edits(edit, len(prompts))
    context: AbstractContextManager[Any] = backend.scaled(edits) if any(edits) else nullcontext()
    with context:
        decoded = backend.decode(
            ids,
            mask,
            max_new_tokens=max_new_tokens,
            hooks=hooks,
            pool_tokens=pool_tokens,
            stop_strings=stop_strings(backend.tokenizer, raw),
        )
    generations = [
        _generation(backend, prompt, len(encoded[i]), decoded, i, max_new_tokens, edits[i], raw)
        for i, prompt in enumerate(prompts)
    ]
    return generations, _features(generations, decoded, pool_tokens)


def _row_edits(edit: HeadScale | Sequence[HeadScale | None] | None, rows: int) -> list[HeadScale | None]:
    """Return one edit a row."""
    edits = [edit] * rows if edit is None or isinstance(edit, HeadScale) else list(edit)
    if len(edits) != rows:
        raise HookError(f"{len(edits)} edits were given for {rows} prompts; give one, or one entry a prompt.")
    return edits


def edit_suffix(edit: HeadScale) -> str:
    """Return what an edit adds to a generation's id: `|L3H1,L5H0*0.5`."""
    heads = ",".join(f"L{layer}H{head}" for layer, head in edit.heads)
    return f"|{heads}*{edit.factor:g}"


def _hooks(backend: Backend, layers: Sequence[int] | None) -> tuple[Hook, ...]:
    n_layers = backend.geometry.n_layers
    chosen = range(n_layers) if layers is None else sorted(set(layers))
    residual = [backend.geometry.check(Hook(Site.RESID_POST, layer)) for layer in chosen]
    return (*residual, Hook(Site.LN_FINAL, n_layers - 1)) if residual else ()


def _generation(
    backend: Backend,
    prompt: Prompt,
    n_prompt: int,
    decoded: Decoded,
    row: int,
    max_new_tokens: int,
    edit: HeadScale | None,
    raw: bool,
) -> Generation:
    tokens, logprobs = decoded.tokens[row], decoded.logprobs[row]
    return Generation(
        id=prompt.id + (edit_suffix(edit) if edit else ""),
        prompt_id=prompt.id,
        model=backend.model_id.name,
        text=answer_text(backend.tokenizer, tokens, raw),
        tokens=tokens,
        n_prompt_tokens=n_prompt,
        stop=decoded.stop[row],
        max_new_tokens=max_new_tokens,
        mean_logprob=math.fsum(logprobs) / len(logprobs) if logprobs else None,
        min_logprob=min(logprobs, default=None),
        edit=edit,
    )


def answer_text(tokenizer: Any, tokens: Sequence[int], raw: bool = False) -> str:
    """Return the text: no special tokens, nothing from a stop string on, no space around it; if raw, all of it."""
    text: str = tokenizer.decode(list(tokens), skip_special_tokens=True)
    if raw:
        return text
    return text[: find_stop(text, stop_strings(tokenizer))].strip()


def _features(generations: Sequence[Generation], decoded: Decoded, pool_tokens: int) -> list[Features]:
    residual = [i for i, hook in enumerate(decoded.hooks) if hook.site is Site.RESID_POST]
    final = [i for i, hook in enumerate(decoded.hooks) if hook.site is Site.LN_FINAL]
    content = [row for row, tokens in enumerate(decoded.tokens) if tokens]
    ended = [row for row, stop in enumerate(decoded.stop) if stop is not StopReason.LENGTH]
    made = []
    for site, index in ((Site.RESID_POST, residual), (Site.LN_FINAL, final)):
        if not index:
            continue
        layers = tuple(decoded.hooks[i].layer for i in index)
        for position, states, rows, pool in (
            (Position.CONTENT, decoded.content, content, pool_tokens),
            (Position.END_OF_TURN, decoded.end, ended, 1),
        ):
            x = np.ascontiguousarray(states[index][:, rows].transpose(1, 0, 2))
            made.append(Features(tuple(generations[i].id for i in rows), site, layers, position, finite(x), pool))
    return made
