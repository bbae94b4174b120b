"""Labelled answers of a sweep -> its evidence: the numbers of every set and factor, and one readable record of each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hooks.dose.response import CHOSEN, Doses, along, effect, level
from interp.errors import InputError
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.judgements import Label
from interp.records.prompts import Prompt
from interp.results.dose import BecameUnknown, Change, Changes, CohortCounts, Condition, HeadSet, Measure


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the verdict rests on: every prompt's numbers, and what they come to under each set and factor."""

    sets: tuple[HeadSet, ...]
    doses: Doses
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EditedAnswers:
    """All answers under one set and factor, in the order of the prompts."""

    generations: tuple[Generation, ...]
    labels: tuple[Label, ...]


ByEdit = Mapping[tuple[int, float], EditedAnswers]  # the place of the set, and the factor


def gather(
    asked: Sequence[Prompt],
    answers: Sequence[Generation],
    labels: Sequence[Label],
    sets: Sequence[HeadSet],
    factors: Sequence[float],
) -> Evidence:
    """Return the evidence of a sweep.

    Args:
        asked: the prompts.
        answers: one a prompt and edit; factor 1.0 once, under the first set.
        labels: of the answers, in their order.
        sets: the chosen heads first, then the random ones.
        factors: with 1.0 among them.

    Raises:
        InputError: an answer is missing.
    """
    by_edit = sort_answers(asked, answers, labels, sets, factors)
    doses = count(by_edit, sets, factors)
    return Evidence(tuple(sets), doses, conditions(doses, by_edit))


def sort_answers(
    asked: Sequence[Prompt],
    answers: Sequence[Generation],
    labels: Sequence[Label],
    sets: Sequence[HeadSet],
    factors: Sequence[float],
) -> ByEdit:
    """Sort answers by set and factor; an answer that is missing raises InputError. Factor 1.0 stands in every set."""
    labelled = {(g.prompt_id, g.edit): (g, label) for g, label in zip(answers, labels, strict=True)}
    by_edit = {}
    for place, head_set in enumerate(sets):
        for factor in factors:
            edit = HeadScale(sets[CHOSEN].heads if factor == 1.0 else head_set.heads, factor)
            pairs = [labelled[prompt.id, edit] for prompt in asked if (prompt.id, edit) in labelled]
            if len(pairs) < len(asked):
                missing = len(asked) - len(pairs)
                raise InputError(f"{missing} prompts have no answer under {head_set.name} heads times {factor:g}.")
            by_edit[place, factor] = EditedAnswers(tuple(g for g, _ in pairs), tuple(label for _, label in pairs))
    return by_edit


def count(by_edit: ByEdit, sets: Sequence[HeadSet], factors: Sequence[float]) -> Doses:
    """Return the numbers of all answers."""
    ordered = along(factors)
    numbers = [[_numbers(by_edit[place, factor]) for factor in ordered] for place in range(len(sets))]
    values = {m: np.array([[at[m] for at in of_set] for of_set in numbers], dtype=np.float64) for m in Measure}
    return Doses(tuple(head_set.name for head_set in sets), ordered, values)


def _numbers(answers: EditedAnswers) -> dict[Measure, list[float]]:
    return {
        Measure.CHECKLIST_RECALL: [_number(label.checklist_recall) for label in answers.labels],
        Measure.ASSERTED: [_number(label.asserted) for label in answers.labels],
        Measure.CORRECT: [_number(label.correct) for label in answers.labels],
        Measure.UNSCORED: [float(label.asserted is None) for label in answers.labels],
        Measure.CUT_OFF: [float(g.stop is StopReason.LENGTH) for g in answers.generations],
        Measure.TOKENS: [float(len(g.tokens)) for g in answers.generations],
    }


def _number(value: float | bool | None) -> float:
    return math.nan if value is None else float(value)


def conditions(doses: Doses, by_edit: ByEdit) -> tuple[Condition, ...]:
    """Return one record a set and factor: levels, paired differences, what became unknown, the 2x2, stop reasons."""
    places = range(len(doses.sets))
    return tuple(_condition(doses, by_edit, place, factor) for place in places for factor in doses.factors)


def _condition(doses: Doses, by_edit: ByEdit, place: int, factor: float) -> Condition:
    here, base = by_edit[place, factor], by_edit[place, 1.0]
    return Condition(
        set=doses.sets[place],
        factor=factor,
        answers=len(here.labels),
        measures=Changes(**{m: _change(doses, m, place, factor) for m in Measure}),
        became_unknown=_became_unknown(base.labels, here.labels),
        cohorts=_cohorts(here.labels),
        stops=dict(sorted(Counter(str(g.stop) for g in here.generations).items())),
    )


def _change(doses: Doses, measure: Measure, place: int, factor: float) -> Change:
    x, base = doses.at(measure, place, factor), doses.at(measure, place, 1.0)
    known = ~np.isnan(x)
    return Change(
        level=level(x),
        difference=None if factor == 1.0 else effect(doses, measure, place, factor),
        known=int(known.sum()),
        pairs=int((known & ~np.isnan(base)).sum()),
        became_known=int((known & np.isnan(base)).sum()),
    )


def _cohorts(labels: Sequence[Label]) -> CohortCounts:
    counts = Counter[str](label.cohort or "unknown" for label in labels)
    return CohortCounts(counts["cr"], counts["cw"], counts["hr"], counts["hw"], counts["unknown"])


def _became_unknown(base: Sequence[Label], here: Sequence[Label]) -> BecameUnknown:
    pairs = list(zip(base, here, strict=True))
    return BecameUnknown(
        checklist_recall=_reasons(
            Measure.CHECKLIST_RECALL,
            [b for a, b in pairs if a.checklist_recall is not None and b.checklist_recall is None],
        ),
        asserted=_reasons(Measure.ASSERTED, [b for a, b in pairs if a.asserted is not None and b.asserted is None]),
        correct=_reasons(Measure.CORRECT, [b for a, b in pairs if a.correct is not None and b.correct is None]),
    )


def _reasons(measure: Measure, unknown: Sequence[Label]) -> dict[str, int]:
    """Count labels by the reason why the measure is unknown."""
    return dict(sorted(Counter(label.reasons.get(measure, "unscored") for label in unknown).items()))
