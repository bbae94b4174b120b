"""Curves with intervals: what they are made of, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from figures.parts import style
from figures.parts.points import Point, Reference, errors, hover, in_words, reference_name

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import Collection

MANY = 45  # points that would hide each other's marks


@dataclass(frozen=True, slots=True)
class CurvePanel:
    """Series of points of one model: `x[i]` is where `points[i]` stands.

    Attributes:
        stated: numbers that are written under the title.
        diagonal: draw the line on which both axes agree.
        ticks: places of the x axis that have a name instead of a number.
    """

    title: str
    x_label: str
    value_label: str
    x: tuple[float, ...]
    points: tuple[Point, ...]
    order: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    stated: tuple[Point, ...] = ()
    limits: tuple[float, float] = (0.0, 1.0)
    diagonal: bool = False
    joined: bool = True
    ticks: tuple[tuple[float, str], ...] = ()

    def in_words(self) -> list[str]:
        """Return its numbers in words."""
        return in_words(self.points, self.stated)


def draw(ax: Axes, panel: CurvePanel) -> None:
    """Draw one panel; artists carry `line-<series>` and `interval-<series>` as gid."""
    for series in panel.order:
        rows = [(x, p) for x, p in zip(panel.x, panel.points, strict=True) if p.series == series]
        if rows:
            _draw_series(ax, panel, series, [x for x, _ in rows], [p for _, p in rows])
    for reference in panel.references:
        ax.axhline(reference.value, gid=f"reference-{reference.label}", zorder=1.5, **_line(reference))
    if panel.diagonal:
        ax.plot([0, 1], [0, 1], color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1.5)
    ax.set(xlabel=panel.x_label, ylabel=panel.value_label, ylim=panel.limits)
    if panel.ticks:
        ax.set_xticks([place for place, _ in panel.ticks], [name for _, name in panel.ticks])
    ax.grid(visible=True, axis="both")
    ax.set_title("\n".join([panel.title, *(f"{p.label} {p.shown}" for p in panel.stated)]))


def _draw_series(ax: Axes, panel: CurvePanel, series: str, xs: Sequence[float], points: Sequence[Point]) -> None:
    looks = style.look(panel.order.index(series))
    values = [p.value for p in points]
    dash, marker = "-" if panel.joined else "", "" if len(points) > MANY else looks.marker
    (line,) = ax.plot(xs, values, color=looks.colour, linestyle=dash, marker=marker, gid=f"line-{series}", zorder=4)
    line.set(markeredgecolor=style.INK, markeredgewidth=0.4)
    known = [(x, p.lower, p.upper) for x, p in zip(xs, points, strict=True) if p.lower is not None]
    if not known:
        return
    places, lower, upper = zip(*known, strict=True)
    band: Collection
    if panel.joined:
        band = ax.fill_between(places, lower, upper, color=looks.colour, alpha=0.22, linewidth=0, zorder=2)
    else:
        band = ax.vlines(places, lower, upper, color=style.INK, linewidth=1.0, zorder=3)
    band.set_gid(f"interval-{series}")


def _line(reference: Reference) -> style.LineStyle:
    return style.reference_line(solid=reference.label == "chance")


def grid(parts: Sequence[CurvePanel], width: float) -> tuple[int, int, float]:
    """Return rows, columns and the height in inches that the panels need at a width in inches."""
    columns = min(len(parts), 3) if width > style.SINGLE_COLUMN else 1
    rows = -(-len(parts) // columns)
    stated = max(len(p.stated) for p in parts)
    return rows, columns, rows * (2.2 + 0.12 * stated) + 0.7


def legend(parts: Sequence[CurvePanel]) -> list[Artist]:
    """Return the handles of one legend for all panels."""
    from matplotlib.lines import Line2D

    first = parts[0]
    handles: list[Artist] = []
    for k, name in enumerate(first.order):
        looks = style.look(k)
        line = Line2D([], [], color=looks.colour, marker=looks.marker, label=name)
        line.set_linestyle("-" if first.joined else "")
        handles.append(line)
    for i, reference in enumerate(first.references):
        handles.append(Line2D([], [], label=reference_name([p.references for p in parts], i), **_line(reference)))
    if first.diagonal:
        handles.append(Line2D([], [], color=style.MUTED, linestyle=(0, (4, 2)), label="perfectly calibrated"))
    return handles


def interactive(figure: go.Figure, panel: CurvePanel, column: int) -> None:
    """Add one panel to column `column` (from 1) of a plotly figure, each number with its interval."""
    import plotly.graph_objects as go

    for k, series in enumerate(panel.order):
        rows = [(x, p) for x, p in zip(panel.x, panel.points, strict=True) if p.series == series]
        points = [p for _, p in rows]
        trace = go.Scatter(
            x=[x for x, _ in rows],
            y=[p.value for p in points],
            error_y=errors(points),
            mode="lines+markers" if panel.joined else "markers",
            name=series,
            legendgroup=series,
            showlegend=column == 1,
            marker={"color": style.look(k).colour, "symbol": style.look(k).symbol, "size": 9},
            hovertext=[hover(p) for p in points],
            hoverinfo="text",
        )
        figure.add_trace(trace, row=1, col=column)
    for reference in panel.references:
        note = {"annotation_text": reference.label, "row": 1, "col": column}
        figure.add_hline(reference.value, line_dash="dash", line_width=1, **note)
    named = {"tickvals": [x for x, _ in panel.ticks], "ticktext": [name for _, name in panel.ticks]}
    figure.update_xaxes({"title": {"text": panel.x_label}} | (named if panel.ticks else {}), row=1, col=column)
    figure.update_yaxes({"title": {"text": panel.value_label}, "range": list(panel.limits)}, row=1, col=column)
