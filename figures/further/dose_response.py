"""For a tempering sweep: what scaling the chosen heads does to content and to delivery, beside random heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from figures.parts import curves, style
from figures.parts.curves import CurvePanel
from figures.parts.figure import Figure
from figures.parts.points import Point, Reference, hover, minus
from figures.parts.result import Result, estimate
from interp.runs import layout

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

FILE = "temper.json"
MEASURES = {"checklist_recall": "content (checklist recall)", "asserted": "disposition (rate asserted)"}
CHOSEN, RANDOM = "chosen heads", "random heads, same layers"
GREY = "#9A9A9A"


@dataclass(frozen=True, slots=True)
class DosePanel(CurvePanel):
    """A curve of the chosen heads, and one without intervals for each random set: its places and its points."""

    random: tuple[tuple[tuple[float, ...], tuple[Point, ...]], ...] = ()


def read(result: Result) -> list[DosePanel]:
    """Return one panel for content and one for the disposition of a sweep; any other run raises NotInRun."""
    sweep = result.json(FILE, "python -m hooks.temper writes it")
    return [_panel(result.model, sweep, measure) for measure in MEASURES]


def _panel(model: str, sweep: dict[str, Any], measure: str) -> DosePanel:
    names = [one["name"] for one in sweep["sets"]]
    series = [_series(sweep, name, measure) for name in names]
    (places, points), *random = series
    first = next(row for row in sweep["measured"] if row["set"] == names[0] and row["factor"] == 1)
    rule = sweep["rule"]["content_margin" if measure == "checklist_recall" else "smallest_effect"]
    level = first["measures"][measure]["level"]
    verdict = f"\nverdict: {sweep['judged']['verdict']}"
    return DosePanel(
        title=f"{model}: {MEASURES[measure]}" + verdict * (measure == "asserted"),
        x_label="factor",
        value_label="change from factor 1",
        x=places,
        points=points,
        order=(CHOSEN,),
        references=(
            Reference("no change", 0.0),
            Reference("fall that counts", -rule),
            Reference("rise that counts", rule),
        ),
        stated=() if level is None else (_base(level, measure),),
        limits=_limits([p for _, row in series for p in row], rule),
        ticks=tuple((factor, f"{factor:g}") for factor in sorted(sweep["factors"])),
        random=tuple(random),
    )


def _series(sweep: dict[str, Any], name: str, measure: str) -> tuple[tuple[float, ...], tuple[Point, ...]]:
    rows = [row for row in sweep["measured"] if row["set"] == name]
    made = [(row["factor"], point) for row in rows if (point := _point(row, measure)) is not None]
    return tuple(factor for factor, _ in made), tuple(point for _, point in made)


def _point(row: dict[str, Any], measure: str) -> Point | None:
    """Return the paired change of one set at one factor; None where it is unknown."""
    fields = row["measures"][measure]
    series = CHOSEN if row["set"] == "chosen" else row["set"]
    source = f"{FILE}, measured, {row['set']}, {row['factor']:g}, {measure}"
    n = {"prompts": fields["pairs"]}
    if row["factor"] == 1:
        return Point("1", series, 0.0, 0.0, 0.0, n, "factor 1 is what all is compared with", source, "0")
    if fields["difference"] is None:
        return None
    e = estimate(fields["difference"])
    shown = minus(f"{e.value:+.3f}")
    return Point(f"{row['factor']:g}", series, e.value, e.lower, e.upper, n, e.method, source, shown)


def _base(level: dict[str, Any], measure: str) -> Point:
    e = estimate(level)
    source = f"{FILE}, measured, chosen, 1, {measure}"
    n = {"answers": e.n_pos + e.n_neg} if "rate" in e.method else {"answers": e.n_pos}
    return Point("at factor 1:", "level", e.value, e.lower, e.upper, n, e.method, source, str(e))


def _limits(points: Sequence[Point], rule: float) -> tuple[float, float]:
    ends = [v for p in points for v in (p.value, p.lower, p.upper) if v is not None]
    return min(-1.2 * rule, *ends) - 0.02, max(1.2 * rule, *ends) + 0.02


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
    files=(layout.TEMPER,),
    read=read,
    draw=draw,
    grid=grid,
    legend=legend,
    interactive=interactive,
)
