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


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, files: Callable[[str], Path]) -> Iterator[Callable[..., Path]]:
    """The directory of a family's model that answers any question with its words and then `end`.

    Where it is asked with `switches`, it says `thought` before its words. Only the newest directory is kept.
    """
    kept: dict[tuple[Any, ...], Path] = {}

    def clear() -> None:
        for directory in kept.values():
            shutil.rmtree(directory)
        kept.clear()

    def make(name: str, end: str, thought: tuple[str, ...] = (), **switches: bool) -> Path:
        key = (name, end, thought, *switches.items())
        if key not in kept:
            clear()
            family, vocabulary = FAMILIES[name], fetched(name).vocabulary
            words = [*family.says, end]
            asks = {asked(files(name), name, "Hi")[-1]: words}
            if switches:
                asks[asked(files(name), name, "Hi", **switches)[-1]] = [*thought, *words]
            chains = [[last, *(vocabulary[word] for word in said)] for last, said in asks.items()]
            kept[key] = save(family, fetched(name), tmp_path_factory.mktemp("taught") / name, chains)
        return kept[key]

    yield make
    clear()
