"""`python -m figures`: the paper's figures from the published study, or the same figures from one's own runs."""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from figures import export, listing
from figures.export import Drawing
from figures.parts import style
from figures.parts.figure import Figure, P
from figures.parts.result import DrawnRun, NotInRun, open_result, told_apart
from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.runs.files import check_writable
from interp.study import data, runs

PROG = "python -m figures"


@dataclass(frozen=True)
class Figures:
    """Draw the paper's figures from its published data, or the same figures from your own runs, side by side."""

    run: tyro.conf.UseAppendAction[tuple[Path, ...]] = ()
    """Run directories to draw; without any, the published study is drawn. Several are drawn side by side."""
    output_dir: Path = Path("figures/output")
    """Where the figures go: PDF, PNG and SVG at one and two columns, an HTML page, and a JSON of every number."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr."""


def published_results(folder: Path) -> list[DrawnRun]:
    """Write the published study's run directories under `folder` and open them; a damaged file stops it by name."""
    study = data.open_study()
    study.verify()
    return [open_result(runs.as_run(name, folder, study)) for name in runs.NAMES]


def drawing(figure: Figure[P], results: Sequence[DrawnRun]) -> Drawing[P]:
    """Return a figure of the runs that can fill it; where none can, raise NotInRun with what the first one lacks."""
    panels: list[P] = []
    reasons: list[NotInRun] = []
    for result in results:
        try:
            panels += figure.read(result)
        except NotInRun as reason:
            reasons.append(reason)
    if len(reasons) == len(results):
        raise reasons[0]
    return Drawing(figure, figure.together(panels))


def drawings(results: Sequence[DrawnRun], figures: listing.Listing) -> tuple[list[Drawing[Any]], list[str]]:
    """Return the figures that the runs can fill, and for every other figure the reason why not."""
    filled, missing = [], []
    for figure in figures:
        try:
            filled.append(drawing(figure, results))
        except NotInRun as reason:
            missing.append(f"{figure.name} was not drawn: {reason}")
    return filled, missing


def draw_all(results: Sequence[DrawnRun], output_dir: Path, figures: listing.Listing) -> list[Path]:
    """Read everything, then draw everything: a bad file stops before the first figure is written."""
    filled, missing = drawings(results, figures)
    if not filled:
        raise InputError(f"These runs hold nothing that could be drawn; {missing[0]}")
    for sentence in missing:
        logging.getLogger(__name__).warning(sentence)
    with style.paper_style():
        files = [file for filled_figure in filled for file in export.write(filled_figure, output_dir)]
    return [*files, export.write_plotly(output_dir)]


def main(options: Figures) -> int:
    """Run the command: write the figures and name them."""
    check_writable(options.output_dir)
    with tempfile.TemporaryDirectory() as folder:
        results = told_apart([open_result(path) for path in options.run]) or published_results(Path(folder))
        files = draw_all(results, options.output_dir, listing.ALL if options.run else listing.PAPER)
    sys.stdout.write("".join(f"{file}\n" for file in files))
    return 0


if __name__ == "__main__":
    sys.exit(run_command(Figures, main, PROG))
