"""Figures onto disk: PDF, PNG and SVG at both widths, an interactive page, and the JSON of every drawn number.

A second run gives the same bytes: no dates, no random ids. The interactive pages share one `plotly.min.js` that is
written beside them, so that they open without a network; keep it with a page that you move.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic

from figures.parts import style
from figures.parts.bars import BarPanel
from figures.parts.curves import CurvePanel
from figures.parts.figure import Figure, P, Panel
from figures.parts.points import wrapped
from interp.runs.files import atomic_path, write_json, write_text

if TYPE_CHECKING:
    import matplotlib.figure
    import plotly.graph_objects as go
    from matplotlib.axes import Axes

METADATA: dict[str, dict[str, str | None]] = {
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": "h-last", "Creator": "h-last"},
    "svg": {"Date": None, "Creator": "h-last"},
    "png": {"Software": "h-last"},
}
PLOTLY = "plotly.min.js"


@dataclass(frozen=True, slots=True)
class Drawing(Generic[P]):
    """One figure of some runs: what is drawn, and its panels."""

    figure: Figure[P]
    panels: tuple[P, ...]

    def json(self) -> dict[str, object]:
        """Return every drawn number with its counts, interval and source."""
        panels = [dataclasses.asdict(panel) for panel in self.panels]
        return {"figure": self.figure.name, "title": self.figure.title, "panels": panels}


def compose(drawing: Drawing[P], width: float) -> matplotlib.figure.Figure:
    """Draw the panels of one figure in a grid, at a width in inches."""
    from matplotlib.figure import Figure as Page

    figure, panels = drawing.figure, drawing.panels
    rows, columns, height = figure.grid(panels, width)
    page = Page(figsize=(width, height), layout="constrained")
    ratios = _width_ratios(panels, columns)
    axes = list(page.subplots(rows, columns, squeeze=False, gridspec_kw={"width_ratios": ratios}).ravel())
    for index, (ax, panel) in enumerate(zip(axes, panels, strict=False)):
        figure.draw(ax, panel)
        if index % columns and isinstance(panel, BarPanel) and not panel.horizontal:
            ax.set_ylabel("")
            ax.tick_params(axis="y", labelleft=False)
    _share_scale(axes[: len(panels)], panels)
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    page.suptitle(wrapped(figure.title, int(width * 15)), fontsize=9, x=0.01, ha="left")
    handles = figure.legend(panels)
    if handles:
        page.legend(handles=handles, loc="outside lower left", ncols=2 if width <= style.SINGLE_COLUMN else 5)
    page.draw_without_rendering()  # lay out once, not once a format
    page.set_layout_engine("none")
    return page


def _share_scale(axes: Sequence[Axes], panels: Sequence[Panel]) -> None:
    """Give the value axis of all panels the same ends, so that models can be compared by eye."""
    limits = [panel.limits for panel in panels if isinstance(panel, BarPanel | CurvePanel)]
    for ax, panel in zip(axes, panels, strict=True):
        if limits:
            ends = min(low for low, _ in limits), max(high for _, high in limits)
            set_ends = ax.set_xlim if isinstance(panel, BarPanel) and panel.horizontal else ax.set_ylim
            set_ends(*ends)


def _width_ratios(panels: Sequence[Panel], columns: int) -> list[float]:
    if columns != len(panels):
        return [1.0] * columns
    return [max(1.4, float(len(panel.labels))) if isinstance(panel, BarPanel) else 1.0 for panel in panels]


def write(drawing: Drawing[P], output_dir: Path) -> list[Path]:
    """Write one figure in every format; return the files."""
    name = drawing.figure.name
    write_json(output_dir / f"{name}.json", drawing.json())
    files = [output_dir / f"{name}.json"]
    for column, width in style.WIDTHS.items():
        composed = compose(drawing, width)
        for extension, metadata in METADATA.items():
            files.append(output_dir / f"{name}_{column}.{extension}")
            with atomic_path(files[-1]) as temporary:
                composed.savefig(temporary, format=extension, metadata=metadata)
    files.append(output_dir / f"{name}.html")
    write_text(files[-1], page(drawing))
    return files


def page(drawing: Drawing[P]) -> str:
    """Return the interactive page of one figure; it loads `plotly.min.js` from its own folder."""
    html: str = interactive(drawing).to_html(include_plotlyjs="directory", div_id=drawing.figure.name)
    return html


def interactive(drawing: Drawing[P]) -> go.Figure:
    """Return one figure as plotly draws it."""
    from plotly.subplots import make_subplots

    figure, panels = drawing.figure, drawing.panels
    page = make_subplots(rows=1, cols=len(panels), subplot_titles=[panel.title for panel in panels])
    for column, panel in enumerate(panels, 1):
        figure.interactive(page, panel, column)
    page.update_layout(
        title_text=figure.title, template="simple_white", scattermode="group", scattergap=0.5, font={"size": 14}
    )
    return page


def write_plotly(output_dir: Path) -> Path:
    """Write the script that the interactive pages share; return its path."""
    from plotly.offline import get_plotlyjs

    path = output_dir / PLOTLY
    write_text(path, get_plotlyjs())
    return path
