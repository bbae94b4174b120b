"""Which heads differ between two cohorts of answers: the record of `attribution.json`, one's own or published.

d > 0 means that cohort a (by default cw: wrong and asserted) is higher than cohort b (cr: right and asserted), as in
the paper's section on arc 2. A contrast is a correlation over answers; `Intervention` is what changing a head does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from interp.errors import InputError
from interp.records.findings import Estimate
from interp.records.judgements import Cohort
from interp.runs.files import canonical_json, read_json, write_json
from interp.runs.rows import parse_row

SCHEMA = 1
FILE = "attribution.json"
CONTRASTS = {"magnitude": "|d|", "directional": "d"}  # by what each ranks heads: a directional d below 0 is none
LEVEL = 0.05  # a head survives below this family-wise p
Outcome = Literal["heads survive", "no head survives", "could not be tested"]
STRICT: dict[str, Any] = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Two cohorts of answers and how many each has."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    a: Cohort
    b: Cohort
    n_a: int
    n_b: int


@dataclass(frozen=True, slots=True)
class HeadEffect:
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

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
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
class Largest:
    """The largest d over all heads beside what is largest where nothing differs: its mean and its 95 % quantile."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    observed: float
    expected: float
    quantile_95: float
    method: str


@dataclass(frozen=True, slots=True)
class SplitHalf:
    """Do two halves of the answers rank the heads alike? `null` is the same with shuffled labels.

    `top_shared` is the mean share of the `top` first heads that both halves name, `top_shared_null` the same by chance.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    rank_correlation: Estimate
    null: Estimate
    top: int
    top_shared: float
    top_shared_null: float


@dataclass(frozen=True, slots=True)
class Matched:
    """A contrast over pairs of answers that are alike in something, one of each cohort; `heads` are the ones in view.

    In view are the first heads of the contrast over all answers, and every head that survives here.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    by: str
    n_pairs: int
    outcome: Outcome
    reason: str
    largest: Largest | None = None
    heads: tuple[HeadEffect, ...] = ()


@dataclass(frozen=True, slots=True)
class Contrast:
    """One contrast over all heads; `ranking` holds (layer, head), the strongest first."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    outcome: Outcome
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
class HeadShift:
    """What zeroing one head does, as a mean over answers: natural log-probability a token, and the probe's log-odds."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    layer: int
    head: int
    logprob: Estimate
    score: Estimate | None


@dataclass(frozen=True, slots=True)
class Intervention:
    """Every head zeroed once, and how its effect ranks beside each contrast.

    `rank_correlation` maps contrast -> effect (`logprob`, `score`) -> Spearman's correlation over heads of the
    contrast's ranking with the size of the effect.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    generation_ids: tuple[str, ...]
    factor: float
    heads: tuple[HeadShift, ...]
    probe: str | None
    reason: str | None
    rank_correlation: Mapping[str, Mapping[str, Estimate]]


@dataclass(frozen=True, slots=True)
class Attribution:
    """Everything that `attribution.json` holds.

    `contrasts` are called `magnitude` and `directional`; `source` says which run or published file they were made from.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    schema: int
    model: Mapping[str, Any]
    source: Mapping[str, Any]
    cohorts: Cohorts
    last_tokens: int
    contrasts: Mapping[str, Contrast]
    intervention: Intervention | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def contrast(self, name: str) -> Contrast:
        """Return a contrast by its name; one that is not here raises InputError."""
        if name not in self.contrasts:
            raise InputError(f"This attribution has no {name!r} contrast; it has {', '.join(self.contrasts)}.")
        return self.contrasts[name]


def write(path: Path, attribution: Attribution) -> None:
    """Write the record as JSON."""
    write_json(path, dataclasses.asdict(attribution))


def read(path: Path) -> Attribution:
    """Read `attribution.json`.

    Raises:
        InputError: a missing file, unknown keys or wrong types, or another schema.
    """
    content = read_json(path)
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        raise InputError(f"{path} has the schema {schema!r}, expected {SCHEMA}; make it again with this version.")
    found = parse_row(Attribution, canonical_json(content), str(path))
    in_order = {name: found.contrasts[name] for name in (*CONTRASTS, *found.contrasts) if name in found.contrasts}
    return dataclasses.replace(found, contrasts=in_order)
