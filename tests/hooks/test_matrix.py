"""The agreement matrix: two awkward families by default, every tiny one with `slow`, the real ones with `weights`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hooks.agreement.comparison import BACKENDS, QUANTITIES, BackendAgreement, compare, difference
from hooks.agreement.specimens import SPECIMENS
from hooks.matrix import REAL, Matrix, main, table
from interp.errors import InputError

QUICK = ("qwen3.5",)


def all_equal(cells: list[BackendAgreement]) -> None:
    assert [(c.backend, c.quantity) for c in cells] == [(b, q) for b in BACKENDS for q in QUANTITIES]
    assert {(c.backend, c.quantity): c.difference for c in cells if c.difference != 0.0} == {}


@pytest.mark.parametrize("family", QUICK)
def test_backends_equal_plain_transformers_bit_by_bit(specimen: Callable[..., Path], family: str) -> None:
    all_equal(list(compare(family, specimen(family))))


@pytest.mark.slow
@pytest.mark.parametrize("family", sorted(set(SPECIMENS) - set(QUICK)))
def test_the_other_families_equal_plain_transformers_bit_by_bit(specimen: Callable[..., Path], family: str) -> None:
    all_equal(list(compare(family, specimen(family))))


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("name", REAL)
def test_the_real_models_equal_plain_transformers_bit_by_bit(name: str) -> None:
    all_equal(list(compare(name, name)))


def test_a_difference_is_seen_and_told() -> None:
    one = np.array([1.0, 2.0], dtype=np.float32)
    assert difference([one], [one]) == 0.0
    assert difference([one], [one * 2]) == 0.5
    assert difference([one], [one[:1]]) == float("inf")
    assert difference([np.array([1, 2])], [np.array([1, 3])]) == float("inf")
    good, bad = (BackendAgreement("m", "torch", "sdpa", "z", size) for size in (2e-5, 2e-3))
    assert good.ok and str(good) == "2e-05" and not bad.ok and str(bad) == "**2e-03**"


def test_a_refusal_is_a_cell_with_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    cells = list(compare("broken", tmp_path))
    assert len(cells) == len(BACKENDS) * len(QUANTITIES) and all(c.refusal and c.ok for c in cells)
    text = table(cells)
    assert text.count("refused") == len(cells) and "- broken, torch: " in text


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(InputError, match="'gpt-9' is no model form; write one of llama"):
        main(Matrix(models=("gpt-9",)))
