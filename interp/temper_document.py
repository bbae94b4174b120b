"""From the labelled answers of a sweep to everything that `temper.json` holds; no model is needed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from interp import dose_rows, heads
from interp.dose_response import along
from interp.dose_rows import HeadSet
from interp.dose_verdict import Rule, judge
from interp.records import Generation, Label, Prompt

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
    cells = dose_rows.cells(asked, generations, labels, sets, factors)
    given = dose_rows.doses(cells, sets, factors)
    return {
        "schema": SCHEMA,
        "sets": [{"name": one.name, "shown": heads.shown(one.heads), "heads": one.heads} for one in sets],
        "factors": list(along(factors)),
        "rule": dataclasses.asdict(rule),
        "judged": dataclasses.asdict(judge(given, rule, seed=seed)),
        "measured": dose_rows.measured(given, cells),
        **about,
    }
