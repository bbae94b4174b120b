"""The kinds of studies that are simulated, and the search for the sizes at which a real handle is found."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from interp.errors import InputError
from interp.records.findings import Estimate, FailureMode
from interp.records.shown import Shown
from interp.stats.rates import rate
from probes.simulate.calibration import calibrated
from probes.simulate.design import Design, World
from probes.simulate.operating import Characteristics, simulate

FACTORS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
LEAST_ANSWERS = 10  # on a split, however far it is scaled down
ScenarioName = Literal["no_signal", "signal", "cliff", "single_distribution", "covariate_shift", "surface_confound"]
SCENARIOS: tuple[ScenarioName, ...] = (
    "no_signal",
    "signal",
    "cliff",
    "single_distribution",
    "covariate_shift",
    "surface_confound",
)


@dataclass(frozen=True, slots=True)
class SimulationOptions(Shown):
    """The studies to simulate: their sizes, what is planted in each kind, and how many."""

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

    def check(self) -> None:
        """Refuse numbers that no simulation can have."""
        if self.studies < 1 or self.seed < 0 or not 0 < self.power < 1:
            raise InputError("Expected --studies of at least 1, --seed of at least 0 and --power between 0 and 1.")

    @property
    def design(self) -> Design:
        """Sizes and rates with nothing planted."""
        return Design(
            n_fit=self.n_fit,
            n_fresh=self.n_fresh,
            rate_fit=self.rate_fit,
            rate_fresh=self.rate_fresh,
            d_model=self.d_model,
        )


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of study, the verdict that is right for it, and the threat that should be raised."""

    name: ScenarioName
    world: World
    right: FailureMode | None
    threat: str | None = None

    @property
    def features_audited(self) -> bool:
        """Whether the slow audit of a shift of features has something to say here."""
        return self.threat == "feature_shift" or self.name == "no_signal"


@dataclass(frozen=True, slots=True)
class ScenarioResult(Shown):
    """One kind of study: its design, the truth, and what was said how often.

    Attributes:
        right: how often the right verdict was given; None where no verdict is the right one.
        false_handles: how often a handle was claimed; None where there is one.
        threat_raised: how often the threat was raised that should be.
        enough: whether `right` reaches the wanted power.
    """

    scenario: ScenarioName
    design: Design
    right_verdict: FailureMode | None
    right: Estimate | None
    false_handles: Estimate | None
    threat: str | None
    threat_raised: Estimate | None
    enough: bool | None
    characteristics: Characteristics


@dataclass(frozen=True, slots=True)
class SampleSizes(Shown):
    """Scored answers on both splits."""

    n_fit: int
    n_fresh: int


@dataclass(frozen=True, slots=True)
class TriedSizes(Shown):
    """The power at sizes that are `factor` times the asked ones."""

    factor: float
    n_fit: int
    n_fresh: int
    power: Estimate


@dataclass(frozen=True, slots=True)
class SizeSearch(Shown):
    """Every size that was tried, smallest first, and the least that has the wanted power; None: none of them has."""

    tried: tuple[TriedSizes, ...]
    needed: SampleSizes | None


def scenarios(options: SimulationOptions, spectrum: Float[np.ndarray, " r"]) -> list[Scenario]:
    """Return the kinds of studies that were asked for; the signal is calibrated to the expected fresh AUROC.

    Raises:
        InputError: a design that no study can have, or an AUROC that no probe of these sizes reaches.
    """
    options.design.check()
    wanted = SCENARIOS if options.scenario == "all" else (options.scenario,)
    return [_scenario(name, options, spectrum) for name in wanted]


def _scenario(name: ScenarioName, options: SimulationOptions, spectrum: Float[np.ndarray, " r"]) -> Scenario:
    def world(planted: Design) -> World:
        planted.check()
        return World(planted, spectrum)

    base = options.design
    if name == "signal":
        return Scenario(name, calibrated(world(base), options.auroc, seed=options.seed), FailureMode.NONE)
    if name == "cliff":
        rates = dataclasses.replace(base, rate_fit=options.cliff_rate_fit, rate_fresh=options.cliff_rate_fresh)
        return Scenario(name, world(rates), FailureMode.CAPABILITY_CLIFF)
    if name == "single_distribution":
        local = dataclasses.replace(base, fit_only=options.fit_only)
        return Scenario(name, world(local), FailureMode.SINGLE_OUTPUT_DISTRIBUTION)
    if name == "covariate_shift":
        return Scenario(name, world(dataclasses.replace(base, shift=options.shift)), None, "feature_shift")
    if name == "surface_confound":
        return Scenario(name, world(dataclasses.replace(base, surface=options.surface)), None, "surface_confound")
    return Scenario(name, world(base), None)


def summarise(scenario: Scenario, counted: Characteristics, power: float) -> ScenarioResult:
    """Return one kind of study as it stands in `power.json`."""
    right = None if scenario.right is None else counted.verdicts[scenario.right]
    threat = scenario.threat
    return ScenarioResult(
        scenario=scenario.name,
        design=scenario.world.design,
        right_verdict=scenario.right,
        right=right,
        false_handles=None if scenario.right is FailureMode.NONE else counted.verdicts[FailureMode.NONE],
        threat=threat,
        threat_raised=None if threat is None else counted.threats.get(threat, rate(0, counted.studies)),
        enough=None if right is None else right.value >= power,
        characteristics=counted,
    )


def find_n(signal: Scenario, options: SimulationOptions, first: Characteristics) -> SizeSearch:
    """Scale both splits until a real handle is found with the wanted power; the planted signal stays what it is.

    Walks down a fixed list of factors while the power holds, or up until it does.
    """
    start = FACTORS.index(1.0)
    tried = {1.0: first.verdicts[FailureMode.NONE]}
    enough = tried[1.0].value >= options.power
    best = 1.0 if enough else None
    for factor in reversed(FACTORS[:start]) if enough else FACTORS[start + 1 :]:
        tried[factor] = _power(signal.world, factor, options)
        holds = tried[factor].value >= options.power
        if holds:
            best = factor
        if holds != enough:
            break
    rows = [TriedSizes(f, *_scaled(options, f), power) for f, power in sorted(tried.items())]
    return SizeSearch(tuple(rows), None if best is None else SampleSizes(*_scaled(options, best)))


def _power(world: World, factor: float, options: SimulationOptions) -> Estimate:
    n_fit, n_fresh = _scaled(options, factor)
    design = dataclasses.replace(world.design, n_fit=n_fit, n_fresh=n_fresh)
    scaled = World(design, world.spectrum, world.rotation_seed)
    counted = simulate(scaled, options.studies, options.seed, features_audited=False)
    return counted.verdicts[FailureMode.NONE]


def _scaled(options: SimulationOptions, factor: float) -> tuple[int, int]:
    return max(LEAST_ANSWERS, round(options.n_fit * factor)), max(LEAST_ANSWERS, round(options.n_fresh * factor))
