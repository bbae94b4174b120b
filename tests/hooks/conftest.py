"""Models for the tests of the hooks: tiny ones with awkward shapes, and the two real ones where they can be had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hooks.agreement import specimens
from hooks.answers.batch import as_prompts
from hooks.backend.base import HookedModel
from hooks.models.loading import open_backend
from interp.records.prompts import Prompt

QUESTIONS = ("What is the capital of France?", "Hi", "Which metal is liquid at 20 C, and why is it so?")


@pytest.fixture(scope="session")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Directory of a tiny model, by name; made once."""
    made: dict[tuple[str, bool], Path] = {}

    def get(name: str, template: bool = True) -> Path:
        if (name, template) not in made:
            made[name, template] = specimens.save(name, tmp_path_factory.mktemp(name), template=template)
        return made[name, template]

    return get


@pytest.fixture(scope="session")
def opened(specimen: Callable[..., Path]) -> Callable[..., HookedModel]:
    """An open tiny model, by name, backend and attention; opened once."""
    models: dict[tuple[str, str, str | None], HookedModel] = {}

    def get(name: str, backend: str = "torch", attn: str | None = None) -> HookedModel:
        if (name, backend, attn) not in models:
            models[name, backend, attn] = open_backend(specimen(name), backend=backend, attn=attn)
        return models[name, backend, attn]

    return get


@pytest.fixture(scope="session")
def real() -> Callable[..., HookedModel]:
    """An open real model, by short name, backend and attention; opened once (tests that use it are marked weights)."""
    models: dict[tuple[str, str, str | None], HookedModel] = {}

    def get(name: str, backend: str = "torch", attn: str | None = None) -> HookedModel:
        if (name, backend, attn) not in models:
            models[name, backend, attn] = open_backend(name, backend=backend, attn=attn)
        return models[name, backend, attn]

    return get


@pytest.fixture
def prompts() -> list[Prompt]:
    """Three prompts of different lengths."""
    return as_prompts(QUESTIONS)


def gap(a: np.ndarray, b: np.ndarray) -> float:
    """Largest difference, as a share of the largest value."""
    assert a.shape == b.shape
    return float(np.abs(a - b).max() / np.abs(b).max()) if a.size else 0.0
