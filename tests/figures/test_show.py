"""A figure in a notebook: plotly's figure and the same numbers as a picture, never the plotly library itself."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from figures import show
from figures.further import calibration, layer_auroc, risk_coverage, taxonomy_map
from figures.paper import auc_collapse, h_last_pca
from figures.parts.figure import Figure
from figures.parts.result import DrawnRun, NotInRun
from figures.show import PLOTLY
from interp.runs.directory import Run
from interp.runs.files import read_json

PNG = b"\x89PNG\r\n\x1a\n"
DRAWN = tuple(
    module.FIGURE for module in (auc_collapse, h_last_pca, layer_auroc, calibration, risk_coverage, taxonomy_map)
)


def bundle(*of: Any, figure: Figure[Any] = layer_auroc.FIGURE) -> dict[str, Any]:
    return show.show(figure, *of)._repr_mimebundle_()[0]


@pytest.mark.parametrize("figure", DRAWN, ids=lambda figure: figure.name)
def test_every_figure_shows_itself_interactively_and_as_a_picture(
    own_runs: list[DrawnRun], figure: Figure[Any]
) -> None:
    data = bundle(*own_runs, figure=figure)
    assert set(data) == {PLOTLY, "image/png", "text/plain"}
    assert base64.b64decode(data["image/png"]).startswith(PNG)
    assert data[PLOTLY]["layout"]["title"]["text"] == figure.title
    assert figure.title in data["text/plain"]


def test_the_interactive_figure_holds_the_numbers_of_the_panel(own_runs: list[DrawnRun]) -> None:
    panel = layer_auroc.read(own_runs[0])
    assert panel.points
    traces = bundle(panel)[PLOTLY]["data"]
    assert sorted(y for trace in traces for y in trace["y"]) == pytest.approx(sorted(p.value for p in panel.points))


def test_a_shown_figure_is_small_enough_to_commit(own_runs: list[DrawnRun]) -> None:
    assert len(json.dumps(bundle(own_runs[0]))) < 150_000


def test_showing_twice_gives_equal_output(own_runs: list[DrawnRun]) -> None:
    assert bundle(own_runs[0]) == bundle(own_runs[0])


def test_a_run_its_directory_its_result_and_its_panel_show_the_same(own_runs: list[DrawnRun]) -> None:
    result = own_runs[0]
    run = Run(result.path, read_json(result.path / "config.json"))
    shown = [bundle(of) for of in (run, result.path, result, layer_auroc.read(result))]
    assert all(one == shown[0] for one in shown)


def test_several_runs_stand_side_by_side(own_runs: list[DrawnRun]) -> None:
    assert repr(show.show(auc_collapse.FIGURE, *own_runs)).endswith("(strong-model, weak-model)")


def test_a_run_that_does_not_hold_the_figure_says_so(results: list[DrawnRun]) -> None:
    with pytest.raises(NotInRun, match="holds no"):
        show.show(layer_auroc.FIGURE, results[-1])
