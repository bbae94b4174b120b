from __future__ import annotations

import dataclasses

import pytest

from figures.further import layer_auroc, taxonomy_map
from figures.listing import ALL
from figures.parts.figure import Panel, single_panel
from figures.parts.result import DrawnRun, NotInRun


def test_panels_stand_side_by_side_unless_the_figure_combines_them(own_runs: list[DrawnRun]) -> None:
    curves = [layer_auroc.read(result) for result in own_runs]
    assert layer_auroc.FIGURE.together(curves) == tuple(curves)
    (together,) = taxonomy_map.FIGURE.together([taxonomy_map.read(result) for result in own_runs])
    assert [point.label for point in together.ratios] == ["strong-model", "weak-model"]


def test_a_reader_of_one_panel_is_a_reader_of_panels_and_keeps_its_reason(results: list[DrawnRun]) -> None:
    own = single_panel(lambda result: layer_auroc.CurvePanel(result.model, "", "", (), (), ()))
    assert [panel.title for panel in own(results[0])] == [results[0].model]
    with pytest.raises(NotInRun, match="holds no"):
        layer_auroc.FIGURE.read(results[-1])


def test_a_figure_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        layer_auroc.FIGURE.name = "another"  # type: ignore[misc]


def test_every_panel_that_is_read_is_a_record_with_a_title_and_words(
    results: list[DrawnRun], own_runs: list[DrawnRun]
) -> None:
    read = {}
    for figure in ALL:
        for result in (*results, *own_runs):
            try:
                read[figure.name] = figure.read(result)
            except NotInRun:
                continue
    assert set(read) == {figure.name for figure in ALL} - {"dose_response"}  # no sweep is among these runs
    for panels in read.values():
        assert panels and all(isinstance(panel, Panel) and panel.in_words() for panel in panels)
