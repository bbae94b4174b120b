"""Every command line of README.md and docs/ is run here, or its options are parsed; none is outside.

Kinds, from the strongest to the weakest:
    as_shown: run word by word, in a folder with two finished runs (RUN, RUN2), a model and a prompt file.
    on_a_tiny_model: run with its own options, but a tiny random model in place of the named one and a few prompts; by
        default one line of each command, every line among the slow tests.
    understood: its options are parsed by the command's own types and its model's name is resolved; it is not run,
        because it needs minutes, a judge's address, or files of the reader's own.
"""

from __future__ import annotations

import importlib
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from babbling import BUDGET, make
from docs_help import ROOT
from shell_lines import Line, lines

from hooks.models import catalogue
from interp.cli.front_door import run_command

LINES = lines()
SETUP = ("git", "cd", "pip", "export", "jupyter")
# What keeps a command short on the tiny model; it stands behind the documented options, and the last one counts.
SHORT: dict[str, list[str]] = {
    "hooks.ablate": ["--prompts", "2", "--output", "ablation.json"],
    "hooks.answer": ["--limit", "2", "--max-new-tokens", "4"],
    "interp.humaneval": ["--limit", "1", "--max-new-tokens", "4"],
    "probes.fit": ["--limit", "6", "--max-new-tokens", "4"],
}
SMALL: dict[str, list[str]] = {
    "hooks.matrix": ["--models", "llama", "--markdown", "agreement.md"],
    "probes.power": ["--studies", "2", "--d-model", "64", "--n-fit", "40", "--n-fresh", "40", "--no-find-n"],
}
WHOLE = (
    *("figures", "interp.agreement", "interp.compare", "interp.self_verification"),
    *("probes.attribution", "probes.falsify", "probes.gate"),
)
PAPER = ("figures", "interp.compare", "probes.replicate")


def kind(line: Line) -> str:
    """Say what is done with a line."""
    if line.words[0] in ("make", *SETUP):
        return "make" if line.words[0] == "make" else "setup"
    if line.command is None:
        return "unknown"
    module, runs_named = line.command.module, {"RUN", "RUN2"} & set(line.arguments)
    if "--judge" in line.arguments and "--dry-run-judge" not in line.arguments:
        return "understood"
    if "--help" in line.arguments or (module in WHOLE and runs_named):
        return "as_shown"
    if module in PAPER and not {"--run", "A", "B"} & set(line.arguments):
        return "as_shown_with_the_papers_data"
    if module in SHORT or module in SMALL:
        return "on_a_tiny_model"
    return "understood"


def of(*kinds: str) -> list[Any]:
    return [pytest.param(line, id=line.text) for line in LINES if kind(line) in kinds]


def replaced(arguments: list[str], option: str, value: str) -> list[str]:
    """Return the arguments with another value for an option that is there."""
    return [value if before == option else word for before, word in zip(["", *arguments], arguments, strict=False)]


def once_a_model() -> list[Any]:
    """Return the lines for the tiny model, of those that differ in the model's name only the first.

    The first line of each command runs by default, the others among the slow tests.
    """
    first: dict[str, Any] = {}
    for one in of("on_a_tiny_model"):
        words = replaced(one.values[0].words, "--model", "")
        first.setdefault(shlex.join(words), one)
    seen: set[str] = set()
    for text, one in first.items():
        module = one.values[0].command.module
        if module in seen:
            first[text] = pytest.param(*one.values, id=one.id, marks=pytest.mark.slow)
        seen.add(module)
    return list(first.values())


def run(words: list[str], folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1"} | environ,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a reader might type: models, own prompts, and the finished runs RUN and RUN2 over them."""
    from hooks.agreement import specimens

    path = tmp_path_factory.mktemp("reader")
    babble = make(path / "models")
    babble.write(path / "mine.jsonl")
    specimens.save("llama", path / "llama")
    for name, model in (("RUN", babble.model), ("RUN2", path / "llama")):
        words = ["probes.fit", "--model", str(model), "--prompts", "mine.jsonl", "--max-new-tokens", str(BUDGET)]
        made = run(words, path)
        assert made.returncode == 0, made.stderr
        Path(path / made.stdout.split()[-1]).parent.rename(path / name)
    (path / "my-model").symlink_to(path / "llama")
    (path / "few-heads").symlink_to(babble.model)
    return path


@pytest.mark.parametrize("line", of("as_shown"))
def test_a_command_line_runs_as_shown(line: Line, folder: Path) -> None:
    done = run(line.words[2:], folder)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", of("as_shown_with_the_papers_data"))
def test_a_command_line_about_the_paper_runs_as_shown(line: Line, paper_dir: Path, tmp_path: Path) -> None:
    done = run(line.words[2:], tmp_path, H_LAST_PAPER_DIR=str(paper_dir))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", once_a_model())
def test_a_command_line_runs_on_a_tiny_model_or_at_a_small_size(line: Line, folder: Path, tmp_path: Path) -> None:
    assert line.command is not None
    module = line.command.module
    arguments = replaced(line.arguments, "--model", str(folder / ("few-heads" if "ablate" in module else "llama")))
    arguments = replaced(arguments, "--prompts", str(folder / "mine.jsonl")) if module in SHORT else arguments
    done = run([module, *arguments, *SHORT.get(module, SMALL.get(module, []))], tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", [pytest.param(one, id=one.text) for one in LINES if one.command is not None])
def test_a_command_line_is_understood_by_its_own_options(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    if "--help" in line.arguments:
        pytest.skip("it asks for help, and is run as shown")
    assert line.command is not None
    home = importlib.import_module(line.command.home)
    seen: list[Any] = []
    monkeypatch.setattr(sys, "argv", [line.command.module, *line.arguments])
    assert run_command(getattr(home, line.command.config), seen.append, f"python -m {line.command.module}") == 0
    if isinstance(getattr(seen[0], "model", None), str) and not seen[0].model.startswith("."):
        catalogue.resolve(seen[0].model)


@pytest.mark.parametrize("line", of("make"))
def test_a_make_target_is_there(line: Line) -> None:
    done = subprocess.run(["make", "-n", *line.words[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_line_in_the_documents_is_of_a_known_kind() -> None:
    assert [f"{line.document}: {line.text}" for line in LINES if kind(line) == "unknown"] == []


def test_most_lines_are_run_and_not_only_understood() -> None:
    ours = [line for line in LINES if line.command is not None]
    assert sum(kind(line) == "understood" for line in ours) < len(ours) / 2, shlex.join(line.text for line in ours)
