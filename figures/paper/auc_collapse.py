"""Figure 1: the AUROC of the correctness probe, step by step, against chance and the gate on fresh prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from figures.parts import bars
from figures.parts.bars import BarPanel
from figures.parts.figure import Figure, single_panel
from figures.parts.points import Point, Reference, auroc_limits
from figures.parts.result import DrawnRun, NotInRun
from interp.records.findings import Estimate
from interp.results.fit import PublishedReport
from interp.runs import layout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = {
    "cross_validation": "cross-validated",
    "fresh_prompts": "fresh prompts",
    "layer_pooling": "fresh, layers pooled",
}


def read(result: DrawnRun) -> BarPanel:
    """Return the AUROC of each step that a run's report holds; without any, NotInRun."""
    points = tuple(_point(*row) for row in _steps(result) if row[0] in STEPS)
    if not points:
        raise NotInRun(f"{result.path / 'report.json'} holds no AUROC: no probe was fitted there.")
    notes = {p.label: f"{p.n['correct']} of {sum(p.n.values())} correct" for p in points}
    gates = (Reference("chance", 0.5), Reference("gate on fresh", result.thresholds().fresh_auroc))
    return BarPanel(
        result.model,
        "AUROC",
        points,
        gates,
        base=0.5,
        limits=auroc_limits(points),
        order=tuple(STEPS.values()),
        notes=notes,
    )


_SOURCE = "report.json, targets.correct.verdict.steps, {}"


def _steps(result: DrawnRun) -> list[tuple[str, Estimate, str]]:
    """Each step that has an AUROC, with the file and entry that it was read from."""
    report = result.report()
    if isinstance(report, PublishedReport):
        return [(step.step, step.auroc, step.source) for step in report.steps]
    steps = result.correctness().verdict.steps
    return [(step.step, step.auroc, _SOURCE.format(step.step)) for step in steps if step.auroc is not None]


def _point(step: str, auroc: Estimate, source: str) -> Point:
    n = {"correct": auroc.n_pos, "wrong": auroc.n_neg}
    label = STEPS[step]
    return Point(label, label, auroc.value, auroc.lower, auroc.upper, n, auroc.method, source, f"{auroc.value:.2f}")


def draw(ax: Axes, panel: BarPanel) -> None:
    """Draw the steps of one model."""
    bars.draw_bars(ax, panel, wrap=10)


FIGURE: Figure[BarPanel] = Figure(
    name="auc_collapse",
    title="Does the probe tell correct from wrong answers?",
    files=(layout.REPORT,),
    read=single_panel(read),
    draw=draw,
    grid=bars.grid,
    legend=bars.legend,
    interactive=bars.interactive_bars,
)
