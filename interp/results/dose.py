"""What a sweep over scaled heads gave: the records of `sweep.json`, `temper.json` and `replication.json`.

Every prompt is answered under every set of heads and every factor; all comparisons are with factor 1.0, prompt by
prompt. docs/tempering.md says how the numbers are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Generic, Literal, TypeVar

from interp.records.findings import Estimate
from interp.records.loaded import Loaded
from interp.records.shown import Shown
from interp.results.identity import PublishedFile, RunIdentity
from interp.results.schema import Result

T = TypeVar("T")
Heads = tuple[tuple[int, int], ...]  # (layer, head)


class Measure(StrEnum):
    """What is measured of every answer, in the order of the pages."""

    CHECKLIST_RECALL = "checklist_recall"
    ASSERTED = "asserted"
    CORRECT = "correct"
    UNSCORED = "unscored"
    CUT_OFF = "cut_off"
    TOKENS = "tokens"


CONTENT, DISPOSITION = Measure.CHECKLIST_RECALL, Measure.ASSERTED  # the two that the verdict is about


@dataclass(frozen=True, slots=True)
class HeadSet(Shown):
    """A named set of heads; the chosen one comes first, the random ones after it."""

    name: str
    heads: Heads


@dataclass(frozen=True, slots=True)
class SpelledHeadSet(HeadSet):
    """A set of heads that also says them as people write them, `L3H1,L5H0`."""

    shown: str


@dataclass(frozen=True, slots=True)
class Sweep(Result):
    """What `sweep.json` holds: the edits of a sweep.

    Attributes:
        sets: the chosen heads first.
        factors: as they were asked for, 1.0 among them.
        rows_checked_at_factor_one: the rows of the first batch, kept only if all of them are as without an edit.
    """

    SCHEMA: ClassVar[int] = 1

    sets: tuple[HeadSet, ...]
    factors: tuple[float, ...]
    rows_checked_at_factor_one: int


@dataclass(frozen=True, slots=True)
class Change(Shown):
    """One measure under one set and factor, and how it differs from factor 1.0.

    Attributes:
        level: its mean over the answers where it is known.
        difference: to factor 1.0 over the prompts where both are known; None at factor 1.0 itself, and for fewer than
            two such prompts.
        known: answers where it is known.
        pairs: prompts where it is known here and at factor 1.0.
        became_known: prompts where it is known here and not at factor 1.0.
    """

    level: Estimate | None
    difference: Estimate | None
    known: int
    pairs: int
    became_known: int


@dataclass(frozen=True, slots=True)
class Changes(Shown):
    """All measures under one set and factor."""

    checklist_recall: Change
    asserted: Change
    correct: Change
    unscored: Change
    cut_off: Change
    tokens: Change

    def of(self, measure: Measure) -> Change:
        """Return that of one measure."""
        change: Change = getattr(self, measure)
        return change


@dataclass(frozen=True, slots=True)
class BecameUnknown(Shown):
    """Answers that were known at factor 1.0 and are not known here: reason -> how many, for each label."""

    checklist_recall: Mapping[str, int]
    asserted: Mapping[str, int]
    correct: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CohortCounts(Shown):
    """Delivery by correctness as in the paper: c asserted, h hedged, then r right, w wrong."""

    cr: int
    cw: int
    hr: int
    hw: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Condition(Shown):
    """Everything that is counted under one set of heads at one factor; `stops` is stop reason -> answers."""

    set: str
    factor: float
    answers: int
    measures: Changes
    became_unknown: BecameUnknown
    cohorts: CohortCounts
    stops: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ContentAndDisposition(Shown, Generic[T]):
    """The same thing of checklist recall (the content) and of delivery (the disposition)."""

    checklist_recall: T
    asserted: T

    def delivery_first(self) -> tuple[tuple[Measure, T], ...]:
        """Return both with their measures, in the order in which pages speak of them."""
        return ((DISPOSITION, self.asserted), (CONTENT, self.checklist_recall))


@dataclass(frozen=True, slots=True)
class Trend(Shown):
    """Whether a measure moves steadily along the factors.

    `direction` is 1 where it rises towards the strongest edit, -1 where it falls, 0 where it does neither. `n_prompts`
    have a known answer at every factor; of these, `n_moving` do not have the same one at all of them.
    """

    direction: int
    p: float
    n_prompts: int
    n_moving: int


@dataclass(frozen=True, slots=True)
class AgainstRandom(Shown):
    """The chosen heads' effect at the strongest factor among those of the random sets.

    `p` is the share of sets, the chosen one counted in, that moved at least as far in either direction; it cannot be
    smaller than `smallest_p`. `excess` is the chosen heads' effect minus the random sets' mean effect.
    """

    effects: tuple[float, ...]
    as_far: int
    p: float
    smallest_p: float
    excess: Estimate


class TemperVerdict(StrEnum):
    """What tempering these heads did."""

    CLEAN = "moved cleanly"
    DAMAGE = "moved with content damage"
    RANDOM = "moved no more than random heads"
    STILL = "did not move"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class VerdictRule(Shown):
    """The thresholds of the verdict; changes are in shares of answers.

    Attributes:
        smallest_effect: the change of the rate of asserted answers from which the disposition counts as moved, and
            inside which its whole interval must lie to count as not moved.
        content_margin: the fall of checklist recall that its interval must exclude for the content to count as kept.
        max_unscored_shift: change of the share of answers without a delivery label from which nothing is concluded.
        min_pairs: prompts with a known answer at factor 1.0 and at the strongest factor.
        min_random_sets: random sets without which a move is not ascribed to the chosen heads.
        alpha: level of the trend test, and of the rank among the random sets where these are enough for it.
    """

    smallest_effect: float = 0.10
    content_margin: float = 0.10
    max_unscored_shift: float = 0.10
    min_pairs: int = 30
    min_random_sets: int = 5
    alpha: float = 0.05


@dataclass(frozen=True, slots=True)
class TemperJudgement(Shown):
    """The verdict, why, and the numbers that it rests on; `notes` are what a reader must know besides."""

    verdict: TemperVerdict
    reason: str
    disposition: Estimate | None
    content: Estimate | None
    trends: ContentAndDisposition[Trend | None]
    random: ContentAndDisposition[AgainstRandom | None]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedHeads(Shown):
    """Chosen heads that were listed on the command line."""

    chosen: Heads
    kind: Literal["list"] = "list"


@dataclass(frozen=True, slots=True)
class RankedHeads(Shown):
    """Chosen heads that come first in an `attribution.json`; it has no path here, so that equal choices are equal.

    Attributes:
        sha256: of the file.
        made_from: what the file was made from.
        contrast: the one whose first heads are taken.
        outcome: what the file says of that contrast.
        surviving: those of the chosen heads that survive there.
    """

    chosen: Heads
    sha256: str
    made_from: RunIdentity | PublishedFile
    contrast: str
    outcome: str
    surviving: str
    kind: Literal["attribution"] = "attribution"


HeadSource = ListedHeads | RankedHeads


@dataclass(frozen=True, slots=True)
class AskedPrompts(Shown):
    """Which prompts were asked, and how many."""

    name: str
    split: str
    n: int


@dataclass(frozen=True, slots=True)
class TemperResult(Result):
    """What `temper.json` holds: the numbers of every set and factor, the verdict, and the rule behind it.

    Attributes:
        sets: the chosen heads first.
        factors: the one farthest from 1 last.
        measured: one entry a set and factor, in their order.
        heads: where the chosen ones come from.
        inputs: file of the run -> sha256.
    """

    SCHEMA: ClassVar[int] = 2

    sets: tuple[SpelledHeadSet, ...]
    factors: tuple[float, ...]
    rule: VerdictRule
    judged: TemperJudgement
    measured: tuple[Condition, ...]
    loaded: Loaded
    prompts: AskedPrompts
    heads: HeadSource
    max_new_tokens: int
    instruments: str
    inputs: Mapping[str, str]

    @property
    def chosen(self) -> SpelledHeadSet:
        """The set that the verdict is about."""
        return self.sets[0]

    def along(self, head_set: HeadSet) -> tuple[Condition, ...]:
        """Return what was measured of one set, factor by factor."""
        return tuple(condition for condition in self.measured if condition.set == head_set.name)


@dataclass(frozen=True, slots=True)
class Rerun(Shown):
    """One sweep among several that differ by their seed: its verdict and both changes at the strongest factor."""

    directory: str
    manifest_sha256: str
    seed: int
    prompts: int
    prompts_shared_with_the_first: int
    verdict: TemperVerdict
    asserted: Estimate | None
    checklist_recall: Estimate | None


@dataclass(frozen=True, slots=True)
class Replication(Result):
    """What `replication.json` holds: the same sweep on several seeds.

    Attributes:
        runs: one entry a seed.
        verdict_repeats: whether all have the same verdict.
        signs: of the changes, one a run: 0 where the interval holds 0, None where the change is not known.
        signs_repeat: whether all runs show one and the same clear change; None where none of them shows any.
    """

    SCHEMA: ClassVar[int] = 1

    runs: tuple[Rerun, ...]
    verdict_repeats: bool
    signs: ContentAndDisposition[tuple[int | None, ...]]
    signs_repeat: ContentAndDisposition[bool | None]
