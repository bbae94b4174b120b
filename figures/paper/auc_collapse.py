"""Figure 1: the AUROC of the correctness probe, step by step, against chance and the gate on fresh prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from figures.parts import bars
from figures.parts.bars import BarPanel
from figures.parts.figure import Figure, single_panel
from figures.parts.points import Point, Reference, auroc_limits
from figures.parts.result import NotInRun, Result, estimate
from interp.runs import layout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = {
    "cross_validation": "cross-validated",
    "fresh_prompts": "fresh prompts",
    "layer_pooling": "fresh, layers pooled",
}


def read(result: Result) -> BarPanel:
    """Return the AUROC of each step that a run's report holds; without any, NotInRun."""
    rows = [row for row in result.correctness()["verdict"]["steps"] if row["step"] in STEPS]
    points = tuple(_point(row) for row in rows if row["auroc"] is not None)
    if not points:
        raise NotInRun(f"{result.path / 'report.json'} holds no AUROC: no probe was fitted there.")
    notes = {p.label: f"{p.n['correct']} of {sum(p.n.values())} correct" for p in points}
    gates = (Reference("chance", 0.5), Reference("gate on fresh", result.report()["gates"]["fresh_auroc"]))
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


def _point(row: dict[str, Any]) -> Point:
    auroc = estimate(row["auroc"])
    n = {"correct": auroc.n_pos, "wrong": auroc.n_neg}
    label = STEPS[row["step"]]
    return Point(
        label,
        label,
        auroc.value,
        auroc.lower,
        auroc.upper,
        n,
        auroc.method,
        row.get("source", _SOURCE.format(row["step"])),
        f"{auroc.value:.2f}",
    )


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
