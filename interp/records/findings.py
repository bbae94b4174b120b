"""What a number and a falsification are: estimates, steps, threats and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from interp.records.shown import Shown


class Outcome(StrEnum):
    """PASS, FAIL, or that the data could not tell."""

    PASS = "pass"
    FAIL = "fail"
    UNRESOLVED = "unresolved"


class Step(StrEnum):
    """The five steps of the falsification (paper section 3.5)."""

    CROSS_VALIDATION = "cross_validation"
    FRESH_PROMPTS = "fresh_prompts"
    AXIS_SWEEP = "axis_sweep"
    LAYER_POOLING = "layer_pooling"
    CROSS_MODEL = "cross_model"


class FailureMode(StrEnum):
    """What the falsification found (paper sections 6 and 8). NONE means that a handle was found."""

    NONE = "none"
    SINGLE_OUTPUT_DISTRIBUTION = "single_output_distribution"
    CAPABILITY_CLIFF = "capability_cliff"
    UNRESOLVED = "unresolved"


class Severity(StrEnum):
    """How much a threat weighs: NOTE to know, WARNING to discuss, FATAL voids the verdict."""

    NOTE = "note"
    WARNING = "warning"
    FATAL = "fatal"


@dataclass(frozen=True, slots=True)
class Estimate(Shown):
    """A number that knows how well it is known: 95 % interval, how it was made, and n of each class.

    For a rate, n_pos counts the successes and n_neg the rest; for a difference of rates, n_pos and n_neg are the sizes
    of the two groups. `p_value` is given where the number carries a claim.
    """

    value: float
    lower: float
    upper: float
    method: str
    n_pos: int
    n_neg: int
    p_value: float | None = None

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.lower:.3f}, {self.upper:.3f}]"


@dataclass(frozen=True, slots=True)
class StepResult(Shown):
    """One step of the falsification. `detail` is one sentence, or says what would supply a missing input."""

    step: Step
    auroc: Estimate | None
    asymmetry: Estimate | None
    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class Threat(Shown):
    """Something that may explain a result away, with its evidence in one sentence."""

    name: str
    severity: Severity
    evidence: Mapping[str, float | int | str | None]
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict(Shown):
    """What the steps and threats add up to, with the reason in plain words that cites its numbers."""

    steps: tuple[StepResult, ...]
    threats: tuple[Threat, ...]
    failure: FailureMode
    reason: str
