"""`python -m probes.falsify RUN`: the five steps, controls, audits and the diagnosis of any finished run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.runs.files import write_json, write_text
from interp.runs.layout import MANIFEST
from interp.runs.report import QUESTIONS, VERDICTS, Report
from interp.runs.versions import versions
from interp.stats.auroc import auroc
from interp.stats.rates import balanced_asymmetry
from probes.evidence.thresholds import Gates
from probes.fitting.cross_validation import C_GRID
from probes.fitting.folds import MIN_CLASS
from probes.fitting.linear import fit_probe, probability
from probes.fitting.samples import Target
from probes.report import markdown, tables
from probes.report.page import falsify_page
from probes.report.tables import ReportTable
from probes.verdict.analysis import Records, Second, analyse, samples
from probes.verdict.finished import identity, open_finished

PROG = "python -m probes.falsify"
SCHEMA = 1
STUDY_CS = (1.0, 0.1)  # paper section 6.2


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


def falsify_run(options: Falsify) -> Report:
    """Return everything that `falsify.json` holds.

    Raises:
        InputError: a run that is unfinished or damaged, or numbers that cannot be.
    """
    if options.folds < 2 or options.seed < 0:
        raise InputError(
            f"--folds is {options.folds} and --seed {options.seed}; expected at least 2 folds and a seed of 0 or more."
        )
    run = open_finished(options.run)
    second = None if options.second is None else open_finished(options.second)
    targets: tuple[Target, ...] = ("correct", "asserted") if options.target == "both" else (options.target,)
    result = analyse(
        run.records,
        targets=targets,
        cs=C_GRID,
        folds=options.folds,
        seed=options.seed,
        second=None if second is None else Second(second.model, second.records),
    )
    found = {
        "schema": SCHEMA,
        "run": identity(run),
        "config": dict(run.manifest["config"]),
        "second": None if second is None else identity(second),
        "folds": options.folds,
        "seed": options.seed,
        "versions": versions(),
        "study_recipe": {target: study_recipe(run.records, target) for target in targets},
        **result.numbers,
    }
    return Report(found)


def study_recipe(records: Records, target: Target) -> list[dict[str, Any]] | None:
    """Return the study's own numbers: its reading, its two C, its solver, its sweep of thresholds on fresh itself.

    They are what the paper prints (sections 6.4 and 6.7), point estimates to compare with; no verdict rests on them.
    None where there are no features, or too few answers of a class.
    """
    if records.readings is None:
        return None
    fit, fresh = samples(records, target)
    if min(fit.n_pos, fit.n_neg) < MIN_CLASS or min(fresh.n_pos, fresh.n_neg) == 0:
        return None
    layer = records.readings.study
    fit_x, fresh_x = (records.readings.select(s.ids).stacked for s in (fit, fresh))
    rows = []
    for c in STUDY_CS:
        probe = fit_probe(fit_x, layer, fit.y, c, target, "study")
        p = probability(probe.score(fresh_x))
        found = balanced_asymmetry(p, fresh.y, floor=Gates().assert_floor)
        rows.append({"c": c, "fresh": asdict(auroc(fresh.y, p)), **asdict(found)})
    return rows


def summary(found: Mapping[str, Any]) -> str:
    """Return a screenful: each verdict with its reason, its steps and its threats."""
    config = found["config"]
    lines = [f"{config['model']['name']} on {config['prompts']['name']}", ""]
    for target, one in found["targets"].items():
        verdict = one["verdict"]
        lines += [f"{QUESTIONS[target]}  {VERDICTS[verdict['failure']]}.", f"  {verdict['reason']}"]
        lines += [f"  {s['step'].replace('_', ' '):17}{s['outcome']:11}{s['detail']}" for s in verdict["steps"]]
        lines += [f"  threat ({t['severity']}): {t['sentence']}" for t in verdict["threats"]]
        lines.append("")
    return "\n".join(lines)


def page(found: Mapping[str, Any]) -> str:
    """Return `falsify.md`."""
    config, origin = found["config"], provenance(found)
    parts = [f"# {config['model']['name']} on {config['prompts']['name']}: what is left of the probe\n"]
    parts.append(markdown.body(found))
    for made in recipes(found):
        parts.append(f"## {made.title}\n\n{made.note}\n\n{markdown.table(made)}\n")
    return "\n".join([*parts, f"## {origin.title}\n", *(f"- {what}: {value}" for what, value in origin.rows), ""])


def provenance(found: Mapping[str, Any]) -> ReportTable:
    """Return which runs were judged, and how."""
    runs_read = [(key, found[key]) for key in ("run", "second") if found[key]]
    rows = [(key, f"{one['directory']}, run.json sha256 {one['manifest_sha256']}") for key, one in runs_read]
    rows += [("folds", str(found["folds"])), ("seed", str(found["seed"]))]
    return ReportTable("Where this comes from", ("what", "value"), (*rows, *found["versions"].items()))


def recipes(found: Mapping[str, Any]) -> list[ReportTable]:
    """Return the study's own numbers of each target that has any."""
    return [_recipe(target, rows) for target, rows in found["study_recipe"].items() if rows]


def _recipe(target: str, rows: list[dict[str, Any]]) -> ReportTable:
    cells = []
    for row in rows:
        threshold = "" if row["threshold"] is None else f"{row['threshold']:.2f}"
        asymmetry = tables.interval(row["asymmetry"])
        cells.append((f"{row['c']:g}", tables.number(row["fresh"]), asymmetry, threshold))
    return ReportTable(
        f"The study's own recipe ({target})",
        ("C", "AUROC on fresh", "best balanced asymmetry", "at threshold"),
        tuple(cells),
        "Its reading, C and solver; the threshold is chosen on fresh itself, so the asymmetry is an upper bound.",
        tuple(row["fresh"] for row in rows),
    )


def output_directory(options: Falsify) -> Path:
    """Return where the files go; a finished run is never written into."""
    path = options.output_dir or options.run.resolve().parent / f"{options.run.resolve().name}-falsify"
    if (path / MANIFEST).is_file():
        raise InputError(f"{path} is a finished run, whose files are hashed; pass another --output-dir.")
    return path


def main(options: Falsify) -> int:
    """Run the command: a screenful that ends with the page's path."""
    directory = output_directory(options)
    found = falsify_run(options)
    write_json(directory / "falsify.json", found)
    write_text(directory / "falsify.md", page(found))
    html = falsify_page(directory / "falsify.json", options.run, recipes(found), provenance(found))
    write_text(directory / "falsify.html", html)
    sys.stdout.write(f"{summary(found)}{directory / 'falsify.html'}\n{directory / 'falsify.md'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_command(Falsify, main, PROG))
