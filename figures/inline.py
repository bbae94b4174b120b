"""The figures of one finished run as SVG inside a page: text stays text, colours follow the page, bytes are repeatable.

Ids carry the figure's name, so that several figures can share a page; ink, paper and grid are CSS variables (`--ink`,
`--paper`, `--grid`), so that a page can be light or dark.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from types import ModuleType
from typing import TYPE_CHECKING, Any

from figures.further import calibration, layer_auroc, risk_coverage, taxonomy_map
from figures.paper import assertion_asymmetry, auc_collapse, axis_sweep, h_last_pca
from figures.parts import style
from figures.parts.points import Point
from figures.parts.result import NotInRun, Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REPORT = "report.json"
ROWS = ("prompts.jsonl", "generations.jsonl", "labels.jsonl")
FEATURES = ("features.safetensors", "features.json")
PROBE = ("probe.safetensors",)
FIGURES: tuple[tuple[ModuleType, tuple[str, ...]], ...] = (
    (auc_collapse, (REPORT,)),
    (layer_auroc, (REPORT,)),
    (h_last_pca, (*FEATURES, *ROWS)),
    (taxonomy_map, (REPORT,)),
    (assertion_asymmetry, ROWS),
    (calibration, (*PROBE, *FEATURES, *ROWS)),
    (risk_coverage, (*PROBE, *FEATURES, *ROWS)),
    (axis_sweep, (REPORT,)),
)
FROM_THE_PROBE = frozenset(module.NAME for module, files in FIGURES if PROBE[0] in files)
MOST_POINTS = 8  # that the text alternative lists one by one
_THEME = {
    style.INK.lower(): "var(--ink)",
    "#000000": "var(--ink)",
    "#ffffff": "var(--paper)",
    "#e6e6e6": "var(--grid)",
    "#ebebeb": "var(--grid)",
    "#bbbbbb": "var(--line)",
    "#d8ebe4": "var(--found)",
    style.MUTED.lower(): "var(--muted)",
}


@dataclass(frozen=True, slots=True)
class InlineFigure:
    """A drawn figure: what it asks, the SVG, its numbers in words for those who cannot see it, and its files."""

    name: str
    title: str
    svg: str
    alt: str
    files: tuple[str, ...]


def inline_figures(result: Result, without: frozenset[str] = frozenset()) -> tuple[list[InlineFigure], list[str]]:
    """Return every figure that a run can fill, and a sentence for each that it cannot; `without` names ones to omit."""
    drawn: list[InlineFigure] = []
    missing: list[str] = []
    with style.paper_style():
        for module, files in FIGURES:
            if module.NAME in without:
                continue
            try:
                panel = module.read(result)
            except NotInRun as reason:
                missing.append(f"{module.TITLE} {_without_path(str(reason), result)}")
                continue
            alt = f"{module.TITLE} {describe(panel)}"
            drawn.append(InlineFigure(module.NAME, module.TITLE, draw_svg(module, panel, alt), alt, files))
    return drawn, missing


def draw_svg(module: ModuleType, panel: Any, alt: str) -> str:
    """Return one panel as an SVG element for a page, in the style that is active."""
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none", "savefig.facecolor": "none"}):
        figure = _compose(module, module.combine([panel])[0] if hasattr(module, "combine") else panel)
        held = io.StringIO()
        figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return _for_page(held.getvalue(), module.NAME, alt)


def describe(panel: Any) -> str:
    """Return the numbers that a panel draws, in words: each one, or where there are many the range of each series."""
    points: list[Point] = [*getattr(panel, "points", ()), *getattr(panel, "ratios", ()), *getattr(panel, "aurocs", ())]
    said = [_range(points, s) for s in _series(points)] if len(points) > MOST_POINTS else [_said(p) for p in points]
    said += [_said(point) for point in getattr(panel, "stated", ())]
    if not points:
        said += [f"{n} {group}" for group, n in getattr(panel, "n", {}).items()]
    return f"{'; '.join(said)}."


def _said(point: Point) -> str:
    known = point.lower is not None and point.upper is not None
    interval = f" [{point.lower:.2f}, {point.upper:.2f}]" if known else ""
    name = point.label if point.series == point.label else f"{point.label}, {point.series}"
    return f"{name}: {point.value:.2f}{interval}"


def _series(points: Sequence[Point]) -> list[str]:
    return list(dict.fromkeys(p.series for p in points))


def _range(points: Sequence[Point], series: str) -> str:
    mine = [p for p in points if p.series == series]
    best, least = (pick(mine, key=lambda p: p.value) for pick in (max, min))
    return f"{series}: {len(mine)} points from {least.value:.2f} ({least.label}) to {best.value:.2f} ({best.label})"


def _compose(module: ModuleType, panel: Any) -> Figure:
    from matplotlib.figure import Figure

    _, _, height = module.grid([panel], style.SINGLE_COLUMN)
    figure = Figure(figsize=(style.SINGLE_COLUMN, height), layout="constrained")
    ax = figure.subplots()
    module.draw(ax, panel)
    handles = module.legend([panel])
    for artist in (*ax.patches, *handles):
        _lighten(artist)
    ax.set_title(_title_without_model(ax.get_title(loc="left"), panel))
    if handles:
        figure.legend(handles=handles, loc="outside lower left", ncols=2)
    return figure


def _lighten(artist: Any) -> None:
    """Thin a hatch out: on a screen it tells as much, and a dense one is most of a page's bytes."""
    hatch = artist.get_hatch() if hasattr(artist, "get_hatch") else None
    if hatch:
        artist.set_hatch(hatch[:2])


def _title_without_model(title: str, panel: Any) -> str:
    """The page names the model once, at its head; what else a panel says above itself stays."""
    return title.removeprefix(getattr(panel, "title", "")).lstrip(", \n")


def _without_path(sentence: str, result: Result) -> str:
    return sentence.replace(f"{result.path}/", "").replace(str(result.path), "This run")


def _for_page(svg: str, name: str, alt: str) -> str:
    inner = svg[svg.index("<svg") :]
    inner = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", inner, flags=re.DOTALL)
    inner = re.sub(r'(\bid="|url\(#|xlink:href="#)', rf"\1{name}-", inner)
    box = re.search(r'viewBox="[^"]*"', inner)
    if box is None:
        raise ValueError("matplotlib wrote an SVG without a viewBox")
    head = f'<svg {box[0]} role="img" aria-label="{escape(alt)}" xmlns:xlink="http://www.w3.org/1999/xlink">'
    inner = re.sub(r"<svg[^>]*>", head, inner, count=1)
    inner = re.sub(r"#[0-9a-f]{6}\b", lambda m: _THEME.get(m[0], m[0]), inner)
    inner = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", inner)
    inner = re.sub(r"\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}", inner)  # far below what a screen resolves
    return re.sub(r"\n\s*", "\n", inner).strip()
