"""The same sweep on other seeds: whether verdict and signs repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hooks.dose.page import NAMES
from interp.cli.options import slug
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.findings import Estimate
from interp.records.prompts import Prompt
from interp.results.dose import CONTENT, DISPOSITION, ContentAndDisposition, Replication, Rerun, TemperResult
from interp.results.schema import read_result, write_result
from interp.runs.directory import Run, close_run, open_run
from interp.runs.files import sha256_file, write_text
from interp.runs.layout import GENERATIONS, MANIFEST, PROMPTS, REPLICATION, REPLICATION_TEXT, TEMPER
from interp.runs.rendering import read_rendering
from interp.runs.rows import read_rows
from interp.show.markdown import interval

REPEATS = {True: "repeats", False: "does not repeat", None: "is clear in no run"}
MARKS = {1: "+", -1: "-", 0: "0", None: "unknown"}


@dataclass(frozen=True, slots=True)
class FinishedSweep:
    """A finished sweep as it is compared with those on other seeds."""

    seed: int
    directory: str
    manifest_sha256: str
    prompt_ids: tuple[str, ...]
    result: TemperResult


def replicate(root: Path, sweeps: Sequence[tuple[int, Run]], *, command: str, command_line: str) -> Run:
    """Compare finished sweeps, each with its seed, in a run directory of its own; return it finished.

    Args:
        root: where the run directory is made.
        sweeps: the finished sweeps.
        command: what is typed to run it, without options.
        command_line: the same with all options, for the manifest.
    """
    _check_rendering(sweeps)
    finished = [_read(seed, run) for seed, run in sweeps]
    model, prompts = (sweeps[0][1].config[name] for name in ("model", "prompts"))
    compared = [{"directory": sweep.directory, "manifest_sha256": sweep.manifest_sha256} for sweep in finished]
    config = {"command": command, "model": model, "prompts": prompts, "reruns": compared}
    name = f"{slug(model['name'])}-{slug(prompts['name'])}-temper-replication"
    with open_run(root, name, config) as run:
        if not run.complete:
            _write(run, compare(finished))
            close_run(run, command_line=command_line)
    return run


def _check_rendering(sweeps: Sequence[tuple[int, Run]]) -> None:
    """Refuse sweeps whose prompts were put to the model in different ways, such as on different days."""
    prompts: dict[str, str] = {}
    ways = [read_rendering(run.path) for _, run in sweeps]
    for (_, run), way in zip(sweeps, ways, strict=True):
        for answer in read_rows(run.path / GENERATIONS, Generation):
            same = prompts.setdefault(answer.prompt_id, answer.prompt_sha256) == answer.prompt_sha256
            if way != ways[0] or not same:
                raise InputError(
                    f"The prompts of {run.path.name} were not put to the model as those of {sweeps[0][1].path.name} "
                    f"(days {way.date} and {ways[0].date}); pass --date to all of them, or make them again."
                )


def _read(seed: int, run: Run) -> FinishedSweep:
    ids = tuple(prompt.id for prompt in read_rows(run.path / PROMPTS, Prompt))
    manifest = sha256_file(run.path / MANIFEST)
    return FinishedSweep(seed, run.path.name, manifest, ids, read_result(run.path / TEMPER, TemperResult))


def _write(run: Run, replication: Replication) -> None:
    write_result(run.path / REPLICATION, replication)
    lines = ["# The same sweep on other seeds\n", *replication_lines(replication)]
    write_text(run.path / REPLICATION_TEXT, "\n".join(lines) + "\n")


def compare(finished: Sequence[FinishedSweep]) -> Replication:
    """Compare sweeps of one configuration on several seeds: do the verdict and the signs of the effects repeat?"""
    runs = tuple(_rerun(sweep, finished[0]) for sweep in finished)
    recall = tuple(_sign(run.checklist_recall) for run in runs)
    delivery = tuple(_sign(run.asserted) for run in runs)
    return Replication(
        schema=Replication.SCHEMA,
        runs=runs,
        verdict_repeats=len({run.verdict for run in runs}) == 1,
        signs=ContentAndDisposition(recall, delivery),
        signs_repeat=ContentAndDisposition(_repeats(recall), _repeats(delivery)),
    )


def _rerun(sweep: FinishedSweep, first: FinishedSweep) -> Rerun:
    judged = sweep.result.judged
    return Rerun(
        directory=sweep.directory,
        manifest_sha256=sweep.manifest_sha256,
        seed=sweep.seed,
        prompts=len(sweep.prompt_ids),
        prompts_shared_with_the_first=len(set(first.prompt_ids) & set(sweep.prompt_ids)),
        verdict=judged.verdict,
        asserted=judged.disposition,
        checklist_recall=judged.content,
    )


def _repeats(signs: Sequence[int | None]) -> bool | None:
    """Return whether all runs show one and the same clear change; None where none of them shows any."""
    return len(set(signs)) == 1 if any(signs) else None


def _sign(change: Estimate | None) -> int | None:
    """Return the sign of a change: 0 where its interval holds 0."""
    if change is None:
        return None
    return int(change.lower > 0) - int(change.upper < 0)


def replication_lines(replication: Replication) -> list[str]:
    """Return the comparison of the reruns as lines."""
    lines = [
        f"- seed {run.seed}: {run.verdict}; delivery {interval(run.asserted)}, checklist recall "
        f"{interval(run.checklist_recall)}; {run.prompts_shared_with_the_first} of {run.prompts} prompts "
        "are the first run's"
        for run in replication.runs
    ]
    signs, repeat = replication.signs, replication.signs_repeat
    delivery = _said(NAMES[DISPOSITION], repeat.asserted, signs.asserted)
    content = _said(NAMES[CONTENT], repeat.checklist_recall, signs.checklist_recall)
    verdict = REPEATS[replication.verdict_repeats]
    return [*lines, f"- The verdict {verdict}. The sign of the change (0: not clear): {delivery}, {content}."]


def _said(name: str, repeats: bool | None, signs: Sequence[int | None]) -> str:
    return f"{name} {REPEATS[repeats]} ({', '.join(MARKS[sign] for sign in signs)})"
