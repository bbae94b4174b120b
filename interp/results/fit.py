"""What `report.json` and `falsify.json` hold, of one's own runs and of the published study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from interp.errors import InputError
from interp.labels.agreement import Agreement
from interp.records.arrays import Position
from interp.records.findings import Estimate, FailureMode, Verdict
from interp.records.loaded import Loaded
from interp.records.shown import Shown
from interp.results.evidence import BySplit, TargetReport, Thresholds
from interp.results.identity import RunIdentity
from interp.results.schema import Result

Target = Literal["correct", "asserted"]
TARGETS: tuple[Target, ...] = ("correct", "asserted")

VERDICTS: Mapping[FailureMode, str] = {
    FailureMode.NONE: "A handle was found",
    FailureMode.SINGLE_OUTPUT_DISTRIBUTION: "No handle: single output distribution",
    FailureMode.CAPABILITY_CLIFF: "No handle: capability cliff",
    FailureMode.UNRESOLVED: "Unresolved",
}
QUESTIONS: Mapping[Target, str] = {
    "correct": "Can h_last tell correct answers from wrong ones?",
    "asserted": "Can h_last tell asserted answers from hedged ones?",
}


@dataclass(frozen=True, slots=True)
class About(Shown):
    """What a report is about: whose answers to which prompts, where h_last was read, and what labelled them."""

    model: str
    prompts: str
    position: Position
    instruments: str

    @property
    def title(self) -> str:
        """The model and the prompts."""
        return f"{self.model} on {self.prompts}"


@dataclass(frozen=True, slots=True)
class AnswerCounts(Shown):
    """How many answers a split has and why they stopped; what nobody recorded is None."""

    n: int
    stop: Mapping[str, int]
    empty: int | None
    mean_tokens: float | None


@dataclass(frozen=True, slots=True)
class LabelRate(Shown):
    """The rate of one label among the answers that have it, and how many have not, by reason."""

    rate: Estimate | None
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LabelRates(Shown):
    """The rates of correct and of asserted answers."""

    correct: LabelRate
    asserted: LabelRate

    def of(self, target: Target) -> LabelRate:
        """Return the rate of one target."""
        return self.correct if target == "correct" else self.asserted


@dataclass(frozen=True, slots=True)
class CohortTable(Shown):
    """Delivery (c asserted, h hedged) by correctness (r right, w wrong)."""

    cr: int
    hr: int
    cw: int
    hw: int


@dataclass(frozen=True, slots=True)
class DeliveryTable(Shown):
    """Delivery against correctness, and the assertion asymmetry of the answers themselves; None with a `reason`."""

    table: CohortTable
    asymmetry: Estimate | None
    reason: str


@dataclass(frozen=True, slots=True)
class TargetReports(Shown):
    """What was found on each target; None where it was not asked for."""

    correct: TargetReport | None = None
    asserted: TargetReport | None = None

    def asked(self) -> tuple[tuple[Target, TargetReport], ...]:
        """Return the targets that were asked for, correctness first."""
        pairs: tuple[tuple[Target, TargetReport | None], ...] = (
            ("correct", self.correct),
            ("asserted", self.asserted),
        )
        return tuple((target, report) for target, report in pairs if report is not None)


@dataclass(frozen=True, slots=True, repr=False)
class ProbeReport(Result):
    """What fitted runs and falsifications report alike."""

    SCHEMA: ClassVar[int] = 2

    about: About
    thresholds: Thresholds
    answers: BySplit[AnswerCounts]
    labels: BySplit[LabelRates]
    delivery: BySplit[DeliveryTable]
    targets: TargetReports

    def __repr__(self) -> str:
        """Return its verdicts in words: what a notebook prints in place of a thousand numbers."""
        return str(self)

    @property
    def verdicts(self) -> dict[Target, Verdict]:
        """Each target that was asked for with its verdict."""
        return {target: report.verdict for target, report in self.targets.asked()}

    def verdict(self, target: str = "correct") -> Verdict:
        """Return the verdict on one target; a target that was not tested raises InputError."""
        tested = self.verdicts
        for name, verdict in tested.items():
            if name == target:
                return verdict
        raise InputError(f"This report holds no verdict on {target!r}; it has {', '.join(tested) or 'none'}.")


@dataclass(frozen=True, slots=True)
class PromptsId(Shown):
    """Which prompts were asked."""

    name: str
    sha256: str
    limit: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class FitReport(ProbeReport):
    """What `report.json` of `probes.fit` holds.

    Attributes:
        loaded: what answered.
        prompts: what was asked.
        seed: of folds, nulls and judge.
        versions: of the libraries and of this toolkit.
        inputs: the sha256 of every file that the numbers were made from.
        agreement: how far a judge agrees with the offline instruments; None without a judge.
    """

    loaded: Loaded
    prompts: PromptsId
    seed: int
    versions: Mapping[str, str]
    inputs: Mapping[str, str]
    agreement: tuple[Agreement, ...] | None = None


@dataclass(frozen=True, slots=True)
class StudyNumbers(Shown):
    """The study's own recipe at one C (paper sections 6.4 and 6.7): its threshold is chosen on fresh itself."""

    c: float
    fresh: Estimate
    threshold: float | None
    asymmetry: Estimate | None
    p_assert_correct: Estimate | None
    p_assert_wrong: Estimate | None
    floor: float
    reason: str


@dataclass(frozen=True, slots=True)
class StudyRecipe(Shown):
    """The study's own numbers on each target; None without features, or with too few answers of a class."""

    correct: tuple[StudyNumbers, ...] | None = None
    asserted: tuple[StudyNumbers, ...] | None = None

    def made(self) -> tuple[tuple[Target, tuple[StudyNumbers, ...]], ...]:
        """Return the targets that have such numbers."""
        pairs: tuple[tuple[Target, tuple[StudyNumbers, ...] | None], ...] = (
            ("correct", self.correct),
            ("asserted", self.asserted),
        )
        return tuple((target, rows) for target, rows in pairs if rows)


@dataclass(frozen=True, slots=True, repr=False)
class FalsifyReport(ProbeReport):
    """What `falsify.json` holds: the run that was judged, the second model's if one was given, and how."""

    run: RunIdentity
    second: RunIdentity | None
    folds: int
    seed: int
    versions: Mapping[str, str]
    study_recipe: StudyRecipe


@dataclass(frozen=True, slots=True)
class StoredStep(Shown):
    """The AUROC of one step that the study kept as a number, and the file and row that it was read from."""

    step: str
    auroc: Estimate
    source: str


@dataclass(frozen=True, slots=True)
class StoredAxis(Shown):
    """Both AUROCs of one axis that the study kept as numbers, and where they were read from."""

    axis: str
    cv: Estimate
    fresh: Estimate
    source: str


@dataclass(frozen=True, slots=True)
class PublishedReport(Result):
    """What `report.json` of a published run holds: the study's stored numbers on correctness, nothing filled in."""

    SCHEMA: ClassVar[int] = 2

    origin: Literal["published"]
    thresholds: Thresholds
    rates: BySplit[Estimate]
    steps: tuple[StoredStep, ...]
    axes: tuple[StoredAxis, ...]
