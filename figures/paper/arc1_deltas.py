"""Figure 4: what imitation into weights was first claimed to gain, and what was left after the errors were found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from figures.parts import bars
from figures.parts.bars import BarPanel
from figures.parts.figure import Figure, single_panel
from figures.parts.points import Point, Reference, minus, wrapped
from figures.parts.result import DrawnRun, NotInRun
from interp.results.deltas import Delta, Deltas, Stage
from interp.results.schema import read_result
from interp.runs import layout

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


TITLE_WIDTH = 36
WRAP = 16
LINE = 0.14  # inches a line of a label takes
STAGES: dict[Stage, str] = {
    "claimed": "first pass, as claimed",
    "recomputed": "first pass, recomputed",
    "corrected": "corrected, as reported",
    "measured": "measured",
    "finished": "finished on both sides",
}


def read(result: DrawnRun) -> BarPanel:
    """Return the deltas of a run in points of 100; a run without deltas raises NotInRun."""
    deltas = _deltas(result)
    points = tuple(_point(delta) for delta in deltas)
    ends = [v for p in points for v in (p.value, p.lower, p.upper) if v is not None]
    room = 0.05 * (max(ends) - min(ends))
    limits = (min(0.0, *ends) - room, max(0.0, *ends) + room)
    zero = (Reference("no change", 0.0),)
    return BarPanel(
        wrapped(result.model, TITLE_WIDTH),
        "change, points of 100",
        points,
        zero,
        limits=limits,
        horizontal=True,
        order=tuple(STAGES.values()),
        notes={delta.metric: _note(delta.fatal) for delta in deltas if delta.fatal},
    )


def _deltas(result: DrawnRun) -> tuple[Delta, ...]:
    file = result.path / layout.DELTAS
    if layout.DELTAS not in result.files:
        raise NotInRun(f"{result.path} holds no {layout.DELTAS}; python -m interp.compare writes it.")
    deltas = read_result(file, Deltas).deltas
    if not deltas:
        raise NotInRun(f"{file} holds no delta.")
    return deltas


def _note(fatal: Sequence[str]) -> str:
    """Write under a delta what voids it, so that its bar cannot be read without."""
    return f"void: {', '.join(name.replace('_', ' ') for name in fatal)}"


def _point(delta: Delta) -> Point:
    scale = 100.0 / delta.of
    value = scale * delta.value
    lower, upper = (None if end is None else scale * end for end in (delta.lower, delta.upper))
    own_scale = "" if delta.of == 100 else f", there as {delta.value:+.2f} of {delta.of:g}"
    return Point(
        delta.metric,
        STAGES[delta.stage],
        value,
        lower,
        upper,
        {"items": delta.n_items} if delta.n_items else {},
        delta.method or "reported only; no interval was given and no items were published",
        delta.source + own_scale,
        minus(f"{value:+.1f}"),
    )


def draw(ax: Axes, panel: BarPanel) -> None:
    """Draw the deltas."""
    bars.draw_bars(ax, panel, wrap=WRAP)


def grid(parts: Sequence[BarPanel], width: float) -> tuple[int, int, float]:
    """Return rows, columns and height in inches at a width in inches, with room for the notes under the labels."""
    rows, columns, height = bars.grid(parts, width)
    noted = [[len(wrapped(note, WRAP).splitlines()) + 1 for note in part.notes.values()] for part in parts]
    tallest = max(
        (len(part.labels) * max(lines, default=0) for part, lines in zip(parts, noted, strict=True)), default=0
    )
    return rows, columns, max(height, rows * (LINE * tallest + 0.75) + 0.65)


def legend(parts: Sequence[BarPanel]) -> list[Artist]:
    """Return the handles of the legend that all panels share, without stages that none of them has."""
    unshown = set(STAGES.values()) - {point.series for part in parts for point in part.points}
    return [handle for handle in bars.legend(parts) if handle.get_label() not in unshown]


def interactive(figure: go.Figure, panel: BarPanel, column: int) -> None:
    """Add the deltas to a plotly figure."""
    bars.interactive_bars(figure, panel, column)
    figure.for_each_trace(lambda trace: trace.update(showlegend=False), selector=lambda trace: not len(trace.x))


FIGURE: Figure[BarPanel] = Figure(
    name="arc1_deltas",
    title="What did training gain, first and after correction?",
    files=(layout.DELTAS,),
    read=single_panel(read),
    draw=draw,
    grid=grid,
    legend=legend,
    interactive=interactive,
)
