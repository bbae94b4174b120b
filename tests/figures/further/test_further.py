from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D

from figures import export
from figures.__main__ import drawings
from figures.export import Drawing
from figures.further import calibration, layer_auroc, risk_coverage, taxonomy_map
from figures.listing import FURTHER
from figures.parts import style
from figures.parts.curves import CurvePanel
from figures.parts.probe_scores import fresh_scores
from figures.parts.result import DrawnRun, NotInRun
from interp.runs.files import read_json, write_json

CURVES = ["layer_auroc", "calibration", "risk_coverage"]


@pytest.fixture(scope="module")
def further(own_runs: list[DrawnRun]) -> dict[str, Drawing]:
    filled, missing = drawings(own_runs, FURTHER)
    assert missing == []
    return {drawing.figure.name: drawing for drawing in filled}


@pytest.fixture(scope="module")
def written(further: dict[str, Drawing], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("further")
    for name, drawing in further.items():
        write_json(folder / f"{name}.json", drawing.json())
    return folder


def by_gid(ax: Any, kind: type | tuple[type, ...]) -> dict[str, Any]:
    return {artist.get_gid(): artist for artist in ax.get_children() if isinstance(artist, kind) and artist.get_gid()}


@pytest.mark.parametrize("name", CURVES)
def test_every_point_interval_and_line_equals_the_json(further: dict[str, Drawing], written: Path, name: str) -> None:
    with style.paper_style():
        figure = export.compose(further[name], style.SINGLE_COLUMN)
    for ax, panel in zip(figure.axes, read_json(written / f"{name}.json")["panels"], strict=True):
        lines, bands = by_gid(ax, Line2D), by_gid(ax, (LineCollection, PolyCollection))
        assert {p["series"] for p in panel["points"]} == set(panel["order"]) != set()
        assert bool(panel["stated"]) == (name != "layer_auroc")
        for series in panel["order"]:
            rows = [(x, p) for x, p in zip(panel["x"], panel["points"], strict=True) if p["series"] == series]
            line = lines.pop(f"line-{series}")
            assert list(zip(line.get_xdata(), line.get_ydata(), strict=True)) == [(x, p["value"]) for x, p in rows]
            corners = np.concatenate([path.vertices for path in bands.pop(f"interval-{series}").get_paths()])
            ends = {(x, end) for x, p in rows for end in (p["lower"], p["upper"])}
            assert ends == {tuple(corner) for corner in corners.tolist()}
        for reference in panel["references"]:
            assert set(lines.pop(f"reference-{reference['label']}").get_ydata()) == {reference["value"]}
        assert lines == {} and bands == {}
        for stated in panel["stated"]:
            assert f"{stated['label']} {stated['shown']}" in ax.get_title(loc="left")


def test_every_mark_and_region_of_the_map_equals_the_json(further: dict[str, Drawing], written: Path) -> None:
    with style.paper_style():
        figure = export.compose(further["taxonomy_map"], style.SINGLE_COLUMN)
    (panel,) = read_json(written / "taxonomy_map.json")["panels"]
    (ax,) = figure.axes
    lines = by_gid(ax, Line2D)
    assert len(panel["ratios"]) == 2
    for i, (x, y) in enumerate(zip(panel["ratios"], panel["aurocs"], strict=True)):
        assert (x["label"], y["label"]) == (["strong-model", "weak-model"][i],) * 2
        assert lines[f"model-{i}"].get_xydata().tolist() == [[x["value"], y["value"]]]
        assert list(lines[f"ratio-{i}"].get_xdata()) == [x["lower"], x["upper"]]
        assert list(lines[f"auroc-{i}"].get_ydata()) == [y["lower"], y["upper"]]
    regions = {patch.get_gid(): patch for patch in ax.patches}
    assert regions["region-cliff"].get_width() == panel["cliff_ratio"]
    assert regions["region-single"].get_height() == panel["fresh_auroc"] == regions["region-handle"].get_y()


def test_layers_are_drawn_with_the_reports_numbers_and_the_final_norm_last(own_runs: list[DrawnRun]) -> None:
    panel = layer_auroc.read(own_runs[0])
    layers = own_runs[0].correctness().layers
    fresh = [
        (x, p.value) for x, p in zip(panel.x, panel.points, strict=True) if p.series == layer_auroc.SERIES["fresh"]
    ]
    assert fresh == [(float(i), row.fresh.value) for i, row in enumerate(layers) if row.fresh is not None]
    assert len(fresh) == len(layers) == 5
    assert panel.ticks[-1] == (4.0, "norm")


def test_saved_probe_gives_the_reports_auroc(own_runs: list[DrawnRun]) -> None:
    from sklearn.metrics import roc_auc_score

    correct, probability = fresh_scores(own_runs[0])
    headline = own_runs[0].correctness().headline
    assert headline is not None and headline.at.fresh is not None
    assert roc_auc_score(correct, probability) == pytest.approx(headline.at.fresh.value)


def test_calibration_bins_hold_every_answer_once(own_runs: list[DrawnRun]) -> None:
    for result in own_runs:
        panel, (correct, _) = calibration.read(result), fresh_scores(result)
        assert sum(p.n["correct"] for p in panel.points) == correct.sum()
        assert sum(p.n["wrong"] for p in panel.points) == (~correct).sum()


def test_answering_everything_is_as_wrong_as_the_answers_are(own_runs: list[DrawnRun]) -> None:
    for result in own_runs:
        panel, (correct, _) = risk_coverage.read(result), fresh_scores(result)
        assert (panel.x[-1], panel.points[-1].value) == (1.0, pytest.approx((~correct).mean()))
        assert panel.references[0].value == pytest.approx((~correct).mean())


def test_models_with_other_scales_share_one_axis(further: dict[str, Drawing]) -> None:
    with style.paper_style():
        figure = export.compose(further["layer_auroc"], style.DOUBLE_COLUMN)
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    assert len({panel.limits for panel in further["layer_auroc"].panels if isinstance(panel, CurvePanel)}) == 2


def test_a_published_run_lies_on_the_map_but_has_no_probe_to_calibrate(results: list[DrawnRun]) -> None:
    gemma, smollm, qwen, _ = results
    panel = taxonomy_map.combine([taxonomy_map.read(gemma), taxonomy_map.read(smollm)])[0]
    assert [p.value for p in panel.ratios] == pytest.approx([(55 / 193) / 0.58, (9 / 193) / 0.56])
    for module in (calibration, risk_coverage):
        with pytest.raises(NotInRun, match=r"holds no probe\.safetensors"):
            module.read(smollm)
    with pytest.raises(NotInRun, match=r"holds no report\.json"):
        taxonomy_map.read(qwen)


@pytest.mark.parametrize("name", [*CURVES, "taxonomy_map"])
def test_the_interactive_page_names_interval_and_source_of_every_point(further: dict[str, Drawing], name: str) -> None:
    from plotly.subplots import make_subplots

    drawing = further[name]
    assert len(drawing.panels) == (1 if name == "taxonomy_map" else 2)
    for panel in drawing.panels:
        figure = make_subplots(rows=1, cols=1)
        drawing.figure.interactive(figure, panel, 1)
        said = [text for trace in figure.data for text in trace.hovertext]
        points = panel.points if isinstance(panel, CurvePanel) else panel.ratios + panel.aurocs
        assert points
        for point in points:
            wanted = [point.shown, f"{point.lower:.3f} to {point.upper:.3f}", point.source]
            assert any(all(part in text for part in wanted) for text in said)
