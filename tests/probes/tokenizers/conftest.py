"""The families' own tokenizers, and tiny models that are taught what they answer."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from family_tokenizers import FILES, Published, UnreachedError, published
from tiny_family import save
from tried_families import FAMILIES

from hooks.models.loading import load_tokenizer

DAY = "2025-01-02"


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The tokenizer's directory of a family, by name, as a model directory would hold it; skips without a network."""
    made: dict[str, Path] = {}

    def get(name: str) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            found = fetched(name)
            for file in FILES:
                (made[name] / file).symlink_to(found.directory / file)
            template = FAMILIES[name].template
            if template is not None:
                (made[name] / "chat_template.jinja").write_text(template, encoding="utf-8")
        return made[name]

    return get


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
def opened(directory: Path) -> Any:
    """The tokenizer as the program loads it; tests do not change it."""
    return load_tokenizer(directory)


@pytest.fixture
def taught(tmp_path: Path, files: Callable[[str], Path]) -> Iterator[Callable[..., Path]]:
    """A model of a family that says its words and then `end` after any prompt; removed after the test."""

    def make(name: str, end: str, **switches: bool) -> Path:
        family, vocabulary = FAMILIES[name], fetched(name).vocabulary
        words = [vocabulary[word] for word in (*family.says, end)]
        plain, switched = (asked(files(name), name, "Hi", **given)[-1] for given in ({}, switches))
        return save(family, fetched(name), tmp_path / "model", [[plain, *words], [switched, *words]])

    yield make
    shutil.rmtree(tmp_path / "model", ignore_errors=True)


@cache
def loaded(directory: Path) -> Any:
    """The tokenizer as transformers loads it, not as the program does."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(directory, local_files_only=True)


def asked(directory: Path, name: str, text: str, system: str | None = None, **switches: bool) -> list[int]:
    """The ids that ask a text on DAY, by transformers' own rendering, or as a plain question behind the family's BOS."""
    tokenizer = loaded(directory)
    if tokenizer.chat_template is None:
        bos = FAMILIES[name].bos
        plain = tokenizer(f"Question: {text}\nAnswer:", add_special_tokens=False)["input_ids"]
        return [*([] if bos is None else [fetched(name).vocabulary[bos]]), *plain]
    said = [] if system is None else [{"role": "system", "content": system}]
    with pytest.MonkeyPatch.context() as patch:  # transformers reads the clock
        patch.setattr("transformers.utils.chat_template_utils.datetime", _OnDay)
        ids: list[int] = tokenizer.apply_chat_template(
            [*said, {"role": "user", "content": text}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=False,
            **{"enable_thinking": False, **switches},
        )
    return ids


class _OnDay(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> _OnDay:
        return cls.fromisoformat(DAY)
