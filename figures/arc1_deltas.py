"""Figure 4: what imitation into weights was first claimed to gain, and what was left after the errors were found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from figures import panels
from figures.panels import BarPanel, Point, Reference
from figures.result import NotInRun, Result

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

NAME = "arc1_deltas"
TITLE = "What did training gain, first and after correction?"
FILE = "deltas.json"
STAGES = {
    "claimed": "first pass, as claimed",
    "recomputed": "first pass, recomputed",
    "corrected": "corrected, as reported",
    "measured": "measured",
    "finished": "finished on both sides",
}


def read(result: Result) -> BarPanel:
    """Return the deltas of a run in points of 100; a run without deltas raises NotInRun."""
    rows = result.json(FILE, "python -m interp.compare writes it")
    if not rows:
        raise NotInRun(f"{result.path / FILE} holds no delta.")
    points = tuple(_point(row) for row in rows)
    ends = [v for p in points for v in (p.value, p.lower, p.upper) if v is not None]
    room = 0.05 * (max(ends) - min(ends))
    limits = (min(0.0, *ends) - room, max(0.0, *ends) + room)
    zero = (Reference("no change", 0.0),)
    return BarPanel(
        result.model,
        "change, points of 100",
        points,
        zero,
        limits=limits,
        horizontal=True,
        order=tuple(STAGES.values()),
    )


def _point(row: dict[str, Any]) -> Point:
    scale = 100.0 / row["of"]
    value = scale * row["value"]
    lower, upper = (None if row.get(k) is None else scale * row[k] for k in ("lower", "upper"))
    n = {"items": row["n_items"]} if row.get("n_items") else {}
    own_scale = "" if row["of"] == 100 else f", there as {row['value']:+.2f} of {row['of']:g}"
    method = row.get("method", "reported only; no interval was given and no items were published")
    return Point(
        row["metric"],
        STAGES[row["stage"]],
        value,
        lower,
        upper,
        n,
        method,
        row["source"] + own_scale,
        panels.minus(f"{value:+.1f}"),
    )


def draw(ax: Axes, panel: BarPanel) -> None:
    """Draw the deltas."""
    panels.draw_bars(ax, panel, wrap=16)


def grid(parts: Sequence[BarPanel], width: float) -> tuple[int, int, float]:
    """Return rows, columns and height in inches at a width in inches."""
    return panels.grid(parts, width)


def legend(parts: Sequence[BarPanel]) -> list[Artist]:
    """Return the handles of the legend that all panels share, without stages that none of them has."""
    unshown = set(STAGES.values()) - {point.series for part in parts for point in part.points}
    return [handle for handle in panels.legend(parts) if handle.get_label() not in unshown]


def interactive(figure: go.Figure, panel: BarPanel, column: int) -> None:
    """Add the deltas to a plotly figure."""
    panels.interactive_bars(figure, panel, column)
    figure.for_each_trace(lambda trace: trace.update(showlegend=False), selector=lambda trace: not len(trace.x))
