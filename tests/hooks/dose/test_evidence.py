"""Labelled answers become the numbers of every set and factor: nothing is filled in, nothing goes missing unsaid."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hooks.dose.evidence import gather
from hooks.dose.response import effect
from interp.errors import InputError
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.results.dose import DISPOSITION, BecameUnknown, CohortCounts, HeadSet, Measure

NAN = math.nan
SETS = [HeadSet("chosen", ((1, 0),)), HeadSet("random 1", ((1, 2),))]
FACTORS = (1.0, 0.5)
PROMPTS = [Prompt(f"p{i}", "?", "d", Split.FRESH, ()) for i in range(3)]


def answer(
    prompt: str, edit: HeadScale, asserted: bool | None, stop: StopReason = StopReason.EOS
) -> tuple[Generation, Label]:
    name = f"{prompt}{edit}"
    made = Generation(name, prompt, "m", "x", (1, 2), 3, "", 0, stop, 9, -0.5, -0.5, edit)
    why = {} if asserted is not None else dict.fromkeys(("correct", "asserted"), "cut_off")
    correct = None if asserted is None else True
    return made, Label(name, 1.0, (True,), correct, asserted, "j", reasons=why)


def answers() -> list[tuple[Generation, Label]]:
    base, chosen, random = HeadScale(((1, 0),), 1.0), HeadScale(((1, 0),), 0.5), HeadScale(((1, 2),), 0.5)
    rows = [answer(p.id, base, True) for p in PROMPTS[:2]] + [answer("p2", base, None, StopReason.LENGTH)]
    rows += [answer("p0", chosen, False), answer("p1", chosen, None, StopReason.LENGTH), answer("p2", chosen, True)]
    return rows + [answer(p.id, random, True) for p in PROMPTS]


def test_answers_are_sorted_by_set_and_factor_and_unknown_ones_are_counted_and_not_filled_in() -> None:
    generations, labels = zip(*answers(), strict=True)
    evidence = gather(PROMPTS, generations, labels, SETS, FACTORS)
    asserted = evidence.doses.values[DISPOSITION]
    np.testing.assert_array_equal(asserted[0], [[1, 1, NAN], [0, NAN, 1]])
    np.testing.assert_array_equal(asserted[1], [[1, 1, NAN], [1, 1, 1]])
    conditions = {(condition.set, condition.factor): condition for condition in evidence.conditions}
    chosen = conditions["chosen", 0.5]
    assert chosen.became_unknown == BecameUnknown(checklist_recall={}, asserted={"cut_off": 1}, correct={"cut_off": 1})
    change = chosen.measures.asserted
    assert (change.known, change.pairs, change.became_known) == (2, 1, 1)
    assert chosen.cohorts == CohortCounts(cr=1, cw=0, hr=1, hw=0, unknown=1)
    assert chosen.stops == {"eos": 2, "length": 1}
    assert conditions["random 1", 1.0].measures == conditions["chosen", 1.0].measures
    assert effect(evidence.doses, DISPOSITION, 0, 0.5) is None  # one pair
    assert evidence.sets == tuple(SETS)


def test_every_measure_is_counted_from_its_own_field() -> None:
    generations, labels = zip(*answers(), strict=True)
    chosen = next(c for c in gather(PROMPTS, generations, labels, SETS, FACTORS).conditions if c.factor == 0.5)
    levels = {m: chosen.measures.of(m).level for m in Measure}
    means = {m: level.value for m, level in levels.items() if level is not None}
    assert means == {
        Measure.CHECKLIST_RECALL: 1.0, Measure.ASSERTED: 0.5, Measure.CORRECT: 1.0,
        Measure.UNSCORED: 1 / 3, Measure.CUT_OFF: 1 / 3, Measure.TOKENS: 2.0,
    }  # fmt: skip


def test_a_missing_answer_is_named() -> None:
    generations, labels = zip(*answers()[:-1], strict=True)
    with pytest.raises(InputError, match=r"1 prompts have no answer under random 1 heads times 0\.5"):
        gather(PROMPTS, generations, labels, SETS, FACTORS)
