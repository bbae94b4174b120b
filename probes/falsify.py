"""`python -m probes.falsify RUN`: the five steps, controls, audits and the diagnosis of any finished run."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.results.fit import TARGETS, FalsifyReport, Target
from interp.results.schema import write_result
from interp.runs.files import check_writable, write_text
from interp.runs.layout import FALSIFY, FALSIFY_PAGE, FALSIFY_TEXT, MANIFEST
from interp.runs.versions import versions
from probes.evidence.gather import gather_run
from probes.evidence.study_recipe import study_recipes
from probes.fitting.recipe import Recipe
from probes.fitting.records import SecondRun, check_second, open_finished
from probes.report import falsify as words
from probes.report.assemble import target_reports
from probes.report.page import falsify_page
from probes.verdict.judgement import judge_run

PROG = "python -m probes.falsify"


@dataclass(frozen=True)
class Falsify:
    """Run the five steps, the controls and the audits on a finished run, and say what they add up to."""

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """A finished run directory (it holds run.json): your own, or a published one."""
    second: Path | None = None
    """A finished run of the same prompts on a model of another family, for the fifth step."""
    target: Literal["correct", "asserted", "both"] = "both"
    """What the probes are to tell: correct from wrong, asserted from hedged, or both, each by its own probe."""
    output_dir: Path | None = None
    """Where falsify.json, .md and .html go (default: <RUN>-falsify, beside the run, which itself stays as it is)."""
    folds: int = 5
    """Folds of the stratified cross-validation on the fit split."""
    seed: int = 0
    """Seed of folds, permutations and nulls."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr."""


def falsify_run(options: Falsify) -> FalsifyReport:
    """Return everything that `falsify.json` holds.

    Raises:
        InputError: a run that is unfinished or damaged, or numbers that cannot be.
    """
    recipe = Recipe(folds=options.folds, seed=options.seed)
    run = open_finished(options.run)
    second = None if options.second is None else open_finished(options.second)
    if second is not None:
        check_second(run, second)
    targets: tuple[Target, ...] = TARGETS if options.target == "both" else (options.target,)

    other = None if second is None else SecondRun(second.model, second.records)
    evidence = gather_run(run.records, targets, recipe, other)
    verdicts = judge_run(evidence, recipe)

    return FalsifyReport(
        schema=FalsifyReport.SCHEMA,
        about=run.about,
        thresholds=recipe.thresholds,
        answers=evidence.answers,
        labels=evidence.labels,
        delivery=evidence.delivery,
        targets=target_reports(evidence, verdicts),
        run=run.identity,
        second=None if second is None else second.identity,
        folds=recipe.folds,
        seed=recipe.seed,
        versions=versions(),
        study_recipe=study_recipes(run.records, targets),
    )


def output_directory(options: Falsify) -> Path:
    """Return where the files go; a finished run is never written into."""
    path = options.output_dir or options.run.resolve().parent / f"{options.run.resolve().name}-falsify"
    if os.path.lexists(path / MANIFEST):
        raise InputError(f"{path} is a finished run, whose files are hashed; pass another --output-dir.")
    check_writable(path)
    return path


def main(options: Falsify) -> int:
    """Run the command: a screenful that ends with the page's path."""
    directory = output_directory(options)
    report = falsify_run(options)
    write_result(directory / FALSIFY, report)
    write_text(directory / FALSIFY_TEXT, words.page(report))
    html = falsify_page(directory / FALSIFY, options.run, words.recipes(report), words.provenance(report))
    write_text(directory / FALSIFY_PAGE, html)
    sys.stdout.write(f"{words.summary(report)}{directory / FALSIFY_PAGE}\n{directory / FALSIFY_TEXT}\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_command(Falsify, main, PROG))
