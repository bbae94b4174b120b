"""Other weights of one name, side by side, are told apart by their commit."""

from __future__ import annotations

from pathlib import Path

from figures.parts.result import DrawnRun, told_apart
from interp.records.arrays import Position


def drawn(model: str, commit: str | None) -> DrawnRun:
    return DrawnRun(Path("run"), model, Position.CONTENT, frozenset(), commit=commit)


def test_the_commit_stands_behind_a_name_that_two_models_share() -> None:
    runs = [drawn("tiny", "a" * 40), drawn("tiny", "b" * 40), drawn("other", "c" * 40)]
    assert [run.model for run in told_apart(runs)] == ["tiny (aaaaaaaaaaaa)", "tiny (bbbbbbbbbbbb)", "other"]


def test_runs_of_one_model_keep_its_name() -> None:
    runs = [drawn("tiny", "a" * 40), drawn("tiny", "a" * 40)]
    assert told_apart(runs) == runs
