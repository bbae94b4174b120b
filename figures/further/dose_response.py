"""For a tempering sweep: what scaling the chosen heads does to content and to delivery, beside random heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from figures.parts import curves, style
from figures.parts.curves import CurvePanel
from figures.parts.figure import Figure
from figures.parts.points import Point, Reference, hover, minus
from figures.parts.result import DrawnRun, NotInRun
from interp.records.findings import Estimate
from interp.results.dose import Condition, HeadSet, Measure, TemperResult
from interp.results.schema import read_result
from interp.runs.layout import TEMPER

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

MEASURES = {
    Measure.CHECKLIST_RECALL: "content (checklist recall)",
    Measure.ASSERTED: "disposition (rate asserted)",
}
CHOSEN, RANDOM = "chosen heads", "random heads, same layers"
GREY = "#9A9A9A"


@dataclass(frozen=True, slots=True)
class DosePanel(CurvePanel):
    """A curve of the chosen heads, and one without intervals for each random set: its places and its points."""

    random: tuple[tuple[tuple[float, ...], tuple[Point, ...]], ...] = ()


def read(result: DrawnRun) -> list[DosePanel]:
    """Return one panel for content and one for the disposition of a sweep; any other run raises NotInRun."""
    if TEMPER not in result.files:
        raise NotInRun(f"{result.path} holds no {TEMPER}; python -m hooks.temper writes it.")
    sweep = read_result(result.path / TEMPER, TemperResult)
    return [_panel(result.model, sweep, measure) for measure in MEASURES]


def _panel(model: str, sweep: TemperResult, measure: Measure) -> DosePanel:
    (places, points), *random = (_series(sweep, head_set, measure) for head_set in sweep.sets)
    disposition = measure is Measure.ASSERTED
    threshold = sweep.rule.smallest_effect if disposition else sweep.rule.content_margin
    everything = [*points, *(point for _, grey in random for point in grey)]
    return DosePanel(
        title=f"{model}: {MEASURES[measure]}" + f"\nverdict: {sweep.judged.verdict}" * disposition,
        x_label="factor",
        value_label="change from factor 1",
        x=places,
        points=points,
        order=(CHOSEN,),
        references=(
            Reference("no change", 0.0),
            Reference("fall that counts", -threshold),
            Reference("rise that counts", threshold),
        ),
        stated=_stated(sweep, measure),
        limits=_limits(everything, threshold),
        ticks=tuple((factor, f"{factor:g}") for factor in sorted(sweep.factors)),
        random=tuple(random),
    )


def _series(sweep: TemperResult, head_set: HeadSet, measure: Measure) -> tuple[tuple[float, ...], tuple[Point, ...]]:
    series = CHOSEN if head_set is sweep.chosen else head_set.name
    conditions = sweep.along(head_set)
    drawn = [(c.factor, point) for c in conditions if (point := _point(c, series, measure)) is not None]
    return tuple(factor for factor, _ in drawn), tuple(point for _, point in drawn)


def _point(condition: Condition, series: str, measure: Measure) -> Point | None:
    """Return the paired change of one set at one factor; None where it is unknown."""
    change = condition.measures.of(measure)
    source, n = _where(condition, measure), {"prompts": change.pairs}
    if condition.factor == 1:
        return Point("1", series, 0.0, 0.0, 0.0, n, "factor 1 is what all is compared with", source, "0")
    if change.difference is None:
        return None
    e = change.difference
    shown = minus(f"{e.value:+.3f}")
    return Point(f"{condition.factor:g}", series, e.value, e.lower, e.upper, n, e.method, source, shown)


def _where(condition: Condition, measure: Measure) -> str:
    return f"{TEMPER}, measured, {condition.set}, {condition.factor:g}, {measure}"


def _stated(sweep: TemperResult, measure: Measure) -> tuple[Point, ...]:
    """Return the level of the chosen heads at factor 1, where it is known."""
    unedited = next(condition for condition in sweep.along(sweep.chosen) if condition.factor == 1)
    level = unedited.measures.of(measure).level
    return () if level is None else (_base(level, _where(unedited, measure)),)


def _base(level: Estimate, source: str) -> Point:
    n = {"answers": level.n_pos + level.n_neg} if "rate" in level.method else {"answers": level.n_pos}
    return Point("at factor 1:", "level", level.value, level.lower, level.upper, n, level.method, source, str(level))


def _limits(points: Sequence[Point], threshold: float) -> tuple[float, float]:
    ends = [v for p in points for v in (p.value, p.lower, p.upper) if v is not None]
    return min(-1.2 * threshold, *ends) - 0.02, max(1.2 * threshold, *ends) + 0.02


def draw(ax: Axes, panel: DosePanel) -> None:
    """Draw the random sets in grey, and the chosen heads over them; the heads are scaled down from left to right."""
    for i, (places, points) in enumerate(panel.random):
        line: dict[str, Any] = {"color": GREY, "linewidth": 0.9, "marker": ".", "markersize": 3}
        ax.plot(places, [p.value for p in points], gid=f"random-{i}", zorder=1.8, **line)
    curves.draw(ax, panel)
    ax.invert_xaxis()


def grid(parts: Sequence[DosePanel], width: float) -> tuple[int, int, float]:
    """Return rows, columns and height in inches: content and disposition of a sweep stand side by side if they can."""
    columns = 2 if width > style.SINGLE_COLUMN else 1
    rows = -(-len(parts) // columns)
    return rows, columns, rows * 2.5 + 0.75


def legend(parts: Sequence[DosePanel]) -> list[Artist]:
    """Return the handles of the legend that all panels share."""
    from matplotlib.lines import Line2D

    chosen, *lines = curves.legend(parts)
    return [chosen, Line2D([], [], color=GREY, marker=".", label=RANDOM), *lines]


def interactive(figure: go.Figure, panel: DosePanel, column: int) -> None:
    """Add one panel to a plotly figure."""
    import plotly.graph_objects as go

    for i, (places, points) in enumerate(panel.random):
        trace = go.Scatter(
            x=places,
            y=[p.value for p in points],
            mode="lines+markers",
            name=RANDOM,
            legendgroup=RANDOM,
            showlegend=column == 1 and i == 0,
            line={"color": GREY, "width": 1},
            hovertext=[hover(p) for p in points],
            hoverinfo="text",
        )
        figure.add_trace(trace, row=1, col=column)
    curves.interactive(figure, panel, column)
    figure.update_xaxes(autorange="reversed", row=1, col=column)


FIGURE: Figure[DosePanel] = Figure(
    name="dose_response",
    title="What does scaling the heads do to content and to delivery?",
    files=(TEMPER,),
    read=read,
    draw=draw,
    grid=grid,
    legend=legend,
    interactive=interactive,
)
