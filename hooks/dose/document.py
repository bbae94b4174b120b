"""From the labelled answers of a sweep to everything that `temper.json` holds; no model is needed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from hooks.dose import rows
from hooks.dose.response import along
from hooks.dose.rows import doses, measured
from hooks.dose.sets import HeadSet
from hooks.dose.verdict import Rule, judge
from hooks.heads import choice
from interp.records.answers import Generation
from interp.records.judgements import Label
from interp.records.prompts import Prompt

SCHEMA = 1
FILE = "temper.json"


def document(
    asked: Sequence[Prompt],
    generations: Sequence[Generation],
    labels: Sequence[Label],
    sets: Sequence[HeadSet],
    factors: Sequence[float],
    about: Mapping[str, Any],
    *,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the numbers of every set and factor, the verdict on the first set, and the rule behind it.

    Args:
        asked: the prompts.
        generations: one answer a prompt and edit; factor 1.0 once, under the first set.
        labels: of the generations, in their order.
        sets: the chosen heads first, then the random ones.
        factors: with 1.0 among them.
        about: what else belongs into the document: what was loaded, where the heads come from, ...
        seed: of the trend test and the bootstrap.

    Raises:
        InputError: an answer is missing.
    """
    rule = Rule()
    cells = rows.cells(asked, generations, labels, sets, factors)
    given = doses(cells, sets, factors)
    return {
        "schema": SCHEMA,
        "sets": [{"name": one.name, "shown": choice.shown(one.heads), "heads": one.heads} for one in sets],
        "factors": list(along(factors)),
        "rule": dataclasses.asdict(rule),
        "judged": dataclasses.asdict(judge(given, rule, seed=seed)),
        "measured": measured(given, cells),
        **about,
    }
