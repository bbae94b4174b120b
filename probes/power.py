"""`python -m probes.power`: what a study of given sizes can find, how often it is fooled, and what n it would need."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro
from jaxtyping import Float

from interp.cli.front_door import run_command
from interp.cli.groups import LogLevel
from interp.errors import InputError
from interp.results.evidence import Thresholds
from interp.results.schema import write_result
from interp.runs.files import check_writable
from interp.runs.layout import POWER
from interp.runs.versions import versions
from probes.simulate.design import power_law, spectrum_of
from probes.simulate.operating import simulate
from probes.simulate.report import PowerReport, needed, table
from probes.simulate.scenarios import ScenarioResult, SimulationOptions, SizeSearch, find_n, scenarios, summarise

PROG = "python -m probes.power"
COMPONENTS = 291  # of the default spectrum: as many as 100 and 193 centred answers can span


@dataclass(frozen=True)
class Power:
    """Simulate studies of one design with the real steps, controls, audits and diagnosis, and count what they say."""

    simulated: tyro.conf.OmitArgPrefixes[SimulationOptions] = SimulationOptions()
    spectrum: Path | None = None
    """A finished run whose features' eigenvalues are taken in place of a power law."""
    output_dir: Path = Path("results/power")
    """Where power.json goes."""
    log_level: LogLevel = "warning"
    """How much is said on stderr besides the progress bar."""


def main(options: Power) -> int:
    """Run the command: a table that ends with the path of the JSON."""
    options.simulated.check()
    check_writable(options.output_dir)
    report = power(options)
    path = options.output_dir / POWER
    write_result(path, report)
    head = f"{options.simulated.studies} simulated studies a row; shares in per cent.\n"
    sys.stdout.write(f"{head}{table(report)}\n{needed(report)}{path}\n")
    return 0


def power(options: Power) -> PowerReport:
    """Simulate every kind of study that was asked for, and look for the sizes that a real handle needs.

    Raises:
        InputError: a design that no study can have, or a spectrum that cannot be read.
    """
    from tqdm import tqdm

    simulated = options.simulated
    results: list[ScenarioResult] = []
    search: SizeSearch | None = None
    for scenario in tqdm(scenarios(simulated, _spectrum(options)), desc="kinds of studies", unit="kind"):
        counted = simulate(
            scenario.world, simulated.studies, simulated.seed, features_audited=scenario.features_audited
        )
        results.append(summarise(scenario, counted, simulated.power))
        if scenario.name == "signal" and simulated.find_n:
            search = find_n(scenario, simulated, counted)
    spectrum = None if options.spectrum is None else options.spectrum.resolve().name
    return PowerReport(PowerReport.SCHEMA, simulated, spectrum, Thresholds(), versions(), tuple(results), search)


def _spectrum(options: Power) -> Float[np.ndarray, " r"]:
    if options.spectrum is None:
        return power_law(min(COMPONENTS, options.simulated.d_model), options.simulated.decay)
    from probes.evidence.fitted import samples
    from probes.fitting.records import open_finished

    records = open_finished(options.spectrum).records
    if records.layers is None:
        raise InputError(f"{options.spectrum} keeps no features; pass a run that does, or leave out --spectrum.")
    fit, fresh = samples(records, "correct")
    x, study = records.layers, records.layers.study
    return spectrum_of(*(x.select(s.ids).stacked.x[:, study] for s in (fit, fresh)))


if __name__ == "__main__":
    sys.exit(run_command(Power, main, PROG))
