"""What commands do with their options: check numbers, name run directories, say how to run them again."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Any

from interp.errors import InputError

ELSEWHERE = ("output_dir", "log_level")  # options that move no number
MAX_NEW_TOKENS = {"facts": 64, "chef": 512}  # the study's budget for chef (paper section 5.2)
OWN_PROMPTS_BUDGET = 256


def at_least(name: str, value: int, least: int) -> None:
    """Raise InputError unless the option with this field name is a number of `least` or more."""
    if value < least:
        raise InputError(f"--{name.replace('_', '-')} is {value}; expected a whole number of {least} or more.")


def slug(name: str) -> str:
    """Return a name as part of a directory's name."""
    return "".join(ch if ch.isalnum() or ch in ".-" else "-" for ch in name).strip("-")[-60:]


def command_line(prog: str, options: Any) -> str:
    """Return the command that makes this run again, wherever its files go."""
    return f"{prog} {shlex.join(_words(options))}"


def _words(options: Any, prefix: str = "", usual: Any = None) -> list[str]:
    """Return the options that are not at their default (`usual` holds a group's).

    Those of a nested group carry its name, as in `--chat.seed`, unless its field is marked `OmitArgPrefixes`.
    """
    words: list[str] = []
    for field in dataclasses.fields(options):
        value, flag = getattr(options, field.name), prefix + field.name.replace("_", "-")
        default = field.default if usual is None else getattr(usual, field.name)
        if field.name in ELSEWHERE or value == default:
            continue
        if dataclasses.is_dataclass(value):
            known = default if dataclasses.is_dataclass(default) else None
            words += _words(value, prefix if "OmitArgPrefixes" in str(field.type) else f"{flag}.", known)
        elif isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--{prefix}no-{field.name.replace('_', '-')}")
        else:
            words += [f"--{flag}={value}"] if str(value).startswith("-") else [f"--{flag}", str(value)]
    return words


def budget(max_new_tokens: int | None, name: str) -> int:
    """Return the token budget of an answer: what was asked for, or that of the prompt set."""
    return max_new_tokens or MAX_NEW_TOKENS.get(name, OWN_PROMPTS_BUDGET)


def budgets(text: str) -> tuple[int, ...]:
    """Return the token budgets of `64,256,512`, each once, smallest first.

    Raises:
        InputError: anything but whole numbers from 1 to 999999 between commas.
    """
    items = [item.strip() for item in text.split(",")]
    if not all(item.isascii() and item.isdigit() and len(item) <= 6 and int(item) for item in items):
        raise InputError(
            f"--max-new-tokens {text!r} is not understood; expected a number of tokens, or several with commas between "
            "them, such as 64,256,512."
        )
    return tuple(sorted({int(item) for item in items}))
