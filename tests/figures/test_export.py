from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from figures import export
from figures.__main__ import draw_all, drawings
from figures.export import Drawing
from figures.listing import FURTHER, PAPER
from figures.parts import style
from figures.parts.result import DrawnRun
from interp.runs.files import read_json

NAMES = [figure.name for figure in PAPER]
BARS = [name for name in NAMES if name != "h_last_pca"]
WIDTHS = list(style.WIDTHS.values())


def composed(drawing: Drawing, width: float) -> Figure:
    with style.paper_style():
        return export.compose(drawing, width)


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def written_panels(folder: Path, name: str) -> list[dict[str, Any]]:
    """The panels of a figure's JSON file: at least one, and each with something that is drawn."""
    panels: list[dict[str, Any]] = read_json(folder / f"{name}.json")["panels"]
    assert panels and all(panel.get("points") or panel.get("dots") for panel in panels)
    return panels


def axes_of(figure: Figure, panels: list[dict[str, Any]]) -> list[tuple[Axes, dict[str, Any]]]:
    """Each panel with the axes that it was drawn on; axes that are left over must be empty."""
    filled, rest = figure.axes[: len(panels)], figure.axes[len(panels) :]
    assert not [ax for ax in rest if ax.axison or ax.has_data()]
    return list(zip(filled, panels, strict=True))


def by_gid(ax: Axes, kind: type) -> dict[str, Any]:
    return {artist.get_gid(): artist for artist in ax.get_children() if isinstance(artist, kind) and artist.get_gid()}


def test_the_command_writes_every_format_at_both_widths(drawn: Any) -> None:
    wanted = {f"{name}.{ext}" for name in NAMES for ext in ("json", "html")} | {"plotly.min.js"}
    wanted |= {f"{name}_{width}.{ext}" for name in NAMES for width in style.WIDTHS for ext in ("pdf", "png", "svg")}
    assert {p.name for p in drawn.folder.iterdir()} == wanted
    assert sorted(drawn.output.split()) == sorted(str(drawn.folder / name) for name in wanted)


@pytest.mark.slow
def test_all_five_figures_are_drawn_in_less_than_15_seconds(drawn: Any) -> None:
    assert drawn.seconds < 15


def test_a_second_run_gives_the_same_bytes(drawn: Any, results: list[DrawnRun], tmp_path: Path) -> None:
    draw_all(results, tmp_path, PAPER)
    assert digests(tmp_path) == digests(drawn.folder)


@pytest.mark.parametrize("name", NAMES)
def test_pdf_fonts_are_embedded_as_truetype(drawn: Any, name: str) -> None:
    for width in style.WIDTHS:
        content = (drawn.folder / f"{name}_{width}.pdf").read_bytes()
        assert b"/CIDFontType2" in content and b"/FontFile2" in content
        assert b"/Type3" not in content


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", BARS)
def test_every_bar_interval_and_line_equals_the_json(
    drawn: Any, paper_drawings: dict[str, Drawing], name: str, width: float
) -> None:
    figure = composed(paper_drawings[name], width)
    for ax, panel in axes_of(figure, written_panels(drawn.folder, name)):
        bars, lines = by_gid(ax, Rectangle), by_gid(ax, Line2D)
        side = panel["horizontal"]
        for i, point in enumerate(panel["points"]):
            bar = bars.pop(f"bar-{i}")
            start, length = (bar.get_x(), bar.get_width()) if side else (bar.get_y(), bar.get_height())
            assert (start, start + length) == pytest.approx((panel["base"], point["value"]), abs=1e-12)
            if point["lower"] is not None:
                whisker = lines.pop(f"interval-{i}")
                ends = whisker.get_xdata() if side else whisker.get_ydata()
                assert list(ends) == [point["lower"], point["upper"]]
        for reference in panel["references"]:
            line = lines.pop(f"reference-{reference['label']}")
            assert set(line.get_xdata() if side else line.get_ydata()) == {reference["value"]}
        assert bars == {} and lines == {}


@pytest.mark.parametrize("name", BARS)
def test_every_written_number_equals_the_json(drawn: Any, paper_drawings: dict[str, Drawing], name: str) -> None:
    figure = composed(paper_drawings[name], style.SINGLE_COLUMN)
    for ax, panel in axes_of(figure, written_panels(drawn.folder, name)):
        ticks = [t.get_text() for t in (*ax.get_xticklabels(), *ax.get_yticklabels())]
        assert [t.get_text() for t in ax.texts] == [p["shown"] for p in panel["points"]]
        for point in panel["points"]:
            number = point["shown"].split("\n")[0].replace("\N{MINUS SIGN}", "-")
            decimals = len(number.partition(".")[2])
            assert round(point["value"], decimals) == float(number)
        assert bool(panel["stated"]) == (name == "assertion_asymmetry")
        for stated in panel["stated"]:
            assert any(all(part in text for part in stated["shown"].split(" ", 1)) for text in ticks)


def test_every_dot_equals_the_json(drawn: Any, paper_drawings: dict[str, Drawing]) -> None:
    figure = composed(paper_drawings["h_last_pca"], style.SINGLE_COLUMN)
    (panel,) = written_panels(drawn.folder, "h_last_pca")
    clouds = by_gid(figure.axes[0], PathCollection)
    assert {group: len(cloud.get_offsets()) for group, cloud in clouds.items()} == {"correct": 9, "wrong": 184}
    for group, cloud in clouds.items():
        places = [(dot["x"], dot["y"]) for dot in panel["dots"] if dot["group"] == group]
        np.testing.assert_array_equal(np.asarray(cloud.get_offsets()), places)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_in_the_json_has_its_source_and_how_sure_it_is(drawn: Any, name: str) -> None:
    for panel in written_panels(drawn.folder, name):
        points = panel.get("points", []) + panel.get("stated", [])
        assert panel["source"] if "dots" in panel else all(p["source"] and p["method"] for p in points)
        for point in points:
            assert (point["lower"] is None) == (point["upper"] is None)
            assert point["lower"] is None or point["lower"] <= point["value"] <= point["upper"]
            assert point["n"] or "no items were published" in point["method"]


def visible_texts(figure: Figure) -> list[Text]:
    found = [t for t in figure.findobj(Text) if isinstance(t, Text) and t.get_visible() and t.get_text().strip()]
    ticks = [t for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for t in _ticks_outside(axis)]
    return [t for t in found if t not in ticks]


def _ticks_outside(axis: Any) -> list[Text]:
    low, high = sorted(axis.get_view_interval())
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    hidden = [t for t in ticks if not (low <= t.get_loc() <= high) or not t.label1.get_visible()]
    return [label for t in hidden for label in (t.label1, t.label2)] + [axis.offsetText]


def check_texts(figure: Figure) -> None:
    texts = visible_texts(figure)
    assert texts, "nothing is written"
    boxes = [t.get_window_extent() for t in texts]
    page = figure.bbox
    for text, box in zip(texts, boxes, strict=True):
        inside = page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1
        assert inside, f"{text.get_text()!r} is cut"
    for (a, box_a), (b, box_b) in itertools.combinations(zip(texts, boxes, strict=True), 2):
        shrunk = box_a.padded(-0.75)
        assert not shrunk.overlaps(box_b.padded(-0.75)), f"{a.get_text()!r} runs into {b.get_text()!r}"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_cut_or_runs_into_another(paper_drawings: dict[str, Drawing], name: str, width: float) -> None:
    check_texts(composed(paper_drawings[name], width))


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_is_cut_or_runs_into_another_for_own_runs(own_runs: list[DrawnRun], width: float) -> None:
    filled, _ = drawings(own_runs, PAPER + FURTHER)
    absent = {"axis_sweep", "arc1_deltas"}  # these runs have neither a rubric nor deltas
    assert {drawing.figure.name for drawing in filled} == {figure.name for figure in PAPER + FURTHER} - absent
    for drawing in filled:
        assert len(drawing.panels) == (1 if drawing.figure.combine else len(own_runs))
        check_texts(composed(drawing, width))


@pytest.mark.parametrize("name", NAMES)
def test_text_is_at_least_7_points(paper_drawings: dict[str, Drawing], name: str) -> None:
    figure = composed(paper_drawings[name], style.SINGLE_COLUMN)
    assert min(text.get_fontsize() for text in visible_texts(figure)) >= 7


@pytest.mark.parametrize("name", NAMES)
def test_the_interactive_page_shows_the_same_numbers_with_n_interval_and_source(
    paper_drawings: dict[str, Drawing], name: str
) -> None:
    from plotly.subplots import make_subplots

    drawing = paper_drawings[name]
    assert drawing.panels
    for panel in drawing.panels:
        figure = make_subplots(rows=1, cols=1)
        drawing.figure.interactive(figure, panel, 1)
        shown = {
            (float(x) if isinstance(x, float) else float(y), text)
            for trace in figure.data
            for x, y, text in zip(trace.x, trace.y, trace.hovertext, strict=True)
        }
        points, dots = getattr(panel, "points", ()), getattr(panel, "dots", ())
        assert points or dots
        for point in points:
            (text,) = [
                text for value, text in shown if value == point.value and point.source in text and point.series in text
            ]
            assert all(f"{count} {what}" in text for what, count in point.n.items())
            assert point.lower is None or f"{point.lower:.3f} to {point.upper:.3f}" in text
        for dot in dots:
            assert any(value == dot.x and dot.generation_id in text for value, text in shown)


def test_pages_load_the_script_beside_them_and_nothing_from_a_network(drawn: Any) -> None:
    for name in NAMES:
        page = (drawn.folder / f"{name}.html").read_text()
        assert 'src="plotly.min.js"' in page
        assert 'src="http' not in page


def test_series_differ_in_more_than_colour() -> None:
    for attribute in ("colour", "hatch", "marker", "symbol"):
        assert len({getattr(look, attribute) for look in style.LOOKS}) == len(style.LOOKS)
