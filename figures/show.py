"""A figure inside a notebook: interactive where plotly runs, and the same numbers as a picture everywhere else."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from figures import export
from figures.export import Drawing
from figures.parts import style
from figures.parts.figure import Figure, P
from figures.parts.result import DrawnRun, open_result
from interp.runs.directory import Run

PIXELS_PER_INCH = 144
COLOURS = 128
WIDTH = 700  # pixels on the page; the picture holds twice as many for sharp screens
PLOTLY = "application/vnd.plotly.v1+json"
Bundle = dict[str, object]


@dataclass(frozen=True, slots=True)
class Picture(Generic[P]):
    """A figure that a notebook draws when a cell ends with it."""

    drawing: Drawing[P]

    def __repr__(self) -> str:
        panels = ", ".join(panel.title for panel in self.drawing.panels)
        return f"{self.drawing.figure.title} ({panels})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[Bundle, Bundle]:
        """Return the plotly figure, its matplotlib twin as PNG and its title as text; a notebook takes what it can."""
        data = {PLOTLY: _interactive(self.drawing), "image/png": _picture(self.drawing), "text/plain": repr(self)}
        return data, {"image/png": {"width": WIDTH}}


def show(figure: Figure[P], *of: Run | Path | DrawnRun | P) -> Picture[P]:
    """Return one figure of one or more finished runs, or of panels that were read already, for display.

    Args:
        figure: for example `figures.paper.auc_collapse.FIGURE`.
        of: what to draw, side by side: runs or their directories, or panels.

    Raises:
        NotInRun: a run does not hold what the figure draws.
    """
    panels = [panel for source in of for panel in _panels(figure, source)]
    return Picture(Drawing(figure, figure.together(panels)))


def _panels(figure: Figure[P], source: Run | Path | DrawnRun | P) -> Sequence[P]:
    if isinstance(source, Run):
        return figure.read(open_result(source.path))
    if isinstance(source, Path):
        return figure.read(open_result(source))
    return figure.read(source) if isinstance(source, DrawnRun) else (source,)


def _interactive(drawing: Drawing[P]) -> object:
    return json.loads(export.interactive(drawing).to_json())


def _picture(drawing: Drawing[P]) -> str:
    from PIL import Image

    drawn, held = io.BytesIO(), io.BytesIO()
    with style.paper_style():
        export.compose(drawing, style.DOUBLE_COLUMN).savefig(drawn, format="png", dpi=PIXELS_PER_INCH)
    with Image.open(drawn) as image:  # a palette: a third of the bytes, and no difference that can be seen
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(held, "PNG", optimize=True)
    return base64.b64encode(held.getvalue()).decode("ascii")
