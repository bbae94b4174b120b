from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from figures import export
from figures.__main__ import drawings
from figures.further import head_map
from figures.listing import HEADS
from figures.parts import style
from figures.parts.result import DrawnRun, NotInRun, open_result
from interp.records.findings import Estimate
from interp.results.attribution import (
    Attribution,
    Cohorts,
    Contrast,
    HeadEffect,
    Largest,
    PublishedModel,
)
from interp.results.identity import PublishedFile
from interp.results.schema import write_result
from interp.runs.directory import close_run, open_run
from interp.runs.files import read_json, write_json
from interp.runs.layout import ATTRIBUTION


def effect(layer: int, head: int, d: float | None, p_family: float | None) -> HeadEffect:
    interval = None if d is None else Estimate(d, d - 0.4, d + 0.4, "made up", 20, 30)
    survives = None if p_family is None else p_family < 0.05
    return HeadEffect(layer, head, 1.0, 1.0, interval, p_family, p_family, survives)


# Layer 1 has four heads and layer 3 two of another width; layers 0 and 2 have none; one head has no d.
EFFECTS = (
    effect(1, 0, 0.9, 0.001),
    effect(1, 1, -0.8, 0.004),
    effect(1, 2, 0.1, 1.0),
    effect(1, 3, None, None),
    effect(3, 0, 0.3, 0.6),
    effect(3, 1, 0.2, 0.9),
)
RANKING = ((1, 0), (1, 1), (3, 0), (3, 1), (1, 2))
MAGNITUDE = Contrast("heads survive", "2 of 6.", "made up", RANKING, EFFECTS, 99, Largest(0.9, 0.5, 0.7, "made up"))
UNTESTED = Contrast("could not be tested", "Could not be tested: cw has 3 answers.", "made up")


def written(root: Path, contrasts: dict[str, Contrast]) -> DrawnRun:
    with open_run(root, "own", {"model": {"name": "ragged"}}) as run:
        cohorts = Cohorts("cw", "cr", 20, 30)
        model, source = PublishedModel("ragged", "nobody/ragged"), PublishedFile("made up", "ragged.json", "0" * 64)
        made = Attribution(Attribution.SCHEMA, model, source, cohorts, 32, contrasts)
        write_result(run.path / ATTRIBUTION, made)
        close_run(run)
    return open_result(run.path)


@pytest.fixture
def panel(tmp_path: Path) -> head_map.HeadPanel:
    (panel,) = head_map.read(written(tmp_path, {"magnitude": MAGNITUDE, "directional": UNTESTED}))
    return panel


def drawn(panels: tuple[Any, ...]) -> Any:
    with style.paper_style():
        return export.compose(export.Drawing(head_map.FIGURE, panels), style.DOUBLE_COLUMN)


def test_cells_are_the_files_numbers_and_places_without_a_head_are_empty(panel: head_map.HeadPanel) -> None:
    mesh = next(c for c in drawn((panel,)).axes[0].collections if c.get_gid() == "heads")
    values = np.ma.filled(mesh.get_array(), np.nan).reshape(4, 4)
    expected = np.full((4, 4), np.nan)
    for one in EFFECTS:
        expected[one.layer, one.head] = np.nan if one.d is None else one.d.value
    np.testing.assert_array_equal(values, expected)
    assert mesh.get_clim() == (-0.9, 0.9)


def test_only_heads_that_survive_are_marked(panel: head_map.HeadPanel) -> None:
    lines = {line.get_gid(): line for line in drawn((panel,)).axes[0].get_lines()}
    assert list(zip(lines["top"].get_xdata(), lines["top"].get_ydata(), strict=True)) == [(0, 1), (1, 1)]
    assert len(lines["survives"].get_xdata()) == 0
    assert [handle.get_label() for handle in head_map.legend([panel])] == ["survives, one of the 5 first", "no head"]
    assert panel.notes == ("magnitude, 20 cw against 30 cr", "2 of 6 heads survive", "largest |d| 0.90; by chance 0.50")


def test_the_interactive_map_has_the_same_cells_and_says_what_is_not_there(panel: head_map.HeadPanel) -> None:
    figure = export.Drawing(head_map.FIGURE, (panel,))
    html = export.page(figure)
    assert "L1H0" in html and "family-wise p 0.0010: survives" in html
    assert "L1H3: no d" in html and head_map.NO_HEAD in html


def test_every_cell_is_in_the_json(panel: head_map.HeadPanel, tmp_path: Path) -> None:
    write_json(tmp_path / "head_map.json", export.Drawing(head_map.FIGURE, (panel,)).json())
    (stored,) = read_json(tmp_path / "head_map.json")["panels"]
    assert [(c["layer"], c["head"], c["d"], c["rank"]) for c in stored["cells"]] == [
        (e.layer, e.head, None if e.d is None else e.d.value, rank)
        for e, rank in zip(EFFECTS, (1, 2, 5, None, 3, 4), strict=True)
    ]


def test_untested_cohorts_and_runs_without_attribution_are_not_drawn(tmp_path: Path, own_runs: list[DrawnRun]) -> None:
    untested = written(tmp_path, {"magnitude": UNTESTED})
    with pytest.raises(NotInRun, match=r"Could not be tested: cw has 3 answers\."):
        head_map.read(untested)
    with pytest.raises(NotInRun, match="python -m probes.attribution writes it"):
        head_map.read(own_runs[0])


def test_the_published_rankings_draw_the_same_map(results: list[DrawnRun]) -> None:
    filled, _ = drawings(results, HEADS)
    (maps,) = [d for d in filled if d.figure is head_map.FIGURE]
    assert [panel.title for panel in maps.panels] == ["gemma-4-e2b", "qwen3.5-0.8b"]
    assert [panel.shape for panel in maps.panels] == [(35, 8), (24, 8)]
    assert np.isnan(maps.panels[1].grid).all(axis=1).sum() == 18
    assert [panel.notes[1] for panel in maps.panels] == ["no head survives"] * 2
    axes = drawn(maps.panels).axes
    assert sum(len(line.get_xdata()) for ax in axes for line in ax.get_lines()) == 0
