"""One metric of two sides, compared: the paired numbers, and every threat to reading them as an effect."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from interp.records.findings import Estimate, Severity, Threat
from interp.records.shown import Shown
from interp.results.deltas import Delta, Deltas, Stage
from interp.results.schema import Result
from interp.scores import fairness, paired
from interp.scores.fairness import Different
from interp.scores.paired import PairedScores
from interp.scores.sets import Conditions, ScoreSet
from interp.scores.truncation import Truncation

LEVEL = 0.05
MAJORITY = 0.5  # of a delta, from which on it is said to rest on cut-off answers


@dataclass(frozen=True, slots=True)
class Comparison(Shown):
    """A comparison that was let through; differences are B - A."""

    metric: str
    scale: tuple[float, float] | None
    a: Conditions
    b: Conditions
    numbers: PairedScores
    threats: tuple[Threat, ...]

    @property
    def title(self) -> str:
        """The metric, with its token budget where that is recorded."""
        budget = self.a.max_new_tokens
        return f"{self.metric}, {budget} new tokens" if budget else self.metric

    def in_points(self, difference: float) -> float:
        """Return a difference in points of 100 of the scale, or as it is where there is no scale."""
        return difference if self.scale is None else 100 * difference / (self.scale[1] - self.scale[0])


@dataclass(frozen=True, slots=True)
class Source(Shown):
    """Where one side came from: what it is called, and the sha256 of its manifest or file."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ComparisonReport(Result):
    """What `compare.json` holds: both sides, and the comparison of each metric that they share."""

    SCHEMA: ClassVar[int] = 3

    a: Source
    b: Source
    comparisons: tuple[Comparison, ...]


def compare_sets(a: ScoreSet, b: ScoreSet, different: Different | None = None) -> Comparison:
    """Compare two score sets of one metric; sets that may not be compared raise InputError."""
    threats = fairness.check(a, b, different)
    numbers = paired.pair(a, b)
    threats += _of_truncation(numbers) + _of_unscored(numbers)
    return Comparison(a.metric, a.scale, a.conditions, b.conditions, numbers, tuple(threats))


def as_deltas(report: ComparisonReport) -> Deltas:
    """Return what the figure of deltas draws: metrics on a scale, as measured and where both sides finished."""
    source = f"{report.b.name} against {report.a.name}"
    rows = (row for one in report.comparisons if one.scale is not None for row in _deltas(one, source))
    return Deltas(Deltas.SCHEMA, tuple(rows))


def _deltas(comparison: Comparison, source: str) -> Iterator[Delta]:
    cut = comparison.numbers.truncation
    stages: dict[Stage, Estimate | None] = {
        "measured": comparison.numbers.delta,
        "finished": None if cut is None else cut.finished,
    }
    fatal = tuple(threat.name for threat in comparison.threats if threat.severity is Severity.FATAL)
    for stage, estimate in stages.items():
        if estimate is not None:
            yield Delta(
                metric=comparison.title,
                stage=stage,
                value=comparison.in_points(estimate.value),
                of=100.0,
                source=source,
                lower=comparison.in_points(estimate.lower),
                upper=comparison.in_points(estimate.upper),
                method=estimate.method,
                n_items=estimate.n_pos,
                fatal=fatal,
            )


def claims_effect(estimate: Estimate | None) -> bool:
    """Say whether an interval leaves out 0, so that the delta would be read as an effect."""
    return estimate is not None and (estimate.lower > 0 or estimate.upper < 0)


def _of_truncation(numbers: PairedScores) -> list[Threat]:
    cut = numbers.truncation
    if cut is None:
        sentence = (
            "It is not recorded of every answer whether it was cut off, so nobody can tell how much of the delta rests "
            "on truncation."
        )
        return [Threat("unrecorded_truncation", Severity.FATAL, {}, sentence)]
    checks = (_shares_differ(cut), _rests(numbers, cut), _open_sign(numbers, cut))
    return [threat for threat in checks if threat is not None]


def _shares_differ(cut: Truncation) -> Threat | None:
    p = cut.share_delta.p_value
    if p is None or p >= LEVEL:
        return None
    sentence = (
        f"A has {cut.share_a.value:.1%} of its answers cut off and B {cut.share_b.value:.1%} (McNemar's exact p = "
        f"{p:.2g}): one token budget cut the two sides differently, which can make a delta or hide one."
    )
    return Threat("truncation_differs", Severity.WARNING, {"p": p, **dataclasses.asdict(cut.table)}, sentence)


def _rests(numbers: PairedScores, cut: Truncation) -> Threat | None:
    """A delta that is there with the cut-off answers, mostly because of them, and not shown without them."""
    delta, finished = numbers.delta, cut.finished
    if delta is None or not claims_effect(delta) or not cut.n_part or cut.part is None:
        return None
    share = cut.part / delta.value
    if share <= MAJORITY or (claims_effect(finished) and finished is not None and finished.value * delta.value > 0):
        return None
    left = "there is no item that both finished" if finished is None else f"where both finished it is {finished}"
    sentence = (
        f"{share:.0%} of the delta comes from the {cut.n_part} scored items that were cut off on a side; {left}: the "
        "delta rests on truncation."
    )
    evidence = {"share": share, "part": cut.part, "n_part": cut.n_part}
    return Threat("rests_on_truncation", Severity.FATAL, evidence, sentence)


def _open_sign(numbers: PairedScores, cut: Truncation) -> Threat | None:
    """A delta whose sign the cut-off answers could turn, had they been finished."""
    delta, least, most = numbers.delta, cut.least, cut.most
    if delta is None or not claims_effect(delta) or least is None or most is None or least.value * most.value > 0:
        return None
    n_cut = cut.table.only_a + cut.table.only_b + cut.table.both
    sentence = (
        f"Finished otherwise, the {n_cut} items with a cut-off answer could take the delta anywhere from "
        f"{least.value:+.3f} to {most.value:+.3f}: its sign is not known for all {cut.n_bounded} items."
    )
    return Threat("truncation_leaves_sign_open", Severity.WARNING, {"least": least.value, "most": most.value}, sentence)


def _of_unscored(numbers: PairedScores) -> list[Threat]:
    lost = numbers.n_items - numbers.n_paired
    if not lost:
        return []
    reasons = [
        f"{side} {', '.join(f'{count} {why}' for why, count in counts.items()) or 'none'}"
        for side, counts in (("A", numbers.unscored_a), ("B", numbers.unscored_b))
    ]
    sentence = (
        f"{lost} of {numbers.n_items} items have no score on one side or both ({'; '.join(reasons)}): they are not "
        "in the delta, which is that of the others only."
    )
    severity = Severity.WARNING if lost > 0.05 * numbers.n_items else Severity.NOTE
    return [Threat("unscored", severity, {"unscored": lost, "items": numbers.n_items}, sentence)]
