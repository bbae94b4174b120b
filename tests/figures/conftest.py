from __future__ import annotations

import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import made_up
import numpy as np
import pytest

from figures.__main__ import drawings
from figures.export import Drawing
from figures.listing import PAPER
from figures.parts.result import DrawnRun, open_result
from interp.records.answers import Generation, StopReason
from interp.records.arrays import Features, Position, Site
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.study import runs
from interp.study.data import Study
from probes.fitting import layers
from probes.fitting.recipe import Recipe
from probes.fitting.records import Records

N_PROMPTS, WIDTH, LAYERS = 80, 6, 4
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
def results(paper_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[DrawnRun]:
    study, folder = Study(paper_dir, paper_dir), tmp_path_factory.mktemp("runs")
    return [open_result(runs.as_run(name, folder, study)) for name in runs.NAMES]


@pytest.fixture(scope="session")
def paper_drawings(results: list[DrawnRun]) -> dict[str, Drawing]:
    filled, missing = drawings(results, PAPER)
    assert missing == []
    return {drawing.figure.name: drawing for drawing in filled}


def own_run(root: Path, name: str, signal: float, fresh_rate: float) -> Path:
    """Write a run as `probes.fit` does, from made-up answers whose correctness shows in h_last by `signal`."""
    rng = np.random.default_rng(0)
    prompts = [
        Prompt(f"{split}-{i}", f"Question {split} {i} of {rng.integers(10**9)}?", "facts", split, ())
        for split in Split
        for i in range(N_PROMPTS)
    ]
    generations = [
        Generation(f"g-{p.id}", p.id, name, f"Answer {p.id}.", (1, 2, 3), 5, "", 0, StopReason.EOS, 64, -0.5, -1.0)
        for p in prompts
    ]
    rate = {Split.FIT: 0.5, Split.FRESH: fresh_rate}
    correct = [bool(rng.random() < rate[p.split]) for p in prompts]
    asserted = [bool(rng.random() < 0.8) for _ in prompts]
    labels = [
        Label(g.id, float(c), (c,), c, a, "made up") for g, c, a in zip(generations, correct, asserted, strict=True)
    ]
    x = rng.normal(size=(len(prompts), LAYERS + 1, WIDTH)).astype(np.float32)
    x[:, :, 0] += signal * np.linspace(0, 1, LAYERS + 1) * (2 * np.array(correct)[:, None] - 1)
    ids = tuple(g.id for g in generations)
    residual = Features(ids, Site.RESID_POST, tuple(range(LAYERS)), Position.CONTENT, x[:, :LAYERS])
    final = Features(ids, Site.LN_FINAL, (LAYERS - 1,), Position.CONTENT, x[:, LAYERS:])
    records = Records(prompts, generations, labels, layers.stack(residual, final))
    return made_up.finished(root, name, records, Recipe(cs=(1.0, 0.1)))


@pytest.fixture(scope="session")
def own_runs(tmp_path_factory: pytest.TempPathFactory) -> list[DrawnRun]:
    root = tmp_path_factory.mktemp("own")
    return [open_result(own_run(root, "strong-model", 1.5, 0.4)), open_result(own_run(root, "weak-model", 0.0, 0.15))]
