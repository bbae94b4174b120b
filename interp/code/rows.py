"""Answers to HumanEval's tasks -> one row a task and token budget: how the code was found, what its test said.

Programs are graded in parts that are saved, so that an interrupted run goes on where it stopped; a program that several
budgets share is graded once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from interp.code.extraction import Extraction, Found, from_answer, from_continuation
from interp.code.grading import Grade, ProgramOutcome, grade_all
from interp.code.tasks import Task
from interp.errors import InputError
from interp.language.thinking import answered, cut_off
from interp.records.answers import Generation, StopReason
from interp.records.shown import Shown
from interp.runs.arrays import read_arrays, write_arrays
from interp.runs.directory import Run
from interp.runs.resume import resume
from interp.runs.rows import parse_row, row_text
from interp.sandbox.process import Limits

Program = tuple[Task, str]  # a whole program, and the task that it is to solve
PART = 32  # programs that are graded between two saves


class Status(StrEnum):
    """What became of a task. CUT_OFF wins over what the code did: the answer was not over."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    NO_CODE = "no_code"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True)
class TaskRow(Shown):
    """One task at one token budget.

    Attributes:
        passed: whether the code passed its test, also where the answer was cut off; False where there is no code.
        outcome: what the test said, None where there is no code.
        error: the error's class where the test failed.
        at: whether it came when the program was loaded, in a call of its function, or in the test's own assertions.
        found: how the code was found in the answer.
        blocks: how many fenced blocks the answer has.
        n_tokens: how long the answer is.
        stop: why the model stopped.
    """

    task_id: str
    max_new_tokens: int
    status: Status
    passed: bool
    outcome: ProgramOutcome | None
    error: str | None
    at: str | None
    found: Found
    blocks: int
    n_tokens: int
    stop: StopReason


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An answer with its program; for a chat model that is what the task gives and then the answer's code."""

    task: Task
    generation: Generation
    extraction: Extraction
    program: str | None

    @property
    def cut_off(self) -> bool:
        return bool(cut_off(self.generation)) and not self.extraction.ended


def graded_rows(
    run: Run,
    tasks: Sequence[Task],
    answers: Sequence[Generation],
    *,
    raw: bool,
    limits: Limits,
    workers: int,
    required: Sequence[str],
) -> list[TaskRow]:
    """Grade every answer's program, or read back the parts that are done; rows come in the order of `answers`.

    Args:
        run: the open run, which keeps the parts.
        tasks: every task that is answered.
        answers: the answers, at all budgets.
        raw: whether an answer continues its task's text as it stands.
        limits: what a program may use.
        workers: how many programs run at once; 0 is one a core.
        required: the protections under which the sandbox proved itself, without which no program is run.
    """
    by_id = {task.id: task for task in tasks}
    candidates = [_candidate(by_id[g.prompt_id], g, raw=raw) for g in answers]
    programs = {(c.task.id, c.program): c.task for c in candidates if c.program}

    def graded(batch: Sequence[Program]) -> list[Grade]:
        return grade_all(batch, limits, workers, required)

    grades = _grades(run, [(task, program) for (_, program), task in programs.items() if program], graded)
    return [_row(c, grades.get((c.task.id, c.program or ""))) for c in candidates]


def _candidate(task: Task, generation: Generation, *, raw: bool) -> _Candidate:
    extraction = from_continuation(generation.text) if raw else from_answer(answered(generation), task.entry_point)
    given = task.prompt if raw else task.preamble
    program = None if extraction.code is None else given + extraction.code
    return _Candidate(task, generation, extraction, program)


def _grades(
    run: Run, programs: Sequence[Program], graded: Callable[[Sequence[Program]], list[Grade]]
) -> Mapping[tuple[str, str], Grade]:
    """Return the grade of each program by its task's id and its text."""

    def grade_part(batch: Sequence[Program], part: Path) -> None:
        rows = [row_text(grade) for grade in graded(batch)]
        write_arrays(part, {}, {"grades": json.dumps(rows)})

    batches = [programs[start : start + PART] for start in range(0, len(programs), PART)]
    parts = resume(run, "programs", batches, grade_part, unit="program", size=len)
    grades = [grade for batch, part in zip(batches, parts, strict=True) for grade in _read_part(part, len(batch))]
    return {(task.id, program): grade for (task, program), grade in zip(programs, grades, strict=True)}


def _read_part(part: Path, count: int) -> list[Grade]:
    rows = json.loads(read_arrays(part)[1].get("grades", "[]"))
    if len(rows) != count:
        raise InputError(f"{part} is damaged ({len(rows)} of {count} grades); delete it to make it again.")
    return [parse_row(Grade, row, str(part)) for row in rows]


def _row(candidate: _Candidate, grade: Grade | None) -> TaskRow:
    generation, extraction = candidate.generation, candidate.extraction
    assert generation.stop is not None  # the runs that are graded here record it
    return TaskRow(
        task_id=candidate.task.id,
        max_new_tokens=generation.max_new_tokens,
        status=_status(candidate.cut_off, grade),
        passed=grade is not None and grade.outcome is ProgramOutcome.PASSED,
        outcome=None if grade is None else grade.outcome,
        error=None if grade is None else grade.error,
        at=None if grade is None else grade.at,
        found=extraction.found,
        blocks=extraction.blocks,
        n_tokens=len(generation.tokens),
        stop=generation.stop,
    )


def _status(cut_off: bool, grade: Grade | None) -> Status:
    if cut_off:
        return Status.CUT_OFF
    return Status.NO_CODE if grade is None else Status(grade.outcome)
