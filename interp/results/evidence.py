"""What stands beside one probe: its numbers by layer, baselines, nulls, calibration, and what a threshold does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from interp.records.arrays import Site
from interp.records.findings import Estimate, Outcome, Verdict
from interp.records.prompts import Split
from interp.records.shown import Shown

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BySplit(Shown, Generic[T]):
    """The same thing on both splits."""

    fit: T
    fresh: T

    def of(self, split: Split) -> T:
        """Return what belongs to a split."""
        return self.fit if split is Split.FIT else self.fresh

    def items(self) -> tuple[tuple[Split, T], tuple[Split, T]]:
        """Return both, fit first, each with its split."""
        return (Split.FIT, self.fit), (Split.FRESH, self.fresh)


@dataclass(frozen=True, slots=True)
class Thresholds(Shown):
    """Every threshold of the falsification and the taxonomy, in one place; a copy goes into each report."""

    cv_auroc: float = 0.65
    """Step 1: cross-validated AUROC on fit (paper section 6.3)."""
    fresh_auroc: float = 0.63
    """Step 2: AUROC on fresh prompts (paper section 6.4)."""
    asymmetry: float = -0.15
    """Step 2: balanced assertion asymmetry on fresh, P(assert | wrong) - P(assert | correct); lower is better."""
    assert_floor: float = 0.70
    """Only thresholds with P(assert | correct) of at least this count as balanced."""
    axis_cv: float = 0.65
    """Step 3: cross-validated AUROC of an axis."""
    axis_fresh: float = 0.60
    """Step 3: AUROC of an axis on fresh."""
    axis_correlation: float = 0.80
    """Step 3: out-of-fold scores of two axes may not correlate at this absolute value or above."""
    cliff_ratio: float = 1 / 3
    """Fresh base rate over fit base rate: a capability cliff lies wholly below it."""
    min_class: int = 5
    """Examples of each class without which nothing is fitted or judged."""


@dataclass(frozen=True, slots=True)
class ClassCounts(Shown):
    """How many scored answers are of each class, and how many are in neither, by reason."""

    n_pos: int
    n_neg: int
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LayerAuroc(Shown):
    """What a probe reads at one place: C chosen on fit, judged on fresh; `fresh` is None where it has one class."""

    site: Site
    layer: int
    c: float
    cv: Estimate
    fresh: Estimate | None

    @property
    def place(self) -> str:
        """Where it was read: `resid_post 17` or `ln_final`."""
        return "ln_final" if self.site is Site.LN_FINAL else f"{self.site} {self.layer}"


@dataclass(frozen=True, slots=True)
class Headline(Shown):
    """The place that was chosen on fit, its nested cross-validation, and the permutation p of its fresh AUROC."""

    at: LayerAuroc
    nested_cv: Estimate | None
    fresh_p: float | None


@dataclass(frozen=True, slots=True)
class AxisCounts(Shown):
    """Answers of a split that are positive on an axis (scored 4 or 5), negative, and unscored."""

    positive: int
    negative: int
    unscored: int


@dataclass(frozen=True, slots=True)
class AxisAuroc(Shown):
    """What h_last tells of one axis of the rubric; `cv` and `fresh` are None with a `reason`."""

    axis: str
    cv: Estimate | None
    fresh: Estimate | None
    counts: BySplit[AxisCounts]
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BaselineResult(Shown):
    """A cheaper way to the same answer, judged on the same fresh answers as the probe.

    `margin` is the probe's AUROC minus the baseline's, paired, on fresh. Where the baseline could not be run, all
    estimates are None and `reason` says why.
    """

    name: str
    kind: Literal["surface", "confidence"]
    cv: Estimate | None
    fresh: Estimate | None
    margin: Estimate | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Null(Shown):
    """One null beside the number that it belongs to.

    Attributes:
        name: which null.
        statistic: what was measured, on which split, and at which places.
        observed: the statistic on the true data.
        typical: its mean where there is nothing to find.
        extreme: the value that one null draw in twenty exceeds.
        p_value: one-sided; None where the draws are too few to carry one, or where none could be made.
        n: draws.
        seed: of the draws.
        reason: why there are none.
    """

    name: str
    statistic: str
    observed: float | None
    typical: float | None
    extreme: float | None
    p_value: float | None
    n: int
    seed: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ControlTask(Shown):
    """The control task (Hewitt and Liang 2019): how far the probe learns labels that mean nothing.

    Attributes:
        real: cross-validated AUROC of the target at the headline place and C.
        control: mean cross-validated AUROC of the control tasks, on the same folds.
        selectivity: real minus control; its interval is the middle 95 % over control tasks.
        memorised: mean AUROC of the control tasks on the very answers that they were fitted on: 1 says that the probe
            has the capacity to learn anything here.
        types: how many prompt types got labels of their own; tasks: how many control tasks; seed: of their labels.
        reason: why there are none.
    """

    real: float | None
    control: float | None
    selectivity: Estimate | None
    memorised: float | None
    types: int
    tasks: int
    seed: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Nulls(Shown):
    """Every null of one probe, and its control task."""

    rows: tuple[Null, ...]
    control_task: ControlTask


@dataclass(frozen=True, slots=True)
class Reliability(Shown):
    """Calibration of the probe's probabilities, and the area under its risk-coverage curve (lower is better).

    `risk` is that of answering everything, which is also the expected area without any ranking. `reason` says why the
    area is None.
    """

    ece: Estimate
    ece_equal_mass: Estimate
    brier: Estimate
    brier_of_rate: float
    aurc: Estimate | None
    risk: Estimate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CurvePoint(Shown):
    """Answer the share `coverage` of highest score: the last one taken has `threshold`, and `risk` of them fail."""

    coverage: float
    threshold: float
    risk: Estimate


@dataclass(frozen=True, slots=True)
class SidecarResult(Shown):
    """What a threshold that never saw fresh does there (paper section 6, T1-lite).

    The oracle's threshold was chosen on fresh itself: an upper bound, never a result. `reason` says why a part is None.
    `curve` is selective prediction on fresh: answering only the share of highest score.
    """

    threshold: float | None
    asymmetry: Estimate | None
    p_assert_correct: Estimate | None
    p_assert_wrong: Estimate | None
    oracle_threshold: float | None
    oracle_asymmetry: Estimate | None
    reason: str
    curve: tuple[CurvePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class RelationAuroc(Shown):
    """The fresh AUROC within one relation; None where a class is too small."""

    relation: str
    n_pos: int
    n_neg: int
    fresh: Estimate | None


@dataclass(frozen=True, slots=True)
class TargetReport(Shown):
    """Everything that a report says of one target.

    `headline`, `study_reading`, `nulls`, `reliability` and `sidecar` are None, and `layers`, `baselines` and
    `relations` empty, where no probe could be fitted or fresh holds one class only; the verdict says so.
    """

    n: BySplit[ClassCounts]
    headline: Headline | None
    study_reading: LayerAuroc | None
    layers: tuple[LayerAuroc, ...]
    axes: tuple[AxisAuroc, ...]
    baselines: tuple[BaselineResult, ...]
    nulls: Nulls | None
    reliability: Reliability | None
    sidecar: SidecarResult | None
    relations: tuple[RelationAuroc, ...]
    verdict: Verdict
