"""`python -m probes.attribution RUN`: which heads differ between two cohorts of a finished run's answers."""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import tyro

from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import Probe
from interp.records.judgements import Cohort
from interp.records.prompts import Prompt
from interp.runs import attribution as record
from interp.runs.arrays import read_probes
from interp.runs.attribution import CONTRASTS, Attribution, Cohorts, Contrast, Intervention
from interp.runs.directory import Run, close_run, open_run
from interp.runs.files import read_json, write_text
from interp.runs.versions import versions
from probes.heads import page
from probes.heads.arrays import MIN_COHORT
from probes.heads.contrasts import METHODS, UNTESTED, attribute
from probes.verdict.finished import FinishedRun, identity, open_finished

if TYPE_CHECKING:
    from hooks.backend.base import HookedModel

PROG = "python -m probes.attribution"
PROBES = "probe.safetensors"


@dataclass(frozen=True)
class Attribute:
    """Find the attention heads that differ between two cohorts of answers, with the nulls that tell whether they do."""

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """A finished run directory of python -m probes.fit: prompts, answers, labels, and which model made them."""
    a: Cohort = "cw"
    """The first cohort: c asserted or h hedged, then r right or w wrong. A positive d means that it is higher."""
    b: Cohort = "cr"
    """The second cohort."""
    last_tokens: int = 32
    """Heads are read at this many last tokens of an answer (all of a shorter one)."""
    split: Literal["fit", "fresh", "both"] = "fit"
    """Which answers: fit leaves the fresh prompts untouched for what is tried on the heads found here."""
    limit: int | None = None
    """Only the first LIMIT answers of each cohort."""
    permutations: int = 2000
    """How often the labels are shuffled."""
    intervene: int = 16
    """Zero every head in this many answers, as the reference that the contrasts are judged against; 0: do not."""
    seed: int = 0
    """Seed of folds, permutations, halves, and of the answers in which heads are zeroed."""
    batch_size: int = 8
    """How many answers go through the model at once; part of the run's identity, since it moves the last float bits."""
    output_dir: Path | None = None
    """Where the new run directory is made (default: beside RUN, which itself stays as it is)."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr besides the progress bar."""


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """The answers of both cohorts in the order of the run, and what the contrasts need to know of them."""

    prompts: Sequence[Prompt]
    generations: tuple[Generation, ...]
    y: np.ndarray
    lengths: np.ndarray
    kinds: tuple[str, ...]

    @property
    def sizes(self) -> tuple[int, int]:
        """How many answers are in a and in b."""
        return int(self.y.sum()), int((~self.y).sum())


def run_attribution(options: Attribute) -> Run:
    """Run, continue or reread the attribution of a finished run; return it finished.

    Raises:
        InputError: options that cannot be, a run that is unfinished or holds no answers, or a model that cannot be had.
    """
    check(options)
    finished = open_finished(options.run)
    chosen = select(finished, options)
    root = options.output_dir or options.run.resolve().parent
    with open_run(root, f"{options.run.resolve().name}-attribution", _config(finished, options)) as run:
        if not run.complete:
            found = _attribute(run, finished, chosen, options)
            record.write(run.path / record.FILE, found)
            write_text(run.path / "attribution.md", page.page(found))
            close_run(run, {"command_line": _command_line(options)})
    return run


def check(options: Attribute) -> None:
    """Refuse options that cannot be."""
    if options.a == options.b:
        raise InputError(f"--a and --b are both {options.a}; expected two different cohorts.")
    least = {"last_tokens": 1, "permutations": 19, "seed": 0, "batch_size": 1, "intervene": 0}
    for name, low in (least | ({} if options.limit is None else {"limit": 1})).items():
        value = getattr(options, name)
        if value < low:
            raise InputError(f"--{name.replace('_', '-')} is {value}; expected a whole number of {low} or more.")
    if options.intervene == 1:
        raise InputError("--intervene is 1; expected 0 (off) or at least 2 answers, since one has no interval.")


def select(finished: FinishedRun, options: Attribute) -> Selected:
    """Return the answers of both cohorts; cut-off and unscored ones are in neither.

    Raises:
        InputError: a run whose answers have no tokens (published ones), or several answers to one prompt.
    """
    records = finished.records
    prompt = {p.id: p for p in records.prompts}
    cohort = {label.generation_id: label.cohort for label in records.labels}
    wanted = ("fit", "fresh") if options.split == "both" else (options.split,)
    kept: list[Generation] = []
    for name in (options.a, options.b):
        of_cohort = [g for g in records.generations if cohort[g.id] == name and prompt[g.prompt_id].split in wanted]
        kept += of_cohort[: options.limit]
    if any("tokens" in g.unrecorded for g in kept):
        raise InputError(
            f"{finished.path} keeps no tokens of its answers, so no model can read them; make your own run."
        )
    if len({g.prompt_id for g in kept}) < len(kept):
        raise InputError(f"{finished.path} holds several answers to a prompt; expected one each.")
    order = {g.id: i for i, g in enumerate(records.generations)}
    kept.sort(key=lambda g: order[g.id])
    return Selected(
        records.prompts,
        tuple(kept),
        np.array([cohort[g.id] == options.a for g in kept], dtype=bool),
        np.array([len(g.tokens) for g in kept], dtype=np.int64),
        tuple(prompt[g.prompt_id].relation or "" for g in kept),
    )


def _attribute(run: Run, finished: FinishedRun, chosen: Selected, options: Attribute) -> Attribution:
    loaded = _loaded(finished)
    contrasts, intervention = _untested(chosen, options), None
    if contrasts is None:
        open_model = _opener(loaded)
        contrasts = _contrasts(run, open_model, chosen, options)
        if options.intervene:
            intervention = _intervention(run, open_model, finished, chosen, contrasts, options)
    return Attribution(
        record.SCHEMA,
        dict(loaded["model"]),
        identity(finished),
        Cohorts(options.a, options.b, *chosen.sizes),
        options.last_tokens,
        contrasts,
        intervention,
        {"split": options.split, "limit": options.limit, "seed": options.seed, "intervene": options.intervene},
    )


def _loaded(finished: FinishedRun) -> dict[str, Any]:
    if "model.json" not in finished.manifest["files"]:
        raise InputError(f"{finished.path} does not say which model made it (model.json); make your own run.")
    loaded: dict[str, Any] = read_json(finished.path / "model.json")
    return loaded


def _opener(loaded: Mapping[str, Any]) -> Callable[[], HookedModel]:
    @functools.cache
    def open_model() -> HookedModel:
        from hooks.models.reopen import reopen
        from interp.records.loaded import Loaded, ModelId

        return reopen(Loaded(ModelId(**loaded["model"]), loaded["backend"], loaded["proof"]))

    return open_model


def _untested(chosen: Selected, options: Attribute) -> dict[str, Contrast] | None:
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
    run: Run, open_model: Callable[[], HookedModel], chosen: Selected, options: Attribute
) -> dict[str, Contrast]:
    from hooks.heads.activations import collect_heads

    heads = collect_heads(
        run,
        open_model,
        chosen.prompts,
        chosen.generations,
        last_tokens=options.last_tokens,
        batch_size=options.batch_size,
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
    chosen: Selected,
    contrasts: Mapping[str, Contrast],
    options: Attribute,
) -> Intervention:
    from hooks.heads.shifts import collect_shifts, readable
    from probes.heads.interventions import reference

    target = "correct" if options.a[1] != options.b[1] else "asserted"
    probe = _probe(finished, target)
    reason = readable(probe)
    shifts = collect_shifts(
        run,
        open_model,
        chosen.prompts,
        in_turn(chosen, options.intervene, options.seed),
        None if reason else probe,
        batch_size=options.batch_size,
    )
    return reference(shifts, contrasts, None if reason else target, reason, options.seed)


def _probe(finished: FinishedRun, target: str) -> Probe | None:
    if PROBES not in finished.manifest["files"]:
        return None
    return read_probes(finished.path / PROBES).get(target)


def in_turn(chosen: Selected, n: int, seed: int) -> tuple[Generation, ...]:
    """Return n answers drawn at random, the cohorts in turn, in the order of the run."""
    rng = np.random.default_rng(seed)
    sides = [list(rng.permutation(np.flatnonzero(side))) for side in (chosen.y, ~chosen.y)]
    drawn: list[int] = []
    while len(drawn) < n and any(sides):
        for side in sides:
            if side and len(drawn) < n:
                drawn.append(int(side.pop()))
    return tuple(chosen.generations[i] for i in sorted(drawn))


def _config(finished: FinishedRun, options: Attribute) -> dict[str, Any]:
    names = ("a", "b", "last_tokens", "split", "limit", "permutations", "intervene", "seed", "batch_size")
    return {
        "command": PROG,
        "model": dict(finished.manifest["config"]["model"]),
        "prompts": dict(finished.manifest["config"]["prompts"]),
        "run": identity(finished),
        "versions": versions(),
        **{name: getattr(options, name) for name in names},
    }


def _command_line(options: Attribute) -> str:
    """Return the command that makes this run again, wherever its files go."""
    words = [PROG, options.run.resolve().name]
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if field.name not in ("run", "output_dir", "log_level") and value != field.default:
            words += [f"--{field.name.replace('_', '-')}", str(value)]
    return " ".join(words)


def main(options: Attribute) -> int:
    """Run the command: the verdict in words, then the page's path."""
    run = run_attribution(options)
    found = record.read(run.path / record.FILE)
    sys.stdout.write(f"{page.summary(found)}\n{run.path / 'attribution.md'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_command(Attribute, main, PROG))
