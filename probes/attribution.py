"""`python -m probes.attribution RUN`: which heads differ between two cohorts of a finished run's answers."""

from __future__ import annotations

import dataclasses
import functools
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from interp.cli.front_door import run_command
from interp.cli.groups import LogLevel
from interp.cli.options import command_line
from interp.errors import InputError
from interp.records.arrays import Probe
from interp.records.loaded import ModelId
from interp.results.attribution import (
    CONTRASTS,
    Attribution,
    AttributionSettings,
    Cohorts,
    Contrast,
    Intervention,
)
from interp.results.schema import read_result, write_result
from interp.runs.arrays import read_probes
from interp.runs.directory import Run, close_run, open_run
from interp.runs.files import write_text
from interp.runs.layout import ATTRIBUTION, ATTRIBUTION_TEXT, MODEL, PROBES
from interp.runs.loaded import read_loaded
from interp.runs.rendering import read_rendering
from interp.runs.versions import versions
from probes.fitting.records import FinishedRun, open_finished
from probes.heads import page
from probes.heads.arrays import MIN_COHORT
from probes.heads.cohorts import ContrastOptions, SelectedAnswers, in_turn, select
from probes.heads.contrasts import METHODS, UNTESTED, attribute

if TYPE_CHECKING:
    from hooks.backend.base import HookedModel

PROG = "python -m probes.attribution"


@dataclass(frozen=True)
class Attribute:
    """Find the attention heads that differ between two cohorts of answers, with the nulls that tell whether they do."""

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """A finished run directory of python -m probes.fit: prompts, answers, labels, and which model made them."""
    contrast: tyro.conf.OmitArgPrefixes[ContrastOptions] = ContrastOptions()
    output_dir: Path | None = None
    """Where the new run directory is made (default: beside RUN, which itself stays as it is)."""
    log_level: LogLevel = "warning"
    """How much is said on stderr besides the progress bar."""


def main(options: Attribute) -> int:
    """Run the command: the verdict in words, then the page's path."""
    run = run_attribution(options)
    attribution = read_result(run.path / ATTRIBUTION, Attribution)
    sys.stdout.write(f"{page.summary(attribution)}\n{run.path / ATTRIBUTION_TEXT}\n")
    return 0


def run_attribution(options: Attribute) -> Run:
    """Run, continue or reread the attribution of a finished run; return it finished.

    Raises:
        InputError: options that cannot be, a run that is unfinished or holds no answers, or a model that cannot be had.
    """
    options.contrast.check()
    finished = open_finished(options.run)
    chosen = select(finished, options.contrast)
    source = options.run.resolve()
    root = options.output_dir or source.parent
    with open_run(root, f"{source.name}-attribution", _config(finished, options.contrast)) as run:
        if not run.complete:
            attribution = _attribution(run, finished, chosen, options.contrast)
            write_result(run.path / ATTRIBUTION, attribution)
            write_text(run.path / ATTRIBUTION_TEXT, page.page(attribution))
            again = command_line(f"{PROG} {shlex.quote(source.name)}", options.contrast)
            close_run(run, command_line=again)
    return run


def _config(finished: FinishedRun, options: ContrastOptions) -> dict[str, object]:
    return {
        "command": PROG,
        "model": dict(finished.manifest.config["model"]),
        "prompts": dict(finished.manifest.config["prompts"]),
        "run": dataclasses.asdict(finished.identity),
        "versions": versions(),
        **dataclasses.asdict(options),
    }


def _attribution(run: Run, finished: FinishedRun, chosen: SelectedAnswers, options: ContrastOptions) -> Attribution:
    model = _model(finished)
    contrasts, intervention = _untested(chosen, options), None
    if contrasts is None:
        open_model = _opener(finished.path)
        contrasts = _contrasts(run, open_model, finished, chosen, options)
        if options.intervene:
            intervention = _intervention(run, open_model, finished, chosen, contrasts, options)
    return Attribution(
        Attribution.SCHEMA,
        model,
        finished.identity,
        Cohorts(options.a, options.b, *chosen.sizes),
        options.last_tokens,
        contrasts,
        intervention,
        AttributionSettings(options.split, options.limit, options.seed, options.intervene),
    )


def _model(finished: FinishedRun) -> ModelId:
    """Return which model made the run."""
    if MODEL not in finished.manifest.files:
        raise InputError(f"{finished.path} does not say which model made it ({MODEL}); make your own run.")
    return read_loaded(finished.path).model


def _opener(run: Path) -> Callable[[], HookedModel]:
    """Return what opens the model that made a run, at the first call and only then."""

    @functools.cache
    def open_model() -> HookedModel:
        from hooks.models.reopen import reopen

        return reopen(read_loaded(run))

    return open_model


def _untested(chosen: SelectedAnswers, options: ContrastOptions) -> dict[str, Contrast] | None:
    """Return contrasts that say why they could not be tested, without a model; None where there are enough answers."""
    n_a, n_b = chosen.sizes
    if min(n_a, n_b) >= MIN_COHORT:
        return None
    reason = (
        f"Could not be tested: {options.a} has {n_a} answers and {options.b} has {n_b}, and a contrast needs "
        f"{MIN_COHORT} of each; take more prompts, --split both, or other cohorts."
    )
    return {name: Contrast(UNTESTED, reason, METHODS[name]) for name in CONTRASTS}


def _contrasts(
    run: Run,
    open_model: Callable[[], HookedModel],
    finished: FinishedRun,
    chosen: SelectedAnswers,
    options: ContrastOptions,
) -> dict[str, Contrast]:
    from hooks.heads.activations import collect_heads

    heads = collect_heads(
        run,
        open_model,
        chosen.prompts,
        chosen.generations,
        last_tokens=options.last_tokens,
        batch_size=options.batch_size,
        rendering=read_rendering(finished.path),
    )
    return attribute(
        heads,
        chosen.y,
        permutations=options.permutations,
        seed=options.seed,
        lengths=chosen.lengths,
        strata=chosen.kinds,
    )


def _intervention(
    run: Run,
    open_model: Callable[[], HookedModel],
    finished: FinishedRun,
    chosen: SelectedAnswers,
    contrasts: Mapping[str, Contrast],
    options: ContrastOptions,
) -> Intervention:
    from hooks.heads.shifts import collect_shifts, readable
    from probes.heads.interventions import reference

    probe = _probe(finished, options.target)
    reason = readable(probe)
    shifts = collect_shifts(
        run,
        open_model,
        chosen.prompts,
        in_turn(chosen, options.intervene, options.seed),
        None if reason else probe,
        batch_size=options.batch_size,
        rendering=read_rendering(finished.path),
    )
    return reference(shifts, contrasts, None if reason else options.target, reason, options.seed)


def _probe(finished: FinishedRun, target: str) -> Probe | None:
    if PROBES not in finished.manifest.files:
        return None
    return read_probes(finished.path / PROBES).get(target)


if __name__ == "__main__":
    sys.exit(run_command(Attribute, main, PROG))
