"""HumanEval's own solutions pass their tests in the sandbox, and empty ones do not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from interp.code.grading import Grade, ProgramOutcome, Unprotected, grade, grade_all
from interp.code.tasks import Task, as_prompts, data_sha256, load
from interp.sandbox import process, stages
from interp.sandbox.process import Limits
from interp.sandbox.proof import Proof

LIMITS = Limits(cpu_seconds=10, wall_seconds=120.0)
TASK = Task(
    id="Half/0",
    prompt='import math\n\ndef helper(x):\n    return x / 2\n\ndef half(x):\n    """Return the half."""\n',
    entry_point="half",
    canonical_solution="    return helper(x)\n",
    test="def check(candidate):\n    assert math.isclose(candidate(3), helper(3))\n    assert half(1) == 0.5\n",
)


def programs(tasks: Iterable[Task], bodies: Iterable[str]) -> list[tuple[Task, str]]:
    """Return each task with the program that its prompt and a continuation make."""
    return [(task, task.prompt + body) for task, body in zip(tasks, bodies, strict=True)]


def test_the_164_canonical_solutions_pass(holding: Proof) -> None:
    tasks = load()
    grades = grade_all(programs(tasks, [task.canonical_solution for task in tasks]), LIMITS)
    assert [given.outcome for given in grades] == [ProgramOutcome.PASSED] * 164


@pytest.mark.slow
def test_the_164_empty_solutions_fail(holding: Proof) -> None:
    tasks = load()
    grades = list(grade_all(programs(tasks, [""] * 164), LIMITS))
    assert [given.outcome for given in grades] == [ProgramOutcome.FAILED] * 164
    assert {given.at for given in grades} == {"test"}


def test_the_tasks_are_those_of_the_data_file() -> None:
    tasks = load()
    assert (len(tasks), tasks[0].id, tasks[-1].id) == (164, "HumanEval/0", "HumanEval/163")
    assert len(data_sha256()) == 64


def test_a_chat_model_is_asked_for_the_function_and_a_base_model_given_its_beginning() -> None:
    (chat,), (raw,) = as_prompts((TASK,), chat=True), as_prompts((TASK,), chat=False)
    assert TASK.prompt.strip() in chat.text
    assert chat.text.startswith("Complete the following Python function.")
    assert raw.text == TASK.prompt
    assert (chat.id, raw.id) == ("Half/0", "Half/0")


def test_the_preamble_is_what_stands_before_the_function() -> None:
    assert TASK.preamble == "import math\n\ndef helper(x):\n    return x / 2\n\n"
    assert all(task.prompt.startswith(task.preamble) for task in load())


def test_a_test_uses_the_task_s_own_helpers_whatever_the_program_calls_so(holding: Proof) -> None:
    cheat = "def helper(x):\n    return 0\nclass math:\n    isclose = lambda *a: True\ndef half(x):\n    return 0\n"
    assert grade(TASK, cheat, LIMITS) == Grade(ProgramOutcome.FAILED, "AssertionError", "test")
    assert grade(TASK, TASK.prompt + TASK.canonical_solution, LIMITS) == Grade(ProgramOutcome.PASSED)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("def half(x:", Grade(ProgramOutcome.FAILED, "SyntaxError", "load")),
        ("def third(x): return x / 3", Grade(ProgramOutcome.FAILED, "NameError", "load")),
        ("def half(x): return y", Grade(ProgramOutcome.FAILED, "NameError", "call")),
        ("def half(x): assert False", Grade(ProgramOutcome.FAILED, "AssertionError", "call")),
        ("def half(x): return x", Grade(ProgramOutcome.FAILED, "AssertionError", "test")),
        ("def half(x): return None", Grade(ProgramOutcome.FAILED, "TypeError", "test")),
        ("def half(x): return half", Grade(ProgramOutcome.FAILED, "returned function", "call")),
        (
            "def half(x): raise type('<b>' + 'x' * 99, (Exception,), {})",
            Grade(ProgramOutcome.FAILED, "b" + "x" * 63, "call"),
        ),
        ("import os\ndef half(x): os._exit(0)", Grade(ProgramOutcome.FAILED, "exit 0", "call")),
        ("def half(x):\n    while True: pass", Grade(ProgramOutcome.TIMED_OUT)),
    ],
)
def test_a_failure_has_its_error_and_its_place(holding: Proof, program: str, expected: Grade) -> None:
    assert grade(TASK, program, Limits(cpu_seconds=1)) == expected


def test_grades_come_in_the_order_of_the_programs(holding: Proof) -> None:
    good, bad = TASK.prompt + TASK.canonical_solution, "def half(x): return x"
    grades = grade_all([(TASK, good), (TASK, bad), (TASK, good)], LIMITS, workers=3)
    assert [given.outcome for given in grades] == [ProgramOutcome.PASSED, ProgramOutcome.FAILED, ProgramOutcome.PASSED]


def test_a_program_without_a_protection_of_the_proof_is_not_run_and_not_graded(holding: Proof) -> None:
    good = TASK.prompt + TASK.canonical_solution
    assert grade(TASK, good, LIMITS, holding.active).outcome is ProgramOutcome.PASSED
    with pytest.raises(Unprotected, match="lost a protection .* \\(a wall of lead: not tried\\).*run the same command"):
        grade_all([(TASK, good)] * 3, LIMITS, required=[*holding.active, "a wall of lead"])


def test_the_program_s_own_process_is_held_to_them_as_well_as_the_test_s(
    holding: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = process.start

    def lose(role: str, job: Any, pipes: Any, limits: Limits, required: Any) -> process.Inside:
        return start(role, job, pipes, limits, [*required, "lead"] if role == process.PROGRAM else required)

    monkeypatch.setattr(process, "start", lose)
    with pytest.raises(Unprotected, match="lead: not tried"):
        grade(TASK, "raise SystemExit", LIMITS, holding.active)


def test_an_interrupt_stops_everything_at_once(holding: Proof) -> None:
    slow = "import time\ndef half(x):\n    time.sleep(60)\n"
    code = (
        "import sys; from pathlib import Path; from interp.code.grading import grade_all; "
        "from interp.code.tasks import Task; "
        f"task = Task(*{(TASK.id, TASK.prompt, TASK.entry_point, TASK.canonical_solution, TASK.test)!r}); "
        f"print('begins', flush=True); grade_all([(task, {slow!r})] * 5, workers=2)"
    )
    grader = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    assert grader.stdout is not None
    with grader.stdout as told:
        told.readline()
        time.sleep(2)
        assert grader.poll() is None  # the programs are running
        begin = time.monotonic()
        grader.send_signal(signal.SIGINT)
        assert grader.wait(timeout=30) == -signal.SIGINT
    assert time.monotonic() - begin < 20  # not the 60 seconds of a program's clock; the machine may be busy


def test_what_a_killed_run_left_is_swept_and_what_is_in_use_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, lock = stages.new()
    (left / "file").touch()
    (tmp_path / "h-last-sandbox-link").symlink_to(tmp_path)
    (tmp_path / "h-last-making-now").mkdir()
    with stages.held() as used:
        stages.sweep()
        assert left.is_dir()  # its lock is still held
        os.close(lock)
        stages.sweep()
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
            (used.name, "h-last-sandbox-link", "h-last-making-now")
        )
    os.utime(tmp_path / "h-last-making-now", (1, 1))
    stages.sweep()
    assert [path.name for path in tmp_path.iterdir()] == ["h-last-sandbox-link"]
