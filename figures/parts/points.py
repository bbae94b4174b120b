"""What a figure is made of: points with their interval, counts and source, lines to compare with, and their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

MOST_POINTS = 8  # that are said one by one


@dataclass(frozen=True, slots=True)
class Point:
    """One drawn number.

    Attributes:
        label: the category under (or beside) it.
        series: what distinguishes it within the category.
        n: the counts behind it, by what they count; empty where the source gives none.
        source: the file and row, or the section of the paper, that it was read from.
        shown: how the number is written beside its mark.
    """

    label: str
    series: str
    value: float
    lower: float | None
    upper: float | None
    n: dict[str, int]
    method: str
    source: str
    shown: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A line to compare with, such as chance or a gate."""

    label: str
    value: float


class ErrorBars(TypedDict):
    """Intervals as plotly draws them."""

    type: str
    symmetric: bool
    array: list[float | None]
    arrayminus: list[float | None]
    thickness: float


def reference_name(panels: Sequence[tuple[Reference, ...]], index: int) -> str:
    """Return a line's name for the legend, with its value where that says something and is the same in all panels."""
    first = panels[0][index]
    same = {references[index].value for references in panels} == {first.value}
    return f"{first.label} {first.value:.2f}" if same and first.value else first.label


def auroc_limits(points: Sequence[Point]) -> tuple[float, float]:
    """Return the ends of an AUROC axis: at least 0.3 to 0.85, and whatever the intervals need."""
    ends = [v for p in points for v in (p.value, p.lower, p.upper) if v is not None]
    return max(-0.02, min(0.3, *ends) - 0.03), min(1.02, max(0.85, *ends) + 0.03)


def wrapped(text: str, width: int) -> str:
    """Return text broken into lines of about `width` characters, at spaces."""
    import textwrap

    return "\n".join(textwrap.wrap(text, width, break_long_words=False))


def minus(text: str) -> str:
    """Return a number's text with the minus sign of print in place of the hyphen."""
    return text.replace("-", "\N{MINUS SIGN}")


def hover(point: Point) -> str:
    """Return what the interactive figure says of a point: number, interval, counts, method and source."""
    interval = (
        "no interval: the source gives only the number"
        if point.lower is None or point.upper is None
        else f"95 % interval {point.lower:.3f} to {point.upper:.3f} ({point.method})"
    )
    counts = ", ".join(f"{count} {name}" for name, count in point.n.items()) or "n not published"
    return "<br>".join([f"<b>{point.shown}</b> {point.label}, {point.series}", interval, counts, point.source])


def errors(points: Sequence[Point]) -> ErrorBars:
    """Return the intervals of points as plotly's error bars; a point without one has none."""
    up = [None if p.upper is None else p.upper - p.value for p in points]
    down = [None if p.lower is None else p.value - p.lower for p in points]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "thickness": 1.4}


def in_words(points: Sequence[Point], stated: Sequence[Point] = ()) -> list[str]:
    """Return points in words: each one, or where there are many the range of each series; then each stated number."""
    series = dict.fromkeys(p.series for p in points)
    drawn = [_range(points, s) for s in series] if len(points) > MOST_POINTS else [_said(p) for p in points]
    return drawn + [_said(point) for point in stated]


def _said(point: Point) -> str:
    known = point.lower is not None and point.upper is not None
    interval = f" [{point.lower:.2f}, {point.upper:.2f}]" if known else ""
    name = point.label if point.series == point.label else f"{point.label}, {point.series}"
    return f"{name}: {point.value:.2f}{interval}"


def _range(points: Sequence[Point], series: str) -> str:
    mine = [p for p in points if p.series == series]
    best, least = (pick(mine, key=lambda p: p.value) for pick in (max, min))
    return f"{series}: {len(mine)} points from {least.value:.2f} ({least.label}) to {best.value:.2f} ({best.label})"
