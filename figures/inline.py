"""The figures of one finished run as SVG inside a page: text stays text, colours follow the page, bytes are repeatable.

Ids carry the figure's name, so that several figures can share a page; ink, paper and grid are CSS variables (`--ink`,
`--paper`, `--grid`), so that a page can be light or dark.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from figures.listing import ON_A_PAGE
from figures.parts import style
from figures.parts.figure import Figure, P, Panel
from figures.parts.result import DrawnRun, NotInRun
from interp.runs import layout

if TYPE_CHECKING:
    import matplotlib.figure
    from matplotlib.artist import Artist

FROM_THE_PROBE = frozenset(figure.name for figure in ON_A_PAGE if layout.PROBES in figure.files)
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


def inline_figures(result: DrawnRun, without: frozenset[str] = frozenset()) -> tuple[list[InlineFigure], list[str]]:
    """Return every figure that a run can fill, and a sentence for each that it cannot; `without` names ones to omit."""
    drawn: list[InlineFigure] = []
    missing: list[str] = []
    with style.paper_style():
        for figure in ON_A_PAGE:
            if figure.name in without:
                continue
            try:
                drawn.append(_inline(figure, result))
            except NotInRun as reason:
                missing.append(f"{figure.title} {_without_path(str(reason), result)}")
    return drawn, missing


def _inline(figure: Figure[P], result: DrawnRun) -> InlineFigure:
    (panel,) = figure.together(figure.read(result))
    alt = f"{figure.title} {describe(panel)}"
    return InlineFigure(figure.name, figure.title, draw_svg(figure, panel, alt), alt, figure.files)


def draw_svg(figure: Figure[P], panel: P, alt: str) -> str:
    """Return one panel as an SVG element for a page, in the style that is active."""
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none", "savefig.facecolor": "none"}):
        held = io.StringIO()
        _compose(figure, panel).savefig(held, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return _for_page(held.getvalue(), figure.name, alt)


def describe(panel: Panel) -> str:
    """Return the numbers that a panel draws, as one sentence."""
    return f"{'; '.join(panel.in_words())}."


def _compose(figure: Figure[P], panel: P) -> matplotlib.figure.Figure:
    from matplotlib.figure import Figure as Page

    _, _, height = figure.grid([panel], style.SINGLE_COLUMN)
    page = Page(figsize=(style.SINGLE_COLUMN, height), layout="constrained")
    ax = page.subplots()
    figure.draw(ax, panel)
    handles = figure.legend([panel])
    for artist in (*ax.patches, *handles):
        _lighten(artist)
    ax.set_title(_title_without_model(ax.get_title(loc="left"), panel))
    if handles:
        page.legend(handles=handles, loc="outside lower left", ncols=2)
    return page


def _lighten(artist: Artist) -> None:
    """Thin a hatch out: on a screen it tells as much, and a dense one is most of a page's bytes."""
    from matplotlib.patches import Patch

    if isinstance(artist, Patch) and (hatch := artist.get_hatch()):
        artist.set_hatch(hatch[:2])


def _title_without_model(title: str, panel: Panel) -> str:
    """The page names the model once, at its head; what else a panel says above itself stays."""
    return title.removeprefix(panel.title).lstrip(", \n")


def _without_path(sentence: str, result: DrawnRun) -> str:
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
