"""The one look of every figure: widths, colours that survive colour blindness, hatches that survive greyscale."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

SINGLE_COLUMN = 3.35  # inches (85 mm)
DOUBLE_COLUMN = 7.0  # inches (178 mm)
WIDTHS = {"single": SINGLE_COLUMN, "double": DOUBLE_COLUMN}
INK = "#222222"
MUTED = "#666666"


@dataclass(frozen=True, slots=True)
class Look:
    """How one series is drawn: fill, hatch for greyscale, marker for points, and that marker's name in plotly."""

    colour: str
    hatch: str
    marker: str
    symbol: str


class LineStyle(TypedDict):
    """How matplotlib draws a line to compare with."""

    color: str
    linewidth: float
    linestyle: Literal["-"] | tuple[float, tuple[float, float]]


class MarkStyle(TypedDict):
    """How matplotlib draws the mark of a series."""

    marker: str
    color: str
    markeredgecolor: str


class FillStyle(TypedDict):
    """How matplotlib fills an area."""

    facecolor: str
    edgecolor: str
    hatch: NotRequired[str]
    linewidth: NotRequired[float]


# Okabe and Ito (2008), in an order of falling lightness contrast; each with its own hatch and marker.
LOOKS = (
    Look("#0072B2", "", "o", "circle"),
    Look("#E69F00", "////", "s", "square"),
    Look("#009E73", "....", "^", "triangle-up"),
    Look("#CC79A7", "xxxx", "D", "diamond"),
    Look("#56B4E9", "\\\\\\\\", "v", "triangle-down"),
    Look("#D55E00", "++++", "P", "cross"),
    Look("#F0E442", "oooo", "X", "x"),
)


def look(index: int) -> Look:
    """Return the look of the series with this number."""
    return LOOKS[index % len(LOOKS)]


def mark(looks: Look) -> MarkStyle:
    """Return the mark of a series with this look."""
    return {"marker": looks.marker, "color": looks.colour, "markeredgecolor": INK}


def reference_line(solid: bool) -> LineStyle:
    """Return how a line to compare with is drawn: dashed, unless it is where the numbers start."""
    return {"color": INK, "linewidth": 0.9, "linestyle": "-" if solid else (0, (4, 2))}


@contextmanager
def paper_style() -> Iterator[None]:
    """Draw with the paper's style and without a display; matplotlib's own settings come back afterwards."""
    import matplotlib
    from matplotlib import style

    matplotlib.use("agg", force=False)
    with style.context(["default", str(Path(__file__).parent / "paper.mplstyle")]):
        yield
