"""What hooks cost and leave behind, by `python -m hooks.cost` in a process without the tests' type checks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hooks.agreement import specimens

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def cost() -> Callable[..., dict[str, float]]:
    def measure(*options: str) -> dict[str, float]:
        command = [sys.executable, "-m", "hooks.cost", "--json", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        sys.stdout.write("".join(f"\n{' '.join(options)}: {name}: {value:.3f}" for name, value in measured.items()))
        return measured

    return measure


@pytest.mark.weights
@pytest.mark.parametrize(("backend", "limit"), [("torch", 1.05), ("nnsight", 1.10)])
@pytest.mark.parametrize("measure", ["forward", "generate"])
def test_capture_and_scaling_cost_little(
    cost: Callable[..., dict[str, float]], measure: str, backend: str, limit: float
) -> None:
    assert max(cost("--backend", backend, "--measures", measure).values()) <= limit


@pytest.mark.weights
def test_the_proof_costs_less_than_one_short_generation(cost: Callable[..., dict[str, float]]) -> None:
    assert max(cost("--measures", "proof").values()) < 1


@pytest.mark.weights
def test_ablating_every_head_costs_little_more_than_its_forwards(cost: Callable[..., dict[str, float]]) -> None:
    assert max(cost("--measures", "ablation").values()) <= 1.3


@pytest.mark.weights
def test_peak_memory_of_last_token_capture_is_that_of_a_plain_forward(cost: Callable[..., dict[str, float]]) -> None:
    assert max(cost("--measures", "memory").values()) <= 1.05


@pytest.mark.parametrize("backend", ["torch", "nnsight", "transformer_lens"])
def test_a_thousand_captures_and_scaled_generations_leave_nothing(
    cost: Callable[..., dict[str, float]], tmp_path: Path, backend: str
) -> None:
    left = cost("--model", str(specimens.save("gemma3", tmp_path / "m")), "--backend", backend, "--measures", "leak")
    assert left["leak, hooks"] == 0 and left["leak, change of logits"] == 0
    assert left["leak, MiB"] < 20
