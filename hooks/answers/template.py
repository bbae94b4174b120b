"""A chat template: what it reads, and what it makes of a prompt, with the day that it sees held fixed.

It is rendered as transformers renders it, by the same compiled template (`hooks.answers.apart`); only `strftime_now` is
put over transformers' own, which reads the clock. What may go wrong in a template, which is foreign code, becomes one
sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from hooks.answers.apart import Ended, ask
from hooks.backend.hook import HookError

LONGEST = 200  # characters of a template's own words that are repeated
Message = dict[str, Any]


def template_source(tokenizer: Any) -> str | None:
    """Return the chat template of a tokenizer, the default one where there are several; None where there is none.

    Raises:
        HookError: several templates, and none of them is the default.
    """
    held = getattr(tokenizer, "chat_template", None)
    if not held:
        return None
    if isinstance(held, Mapping):
        if "default" not in held:
            raise HookError(
                f"The tokenizer has chat templates named {quoted(', '.join(sorted(map(str, held))))} and none named "
                "'default', so it is not known which one asks a question; name one of them 'default'."
            )
        held = held["default"]
    if not isinstance(held, str):
        raise HookError(f"The tokenizer's chat template is no text but a {type(held).__name__}; expected Jinja.")
    return held


@lru_cache(maxsize=16)
def variables_of(source: str) -> frozenset[str]:
    """Return the names that a template looks up in what it is given.

    Raises:
        HookError: it is no valid Jinja, cannot be read within bounds, or draws at random, so that the same prompt would
            be asked in two ways.
    """
    told = _ask("read", source)
    if "raised" in told:
        raise _unreadable(told)
    if told["drawn"] is not None:
        raise HookError(
            f"The model's chat template draws at random ({told['drawn']}), so no two runs would ask the same; correct "
            "it."
        )
    return frozenset(told["names"])


def _unreadable(told: Mapping[str, Any]) -> HookError:
    if "RecursionError" in told["raised"]:
        return HookError("The model's chat template is nested too deeply to be read; correct it.")
    where = "" if told["line"] is None else f" in line {told['line']}"
    return HookError(
        f"The model's chat template is broken{where} ({_words(told)}); correct it, or remove it to have prompts asked "
        "as plain questions."
    )


def render(
    source: str, tokenizer: Any, messages: Sequence[Message], variables: Mapping[str, bool | str], date: str | None
) -> str:
    """Return what the template makes of messages, up to where the answer begins.

    Raises:
        HookError: the template is broken, needs something that it is not given, refuses the messages, or takes more
            time or memory than any real one.
    """
    variables_of(source)  # refuses one that is broken, or draws at random
    special = {name: str(token) for name, token in tokenizer.special_tokens_map.items() if isinstance(token, str)}
    told = _ask("rendered", source, given=special | dict(variables), clock=date, messages=list(messages))
    if "raised" not in told:
        return str(told["rendered"])
    if "UndefinedError" in told["raised"]:
        raise HookError(
            f"The model's chat template needs something that it is not given ({_words(told)}); expected a template "
            "that can do with messages alone."
        )
    has_system = any(message["role"] == "system" for message in messages)
    remedy = "leave out --system, or correct the template" if has_system else "correct the template"
    raise HookError(f"The model's chat template refuses the prompt ({_words(told)}); {remedy}.")


def _ask(what: str, source: str, **more: Any) -> dict[str, Any]:
    """Have a template read or rendered apart."""
    try:
        return ask({"source": source, **more})
    except Ended as error:
        raise HookError(f"The model's chat template cannot be {what}: {error}; correct it.") from error


def _words(told: Mapping[str, Any]) -> str:
    """Return what was raised in its own words, or by its name where it has none."""
    return quoted(told["words"]) or str(told["raised"][0])


def quoted(text: str) -> str:
    """Return a template's own words for a sentence: one line, short, without what a terminal would obey."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."
