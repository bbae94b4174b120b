"""The sandbox runs plain programs, keeps its limits, proves itself, and says which protections it got."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from interp.errors import InputError
from interp.sandbox import breakout, process
from interp.sandbox import proof as sandbox_proof
from interp.sandbox.process import Limits, call
from interp.sandbox.proof import Proof

SMALL = Limits(cpu_seconds=2, wall_seconds=30.0, memory_mib=128, disk_mib=2)
EVERYTHING = {
    "network",
    "read files",
    "write files",
    "signal processes",
    "read processes",
    "start processes",
    "memory",
    "disk",
    "environment",
    "root",
    "modes of files",
    "times of files",
    "attributes of files",
    "priorities",
    "processors of others",
    "schedulers of others",
    "disk priorities",
    "signals by files",
    "queues of the kernel",
    "timers",
    "watches",
    "spliced memory",
    "shared memory",
    "huge pages",
    "time",
}


def test_a_function_is_called_with_plain_values_and_returns_them(holding: Proof) -> None:
    called = call("def f(a, b):\n    return {'sum': a + b, 'both': (a, [b, {1.5}])}\n", "f", (2, 3), SMALL)
    assert called.value == {"sum": 5, "both": (2, [3, {1.5}])}
    assert called.problem is None


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("def f(:", "SyntaxError"),
        ("x = 1", "NameError"),
        ("f = 3", "NameError"),
        ("import numpy\ndef f(): pass", "ModuleNotFoundError"),
        ("def f():\n    raise KeyError", "KeyError"),
        ("def f():\n    raise SystemExit", "SystemExit"),
        ("def f():\n    return f", "function"),
        ("import os\ndef f():\n    os._exit(3)", "exit 3"),
        ("import os\ndef f():\n    os.abort()", "exit 134"),
        ("def f():\n    return bytearray(256 << 20)", "MemoryError"),
        ("def f():\n    while True: pass", "timed out"),
    ],
)
def test_what_went_wrong_is_named(holding: Proof, program: str, problem: str) -> None:
    assert call(program, "f", limits=Limits(1, 30.0, 128, 2)).problem == problem


def test_what_stands_under_main_does_not_run(holding: Proof) -> None:
    program = "def f():\n    return 1\nif __name__ == '__main__':\n    raise SystemExit\n"
    assert call(program, "f", limits=SMALL).value == 1


def test_sets_and_random_numbers_are_the_same_every_time(holding: Proof) -> None:
    program = "import random\ndef f():\n    return [list({'a', 'b', 'c', 'd'}), random.random()]\n"
    assert call(program, "f", limits=SMALL).value == call(program, "f", limits=SMALL).value


def test_nothing_in_the_sandbox_can_be_done_that_the_proof_tries(holding: Proof) -> None:
    assert set(holding.contained) == EVERYTHING
    assert holding.broken == ()


def test_every_attempt_of_the_proof_succeeds_outside_a_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with sandbox_proof._target(Limits(memory_mib=8, disk_mib=1)) as target:
        code = (
            "import json, sys; from interp.sandbox import breakout; "
            "print(json.dumps(breakout.attempt(json.loads(sys.argv[1]))))"
        )
        given = json.dumps(target)
        root = str(Path(process.__file__).parents[2])
        ran = subprocess.run(
            [sys.executable, "-c", code, given],
            env={"PYTHONPATH": root},
            capture_output=True,
            check=True,
        )
    assert json.loads(ran.stdout) == dict.fromkeys(EVERYTHING - {"time"}, True) | {"root": os.geteuid() == 0}


def test_the_proof_notices_an_attempt_that_succeeds(holding: Proof, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = Path(breakout.__file__).read_text().replace("2 * target", "0 * target")
    weakened = Path(breakout.__file__).with_name("weakened.py")
    monkeypatch.setattr(sandbox_proof, "_BREAKOUT", _Text(weakened, wide.replace("bool(bytearray", "not (bytearray")))
    proof = sandbox_proof.prove(SMALL)
    assert set(proof.broken) == {"memory", "disk"}
    with pytest.raises(InputError, match="got past its limits on memory, disk.*--allow-weak-sandbox"):
        sandbox_proof.require(SMALL, allow_weak=False)
    assert sandbox_proof.require(SMALL, allow_weak=True).broken == proof.broken


class _Text:
    """A file with other contents."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text

    def read_text(self, encoding: str) -> str:
        return self.text
