"""The families' own tokenizers, and tiny models that are taught what they answer."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from family_asking import asked, fetched
from family_tokenizers import FILES
from tiny_family import save
from tried_families import FAMILIES

from hooks.models.loading import load_tokenizer


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


@pytest.fixture(scope="session")
def opened(files: Callable[[str], Path]) -> Callable[[str], Any]:
    """The tokenizer of a family as the program loads it, by name; tests do not change it."""
    made: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in made:
            made[name] = load_tokenizer(files(name))
        return made[name]

    return get


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
