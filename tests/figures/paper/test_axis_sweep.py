"""The axis figure of one's own runs: drawn from the estimates that the report keeps of every axis."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import made_up
import numpy as np
import pytest

from figures.__main__ import drawings
from figures.paper import axis_sweep
from figures.parts.result import DrawnRun, NotInRun, open_result
from interp.labels.rubric import AXES
from interp.records.answers import Generation, StopReason
from interp.records.arrays import Features, Position, Site
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from probes.fitting import layers
from probes.fitting.recipe import Recipe
from probes.fitting.records import Records

N, WIDTH = 80, 6
POSITIVE = {"factual_accuracy": 0.5, "completeness": 0.5, "self_verification": 0.01}  # share of positive answers


def judged_run(root: Path, name: str, axes: dict[str, float]) -> DrawnRun:
    """Write a run whose answers carry axes: the first column of h_last tells factual_accuracy, and nothing else."""
    rng = np.random.default_rng(0)
    prompts = [Prompt(f"{s}-{i}", f"Question {s} {i}?", "facts", s, ()) for s in Split for i in range(N)]
    answers = [
        Generation(f"g-{p.id}", p.id, name, f"Answer {p.id}.", (1,), 5, "", 0, StopReason.EOS, 64, None, None)
        for p in prompts
    ]
    high = {axis: rng.random(len(prompts)) < share for axis, share in axes.items()}
    labels = [
        Label(g.id, 1.0, (), bool(rng.random() < 0.5), True, "j", {a: 5 if high[a][i] else 2 for a in axes})
        for i, g in enumerate(answers)
    ]
    x = rng.standard_normal((len(prompts), 1, WIDTH)).astype(np.float32)
    x[:, 0, 0] += 3 * high.get("factual_accuracy", np.zeros(len(prompts)))
    final = Features(tuple(g.id for g in answers), Site.LN_FINAL, (3,), Position.CONTENT, x)
    records = Records(prompts, answers, labels, layers.stack(None, final))
    return open_result(made_up.finished(root, name, records, Recipe(cs=(1.0, 0.1))))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> DrawnRun:
    return judged_run(tmp_path_factory.mktemp("axes"), "own-model", POSITIVE)


def test_the_axes_of_an_own_run_are_drawn_with_intervals_counts_and_source(judged: DrawnRun) -> None:
    panel = axis_sweep.read(judged)
    assert set(POSITIVE) < set(AXES)
    assert [(p.label, p.series) for p in panel.points] == [
        (label, series)
        for label in ("completeness", "factual accuracy")
        for series in ("cross-validated", "fresh prompts")
    ]
    told = {p.label: p.value for p in panel.points if p.series == "fresh prompts"}
    assert told["factual accuracy"] > 0.9 > 0.65 > told["completeness"]
    for point in panel.points:
        assert point.lower is not None and point.upper is not None and point.lower <= point.value <= point.upper
        assert point.source == f"report.json, axes, {point.label.replace(' ', '_')}"
        assert sum(point.n.values()) == N


def test_an_axis_without_an_estimate_says_why_in_the_report_and_is_not_drawn(judged: DrawnRun) -> None:
    rows = {row.axis: row for row in judged.correctness().axes}
    assert rows["self_verification"].cv is None
    assert "5 of each needed" in rows["self_verification"].reason
    assert rows["self_verification"].counts.fit.unscored == 0


def test_a_run_whose_axes_have_no_estimate_at_all_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotInRun, match="no AUROC of any axis: too few answers are high or low"):
        axis_sweep.read(judged_run(tmp_path, "rare", {"self_verification": 0.01}))


def test_the_figure_draws_from_the_command(judged: DrawnRun) -> None:
    filled, missing = drawings([judged], (axis_sweep.FIGURE,))
    assert [d.figure.name for d in filled] == ["axis_sweep"] and missing == []
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    axis_sweep.draw(ax, filled[0].panels[0])
    drawn: set[Any] = {artist.get_gid() for artist in ax.patches}
    assert {f"bar-{i}" for i in range(4)} <= drawn
    plt.close(figure)


def test_points_are_frozen_copies_of_the_estimates(judged: DrawnRun) -> None:
    row = next(r for r in judged.correctness().axes if r.axis == "factual_accuracy")
    point = next(p for p in axis_sweep.read(judged).points if p.label == "factual accuracy")
    assert row.cv is not None and (point.value, point.lower, point.upper) == (row.cv.value, row.cv.lower, row.cv.upper)
    assert dataclasses.is_dataclass(point)
