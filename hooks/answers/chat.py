"""Prompt text -> token ids, and how an answer to it ends.

A tokenizer with a chat template gets its template, with thinking switched off where the template knows the switch. One
without (a base model) gets `Question: ...\\nAnswer:`, and its answer ends at the first line break after its first
visible character, because base models go on to write the next question. A raw prompt is neither: the model continues
its text as it stands until it ends its turn or the budget is spent.
"""

from __future__ import annotations

from typing import Any

PLAIN = "Question: {text}\nAnswer:"
PLAIN_STOPS = ("\n",)
# Switches that templates may know; a template ignores the ones it does not.
TEMPLATE_SWITCHES = {"enable_thinking": False}


def has_template(tokenizer: Any) -> bool:
    """Return whether the tokenizer brings a chat template."""
    return bool(getattr(tokenizer, "chat_template", None))


def stop_strings(tokenizer: Any, raw: bool = False) -> tuple[str, ...]:
    """Return the strings that end an answer, besides the model's own end-of-turn tokens."""
    return () if raw or has_template(tokenizer) else PLAIN_STOPS


def encode(tokenizer: Any, text: str, raw: bool = False) -> tuple[int, ...]:
    """Return the ids that ask `text` (raw: that are `text`), ready to be answered, with one BOS at most."""
    if raw:
        ids = without_eos(tokenizer, tokenizer(text)["input_ids"])
    elif has_template(tokenizer):
        ids = tokenizer.apply_chat_template(
            [{"role": "user", "content": text}],
            tokenize=True,
            add_generation_prompt=True,
            return_dict=False,
            **TEMPLATE_SWITCHES,
        )
    else:
        ids = without_eos(tokenizer, tokenizer(PLAIN.format(text=text))["input_ids"])
    return one_bos(tokenizer, ids)


def one_bos(tokenizer: Any, ids: list[int]) -> tuple[int, ...]:
    """Return the ids with a repeated BOS at the front reduced to one."""
    while len(ids) > 1 and ids[0] == ids[1] == tokenizer.bos_token_id:
        ids = ids[1:]
    return tuple(int(token) for token in ids)


def without_eos(tokenizer: Any, ids: list[int]) -> list[int]:
    """Return the ids without the EOS that some tokenizers append."""
    return ids[:-1] if ids and ids[-1] == tokenizer.eos_token_id else ids
