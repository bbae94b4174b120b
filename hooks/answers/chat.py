"""Prompt text -> token ids, and how an answer to it ends.

A tokenizer with a chat template gets its template, with thinking switched off where the template knows the switch. One
without (a base model) gets `Question: ...\\nAnswer:`, and its answer ends at the first line break after its first
visible character, because base models go on to write the next question. A raw prompt is neither: the model continues
its text as it stands until it ends its turn or the budget is spent.

Whatever asks it, a prompt must stand in what is asked, and in the tokens: a template or a tokenizer that drops it would
have the model answer something else, the same for every prompt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from hooks.answers.rendering import MARK, default_rendering, has_own_token, messages, stands
from hooks.answers.template import render, template_source
from hooks.backend.hook import HookError
from interp.language.words import visible
from interp.records.rendering import Rendering

PLAIN = "Question: {text}\nAnswer:"
PLAIN_STOPS = ("\n",)


def has_template(tokenizer: Any) -> bool:
    """Return whether the tokenizer brings a chat template."""
    return bool(getattr(tokenizer, "chat_template", None))


def stop_strings(tokenizer: Any, raw: bool = False) -> tuple[str, ...]:
    """Return the strings that end an answer, besides the model's own end-of-turn tokens."""
    return () if raw or has_template(tokenizer) else PLAIN_STOPS


def encode(tokenizer: Any, text: str, raw: bool = False, rendering: Rendering | None = None) -> tuple[int, ...]:
    """Return the ids that ask `text` (raw: that are `text`), ready to be answered, with one BOS at most.

    Args:
        tokenizer: the model's.
        text: the prompt.
        raw: take the text as it stands.
        rendering: what the chat template is given beside it; None is the default of this day.

    Raises:
        HookError: the template fails, or the prompt does not stand in what would be asked.
    """
    rendering = rendering or default_rendering(tokenizer, raw)
    if not raw and not visible(text):
        raise HookError(f"The prompt {text[:40]!r} is blank; expected a text to be answered.")
    asked, around = _asked(tokenizer, text, raw, rendering), _asked(tokenizer, MARK, raw, rendering)
    if not stands(text, asked, around, MARK):
        raise HookError(
            f"The prompt {text[:40]!r} does not stand in what the model's chat template makes of it; use a template "
            "that keeps the text of its messages."
        )
    ids = _ids(tokenizer, asked, raw)
    if not has_own_token(tokenizer, ids, _ids(tokenizer, around.replace(MARK, ""), raw), blank=not visible(text)):
        raise HookError(
            f"The prompt {text[:40]!r} has no token of its own in the tokens that would be asked: the tokenizer does "
            "not know its characters; use a prompt that it knows, or another model."
        )
    return ids


def special_tokens(tokenizer: Any, text: str) -> list[str]:
    """Return the tokenizer's special tokens that stand in a text: it would read them as such, wherever they stand."""
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    return sorted({token.content for token in added if token.special and token.content in text})


def _asked(tokenizer: Any, text: str, raw: bool, rendering: Rendering) -> str:
    """Return the text that is asked, before it is cut into tokens."""
    if raw:
        return text
    source = template_source(tokenizer)
    if source is None:
        return PLAIN.format(text=text)
    return render(source, tokenizer, messages(text, rendering), rendering.variables, rendering.date)


def _ids(tokenizer: Any, asked: str, raw: bool) -> tuple[int, ...]:
    if not raw and has_template(tokenizer):  # a template writes the special tokens itself
        return one_bos(tokenizer, tokenizer(asked, add_special_tokens=False)["input_ids"])
    return one_bos(tokenizer, without_eos(tokenizer, tokenizer(asked)["input_ids"]))


def ids_sha256(ids: Sequence[int]) -> str:
    """Return the sha256 of a prompt's token ids, laid out as `Generation.prompt_sha256` says."""
    return hashlib.sha256(np.asarray(ids, dtype="<u4").tobytes()).hexdigest()


def one_bos(tokenizer: Any, ids: list[int]) -> tuple[int, ...]:
    """Return the ids with a repeated BOS at the front reduced to one."""
    while len(ids) > 1 and ids[0] == ids[1] == tokenizer.bos_token_id:
        ids = ids[1:]
    return tuple(int(token) for token in ids)


def without_eos(tokenizer: Any, ids: list[int]) -> list[int]:
    """Return the ids without the EOS that some tokenizers append."""
    return ids[:-1] if ids and ids[-1] == tokenizer.eos_token_id else ids
