"""What every notebook in the repository is: executed, small, readable without JavaScript, and free of machine traces.

That they run from top to bottom is shown by `make notebooks`, which runs them all.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PLOTLY = "application/vnd.plotly.v1+json"
MACHINE = re.compile(r"/(?:home|root|tmp|work|Users|var)/|\.venv")


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def cells(path: Path) -> list[Any]:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook.cells


@pytest.fixture
def code(cells: list[Any]) -> list[Any]:
    return [cell for cell in cells if cell.cell_type == "code"]


def outputs(code: list[Any]) -> list[Any]:
    return [output for cell in code for output in cell.outputs]


def test_there_are_five() -> None:
    assert [path.name[:2] for path in PATHS] == ["01", "02", "03", "04", "05"]


def test_it_opens_with_what_the_reader_will_know(cells: list[Any]) -> None:
    assert cells[0].cell_type == "markdown" and "you will know" in cells[0].source


def test_it_was_executed_once_from_top_to_bottom(code: list[Any]) -> None:
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


def test_it_shows_no_error_warning_or_progress_bar(code: list[Any]) -> None:
    kinds = {(output.output_type, output.get("name")) for output in outputs(code)}
    assert kinds <= {("execute_result", None), ("display_data", None), ("stream", "stdout")}
    assert not any("widget" in kind for output in outputs(code) for kind in output.get("data", {}))


def test_every_interactive_figure_has_its_picture(code: list[Any]) -> None:
    drawn = [output.data for output in outputs(code) if PLOTLY in output.get("data", {})]
    assert drawn and all("image/png" in data and "text/html" not in data for data in drawn)


def test_it_is_small_and_carries_no_library(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < 400_000
    assert "Plotly.newPlot" not in text and "plotly.js v" not in text


def test_it_names_no_place_on_a_machine(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)
    assert MACHINE.findall(json.dumps(notebook)) == []


def test_executing_it_again_changes_little(cells: list[Any]) -> None:
    """Ids are words and no cell carries a time of day."""
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", cell.id) for cell in cells)
    assert all(not cell.metadata for cell in cells)


def test_it_defines_nothing_that_belongs_in_the_package(code: list[Any]) -> None:
    assert not [cell.id for cell in code if re.search(r"^\s*(?:def|class|@) ?", cell.source, re.MULTILINE)]
