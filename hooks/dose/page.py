"""The page and the screenful of a tempering sweep."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from interp.language import delivery
from interp.records.findings import Estimate
from interp.results.dose import (
    AgainstRandom,
    Condition,
    HeadSource,
    ListedHeads,
    Measure,
    TemperResult,
    Trend,
)
from interp.show.markdown import interval, table

NAMES = {
    Measure.CHECKLIST_RECALL: "checklist recall",
    Measure.ASSERTED: "asserted",
    Measure.CORRECT: "correct",
    Measure.UNSCORED: "no delivery label",
    Measure.CUT_OFF: "cut off",
    Measure.TOKENS: "answer tokens",
}
DIRECTIONS = {1: "rises", -1: "falls", 0: "does not move"}


def summary(result: TemperResult) -> str:
    """Return the verdict and the chosen heads' numbers at every factor as lines of a terminal."""
    lines = [
        f"{result.loaded.model.name} on {result.prompts.name}, {result.prompts.n} prompts: heads "
        f"{result.chosen.shown} at factors {', '.join(f'{f:g}' for f in result.factors)}, beside "
        f"{len(result.sets) - 1} random sets",
        "",
        f"Tempering: {result.judged.verdict}.",
        f"    {result.judged.reason}",
        "",
        f"{'factor':>8}  {'checklist recall':26}{'asserted':26}{'correct':26}{'cut off':>8}{'tokens':>8}",
        *(_levels(condition) for condition in result.along(result.chosen)),
    ]
    return "\n".join([*lines, "", *(f"note: {note}" for note in result.judged.notes)])


def _levels(condition: Condition) -> str:
    measures = condition.measures
    shown = (measures.checklist_recall, measures.asserted, measures.correct)
    estimates = "".join(f"{interval(change.level):26}" for change in shown)
    cut, tokens = _mean(measures.cut_off.level, 2), _mean(measures.tokens.level, 1)
    return f"{condition.factor:8g}  {estimates}{cut:>8}{tokens:>8}"


def _mean(estimate: Estimate | None, digits: int) -> str:
    return "-" if estimate is None else f"{estimate.value:.{digits}f}"


def markdown(result: TemperResult) -> str:
    """Return the page of one sweep."""
    judged, loaded = result.judged, result.loaded
    parts = [
        f"# Tempering {result.chosen.shown} of {loaded.model.name}\n",
        f"**{judged.verdict.capitalize()}.** {judged.reason[:1].upper()}{judged.reason[1:]}\n",
        f"{result.prompts.n} prompts of {result.prompts.name} ({result.prompts.split} split), greedy, "
        f"{result.max_new_tokens} new tokens; backend {loaded.backend}, hook proof {loaded.proof}. "
        "The disposition is delivery (the rate of asserted answers), the content is checklist recall; both are judged "
        f"at the factor farthest from 1, {result.factors[-1]:g}.\n",
        *(f"- {note}" for note in judged.notes),
        f"- Delivery is labelled by {result.instruments}; {delivery.AGREEMENT}.\n",
        "## Sets of heads\n",
        *(f"- {head_set.name}: {head_set.shown}" for head_set in result.sets),
        f"\nWhere the chosen heads come from: {_source(result.heads)}.\n",
        _against_random(result),
        "\nTrend along the factors (Page's L with a permutation null, two-sided), chosen heads:\n",
        *(f"- {NAMES[measure]}: {_steadiness(trend)}" for measure, trend in judged.trends.delivery_first()),
        "\n## Every set and factor\n\nDifferences are paired, to factor 1; in brackets 95 % intervals.\n",
        _every_condition(result),
        "\n## Delivery by correctness, stop reasons, answers that became unknown\n",
        _counts(result),
        "\n## The rule\n",
        *(f"- {name.replace('_', ' ')}: {value:g}" for name, value in dataclasses.asdict(result.rule).items()),
    ]
    return "\n".join(parts) + "\n"


def _source(heads: HeadSource) -> str:
    if isinstance(heads, ListedHeads):
        return "a list on the command line"
    return (
        f"the {heads.contrast} contrast of an attribution (sha256 {heads.sha256[:12]}; there: "
        f"{heads.outcome}; of these heads survive: {heads.surviving or 'none of them'})"
    )


def _against_random(result: TemperResult) -> str:
    compared = result.judged.random.delivery_first()
    rows = [_random_row(measure, random) for measure, random in compared if random is not None]
    if not rows:
        return "No random sets were run, or too few of their answers are scored.\n"
    header = ("effect at the strongest factor", "random sets", "at least as far", "p (smallest possible)")
    return table((*header, "excess over mean"), rows)


def _random_row(measure: Measure, random: AgainstRandom) -> list[str]:
    return [
        NAMES[measure],
        ", ".join(f"{effect:+.3f}" for effect in random.effects),
        f"{random.as_far} of {len(random.effects)}",
        f"{random.p:.3f} ({random.smallest_p:.3f})",
        interval(random.excess),
    ]


def _steadiness(trend: Trend | None) -> str:
    if trend is None:
        return "unknown: too few prompts are known at every factor"
    return (
        f"{DIRECTIONS[trend.direction]}, p = {trend.p:.4f}; {trend.n_moving} of {trend.n_prompts} "
        "prompts are not the same at all factors"
    )


def _every_condition(result: TemperResult) -> str:
    header = ["set", "factor", *(title for name in NAMES.values() for title in (name, "difference"))]
    return table(header, [_condition_row(condition) for condition in result.measured])


def _condition_row(condition: Condition) -> list[str]:
    row = [condition.set, f"{condition.factor:g}"]
    for measure in Measure:
        change, digits = condition.measures.of(measure), 1 if measure is Measure.TOKENS else 3
        differs = f"{interval(change.difference, digits)}, n = {change.pairs}"
        row += [interval(change.level, digits), "" if condition.factor == 1 else differs]
    return row


def _counts(result: TemperResult) -> str:
    header = ["set", "factor", "asserted and right", "asserted and wrong", "hedged and right", "hedged and wrong"]
    return table([*header, "unknown", "stops", "recall lost", "delivery lost"], [_row(c) for c in result.measured])


def _row(condition: Condition) -> list[str]:
    cohorts, lost = condition.cohorts, condition.became_unknown
    counts = (cohorts.cr, cohorts.cw, cohorts.hr, cohorts.hw, cohorts.unknown)
    reasons = (condition.stops, lost.checklist_recall, lost.asserted)
    return [condition.set, f"{condition.factor:g}", *map(str, counts), *map(_reasons, reasons)]


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items()) or "0"
