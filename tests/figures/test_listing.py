"""Every figure is listed once, under the name of its file."""

from __future__ import annotations

from pathlib import Path

from figures import listing
from interp.runs import layout

HOME = Path(listing.__file__).parent
NAMES_OF_FILES = {value for name, value in vars(layout).items() if name.isupper()}


def files_of(folder: str) -> set[str]:
    return {path.stem for path in (HOME / folder).glob("*.py")} - {"__init__"}


def test_every_file_of_the_paper_s_and_of_further_figures_is_listed_once() -> None:
    assert len(listing.ALL) == 11
    assert sorted(figure.name for figure in listing.PAPER) == sorted(files_of("paper"))
    assert sorted(figure.name for figure in listing.FURTHER + listing.HEADS) == sorted(files_of("further"))


def test_a_page_shows_every_figure_of_a_fitted_run_once() -> None:
    elsewhere = {"arc1_deltas", "head_map", "dose_response"}  # of comparisons, attributions and sweeps
    shown = [figure.name for figure in listing.ON_A_PAGE]
    assert sorted(shown) == sorted({figure.name for figure in listing.ALL} - elsewhere)


def test_every_figure_asks_a_question_of_its_own_and_names_files_that_runs_have() -> None:
    titles = [figure.title for figure in listing.ALL]
    assert len(set(titles)) == len(titles) and all(title.endswith("?") for title in titles)
    assert all(figure.files and set(figure.files) <= NAMES_OF_FILES for figure in listing.ALL)
