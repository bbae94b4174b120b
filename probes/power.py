"""`python -m probes.power`: what a study of given sizes can find, how often it is fooled, and what n it would need."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.records.findings import FailureMode
from interp.runs.files import write_json
from interp.runs.versions import versions
from interp.stats.rates import rate
from probes.evidence.thresholds import Gates
from probes.simulate.calibration import calibrated
from probes.simulate.design import Design, World, power_law, spectrum_of
from probes.simulate.operating import Characteristics, simulate

PROG = "python -m probes.power"
SCHEMA = 1
COMPONENTS = 291  # of the default spectrum: as many as 100 and 193 centred answers can span
FACTORS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
SCENARIOS = ("no_signal", "signal", "cliff", "single_distribution", "covariate_shift", "surface_confound")


@dataclass(frozen=True)
class Power:
    """Simulate studies of one design with the real steps, controls, audits and diagnosis, and count what they say."""

    n_fit: int = 100
    """Scored answers on fit (default: the study's)."""
    n_fresh: int = 193
    """Scored answers on fresh (default: the study's)."""
    rate_fit: float = 0.58
    """Share of positive answers on fit (default: the study's Gemma)."""
    rate_fresh: float = 0.285
    """Share of positive answers on fresh."""
    auroc: float = 0.80
    """What a real handle is worth: the fitted probe's expected AUROC on fresh."""
    cliff_rate_fit: float = 0.56
    """Share of positive answers on fit before a capability cliff (default: the study's SmolLM2)."""
    cliff_rate_fresh: float = 0.047
    """Share of positive answers on fresh below the cliff."""
    fit_only: float = 0.75
    """Single output distribution: AUROC of a direction that tells the classes apart on fit and not on fresh."""
    shift: float = 0.95
    """Covariate shift: AUROC with which one direction tells fit from fresh."""
    surface: float = 0.80
    """Surface confound: AUROC of the answer's length, which is all that h_last then knows of the target."""
    d_model: int = 1536
    """Width of the features."""
    decay: float = 1.0
    """Eigenvalues of the features fall as k to the power of -DECAY."""
    spectrum: Path | None = None
    """A finished run whose features' eigenvalues are taken instead."""
    scenario: Literal[
        "all", "no_signal", "signal", "cliff", "single_distribution", "covariate_shift", "surface_confound"
    ] = "all"
    """Only this kind of study."""
    find_n: bool = True
    """Also look for the sizes at which a real handle is found with POWER."""
    power: float = 0.90
    """Share of real handles that should be found."""
    studies: int = 200
    """Simulated studies of each kind."""
    seed: int = 0
    """Seed of the simulation."""
    output_dir: Path = Path("results/power")
    """Where power.json goes."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr besides the progress bar."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of study, the verdict that is right for it, and the threat that should be raised."""

    name: str
    world: World
    right: FailureMode | None
    threat: str | None = None


def scenarios(options: Power) -> list[Scenario]:
    """Return the kinds of studies that were asked for; the signal is calibrated to the expected fresh AUROC.

    Raises:
        InputError: a design that no study can have, or an AUROC that no probe of these sizes reaches.
    """
    base = Design(
        n_fit=options.n_fit,
        n_fresh=options.n_fresh,
        rate_fit=options.rate_fit,
        rate_fresh=options.rate_fresh,
        d_model=options.d_model,
    )
    base.check()
    spectrum = _spectrum(options)
    wanted = SCENARIOS if options.scenario == "all" else (options.scenario,)
    return [_scenario(name, base, spectrum, options) for name in wanted]


def _scenario(name: str, base: Design, spectrum: Float[np.ndarray, " r"], options: Power) -> Scenario:
    def world(**planted: Any) -> World:
        design = dataclasses.replace(base, **planted)
        design.check()
        return World(design, spectrum)

    if name == "signal":
        return Scenario(name, calibrated(world(), options.auroc, seed=options.seed), FailureMode.NONE)
    if name == "cliff":
        rates = {"rate_fit": options.cliff_rate_fit, "rate_fresh": options.cliff_rate_fresh}
        return Scenario(name, world(**rates), FailureMode.CAPABILITY_CLIFF)
    if name == "single_distribution":
        return Scenario(name, world(fit_only=options.fit_only), FailureMode.SINGLE_OUTPUT_DISTRIBUTION)
    if name == "covariate_shift":
        return Scenario(name, world(shift=options.shift), None, "feature_shift")
    if name == "surface_confound":
        return Scenario(name, world(surface=options.surface), None, "surface_confound")
    return Scenario(name, world(), None)


def _spectrum(options: Power) -> Float[np.ndarray, " r"]:
    if options.spectrum is None:
        return power_law(min(COMPONENTS, options.d_model), options.decay)
    from probes.verdict.analysis import samples
    from probes.verdict.finished import open_finished

    records = open_finished(options.spectrum).records
    if records.readings is None:
        raise InputError(f"{options.spectrum} keeps no features; pass a run that does, or leave out --spectrum.")
    fit, fresh = samples(records, "correct")
    x, study = records.readings, records.readings.study
    return spectrum_of(*(x.select(s.ids).stacked.x[:, study] for s in (fit, fresh)))


def find_n(found: Scenario, options: Power, first: Characteristics) -> dict[str, Any]:
    """Scale both splits until a real handle is found with the wanted power; the planted signal stays what it is.

    Walks down a fixed list of factors while the power holds, or up until it does.
    """
    start = FACTORS.index(1.0)
    tried = {1.0: first.verdicts[FailureMode.NONE.value]}
    enough = tried[1.0].value >= options.power
    best = 1.0 if enough else None
    for factor in reversed(FACTORS[:start]) if enough else FACTORS[start + 1 :]:
        tried[factor] = _scaled(found.world, factor, options).verdicts[FailureMode.NONE.value]
        holds = tried[factor].value >= options.power
        if holds:
            best = factor
        if holds != enough:
            break
    rows = [{"factor": f, **_sizes(options, f), "power": dataclasses.asdict(e)} for f, e in sorted(tried.items())]
    return {"tried": rows, "needed": None if best is None else _sizes(options, best)}


def _scaled(world: World, factor: float, options: Power) -> Characteristics:
    design = dataclasses.replace(world.design, **_sizes(options, factor))
    scaled = World(design, world.spectrum, world.rotation_seed)
    return simulate(scaled, options.studies, options.seed, features_audited=False)


def _sizes(options: Power, factor: float) -> dict[str, int]:
    return {"n_fit": max(10, round(options.n_fit * factor)), "n_fresh": max(10, round(options.n_fresh * factor))}


def row(found: Scenario, counted: Characteristics, power: float) -> dict[str, Any]:
    """Return one kind of study as it stands in `power.json`: its design, the truth, and what was said how often."""
    right = None if found.right is None else counted.verdicts[found.right.value]
    raised = None if found.threat is None else counted.threats.get(found.threat, rate(0, counted.studies))
    return {
        "scenario": found.name,
        "design": dataclasses.asdict(found.world.design),
        "right_verdict": found.right,
        "right": None if right is None else dataclasses.asdict(right),
        "false_handles": None
        if found.right is FailureMode.NONE
        else dataclasses.asdict(counted.verdicts[FailureMode.NONE.value]),
        "threat": found.threat,
        "threat_raised": None if raised is None else dataclasses.asdict(raised),
        "enough": None if right is None else right.value >= power,
        "found": dataclasses.asdict(counted),
    }


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as lines of a terminal, shares in per cent of the simulated studies."""
    heads = ("handle", "single", "cliff", "unresolved", "right", "threat", "study's gates: CV", "fresh", "both")
    lines = ["  ".join([f"{'planted':20}", *heads])]
    for one in rows:
        found, verdicts = one["found"], one["found"]["verdicts"]
        shares = [verdicts[m.value] for m in _ORDER] + [one["right"], one["threat_raised"]]
        shares += [found["study_cv"], found["study_fresh"], found["study_both"]]
        cells = [_percent(share).rjust(len(head)) for share, head in zip(shares, heads, strict=True)]
        lines.append("  ".join([f"{one['scenario'].replace('_', ' '):20}", *cells]))
    return "\n".join(lines)


_ORDER = (
    FailureMode.NONE,
    FailureMode.SINGLE_OUTPUT_DISTRIBUTION,
    FailureMode.CAPABILITY_CLIFF,
    FailureMode.UNRESOLVED,
)


def _percent(share: Mapping[str, Any] | None) -> str:
    return "" if share is None else f"{100 * share['value']:.1f}"


def _needed(found: Mapping[str, Any] | None, options: Power) -> str:
    if found is None:
        return ""
    said = f"To find a handle of fresh AUROC {options.auroc:g} in {options.power:.0%} of studies: "
    if found["needed"] is None:
        top = found["tried"][-1]
        return f"{said}more than {top['n_fit']} answers on fit and {top['n_fresh']} on fresh.\n"
    return f"{said}{found['needed']['n_fit']} answers on fit and {found['needed']['n_fresh']} on fresh.\n"


_NOT_IDENTITY = ("output_dir", "log_level", "spectrum")


def main(options: Power) -> int:
    """Run the command: a table that ends with the path of the JSON."""
    from tqdm import tqdm

    if options.studies < 1 or options.seed < 0 or not 0 < options.power < 1:
        raise InputError("Expected --studies of at least 1, --seed of at least 0 and --power between 0 and 1.")
    rows, needed = [], None
    for one in tqdm(scenarios(options), desc="kinds of studies", unit="kind"):
        audited = one.threat == "feature_shift" or one.name == "no_signal"
        counted = simulate(one.world, options.studies, options.seed, features_audited=audited)
        rows.append(row(one, counted, options.power))
        if one.name == "signal" and options.find_n:
            needed = find_n(one, options, counted)
    content = {
        "schema": SCHEMA,
        "options": {k: v for k, v in dataclasses.asdict(options).items() if k not in _NOT_IDENTITY},
        "spectrum": None if options.spectrum is None else options.spectrum.resolve().name,
        "gates": dataclasses.asdict(Gates()),
        "versions": versions(),
        "scenarios": rows,
        "n_needed": needed,
    }
    path = options.output_dir / "power.json"
    write_json(path, content)
    head = f"{options.studies} simulated studies a row; shares in per cent.\n"
    sys.stdout.write(f"{head}{table(rows)}\n{_needed(needed, options)}{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_command(Power, main, PROG))
