"""On a kernel that refuses some of what the sandbox asks for it holds all the same, or refuses to run."""

from __future__ import annotations

import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hostile import CALLS, PROGRAMS, calling

from interp.sandbox import process
from interp.sandbox.proof import Proof

HERE = Path(__file__)
FEATURES = ("processes", "network", "mounts", "user", "landlock", "filter", "small pages")
COMBINATIONS = [c for count in range(1, len(FEATURES) + 1) for c in itertools.combinations(FEATURES, count)]
# Of the programs those that end soon; how the clock holds the others does not depend on these features.
SLOW = ("endless_sleep", "endless_sleep_behind_closed_pipes", "signals_itself_to_stop", "thread_bomb")
pytestmark = pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="numbers of system calls")


def poorer(*refused: str, python: str = sys.executable, programs: Path | None = None) -> dict[str, Any]:
    """The proof on such a kernel, and what came of the programs where it holds."""
    command = [python, str(HERE.with_name("poorer_kernel.py")), *refused]
    command += ["--programs", str(programs)] if programs else []
    path = os.pathsep.join((str(Path(process.__file__).parents[2]), str(HERE.parents[2] / "records")))
    ran = subprocess.run(command, env={"PYTHONPATH": path}, capture_output=True, check=True)
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


@pytest.fixture(scope="session")
def open_python() -> str:
    """A Python that every user may run, which a sandbox without namespaces needs when root starts it."""
    for name in ("/usr/bin/python3", "/usr/local/bin/python3"):
        found = shutil.which(name)
        code = "import sys; raise SystemExit(sys.version_info < (3, 11))"
        if found and subprocess.run([found, "-S", "-c", code], check=False).returncode == 0:
            return found
    pytest.skip("there is no Python 3.11 here that every user may run")


def test_without_namespaces_landlock_the_filter_and_a_user_of_its_own_hold(holding: Proof, open_python: str) -> None:
    if holding.layers["landlock"] != "active":
        pytest.skip("this kernel has no Landlock")
    assert poorer("namespaces", python=open_python)["proof"]["broken"] == []


def test_root_that_stays_root_does_not_hold(holding: Proof) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can stay root")
    assert poorer("user")["proof"]["broken"] == ["root"]


def test_without_the_filter_it_says_what_it_cannot_hold(holding: Proof) -> None:
    broken = set(poorer("filter")["proof"]["broken"])
    assert {"queues of the kernel", "timers", "watches", "spliced memory", "shared memory"} <= broken


def test_without_any_of_them_the_sandbox_says_what_it_cannot_hold(holding: Proof) -> None:
    proof = poorer("namespaces", "landlock", "filter")["proof"]
    assert {"network", "read files", "start processes", "modes of files", "signals by files"} <= set(proof["broken"])
    assert {"memory", "time"} <= set(proof["contained"])


@pytest.mark.slow
@pytest.mark.parametrize("features", COMBINATIONS, ids=", ".join)
def test_whatever_is_refused_programs_are_contained_or_not_run(
    outside: Any, open_python: str, tmp_path: Path, features: tuple[str, ...]
) -> None:
    programs = {name: outside.fill_in(text) for name, text in PROGRAMS.items() if name not in SLOW}
    programs |= {name: outside.fill_in(calling(name)) for name in (CALLS if platform.machine() == "x86_64" else ())}
    file = tmp_path / "programs.json"
    file.write_text(json.dumps(programs))
    told = poorer(*features, python=open_python, programs=file)
    outside.assert_unharmed()
    if told["proof"]["broken"]:
        assert told["outcomes"] == {}
    else:
        assert set(told["outcomes"]) == set(programs)
        assert "passed" not in told["outcomes"].values()
