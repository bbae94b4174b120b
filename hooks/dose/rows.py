"""Labelled answers of a sweep -> the numbers of every set and factor, and one readable row for each."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hooks.dose.response import CHOSEN, LABELLED, MEASURES, Doses, along, effect, level
from hooks.dose.sets import HeadSet
from interp.errors import InputError
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.judgements import Label
from interp.records.prompts import Prompt

COHORTS = ("cr", "cw", "hr", "hw")


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """All answers under one set and factor, in the order of the prompts."""

    generations: tuple[Generation, ...]
    labels: tuple[Label, ...]


Cells = Mapping[tuple[int, float], Cell]


def cells(
    prompts: Sequence[Prompt],
    generations: Sequence[Generation],
    labels: Sequence[Label],
    sets: Sequence[HeadSet],
    factors: Sequence[float],
) -> Cells:
    """Sort answers by set and factor; an answer that is missing raises InputError. Factor 1.0 stands in every set."""
    found = {(g.prompt_id, g.edit): (g, label) for g, label in zip(generations, labels, strict=True)}
    sorted_out = {}
    for number, one in enumerate(sets):
        for factor in factors:
            edit = HeadScale(sets[CHOSEN].heads if factor == 1.0 else one.heads, factor)
            rows = [found.get((prompt.id, edit)) for prompt in prompts]
            if None in rows:
                raise InputError(f"{rows.count(None)} prompts have no answer under {one.name} heads times {factor:g}.")
            kept = [row for row in rows if row is not None]
            sorted_out[number, factor] = Cell(tuple(g for g, _ in kept), tuple(label for _, label in kept))
    return sorted_out


def doses(found: Cells, sets: Sequence[HeadSet], factors: Sequence[float]) -> Doses:
    """Return the numbers of all cells."""
    ordered = along(factors)
    rows = [[_measured(found[number, factor]) for factor in ordered] for number in range(len(sets))]
    values = {m: np.array([[one[m] for one in row] for row in rows], dtype=np.float64) for m in MEASURES}
    return Doses(tuple(one.name for one in sets), ordered, values)


def _measured(cell: Cell) -> dict[str, list[float]]:
    numbers = {m: [_number(getattr(label, m)) for label in cell.labels] for m in LABELLED}
    return numbers | {
        "unscored": [float(label.asserted is None) for label in cell.labels],
        "cut_off": [float(g.stop is StopReason.LENGTH) for g in cell.generations],
        "tokens": [float(len(g.tokens)) for g in cell.generations],
    }


def _number(value: float | bool | None) -> float:
    return math.nan if value is None else float(value)


def measured(given: Doses, found: Cells) -> list[dict[str, Any]]:
    """Return one row a set and factor: levels, paired differences, what became unknown, the 2x2 and stop reasons."""
    return [_row(given, found, number, factor) for number in range(len(given.sets)) for factor in given.factors]


def _row(given: Doses, found: Cells, number: int, factor: float) -> dict[str, Any]:
    cell, base = found[number, factor], found[number, 1.0]
    cohorts = Counter[str](label.cohort or "unknown" for label in cell.labels)
    return {
        "set": given.sets[number],
        "factor": factor,
        "answers": len(cell.labels),
        "measures": {m: _measure(given, m, number, factor) for m in MEASURES},
        "became_unknown": {m: _became_unknown(m, base.labels, cell.labels) for m in LABELLED},
        "cohorts": {name: cohorts.get(name, 0) for name in (*COHORTS, "unknown")},
        "stops": dict(sorted(Counter(str(g.stop) for g in cell.generations).items())),
    }


def _measure(given: Doses, measure: str, number: int, factor: float) -> dict[str, Any]:
    x, base = given.at(measure, number, factor), given.at(measure, number, 1.0)
    known = ~np.isnan(x)
    change = None if factor == 1.0 else effect(given, measure, number, factor)
    of_x = level(x)
    return {
        "level": None if of_x is None else dataclasses.asdict(of_x),
        "difference": None if change is None else dataclasses.asdict(change),
        "known": int(known.sum()),
        "pairs": int((known & ~np.isnan(base)).sum()),
        "became_known": int((known & np.isnan(base)).sum()),
    }


def _became_unknown(measure: str, base: Sequence[Label], now: Sequence[Label]) -> dict[str, int]:
    """Count, by reason, the answers that were known at factor 1.0 and are not known here."""
    lost = [
        after.reasons.get(measure, "unscored")
        for before, after in zip(base, now, strict=True)
        if getattr(before, measure) is not None and getattr(after, measure) is None
    ]
    return dict(sorted(Counter(lost).items()))
