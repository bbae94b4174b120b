"""Grade programs against the tests of HumanEval: the program in one sandbox, its test in another."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from interp.code.tasks import Task
from interp.errors import InputError
from interp.records.shown import Shown
from interp.sandbox import process, values
from interp.sandbox.process import Limits

CHECK = "interp.code.check"


class ProgramOutcome(StrEnum):
    """What the test said of a program."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


class Unprotected(InputError):
    """A protection under which the sandbox proved itself is missing for a program, which was not run."""


@dataclass(frozen=True, slots=True)
class Grade(Shown):
    """The outcome, and where it is FAILED why: the error's class, and whether it came at `load`, `call` or `test`.

    An error `exit N` means that the program ended its process (128 + signal where it was killed).
    """

    outcome: ProgramOutcome
    error: str | None = None
    at: str | None = None


def grade(
    task: Task,
    program: str,
    limits: Limits | None = None,
    required: Sequence[str] = (),
    stop: process.Stop | None = None,
) -> Grade:
    """Run a program, and the task's test against it.

    Args:
        task: what the program is to solve.
        program: its text.
        limits: what it may use.
        required: the protections under which the sandbox proved itself.
        stop: what may stop it from another thread.

    Raises:
        Unprotected: one of those protections is missing this time.
    """
    limits, stop = limits or Limits(), stop or process.Stop()
    with contextlib.ExitStack() as stack:
        (requests, ask), (responses, reply), (verdict, tell) = os.pipe(), os.pipe(), os.pipe()
        stack.callback(os.close, verdict)
        job = {"program": program, "function": task.entry_point}
        inside = process.start(process.PROGRAM, job, {"requests": requests, "responses": reply}, limits, required)
        given = {"requests": ask, "responses": responses, "verdict": tell}
        checker = process.start(CHECK, _check_job(task), given, limits, required)
        for number in (requests, ask, responses, reply, tell):
            os.close(number)
        stack.enter_context(stop.watching([inside, checker]))
        clock = stack.enter_context(process.running([inside, checker], limits.wall_seconds))
        return _grade(verdict, inside, checker, clock)


def _check_job(task: Task) -> dict[str, object]:
    """Return what the checker needs; tests that draw at random draw the same for a task every time."""
    return {"prompt": task.prompt, "test": task.test, "function": task.entry_point, "seed": task.id}


def _grade(verdict: int, inside: process.Inside, checker: process.Inside, clock: process.Clock) -> Grade:
    try:
        said = values.receive(verdict)
    except values.Closed:  # the checker ran out of its own limits over a value, or the clock rang
        return _ended(checker, clock, "test")
    if said["verdict"] == "gone":
        return _ended(inside, clock, "call")
    if said["verdict"] == "unprotected":
        raise Unprotected(
            f"The sandbox lost a protection that it had when it proved itself ({said['error']}), so a program was not "
            "run; see what changed on this machine, then run the same command again to continue."
        )
    if said["verdict"] == "malformed":
        return Grade(ProgramOutcome.FAILED, "malformed answer", "call")
    return Grade(ProgramOutcome(said["verdict"]), said.get("error"), said.get("at"))


def _ended(ended: process.Inside, clock: process.Clock, at: str) -> Grade:
    """Return the grade of a program whose process, or whose checker's, ended before there was a verdict."""
    code = ended.wait()
    if process.out_of_time(clock, code):
        return Grade(ProgramOutcome.TIMED_OUT)
    return Grade(ProgramOutcome.FAILED, f"exit {code}", at)


def grade_all(
    jobs: Sequence[tuple[Task, str]], limits: Limits | None = None, workers: int = 0, required: Sequence[str] = ()
) -> list[Grade]:
    """Return the grade of each (task, program) in order, several at once; 0 workers is one a core.

    An interrupt, or one program without protection, stops all that run.

    Raises:
        Unprotected: as of `grade`.
    """
    stop = process.Stop()
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        try:
            return list(pool.map(lambda job: grade(job[0], job[1], limits, required, stop), jobs))
        finally:  # nothing is left to stop or to begin, unless something was raised
            stop.pull()
            pool.shutdown(wait=False, cancel_futures=True)
