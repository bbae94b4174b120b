"""A tiny model whose random answers end by themselves, prompts that half of them meet, and the command in-process."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from babbling import BUDGET, Babble, make

from interp.cli.front_door import run_command
from interp.results.fit import FitReport
from interp.results.reading import read_report
from probes.fit import PROG, Fit, main


@dataclass(frozen=True)
class Told:
    """What one call of the command gave."""

    code: int
    out: str
    err: str

    @property
    def run(self) -> Path:
        """The run directory that the output ends with."""
        return Path(self.out.strip().split("\n")[-1]).parent

    @property
    def report(self) -> FitReport:
        """The numbers of the run."""
        return read_report(self.run)


@pytest.fixture(scope="session")
def babble(tmp_path_factory: pytest.TempPathFactory) -> Babble:
    """The tiny models, and prompts of which they meet about half."""
    return make(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def prompt_file(babble: Babble, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All prompts as a file."""
    return babble.write(tmp_path_factory.mktemp("prompts") / "own.jsonl")


@pytest.fixture(scope="session")
def shared_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where runs that no test changes are made once and read by all."""
    return tmp_path_factory.mktemp("shared-results")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Told]:
    """Run `python -m probes.fit` with these arguments in this process, into `results` in the test's own folder."""

    def call(*arguments: object) -> Told:
        words = [str(a) for a in arguments]
        if "--output-dir" not in words:
            words += ["--output-dir", str(tmp_path / "results")]
        monkeypatch.setattr(sys, "argv", ["probes.fit", *words])
        capsys.readouterr()
        code = run_command(Fit, main, PROG)
        return Told(code, *capsys.readouterr())

    return call


@pytest.fixture
def fit_tiny(
    command: Callable[..., Told], babble: Babble, prompt_file: Path, shared_results: Path
) -> Callable[..., Told]:
    """Run the command on the tiny model and its prompts, at three layers, with more arguments where given.

    Tests that ask for the same run share it; one that changes files passes an --output-dir of its own.
    """

    def call(*arguments: object) -> Told:
        words = [str(a) for a in arguments]
        given = {"--model": babble.model, "--prompts": prompt_file, "--layers": "0,5", "--batch-size": 16}
        given |= {"--max-new-tokens": BUDGET, "--target": "correct", "--output-dir": shared_results}
        defaults = [w for flag, value in given.items() if flag not in words for w in (flag, str(value))]
        return command(*defaults, *words)

    return call


@pytest.fixture
def hashes() -> Callable[[Path], dict[str, str]]:
    """The sha256 of every file in a directory, hidden ones and folders too, by relative path."""

    def read(directory: Path) -> dict[str, str]:
        files = sorted(p for p in directory.rglob("*") if p.is_file())
        return {str(p.relative_to(directory)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    return read
