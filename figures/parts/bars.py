"""Bars with their intervals: what they are made of, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from figures.parts import style
from figures.parts.points import Point, Reference, errors, hover, in_words, reference_name, wrapped

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class BarPanel:
    """Bars of one model: each starts at `base` and carries its interval.

    `order` names every series that the figure knows, so that a series looks the same in all panels. `stated` numbers
    are written under their category, without a bar, and so are `notes`, one a label.
    """

    title: str
    value_label: str
    points: tuple[Point, ...]
    references: tuple[Reference, ...] = ()
    base: float = 0.0
    limits: tuple[float, float] = (0.0, 1.0)
    horizontal: bool = False
    order: tuple[str, ...] = ()
    stated: tuple[Point, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> list[str]:
        """Categories in the order of first appearance."""
        return list(dict.fromkeys(p.label for p in self.points))

    def in_words(self) -> list[str]:
        """Return its numbers in words."""
        return in_words(self.points, self.stated)

    def look(self, series: str) -> style.Look:
        """Return how a series is drawn."""
        return style.look(self.order.index(series))


def place(panel: BarPanel) -> list[tuple[float, float]]:
    """Return the centre and the width of each point's bar on the category axis: bars of a category stand together."""
    rows = [[p for p in panel.points if p.label == label] for label in panel.labels]
    width = 0.84 / max(len(row) for row in rows)
    centres = {id(p): i + (k - (len(row) - 1) / 2) * width for i, row in enumerate(rows) for k, p in enumerate(row)}
    return [(centres[id(p)], width) for p in panel.points]


def draw_bars(ax: Axes, panel: BarPanel, wrap: int = 12) -> None:
    """Draw one panel: bars, intervals, numbers and reference lines; artists carry `bar-i` and `interval-i` as gid."""
    for i, (point, (centre, width)) in enumerate(zip(panel.points, place(panel), strict=True)):
        _draw_bar(ax, panel, point, (centre, width * 0.9), f"bar-{i}")
        _draw_interval(ax, panel, point, centre, f"interval-{i}")
        _draw_number(ax, panel, point, centre)
    for reference in panel.references:
        _draw_reference(ax, panel, reference)
    _draw_axes(ax, panel, wrap)


def _draw_bar(ax: Axes, panel: BarPanel, point: Point, where: tuple[float, float], gid: str) -> None:
    from matplotlib.patches import Rectangle

    centre, width = where
    looks, start, length = panel.look(point.series), centre - width / 2, point.value - panel.base
    corner, size = (
        ((panel.base, start), (length, width)) if panel.horizontal else ((start, panel.base), (width, length))
    )
    bar = Rectangle(corner, *size, facecolor=looks.colour, edgecolor=style.INK, hatch=looks.hatch, gid=gid, zorder=2)
    ax.add_patch(bar)


def _draw_interval(ax: Axes, panel: BarPanel, point: Point, centre: float, gid: str) -> None:
    if point.lower is None or point.upper is None:
        return
    along, across = [point.lower, point.upper], [centre, centre]
    xs, ys = (along, across) if panel.horizontal else (across, along)
    cap = "|" if panel.horizontal else "_"
    # A white halo keeps the whisker visible on dark fills.
    ax.plot(xs, ys, color="white", linewidth=2.6, solid_capstyle="butt", zorder=3)
    ax.plot(xs, ys, color=style.INK, linewidth=1.0, marker=cap, markersize=5, gid=gid, zorder=4)


def _draw_number(ax: Axes, panel: BarPanel, point: Point, centre: float) -> None:
    """Write the number outside the axes, level with its bar, where it can meet neither line nor whisker."""
    across, along = ax.get_yaxis_transform(), ax.get_xaxis_transform()
    xy, transform = ((1.0, centre), across) if panel.horizontal else ((centre, 1.0), along)
    offset, ha, va = ((3, 0), "left", "center_baseline") if panel.horizontal else ((0, 2), "center", "bottom")
    ax.annotate(
        point.shown, xy, xycoords=transform, xytext=offset, textcoords="offset points", ha=ha, va=va, fontsize=7
    )


def _draw_reference(ax: Axes, panel: BarPanel, reference: Reference) -> None:
    draw = ax.axvline if panel.horizontal else ax.axhline
    draw(reference.value, **_line(panel, reference), zorder=1.5, gid=f"reference-{reference.label}")


def _line(panel: BarPanel, reference: Reference) -> style.LineStyle:
    return style.reference_line(solid=reference.value == panel.base)


def _draw_axes(ax: Axes, panel: BarPanel, wrap: int) -> None:
    places = range(len(panel.labels))
    names = [_tick(panel, label, wrap) for label in panel.labels]
    ends = (-0.5, len(panel.labels) - 0.5)
    if panel.horizontal:
        ax.set(xlim=panel.limits, ylim=ends[::-1], xlabel=panel.value_label)
        ax.set_yticks(places, names)
        ax.tick_params(axis="y", length=0)
        ax.grid(visible=False, axis="y")
        ax.grid(visible=True, axis="x")
    else:
        ax.set(ylim=panel.limits, xlim=ends, ylabel=panel.value_label)
        ax.set_xticks(places, names)
    ax.set_title(panel.title, pad=6 if panel.horizontal else 4 + 10 * _number_lines(panel))


def _number_lines(panel: BarPanel) -> int:
    return max(point.shown.count("\n") + 1 for point in panel.points)


def _tick(panel: BarPanel, label: str, wrap: int) -> str:
    stated = [line for p in panel.stated if p.label == label for line in (p.series, *p.shown.split(" ", 1))]
    note = [wrapped(panel.notes[label], wrap)] if label in panel.notes else []
    return "\n".join([wrapped(label, wrap), *note, *stated])


def legend(panels: Sequence[BarPanel]) -> list[Artist]:
    """Return the handles of one legend for all panels: series where there are several a category, and the lines."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    first = panels[0]
    handles: list[Artist] = []
    if any(point.series != point.label for point in first.points):
        for name in first.order:
            looks = first.look(name)
            handles.append(Patch(facecolor=looks.colour, edgecolor=style.INK, hatch=looks.hatch, label=name))
    for i, reference in enumerate(first.references):
        handles.append(
            Line2D([], [], label=reference_name([p.references for p in panels], i), **_line(first, reference))
        )
    return handles


def grid(panels: Sequence[BarPanel], width: float) -> tuple[int, int, float]:
    """Return rows, columns and the height in inches that panels of bars need at a width in inches."""
    if panels[0].horizontal:
        columns = min(len(panels), 2) if width > style.SINGLE_COLUMN else 1
        rows = -(-len(panels) // columns)
        return rows, columns, rows * (0.18 * max(_slots(p) for p in panels) + 0.55) + 0.65
    lines = max(_tick(p, label, 10).count("\n") + 1 for p in panels for label in p.labels)
    wide = max(0.3 * len(p.points) + 0.3 * len(p.stated) for p in panels)
    columns = max(1, min(len(panels), int((width - 0.4) / wide)))
    rows = -(-len(panels) // columns)
    return rows, columns, rows * (1.55 + 0.11 * lines) + 0.75


def _slots(panel: BarPanel) -> int:
    """How many bars would stand in a row if every category had as many as the fullest one."""
    return len(panel.labels) * max(sum(p.label == label for p in panel.points) for label in panel.labels)


def interactive_bars(figure: go.Figure, panel: BarPanel, column: int) -> None:
    """Add one panel to column `column` (from 1) of a plotly figure, each number as a mark with its interval."""
    import plotly.graph_objects as go

    across = "x" if panel.horizontal else "y"
    for series in panel.order:
        points = [p for p in panel.points if p.series == series]
        looks = panel.look(series)
        values, names = [p.value for p in points], [p.label for p in points]
        mark = go.Scatter(
            name=series,
            legendgroup=series,
            offsetgroup=series,
            orientation="h" if panel.horizontal else "v",
            showlegend=column == 1,
            mode="markers",
            marker={
                "color": looks.colour,
                "size": 12,
                "symbol": looks.symbol,
                "line": {"color": style.INK, "width": 1},
            },
            hovertext=[hover(p) for p in points],
            hoverinfo="text",
            **{across: values, "y" if panel.horizontal else "x": names, f"error_{across}": errors(points)},
        )
        figure.add_trace(mark, row=1, col=column)
    _interactive_axes(figure, panel, column)


def _interactive_axes(figure: go.Figure, panel: BarPanel, column: int) -> None:
    add_line = figure.add_vline if panel.horizontal else figure.add_hline
    for reference in panel.references:
        add_line(reference.value, line_dash="dash", line_width=1, annotation_text=reference.label, row=1, col=column)
    scale = {"range": list(panel.limits), "title": {"text": panel.value_label}}
    names = {"categoryorder": "array", "categoryarray": panel.labels}
    if panel.horizontal:
        figure.update_xaxes(scale, row=1, col=column)
        figure.update_yaxes(names | {"autorange": "reversed"}, row=1, col=column)
    else:
        figure.update_yaxes(scale, row=1, col=column)
        figure.update_xaxes(names, row=1, col=column)
