"""A figure inside a notebook: interactive where plotly runs, and the same numbers as a picture everywhere else."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from figures import export
from figures.export import Drawing
from figures.parts import style
from figures.parts.result import Result, open_result
from interp.runs.directory import Run

PIXELS_PER_INCH = 144
COLOURS = 128
WIDTH = 700  # pixels on the page; the picture holds twice as many for sharp screens
PLOTLY = "application/vnd.plotly.v1+json"
Bundle = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure that a notebook draws when a cell ends with it."""

    drawing: Drawing

    def __repr__(self) -> str:
        panels = ", ".join(getattr(panel, "title", "") for panel in self.drawing.panels)
        return f"{self.drawing.module.TITLE} ({panels})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[Bundle, Bundle]:
        """Return the plotly figure, its matplotlib twin as PNG and its title as text; a notebook takes what it can."""
        data = {PLOTLY: _interactive(self.drawing), "image/png": _picture(self.drawing), "text/plain": repr(self)}
        return data, {"image/png": {"width": WIDTH}}


def show(module: ModuleType, *of: Run | Path | Result | Any) -> Picture:
    """Return one figure of one or more finished runs, or of panels that its module has read already, for display.

    Args:
        module: a figure, for example `figures.paper.auc_collapse`.
        of: what to draw, side by side: runs or their directories, or panels.

    Raises:
        NotInRun: a run does not hold what the figure draws.
    """
    panels = [_panel(module, one) for one in of]
    return Picture(Drawing(module, tuple(module.combine(panels) if hasattr(module, "combine") else panels)))


def _panel(module: ModuleType, one: Run | Path | Result | Any) -> Any:
    if isinstance(one, Run):
        one = one.path
    if isinstance(one, Path):
        one = open_result(one)
    return module.read(one) if isinstance(one, Result) else one


def _interactive(drawing: Drawing) -> Any:
    return json.loads(export.interactive(drawing).to_json())


def _picture(drawing: Drawing) -> str:
    from PIL import Image

    drawn, held = io.BytesIO(), io.BytesIO()
    with style.paper_style():
        export.compose(drawing, style.DOUBLE_COLUMN).savefig(drawn, format="png", dpi=PIXELS_PER_INCH)
    with Image.open(drawn) as image:  # a palette: a third of the bytes, and no difference that can be seen
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(held, "PNG", optimize=True)
    return base64.b64encode(held.getvalue()).decode("ascii")
