"""Answers to HumanEval's tasks -> one row a task and token budget: how the code was found, what its test said.

Programs are graded in parts that are saved, so that an interrupted run goes on where it stopped; a program that several
budgets share is graded once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from interp.code.extraction import Extraction, Found, from_answer, from_continuation
from interp.code.grading import Grade, Outcome, grade_all
from interp.code.tasks import Task
from interp.errors import InputError
from interp.records.answers import Generation, StopReason
from interp.runs.arrays import read_arrays, write_arrays
from interp.runs.directory import Run
from interp.runs.rows import parse_row, row_text
from interp.sandbox.process import Limits

PART = 32  # programs that are graded between two saves


class Status(StrEnum):
    """What became of a task. CUT_OFF wins over what the code did: the answer was not over."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    NO_CODE = "no_code"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True)
class TaskRow:
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

    __pydantic_config__: ClassVar = {"extra": "forbid", "strict": True}

    task_id: str
    max_new_tokens: int
    status: Status
    passed: bool
    outcome: Outcome | None
    error: str | None
    at: str | None
    found: Found
    blocks: int
    n_tokens: int
    stop: StopReason


@dataclass(frozen=True, slots=True)
class _Candidate:
    task: Task
    generation: Generation
    extraction: Extraction
    program: str | None

    @property
    def cut_off(self) -> bool:
        return self.generation.stop is StopReason.LENGTH and not self.extraction.ended


def candidate(task: Task, generation: Generation, *, raw: bool) -> _Candidate:
    """Return an answer with its program: for a chat model what the task gives and then its code."""
    if raw:
        taken = from_continuation(generation.text)
        return _Candidate(task, generation, taken, None if taken.code is None else task.prompt + taken.code)
    taken = from_answer(generation.text, task.entry_point)
    return _Candidate(task, generation, taken, None if taken.code is None else task.preamble + taken.code)


def score(
    run: Run, tasks: Sequence[Task], answers: Sequence[Generation], *, raw: bool, limits: Limits, workers: int
) -> list[TaskRow]:
    """Grade every answer's program, or read back the parts that are done; rows come in the order of `answers`."""
    by_id = {task.id: task for task in tasks}
    candidates = [candidate(by_id[g.prompt_id], g, raw=raw) for g in answers]
    programs = {(c.task.id, c.program): c.task for c in candidates if c.program is not None}
    grades = _grade(run, [(task, program) for (_, program), task in programs.items() if program], limits, workers)
    return [_row(c, grades.get((c.task.id, c.program or ""))) for c in candidates]


def _grade(
    run: Run, programs: Sequence[tuple[Task, str]], limits: Limits, workers: int
) -> Mapping[tuple[str, str], Grade]:
    from tqdm import tqdm

    grades: list[Grade] = []
    with tqdm(total=len(programs), desc="programs", unit="program") as bar:
        for index, start in enumerate(range(0, len(programs), PART)):
            batch, part = programs[start : start + PART], run.part(index)
            if not part.is_file():
                rows = [row_text(grade) for grade in grade_all(batch, limits, workers)]
                write_arrays(part, {}, {"grades": json.dumps(rows)})
            grades += _read_part(run, index, len(batch))
            bar.update(len(batch))
    return {(task.id, program): grade for (task, program), grade in zip(programs, grades, strict=True)}


def _read_part(run: Run, index: int, count: int) -> list[Grade]:
    part = run.part(index)
    rows = json.loads(read_arrays(part)[1].get("grades", "[]"))
    if len(rows) != count:
        raise InputError(f"{part} is damaged ({len(rows)} of {count} grades); delete it to make it again.")
    return [parse_row(Grade, row, str(part)) for row in rows]


def _row(one: _Candidate, grade: Grade | None) -> TaskRow:
    generation, taken = one.generation, one.extraction
    assert generation.stop is not None  # the runs that are scored here record it
    return TaskRow(
        task_id=one.task.id,
        max_new_tokens=generation.max_new_tokens,
        status=_status(one.cut_off, grade),
        passed=grade is not None and grade.outcome is Outcome.PASSED,
        outcome=None if grade is None else grade.outcome,
        error=None if grade is None else grade.error,
        at=None if grade is None else grade.at,
        found=taken.found,
        blocks=taken.blocks,
        n_tokens=len(generation.tokens),
        stop=generation.stop,
    )


def _status(cut_off: bool, grade: Grade | None) -> Status:
    if cut_off:
        return Status.CUT_OFF
    return Status.NO_CODE if grade is None else Status(grade.outcome)
