"""Prompts -> generations and h_last, one batch at a time: the unit that a run saves and continues from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from hooks.answers.chat import encode, ids_sha256, stop_strings
from hooks.answers.padding import pad_left
from hooks.answers.rendering import default_rendering
from hooks.backend.actions import finite
from hooks.backend.decoding import content_of, pad_id, said
from hooks.backend.hook import Hook, HookError
from hooks.backend.protocol import Backend, Decoded
from interp.errors import InputError
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.arrays import Features, Position, Site
from interp.records.prompts import Prompt, Split
from interp.records.rendering import Rendering

LONG = 2048  # tokens; the trained length of the shortest of the paper's models, and more than any of its prompts


def as_prompts(prompts: Any) -> list[Prompt]:
    """Return prompts; a plain string becomes one without claims, numbered by its place.

    A single string or Prompt is one prompt. Lists, tuples, arrays and columns of them are several, in their order. What
    else a caller may pass is looked at, and not left to fail somewhere inside.

    Raises:
        InputError: a table, a mapping or a set, whose items are no prompts in an order; an item that is no text; two
            prompts with one id.
    """
    if isinstance(prompts, (str, Prompt)):
        prompts = [prompts]
    made = [_as_prompt(item, place) for place, item in enumerate(_in_order(prompts))]
    twice = next((p.id for i, p in enumerate(made) if p.id in {q.id for q in made[:i]}), None)
    if twice is not None:
        raise InputError(f"Two prompts have the id {twice!r}; give every prompt an id of its own.")
    return made


def _in_order(prompts: Any) -> list[Any]:
    """Return what is inside, or refuse what would be taken for something else, such as the names of its columns."""
    kind = type(prompts).__name__
    if hasattr(prompts, "columns") or hasattr(prompts, "column_names"):
        raise InputError(f"Prompts cannot be read from a {kind}: pass one column of it, such as table['question'].")
    if isinstance(prompts, Mapping):
        raise InputError(f"Prompts cannot be read from a {kind}: pass its values as a list, such as list(d.values()).")
    if isinstance(prompts, (bytes, bytearray, memoryview)):
        raise InputError(f"A prompt is text, not {kind}: decode it first, such as data.decode('utf-8').")
    if isinstance(prompts, (set, frozenset)):
        raise InputError(f"Prompts need an order, which a {kind} does not have: pass a list.")
    try:
        return list(prompts)
    except TypeError:
        raise InputError(f"Prompts cannot be read from a {kind}; expected a text, or a list of texts.") from None


def _as_prompt(item: Any, place: int) -> Prompt:
    if isinstance(item, Prompt):
        return item
    if not isinstance(item, str):
        raise InputError(
            f"Prompt {place + 1} is no text but a {type(item).__name__} ({str(item)[:40]}); expected text, or a Prompt."
        )
    return Prompt(id=f"prompt-{place}", text=str(item), domain="", split=Split.FRESH, claims=())


def plan_batches(
    backend: Backend,
    prompts: Sequence[Prompt],
    batch_size: int,
    raw: bool = False,
    rendering: Rendering | None = None,
) -> list[list[Prompt]]:
    """Return the prompts in batches of nearly equal token lengths; equal lengths keep their order.

    Prompts longer than LONG tokens share their batch with fewer others, so that its padded size, and with it the memory
    that it takes, does not grow with the longest prompt.
    """
    if batch_size < 1:
        raise HookError(f"The batch size must be at least 1, not {batch_size}.")
    rendering = rendering or default_rendering(backend.tokenizer, raw)
    lengths = {prompt.id: len(encode(backend.tokenizer, prompt.text, raw, rendering)) for prompt in prompts}
    batches: list[list[Prompt]] = []
    for prompt in sorted(prompts, key=lambda prompt: lengths[prompt.id]):
        rows = len(batches[-1]) + 1 if batches else batch_size + 1
        if rows <= batch_size and rows * lengths[prompt.id] <= batch_size * LONG:
            batches[-1].append(prompt)
        else:
            batches.append([prompt])
    return batches


def check_batches(
    backend: Backend, batches: Sequence[Sequence[Prompt]], asked: Mapping[str, Sequence[int]], budget: int
) -> None:
    """Refuse, before any work, prompts that are too long for the model, or batches that are too large for the memory.

    Args:
        backend: an open model.
        batches: the prompts of each batch; a prompt may stand in one more than once.
        asked: the token ids of each prompt, by its id.
        budget: tokens of an answer at most.
    """
    backend.check_reach(max(map(len, asked.values()), default=0), budget)
    for batch in batches:
        backend.check_room([len(asked[prompt.id]) for prompt in batch], budget)


def generate_batch(
    backend: Backend,
    prompts: Sequence[Prompt],
    *,
    max_new_tokens: int,
    pool_tokens: int = 1,
    layers: Sequence[int] | None = None,
    edit: HeadScale | Sequence[HeadScale | None] | None = None,
    raw: bool = False,
    rendering: Rendering | None = None,
) -> tuple[list[Generation], list[Features]]:
    """Answer one batch of prompts greedily and capture h_last in the same passes.

    The same backend, prompts and options give the same result bit by bit on the same machine.

    Args:
        backend: an open model.
        prompts: the batch, answered together.
        max_new_tokens: budget of each answer; an answer that reaches it has stop LENGTH and no END_OF_TURN row.
        pool_tokens: CONTENT is the mean over this many tokens up to the last that bears visible text (fewer in shorter
            answers).
        layers: blocks to read RESID_POST at; None is all. LN_FINAL is read whenever any layer is; () reads nothing.
        edit: heads to scale while generating, for all rows or one entry a row; it is recorded in the generations and
            in their ids.
        raw: continue each prompt's text as it stands, and keep the white space around what the model says.
        rendering: what the chat template is given beside a prompt; None is the default of this day.

    Returns:
        The generations in the order of `prompts`, and one Features per site and position with the rows that have it:
        RESID_POST and LN_FINAL, each at CONTENT and END_OF_TURN. An answer in which nothing can be seen has no CONTENT
        row.
    """
    rendering = rendering or default_rendering(backend.tokenizer, raw)
    encoded = [encode(backend.tokenizer, prompt.text, raw, rendering) for prompt in prompts]
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
        _generation(backend, prompt, encoded[i], decoded, i, max_new_tokens, edits[i], raw)
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
    asked: tuple[int, ...],
    decoded: Decoded,
    row: int,
    max_new_tokens: int,
    edit: HeadScale | None,
    raw: bool,
) -> Generation:
    stop = decoded.stop[row]
    kept = None if raw else decoded.n_content[row]  # only a bare continuation keeps what comes after its text
    tokens, logprobs = decoded.tokens[row][:kept], decoded.logprobs[row][:kept]
    return Generation(
        id=prompt.id + (edit_suffix(edit) if edit else ""),
        prompt_id=prompt.id,
        model=backend.model_id.name,
        text=answer_text(backend.tokenizer, asked, decoded.tokens[row], raw, cut_off=stop is StopReason.LENGTH),
        tokens=tokens,
        n_prompt_tokens=len(asked),
        prompt_sha256=ids_sha256(asked),
        n_generated=decoded.n_generated[row],
        stop=stop,
        max_new_tokens=max_new_tokens,
        mean_logprob=math.fsum(logprobs) / len(logprobs) if logprobs else None,
        min_logprob=min(logprobs, default=None),
        edit=edit,
    )


def answer_text(
    tokenizer: Any, prompt: Sequence[int], tokens: Sequence[int], raw: bool = False, *, cut_off: bool = False
) -> str:
    """Return what tokens say behind their prompt's ids, without special tokens: the answer, or if raw, all of it."""
    text = said(tokenizer, prompt, tokens)
    return text if raw else content_of(text, stop_strings(tokenizer), cut_off=cut_off)


def _features(generations: Sequence[Generation], decoded: Decoded, pool_tokens: int) -> list[Features]:
    residual = [i for i, hook in enumerate(decoded.hooks) if hook.site is Site.RESID_POST]
    final = [i for i, hook in enumerate(decoded.hooks) if hook.site is Site.LN_FINAL]
    content = [row for row, count in enumerate(decoded.n_content) if count]
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
