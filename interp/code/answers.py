"""The answers that are graded: a finished run, checked to answer the tasks of HumanEval as this version asks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from interp.cli.options import budgets
from interp.code import tasks
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.prompts import Prompt
from interp.runs.directory import Run, read_run
from interp.runs.files import sha256_file
from interp.runs.layout import GENERATIONS, GENERATIONS_AT, PROMPTS
from interp.runs.rows import read_rows


@dataclass(frozen=True, slots=True)
class Answers:
    """A finished run of answers to HumanEval.

    Attributes:
        run: the run.
        files: token budget -> the file of its answers, smallest budget first.
        raw: whether an answer continues its task's text as it stands, without chat template.
    """

    run: Run
    files: Mapping[int, Path]
    raw: bool

    @property
    def sha256(self) -> dict[str, str]:
        """The sha256 of each file of answers."""
        return {file.name: sha256_file(file) for file in self.files.values()}

    def by_budget(self) -> dict[int, list[Generation]]:
        """Read the answers at each budget."""
        return {budget: read_rows(file, Generation) for budget, file in self.files.items()}


def read_answers(folder: Path, wanted: str | None = None) -> Answers:
    """Return a finished run of answers to HumanEval.

    Args:
        folder: the run directory.
        wanted: token budgets, separated by commas; None is all that the run has.

    Raises:
        InputError: not such a run, or not at these budgets.
    """
    run = read_run(folder)
    raw = run.config.get("raw")
    if not isinstance(raw, bool) or not (folder / PROMPTS).is_file():
        raise InputError(
            f"{folder} is no run of answers; expected one made by python -m hooks.answer or python -m interp.humaneval."
        )
    _check_prompts(folder, raw=raw)
    return Answers(run, _chosen(folder, _files(run), wanted), raw)


def _files(run: Run) -> dict[int, Path]:
    smaller = run.path.glob(GENERATIONS_AT.format("*"))
    largest = int(run.config["max_new_tokens"])
    files = {int(file.stem.rpartition("-")[2]): file for file in smaller}
    return dict(sorted((files | {largest: run.path / GENERATIONS}).items()))


def _chosen(folder: Path, files: Mapping[int, Path], wanted: str | None) -> dict[int, Path]:
    chosen = tuple(files) if wanted is None else budgets(wanted)
    missing = [str(budget) for budget in chosen if budget not in files]
    if missing:
        raise InputError(
            f"{folder} holds answers at {', '.join(map(str, files))} new tokens and not at {', '.join(missing)}; "
            "leave --max-new-tokens out, or ask the model again."
        )
    return {budget: files[budget] for budget in chosen}


def _check_prompts(folder: Path, *, raw: bool) -> None:
    """Refuse answers to other prompts, or to the tasks in other words."""
    known = {prompt.id: prompt.text for prompt in tasks.as_prompts(tasks.load(), chat=not raw)}
    for prompt in read_rows(folder / PROMPTS, Prompt):
        if known.get(prompt.id) != prompt.text:
            raise InputError(
                f"{folder} answers {prompt.id!r}, which is no task of HumanEval as this version asks it; answer the "
                "tasks with python -m interp.humaneval --model."
            )
