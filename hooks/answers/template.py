"""A chat template: what it reads, and what it makes of a prompt, with the day that it sees held fixed.

It is rendered as transformers renders it, by the same compiled template; only `strftime_now` is put over transformers'
own, which reads the clock. What may go wrong in a template, which is foreign code, becomes one sentence.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import meta, nodes

from hooks.backend.hook import HookError

CLOCK = "strftime_now"
LONGEST = 200  # characters of a template's own words that are repeated
# What foreign code may raise when it is rendered, beside Jinja's own errors.
BROKEN = (jinja2.TemplateError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError)
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
def compiled(source: str) -> jinja2.Template:
    """Return a template as transformers compiles it.

    Raises:
        HookError: it is no valid Jinja, or it draws at random, so that the same prompt would be asked in two ways.
    """
    from transformers.utils.chat_template_utils import _compile_jinja_template

    try:
        made: jinja2.Template = _compile_jinja_template(source)
        drawn = _draws(_tree(made, source))
    except jinja2.TemplateSyntaxError as error:
        raise HookError(
            f"The model's chat template is broken in line {error.lineno} ({quoted(error.message or '')}); correct it, "
            "or remove it to have prompts asked as plain questions."
        ) from error
    except RecursionError as error:
        raise HookError("The model's chat template is nested too deeply to be read; correct it.") from error
    if drawn is not None:
        raise HookError(
            f"The model's chat template draws at random ({drawn}), so no two runs would ask the same; correct it."
        )
    return made


def _tree(made: jinja2.Template, source: str) -> nodes.Template:
    """Return the parsed template without transformers' own functions, so that their names are among those it reads."""
    bare = made.environment.overlay()
    bare.globals = {}
    return bare.parse(source)


def _draws(tree: nodes.Template) -> str | None:
    """Return what a template draws at random by, or None."""
    if any(used.name == "random" for used in tree.find_all(nodes.Filter)):
        return "the filter 'random'"
    return "the function 'lipsum'" if "lipsum" in meta.find_undeclared_variables(tree) else None


@lru_cache(maxsize=16)
def variables_of(source: str) -> frozenset[str]:
    """Return the names that a template looks up in what it is given."""
    return frozenset(meta.find_undeclared_variables(_tree(compiled(source), source)))


def render(
    source: str, tokenizer: Any, messages: Sequence[Message], variables: Mapping[str, bool | str], date: str | None
) -> str:
    """Return what the template makes of messages, up to where the answer begins.

    Raises:
        HookError: the template is broken, needs something that it is not given, or refuses the messages.
    """
    pinned: dict[str, Any] = {} if date is None else {CLOCK: clock_at(date)}
    special = {name: str(token) for name, token in tokenizer.special_tokens_map.items() if isinstance(token, str)}
    given = special | dict(variables) | pinned
    try:
        return compiled(source).render(
            messages=list(messages), tools=None, documents=None, add_generation_prompt=True, **given
        )
    except jinja2.UndefinedError as error:
        raise HookError(
            f"The model's chat template needs something that it is not given ({quoted(str(error))}); expected a "
            "template that can do with messages alone."
        ) from error
    except BROKEN as error:
        has_system = any(message["role"] == "system" for message in messages)
        remedy = "leave out --system, or correct the template" if has_system else "correct the template"
        raise HookError(f"The model's chat template refuses the prompt ({quoted(str(error))}); {remedy}.") from error


def clock_at(date: str) -> Callable[[str], str]:
    """Return `strftime_now` on a day given as YYYY-MM-DD; the hour is midnight."""
    day = datetime.datetime.fromisoformat(date)

    def strftime_now(format: str) -> str:
        return day.strftime(format)

    return strftime_now


def quoted(text: str) -> str:
    """Return a template's own words for a sentence: one line, short, without what a terminal would obey."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."
