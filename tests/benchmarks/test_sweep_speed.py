"""What a sweep over edits costs, as a ratio to plain generation in the same run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.weights, pytest.mark.timeout(3600)]


def test_a_sweep_costs_little_more_than_the_same_tokens_generated_plainly() -> None:
    """20 rows, each with an edit of its own, against transformers' generate of the same rows and as many tokens."""
    command = [sys.executable, "-m", "hooks.cost", "--measures", "sweep", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    sys.stdout.write("".join(f"\n{name}: {value:.3f}" for name, value in measured.items()))
    assert max(measured.values()) <= 1.15
