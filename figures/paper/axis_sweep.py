"""Figure 2: a probe for each axis of the rubric, cross-validated and on fresh prompts, against chance and the gate."""

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

SERIES = ("cross-validated", "fresh prompts")


def read(result: DrawnRun) -> BarPanel:
    """Return both AUROCs of every axis that a run's report holds; without any, NotInRun."""
    axes = _axes(result)
    if not axes:
        raise NotInRun(f"{result.path / 'report.json'} holds no axes: label the answers with a rubric judge first.")
    points = tuple(
        _point(axis, series, auroc, source)
        for axis, source, cv, fresh in axes
        for series, auroc in zip(SERIES, (cv, fresh), strict=True)
        if auroc is not None
    )
    if not points:
        raise NotInRun(f"{result.path / 'report.json'} holds no AUROC of any axis: too few answers are high or low.")
    gates = (Reference("chance", 0.5), Reference("gate on fresh", result.thresholds().axis_fresh))
    return BarPanel(
        result.model, "AUROC", points, gates, base=0.5, limits=auroc_limits(points), horizontal=True, order=SERIES
    )


def _axes(result: DrawnRun) -> list[tuple[str, str, Estimate | None, Estimate | None]]:
    """Each axis with the file and entry that it was read from, and both its AUROCs."""
    report = result.report()
    if isinstance(report, PublishedReport):
        return [(axis.axis, axis.source, axis.cv, axis.fresh) for axis in report.axes]
    return [(axis.axis, f"report.json, axes, {axis.axis}", axis.cv, axis.fresh) for axis in result.correctness().axes]


def _point(axis: str, series: str, auroc: Estimate, source: str) -> Point:
    n = {"high": auroc.n_pos, "low": auroc.n_neg}
    label, shown = axis.replace("_", " "), f"{auroc.value:.2f}"
    return Point(label, series, auroc.value, auroc.lower, auroc.upper, n, auroc.method, source, shown)


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
