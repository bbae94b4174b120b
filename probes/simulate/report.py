"""What `power.json` holds, and its table in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from interp.records.findings import Estimate, FailureMode
from interp.results.evidence import Thresholds
from interp.results.schema import Result
from probes.simulate.scenarios import ScenarioResult, SimulationOptions, SizeSearch

HEADS = ("handle", "single", "cliff", "unresolved", "right", "threat", "study's gates: CV", "fresh", "both")
VERDICTS = (
    FailureMode.NONE,
    FailureMode.SINGLE_OUTPUT_DISTRIBUTION,
    FailureMode.CAPABILITY_CLIFF,
    FailureMode.UNRESOLVED,
)  # in the order of HEADS


@dataclass(frozen=True, slots=True)
class PowerReport(Result):
    """What studies of given sizes can find and how often they are fooled.

    Attributes:
        spectrum: the run whose features' eigenvalues were taken; None for a power law.
        n_needed: None where no sizes were looked for.
    """

    SCHEMA: ClassVar[int] = 2

    options: SimulationOptions
    spectrum: str | None
    thresholds: Thresholds
    versions: Mapping[str, str]
    scenarios: tuple[ScenarioResult, ...]
    n_needed: SizeSearch | None


def table(report: PowerReport) -> str:
    """Return the kinds of studies as lines of a terminal, shares in per cent of the simulated studies."""
    lines = ["  ".join([f"{'planted':20}", *HEADS])]
    return "\n".join([*lines, *(_row(result) for result in report.scenarios)])


def _row(result: ScenarioResult) -> str:
    counted = result.characteristics
    shares = [counted.verdicts[verdict] for verdict in VERDICTS] + [result.right, result.threat_raised]
    shares += [counted.study_cv, counted.study_fresh, counted.study_both]
    cells = [_percent(share).rjust(len(head)) for share, head in zip(shares, HEADS, strict=True)]
    return "  ".join([f"{result.scenario.replace('_', ' '):20}", *cells])


def _percent(share: Estimate | None) -> str:
    return "" if share is None else f"{100 * share.value:.1f}"


def needed(report: PowerReport) -> str:
    """Return the sizes that a real handle needs as a line; nothing where they were not looked for."""
    search, options = report.n_needed, report.options
    if search is None:
        return ""
    said = f"To find a handle of fresh AUROC {options.auroc:g} in {options.power:.0%} of studies: "
    if search.needed is None:
        largest = search.tried[-1]
        return f"{said}more than {largest.n_fit} answers on fit and {largest.n_fresh} on fresh.\n"
    return f"{said}{search.needed.n_fit} answers on fit and {search.needed.n_fresh} on fresh.\n"
