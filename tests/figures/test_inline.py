from __future__ import annotations

import dataclasses
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from figures import inline
from figures.further import layer_auroc
from figures.inline import inline_figures
from figures.listing import ON_A_PAGE
from figures.parts import style
from figures.parts.figure import Figure
from figures.parts.result import DrawnRun, NotInRun, open_result
from interp.errors import InputError
from interp.records.findings import Outcome
from interp.results.evidence import AxisAuroc, AxisCounts, BySplit
from interp.results.fit import FitReport, TargetReports

NAMES = [figure.name for figure in ON_A_PAGE]
FILLED = [figure for figure in ON_A_PAGE if figure.name != "axis_sweep"]  # the runs here have no rubric


@pytest.fixture(scope="module")
def strong(own_runs: list[DrawnRun]) -> DrawnRun:
    return own_runs[0]


@pytest.fixture(scope="module")
def drawn(strong: DrawnRun) -> dict[str, inline.InlineFigure]:
    figures = {figure.name: figure for figure in inline_figures(strong)[0]}
    assert list(figures) == [figure.name for figure in FILLED]
    return figures


def test_a_run_fills_every_figure_but_the_rubrics(strong: DrawnRun) -> None:
    figures, missing = inline_figures(strong)
    assert [f.name for f in figures] == [f.name for f in FILLED]
    assert len(figures) == len(NAMES) - 1
    assert len(missing) == 1
    assert "no axes" in missing[0]
    assert str(strong.path) not in missing[0], "a page must not depend on where its run lies"


def test_a_second_drawing_has_the_same_bytes_in_another_process(
    strong: DrawnRun, drawn: dict[str, inline.InlineFigure]
) -> None:
    code = (
        "import sys, hashlib; from pathlib import Path; from figures.inline import inline_figures;"
        "from figures.parts.result import open_result;"
        "print(hashlib.sha256(''.join(f.svg for f in inline_figures(open_result(Path(sys.argv[1])))[0]).encode())"
        ".hexdigest())"
    )
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code, str(strong.path)],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
        ).stdout
        for seed in ("1", "2")
    )
    assert first == second
    assert first.strip() == hashlib.sha256("".join(f.svg for f in drawn.values()).encode()).hexdigest()


@pytest.mark.parametrize("name", [figure.name for figure in FILLED])
def test_a_figure_is_whole_xml_with_its_numbers_in_words(drawn: dict[str, inline.InlineFigure], name: str) -> None:
    figure = drawn[name]
    root = ElementTree.fromstring(figure.svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == figure.alt
    assert figure.alt.startswith(figure.title)
    assert re.search(r"\d", figure.alt.removeprefix(figure.title))
    texts = [e.text for e in root.iter() if e.tag.endswith("text") or e.tag.endswith("tspan")]
    assert texts, "text was drawn as outlines"


def test_figures_on_one_page_share_no_id_and_every_reference_is_met(drawn: dict[str, inline.InlineFigure]) -> None:
    page = "".join(figure.svg for figure in drawn.values())
    ids = re.findall(r'\bid="([^"]+)"', page)
    referred = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', page))
    assert len(ids) == len(set(ids)) and referred
    assert referred <= set(ids)


def test_ink_paper_and_grid_follow_the_page(drawn: dict[str, inline.InlineFigure]) -> None:
    colours = {c for figure in drawn.values() for c in re.findall(r"#[0-9a-fA-F]{6}\b", figure.svg)}
    assert colours and colours <= {look.colour.lower() for look in style.LOOKS}
    assert all("var(--ink)" in figure.svg for figure in drawn.values())
    assert not [f.name for f in drawn.values() if "<style" in f.svg or "<metadata" in f.svg]


@pytest.mark.parametrize("figure", FILLED, ids=lambda figure: figure.name)
def test_a_figure_is_drawn_from_all_files_that_its_caption_names_and_no_others(
    strong: DrawnRun, figure: Figure[Any], tmp_path: Path
) -> None:
    for name in figure.files:
        shutil.copy(strong.path / name, tmp_path / name)
    alone = dataclasses.replace(strong, path=tmp_path, files=frozenset(figure.files))
    assert figure.read(alone) == figure.read(strong)
    for name in figure.files:
        (tmp_path / name).rename(tmp_path / "hidden")
        with pytest.raises(InputError, match="holds no|missing"):
            figure.read(dataclasses.replace(alone, files=alone.files - {name}))
        (tmp_path / "hidden").rename(tmp_path / name)


def with_correctness(result: DrawnRun, **changes: object) -> DrawnRun:
    """The run with a later report of its correctness."""
    report = result.report()
    assert isinstance(report, FitReport)
    changed = dataclasses.replace(result.correctness(), **changes)  # type: ignore[arg-type]
    return dataclasses.replace(result, numbers=dataclasses.replace(report, targets=TargetReports(changed)))


def test_a_later_report_is_drawn_in_place_of_the_runs_own(strong: DrawnRun) -> None:
    verdict = dataclasses.replace(strong.correctness().verdict, steps=())
    figures, missing = inline_figures(with_correctness(strong, verdict=verdict))
    assert "auc_collapse" not in {f.name for f in figures}
    assert any("no probe was fitted" in sentence for sentence in missing)


def test_figures_of_the_saved_probe_can_be_left_out(strong: DrawnRun) -> None:
    figures, missing = inline_figures(strong, inline.FROM_THE_PROBE)
    assert {"calibration", "risk_coverage"} == inline.FROM_THE_PROBE
    assert {f.name for f in figures} == {f.name for f in FILLED} - inline.FROM_THE_PROBE
    assert not [sentence for sentence in missing if "probabilities" in sentence]


def test_a_single_reading_is_no_curve(own_runs: list[DrawnRun]) -> None:
    with pytest.raises(NotInRun, match="one reading only"):
        layer_auroc.read(with_correctness(own_runs[0], layers=own_runs[0].correctness().layers[:1]))


def test_axes_with_too_few_answers_leave_the_figure_out(own_runs: list[DrawnRun]) -> None:
    none = AxisCounts(0, 0, 80)
    axes = (AxisAuroc("humility", None, None, BySplit(none, none), Outcome.UNRESOLVED, "nobody scored it"),)
    figures, missing = inline_figures(with_correctness(open_result(own_runs[0].path), axes=axes))
    assert "axis_sweep" not in {f.name for f in figures}
    assert any("too few answers" in sentence for sentence in missing)
