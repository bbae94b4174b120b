"""Which answers may be graded: those to the tasks as this version asks them, at budgets that the run has."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from interp.code import tasks
from interp.code.answers import read_answers
from interp.errors import InputError
from interp.records.answers import Generation, StopReason
from interp.records.prompts import Prompt
from interp.runs.directory import close_run, open_run
from interp.runs.files import sha256_file
from interp.runs.rows import write_rows

TASKS = tasks.load()[:3]
ASKED = tasks.as_prompts(TASKS, chat=True)


def answered(root: Path, prompts: tuple[Prompt, ...] = ASKED, *, raw: bool = False) -> Path:
    """A finished run of answers at 128 and 64 new tokens."""
    rows = [Generation(t.id, t.id, "tiny", "pass", (1,), 9, "", 0, StopReason.EOS, 128, None, None) for t in TASKS]
    with open_run(root, "tiny", {"raw": raw, "decoding": "greedy", "max_new_tokens": 128}) as run:
        write_rows(run.path / "prompts.jsonl", prompts)
        write_rows(run.path / "generations.jsonl", rows)
        small = [dataclasses.replace(row, max_new_tokens=64) for row in rows]
        write_rows(run.path / "generations-at-64.jsonl", small)
        close_run(run)
    return run.path


def test_the_answers_at_each_budget_are_read_smallest_first(tmp_path: Path) -> None:
    answers = read_answers(answered(tmp_path))
    budgets = {budget: {row.max_new_tokens for row in rows} for budget, rows in answers.by_budget().items()}
    assert list(budgets.items()) == [(64, {64}), (128, {128})]
    assert answers.raw is False
    assert answers.sha256 == {file.name: sha256_file(file) for file in answers.files.values()}


def test_only_some_budgets_of_a_run_may_be_scored(tmp_path: Path) -> None:
    folder = answered(tmp_path)
    assert list(read_answers(folder, "64").files) == [64]
    assert list(read_answers(folder).files) == [64, 128]
    with pytest.raises(InputError, match=r"holds answers at 64, 128 new tokens and not at 32"):
        read_answers(folder, "32,64")


def test_answers_to_other_words_are_refused(tmp_path: Path) -> None:
    other = dataclasses.replace(ASKED[2], text=ASKED[2].text + " Think.")
    with pytest.raises(InputError, match="HumanEval/2.*as this version asks it"):
        read_answers(answered(tmp_path, (*ASKED[:2], other)))


def test_a_base_model_continues_the_bare_task(tmp_path: Path) -> None:
    bare = tasks.as_prompts(TASKS, chat=False)
    assert read_answers(answered(tmp_path / "raw", bare, raw=True)).raw is True
    with pytest.raises(InputError, match="HumanEval/0.*as this version asks it"):
        read_answers(answered(tmp_path / "chat", bare))


def test_a_run_of_another_command_is_refused(tmp_path: Path) -> None:
    with open_run(tmp_path, "m", {"seed": 0}) as run:
        close_run(run)
    with pytest.raises(InputError, match="is no run of answers"):
        read_answers(run.path)
