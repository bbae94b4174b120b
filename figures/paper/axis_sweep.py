"""Figure 2: a probe for each axis of the rubric, cross-validated and on fresh prompts, against chance and the gate."""

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

SERIES = {"cv": "cross-validated", "fresh": "fresh prompts"}


def read(result: Result) -> BarPanel:
    """Return both AUROCs of every axis that a run's report holds; without any, NotInRun."""
    axes = result.correctness().get("axes", [])
    if not axes:
        raise NotInRun(f"{result.path / 'report.json'} holds no axes: label the answers with a rubric judge first.")
    points = tuple(_point(row, key) for row in axes for key in SERIES if row[key] is not None)
    if not points:
        raise NotInRun(f"{result.path / 'report.json'} holds no AUROC of any axis: too few answers are high or low.")
    gates = (Reference("chance", 0.5), Reference("gate on fresh", result.report()["gates"]["axis_fresh"]))
    order = tuple(SERIES.values())
    return BarPanel(
        result.model, "AUROC", points, gates, base=0.5, limits=auroc_limits(points), horizontal=True, order=order
    )


def _point(row: dict[str, Any], key: str) -> Point:
    auroc = estimate(row[key])
    n = {"high": auroc.n_pos, "low": auroc.n_neg}
    shown = f"{auroc.value:.2f}"
    label = row["axis"].replace("_", " ")
    return Point(
        label,
        SERIES[key],
        auroc.value,
        auroc.lower,
        auroc.upper,
        n,
        auroc.method,
        row.get("source", f"report.json, axes, {row['axis']}"),
        shown,
    )


def draw(ax: Axes, panel: BarPanel) -> None:
    """Draw the axes of one model."""
    bars.draw_bars(ax, panel, wrap=17)


FIGURE: Figure[BarPanel] = Figure(
    name="axis_sweep",
    title="Can any axis of the rubric be read from h_last?",
    files=(layout.REPORT,),
    read=single_panel(read),
    draw=draw,
    grid=bars.grid,
    legend=bars.legend,
    interactive=bars.interactive_bars,
)
