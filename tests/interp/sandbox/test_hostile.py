"""Hostile programs neither harm what is around the sandbox nor pass a test that they do not meet."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile import ADD, CALLS, PROGRAMS, calling

from interp.code.grading import Grade, ProgramOutcome, grade
from interp.sandbox import process as sandbox
from interp.sandbox.process import Limits
from interp.sandbox.proof import Proof

LIMITS = Limits(cpu_seconds=1, wall_seconds=20.0, memory_mib=160, disk_mib=4)
WAITS = ("endless_sleep", "endless_sleep_behind_closed_pipes", "signals_itself_to_stop", "thread_bomb")
TIMES_OUT = ("endless_loop", "endless_loop_that_ignores_signals", *WAITS[:3])
EITHER = ("thread_bomb", "recurses_deeply", "replaces_the_modules_around_it")  # whichever limit comes first
MAY_FORK = ("fork_bomb", "detaches_a_process")


def limits_for(name: str) -> Limits:
    """A short clock for programs that wait; for others the clock must not ring, however busy the machine is."""
    return Limits(1, 2.0, 160, 4) if name in WAITS else LIMITS


def test_there_are_at_least_80_hostile_programs() -> None:
    assert len(PROGRAMS) + len(CALLS) >= 80


x86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of system calls")


@x86_64
@pytest.mark.parametrize("name", CALLS)
def test_a_hostile_call_does_not_get_through(outside: Any, name: str) -> None:
    program = outside.fill_in(calling(name))
    assert grade(ADD, program, LIMITS) == Grade(ProgramOutcome.FAILED, "AssertionError", "test")
    outside.assert_unharmed()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_hostile_program_neither_harms_nor_deceives(outside: Any, name: str) -> None:
    given = grade(ADD, outside.fill_in(PROGRAMS[name]), limits_for(name))
    assert given.outcome is not ProgramOutcome.PASSED
    if name not in EITHER:
        assert given.outcome is (ProgramOutcome.TIMED_OUT if name in TIMES_OUT else ProgramOutcome.FAILED)
    outside.assert_unharmed()


def test_a_program_that_means_no_harm_passes_beside_them(outside: Any) -> None:
    assert grade(ADD, ADD.prompt + ADD.canonical_solution, LIMITS).outcome is ProgramOutcome.PASSED
    outside.assert_unharmed()


@pytest.mark.parametrize("name", MAY_FORK)
def test_where_processes_are_allowed_they_are_few_and_end_with_the_program(outside: Any, name: str) -> None:
    few = Limits(1, 10.0, 160, 4, processes=4, threads=4)
    assert grade(ADD, outside.fill_in(PROGRAMS[name]), few).outcome is not ProgramOutcome.PASSED
    outside.assert_unharmed()


def test_the_environment_and_the_command_line_of_the_grader_do_not_reach_the_program(
    holding: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary")
    program = (
        "import os, sys\ndef leak():\n    return [dict(os.environ), sys.argv, [p for p in sys.path if 'interp' in p]]\n"
    )
    assert sandbox.call(program, "leak", limits=LIMITS).value == [{}, [""], []]


def test_the_program_has_no_open_file_but_its_own_pipes(holding: Proof) -> None:
    program = """
import os
def opened():
    kinds = []
    for number in range(64):
        try:
            kinds.append(os.fstat(number).st_mode >> 12)
        except OSError:
            pass
    return kinds
"""
    null, pipe = 2, 1  # character device, pipe
    assert sandbox.call(program, "opened", limits=LIMITS).value == [null, null, null, pipe, pipe]


def test_nothing_inside_outlives_a_grader_that_is_killed(outside: Any) -> None:
    code = (
        "from interp.sandbox import process; import tempfile; "
        f"tempfile.tempdir = {str(outside.place)!r}; "
        "process.call('import time\\ndef add(a, b):\\n    time.sleep(600)', 'add', (1, 2))"
    )
    grader = subprocess.Popen([sys.executable, "-c", code], cwd=Path(sandbox.__file__).parents[2])
    _wait_until(lambda: len(outside.left_behind()) == 4)  # the grader, the launcher, its first process, the program
    os.kill(grader.pid, 9)
    grader.wait()
    _wait_until(lambda: outside.left_behind() == [])


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
