"""For an attribution: d of every head, layer by head; a head is marked only where it survives among all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from figures.parts import style
from figures.parts.figure import Figure
from figures.parts.points import minus
from figures.parts.result import DrawnRun, NotInRun
from interp.results.attribution import CONTRASTS, Attribution, Contrast
from interp.results.schema import read_result
from interp.runs.layout import ATTRIBUTION

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

TOP = 5  # heads that the study scaled
COLOURS = "PuOr_r"  # tells both signs apart under colour blindness; paler is nearer to 0
ABSENT_FACE, ABSENT_EDGE, ABSENT_HATCH = "#F2F2F2", "#BBBBBB", "////"  # where a layer has no such head
MARKS = {"top": ("o", f"survives, one of the {TOP} first"), "survives": (".", "survives")}
NO_HEAD = "no head"


@dataclass(frozen=True, slots=True)
class HeadCell:
    """One head; `d` is None where it does not exist, `rank` counts from 1 in the contrast's ranking."""

    layer: int
    head: int
    d: float | None
    lower: float | None
    upper: float | None
    p_family: float | None
    survives: bool | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class HeadPanel:
    """One contrast of one model: its heads, the verdict under its title, and the end of the colour scale."""

    title: str
    contrast: str
    notes: tuple[str, ...]
    cells: tuple[HeadCell, ...]
    limit: float
    source: str

    @property
    def shape(self) -> tuple[int, int]:
        """Layers up to the last that has heads, and the most heads that a layer has."""
        return 1 + max(c.layer for c in self.cells), 1 + max(c.head for c in self.cells)

    @property
    def grid(self) -> Float[np.ndarray, "layer head"]:
        """Return d by layer and head, NaN where there is no head."""
        values = np.full(self.shape, np.nan)
        for cell in self.cells:
            values[cell.layer, cell.head] = np.nan if cell.d is None else cell.d
        return values

    def in_words(self) -> list[str]:
        """Return what stands under its title."""
        return list(self.notes)

    def marked(self, mark: str) -> list[HeadCell]:
        """Return the heads with this mark of `MARKS`; one that does not survive has none."""
        kept = [c for c in self.cells if c.survives and c.rank is not None]
        return [c for c in kept if (c.rank is not None and c.rank <= TOP) == (mark == "top")]


def read(result: DrawnRun) -> list[HeadPanel]:
    """Return one panel a contrast; a run without an attribution, or whose cohorts were too small, raises NotInRun."""
    if ATTRIBUTION not in result.files:
        raise NotInRun(f"{result.path} holds no {ATTRIBUTION}; python -m probes.attribution writes it.")
    attribution = read_result(result.path / ATTRIBUTION, Attribution)
    tested = {name: contrast for name, contrast in attribution.contrasts.items() if contrast.ranking}
    if not tested:
        reasons = [contrast.reason for contrast in attribution.contrasts.values()]
        raise NotInRun(f"{result.path / ATTRIBUTION}: {reasons[0]}")
    sides = attribution.cohorts
    cohorts = f"{sides.n_a} {sides.a} against {sides.n_b} {sides.b}"
    return [_panel(result.model, name, contrast, cohorts) for name, contrast in tested.items()]


def _panel(model: str, name: str, contrast: Contrast, cohorts: str) -> HeadPanel:
    rank = {place: i for i, place in enumerate(contrast.ranking, 1)}
    cells = tuple(
        HeadCell(
            h.layer,
            h.head,
            None if h.d is None else h.d.value,
            None if h.d is None else h.d.lower,
            None if h.d is None else h.d.upper,
            h.p_family,
            h.survives,
            rank.get((h.layer, h.head)),
        )
        for h in contrast.heads
    )
    largest = [] if contrast.largest is None else [_largest(name, contrast)]
    notes = (f"{name}, {cohorts}", _survivors(contrast), *largest)
    limit = max(abs(c.d) for c in cells if c.d is not None) or 1.0
    return HeadPanel(model, name, notes, cells, limit, f"{ATTRIBUTION}, contrasts.{name}")


def _survivors(contrast: Contrast) -> str:
    count = len(contrast.surviving)
    return "no head survives" if not count else f"{count} of {len(contrast.heads)} heads survive"


def _largest(name: str, contrast: Contrast) -> str:
    assert contrast.largest is not None
    size = CONTRASTS.get(name, "d")
    return f"largest {size} {contrast.largest.observed:.2f}; by chance {contrast.largest.expected:.2f}"


def draw(ax: Axes, panel: HeadPanel) -> None:
    """Draw one panel; the map carries `heads` as gid, the marks `top` and `survives`."""
    layers, heads = panel.shape
    ax.patch.set(facecolor=ABSENT_FACE, edgecolor=ABSENT_EDGE, hatch=ABSENT_HATCH, linewidth=0.0)
    mesh = ax.pcolormesh(
        np.arange(heads + 1) - 0.5,
        np.arange(layers + 1) - 0.5,
        np.ma.masked_invalid(panel.grid),
        cmap=COLOURS,
        vmin=-panel.limit,
        vmax=panel.limit,
        gid="heads",
    )
    for name in MARKS:
        ax.add_line(_marks(name, panel.marked(name)))
    ax.set(xlabel="head", ylabel="layer", xlim=(-0.5, heads - 0.5), ylim=(layers - 0.5, -0.5))
    ax.set_xticks(range(0, heads, max(1, heads // 8)))
    ax.grid(visible=False)
    ax.set_title("\n".join([panel.title, *map(minus, panel.notes)]))
    bar = ax.figure.colorbar(mesh, ax=ax, aspect=30, pad=0.02)
    bar.set_label("Cohen's d")
    bar.outline.set_linewidth(0.5)


def _marks(name: str, cells: Sequence[HeadCell] = ()) -> Line2D:
    """Return one mark of `MARKS` on these heads."""
    from matplotlib import patheffects
    from matplotlib.lines import Line2D

    marker, label = MARKS[name]
    halo = [patheffects.withStroke(linewidth=2.2, foreground="white")]  # to be seen on dark cells
    line = Line2D([cell.head for cell in cells], [cell.layer for cell in cells], linestyle="", marker=marker)
    line.set(gid=name, label=label, color=style.INK, markeredgewidth=0.9, path_effects=halo)
    line.set(**({"markerfacecolor": "none", "markersize": 5.0} if marker == "o" else {"markersize": 2.5}))
    return line


def grid(parts: Sequence[HeadPanel], width: float) -> tuple[int, int, float]:
    """Return rows, columns and the height in inches that the maps need at a width in inches."""
    columns = min(len(parts), 2) if width > style.SINGLE_COLUMN else 1
    rows = -(-len(parts) // columns)
    return rows, columns, rows * (0.085 * max(panel.shape[0] for panel in parts) + 1.3) + 0.6


def legend(parts: Sequence[HeadPanel]) -> list[Artist]:
    """Return the handles of the legend: only marks that occur, and the pattern where there is no head."""
    from matplotlib.patches import Patch

    handles: list[Artist] = [_marks(name) for name in MARKS if any(panel.marked(name) for panel in parts)]
    if any(np.isnan(panel.grid).any() for panel in parts):
        empty = Patch(label=NO_HEAD, facecolor=ABSENT_FACE, edgecolor=ABSENT_EDGE, hatch=ABSENT_HATCH, linewidth=0.0)
        handles.append(empty)
    return handles


def interactive(figure: go.Figure, panel: HeadPanel, column: int) -> None:
    """Add one map to column `column` (from 1) of a plotly figure, with every head's numbers on hover."""
    import plotly.graph_objects as go

    values = panel.grid
    text = np.full(panel.shape, NO_HEAD, dtype=object)
    for cell in panel.cells:
        text[cell.layer, cell.head] = _hover(cell)
    place = figure.get_subplot(1, column).xaxis.domain[1]
    heat = go.Heatmap(
        z=[[None if np.isnan(v) else v for v in row] for row in values.tolist()],
        zmin=-panel.limit,
        zmax=panel.limit,
        colorscale="PuOr_r",
        hovertext=text.tolist(),
        hoverinfo="text",
        colorbar={"title": {"text": "d"}, "x": place, "xanchor": "left", "thickness": 10},
    )
    figure.add_trace(heat, row=1, col=column)
    for name, symbol, label in (("top", "circle-open", MARKS["top"][1]), ("survives", "circle", MARKS["survives"][1])):
        _interactive_mark(figure, panel.marked(name), (symbol, label), column)
    figure.update_xaxes({"title": {"text": "<br>".join(["head", *panel.notes])}}, row=1, col=column)
    figure.update_yaxes({"title": {"text": "layer"}, "autorange": "reversed"}, row=1, col=column)


def _interactive_mark(figure: go.Figure, cells: Sequence[HeadCell], look: tuple[str, str], column: int) -> None:
    import plotly.graph_objects as go

    symbol, label = look
    if cells:
        mark = go.Scatter(
            x=[c.head for c in cells],
            y=[c.layer for c in cells],
            mode="markers",
            name=label,
            legendgroup=label,
            showlegend=column == 1,
            hoverinfo="skip",
            marker={"symbol": symbol, "color": style.INK, "size": 11 if symbol == "circle-open" else 4},
        )
        figure.add_trace(mark, row=1, col=column)


def _hover(cell: HeadCell) -> str:
    if cell.d is None:
        return f"L{cell.layer}H{cell.head}: no d"
    lines = [
        f"<b>L{cell.layer}H{cell.head}</b>, rank {cell.rank}",
        f"d {cell.d:.2f} [{cell.lower:.2f}, {cell.upper:.2f}]",
    ]
    if cell.p_family is not None:
        lines.append(f"family-wise p {cell.p_family:.4f}: {'survives' if cell.survives else 'does not survive'}")
    return "<br>".join(lines)


FIGURE: Figure[HeadPanel] = Figure(
    name="head_map",
    title="Which heads differ between the cohorts?",
    files=(ATTRIBUTION,),
    read=read,
    draw=draw,
    grid=grid,
    legend=legend,
    interactive=interactive,
)
