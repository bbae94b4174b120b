"""Which heads differ between two cohorts of answers: what `attribution.json` holds, one's own or published.

d > 0 means that cohort a (by default cw: wrong and asserted) is higher than cohort b (cr: right and asserted), as in
the paper's section on arc 2. A contrast is a correlation over answers; `Intervention` is what changing a head does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from interp.errors import InputError
from interp.records.findings import Estimate
from interp.records.judgements import Cohort
from interp.records.loaded import ModelId
from interp.records.shown import Shown
from interp.results.identity import PublishedFile, RunIdentity
from interp.results.schema import Result

CONTRASTS = {"magnitude": "|d|", "directional": "d"}  # by what each ranks heads: a directional d below 0 is none
LEVEL = 0.05  # a head survives below this family-wise p
ContrastOutcome = Literal["heads survive", "no head survives", "could not be tested"]


@dataclass(frozen=True, slots=True)
class PublishedModel(Shown):
    """A model of the published study: the study says what it loaded, but not which commit."""

    name: str
    repo: str
    source: Literal["published"] = "published"


@dataclass(frozen=True, slots=True)
class AttributionSettings(Shown):
    """Which answers were compared, and in how many of them every head was zeroed."""

    split: Literal["fit", "fresh", "both"]
    limit: int | None
    seed: int
    intervene: int


@dataclass(frozen=True, slots=True)
class Cohorts(Shown):
    """Two cohorts of answers and how many each has."""

    a: Cohort
    b: Cohort
    n_a: int
    n_b: int


@dataclass(frozen=True, slots=True)
class HeadEffect(Shown):
    """One head in one contrast.

    Attributes:
        mean_a: mean of what is compared in cohort a: norms, or projections of held-out answers.
        d: Cohen's d; None where it does not exist, with the reason.
        p: permutation p of this head alone.
        p_family: permutation p against the largest head of every permutation, times the number of contrasts tried.
        survives: p_family below 0.05; None where there is no p.
        d_in_sample: the study's directional number, projections on a direction made from the same answers.
        d_in_sample_null: the mean of that number when the cohorts' labels are shuffled.
        cosine: between the cohorts' mean vectors.
    """

    layer: int
    head: int
    mean_a: float | None
    mean_b: float | None
    d: Estimate | None
    p: float | None
    p_family: float | None
    survives: bool | None
    d_in_sample: float | None = None
    d_in_sample_null: float | None = None
    cosine: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Largest(Shown):
    """The largest d over all heads beside what is largest where nothing differs: its mean and its 95 % quantile."""

    observed: float
    expected: float
    quantile_95: float
    method: str


@dataclass(frozen=True, slots=True)
class SplitHalf(Shown):
    """Do two halves of the answers rank the heads alike? `null` is the same with shuffled labels.

    `top_shared` is the mean share of the `top` first heads that both halves name, `top_shared_null` the same by chance.
    """

    rank_correlation: Estimate
    null: Estimate
    top: int
    top_shared: float
    top_shared_null: float


@dataclass(frozen=True, slots=True)
class Matched(Shown):
    """A contrast over pairs of answers that are alike in something, one of each cohort; `heads` are the ones in view.

    In view are the first heads of the contrast over all answers, and every head that survives here.
    """

    by: str
    n_pairs: int
    outcome: ContrastOutcome
    reason: str
    largest: Largest | None = None
    heads: tuple[HeadEffect, ...] = ()


@dataclass(frozen=True, slots=True)
class Contrast(Shown):
    """One contrast over all heads; `ranking` holds (layer, head), the strongest first."""

    outcome: ContrastOutcome
    reason: str
    method: str
    ranking: tuple[tuple[int, int], ...] = ()
    heads: tuple[HeadEffect, ...] = ()
    permutations: int | None = None
    largest: Largest | None = None
    split_half: SplitHalf | None = None
    matched: Mapping[str, Matched] = field(default_factory=dict)

    @property
    def surviving(self) -> tuple[tuple[int, int], ...]:
        """(layer, head) of the heads that survive, in the order of the ranking."""
        kept = {(h.layer, h.head) for h in self.heads if h.survives}
        return tuple(place for place in self.ranking if place in kept)


@dataclass(frozen=True, slots=True)
class HeadShift(Shown):
    """What zeroing one head does, as a mean over answers: natural log-probability a token, and the probe's log-odds."""

    layer: int
    head: int
    logprob: Estimate
    score: Estimate | None


@dataclass(frozen=True, slots=True)
class Intervention(Shown):
    """Every head zeroed once, and how its effect ranks beside each contrast.

    `rank_correlation` maps contrast -> effect (`logprob`, `score`) -> Spearman's correlation over heads of the
    contrast's ranking with the size of the effect.
    """

    generation_ids: tuple[str, ...]
    factor: float
    heads: tuple[HeadShift, ...]
    probe: str | None
    reason: str | None
    rank_correlation: Mapping[str, Mapping[str, Estimate]]


@dataclass(frozen=True, slots=True)
class Attribution(Result):
    """Everything that `attribution.json` holds.

    Attributes:
        model: whose heads they are.
        source: the run, or the published file, that the answers are of.
        contrasts: by name, `magnitude` before `directional`.
        intervention: None where no head was zeroed.
        settings: how it was made; None of a published one.
    """

    SCHEMA: ClassVar[int] = 2

    model: ModelId | PublishedModel
    source: RunIdentity | PublishedFile
    cohorts: Cohorts
    last_tokens: int
    contrasts: Mapping[str, Contrast]
    intervention: Intervention | None = None
    settings: AttributionSettings | None = None

    def __post_init__(self) -> None:
        """Put the contrasts into the order of `CONTRASTS`: JSON keeps its keys sorted."""
        names = dict.fromkeys((*CONTRASTS, *self.contrasts))
        ordered = {name: self.contrasts[name] for name in names if name in self.contrasts}
        object.__setattr__(self, "contrasts", ordered)

    def contrast(self, name: str) -> Contrast:
        """Return a contrast by its name; one that is not here raises InputError."""
        if name not in self.contrasts:
            raise InputError(f"This attribution has no {name!r} contrast; it has {', '.join(self.contrasts)}.")
        return self.contrasts[name]
