from __future__ import annotations

import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from figures.__main__ import PAPER, drawings
from figures.export import Drawing
from figures.result import Result, open_result
from interp import published_runs
from interp.published import Study

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Drawn:
    """What `python -m figures` left behind, and the processor seconds that it took."""

    folder: Path
    output: str
    seconds: float


@pytest.fixture(scope="session")
def drawn(paper_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    folder = tmp_path_factory.mktemp("drawn")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "figures", "--output-dir", str(folder)],
        env={**os.environ, "H_LAST_PAPER_DIR": str(paper_dir)},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Drawn(folder, done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


@pytest.fixture(scope="session")
def results(paper_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    study, folder = Study(paper_dir, paper_dir), tmp_path_factory.mktemp("runs")
    return [open_result(published_runs.as_run(name, folder, study)) for name in published_runs.NAMES]


@pytest.fixture(scope="session")
def paper_drawings(results: list[Result]) -> dict[str, Drawing]:
    filled, missing = drawings(results, PAPER)
    assert missing == []
    return {drawing.module.NAME: drawing for drawing in filled}
