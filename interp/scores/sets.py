"""Scores item by item, and under what conditions they came about: what two runs must share to be compared.

A `ScoreSet` holds one metric of one run, one `Score` an item. A run keeps its sets in `scores.jsonl` (the rows, set
after set) and `scores.json` (each set's metric, scale, conditions and number of rows, and the sha256 of the rows). What
a run knows without such files is turned into sets by `interp.scores.of_run`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar

from interp.errors import InputError
from interp.records.answers import HeadScale
from interp.records.loaded import ModelId
from interp.records.shown import Shown
from interp.results.schema import Result, read_result, write_result
from interp.runs.files import sha256_file
from interp.runs.layout import SCORE_SETS, SCORES
from interp.runs.rows import read_rows, write_rows


@dataclass(frozen=True, slots=True)
class Score(Shown):
    """What one item got.

    Attributes:
        item_id: the prompt or task; the two sides of a comparison are paired by it.
        metric: what was measured, for example `correct`, `pass@1` or `mcas`.
        value: the score on the set's scale, None where there is none.
        reason: why `value` is None ("empty", "cut_off", "unscored", "no_code", ...); None where there is a value.
        cut_off: whether the answer was cut off at the token budget; None where nobody recorded it.
        group: the kind of item, where items come in kinds (a prompt's `relation`).
    """

    item_id: str
    metric: str
    value: float | None
    reason: str | None
    cut_off: bool | None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Conditions(Shown):
    """What makes a comparison fair. None means that nobody recorded it, except for `edit`, where it means no edit.

    Attributes:
        prompts: sha256 over the prompts as they were asked, in their order.
        judge: the instruments that made the scores, each with its version.
        decoding: how tokens were chosen, "greedy" throughout this toolkit.
        max_new_tokens: the token budget of an answer.
        edit: the heads that were scaled while the model answered.
        model: which weights answered, as `model_text` writes them.
        weights: what tells them apart, whatever they are called: the whole commit, and the dtype.
    """

    prompts: str | None
    judge: str | None
    decoding: str | None
    max_new_tokens: int | None
    edit: HeadScale | None
    model: str
    weights: tuple[str, str] | None = None

    def same_model(self, other: Conditions) -> bool:
        """Return whether the same weights answered: by commit and dtype, or by name where a side recorded no more."""
        if self.weights is None or other.weights is None:
            return self.model == other.model
        return self.weights == other.weights


@dataclass(frozen=True, slots=True)
class ScoreSet:
    """One metric of one run: a score an item, all made under the same conditions.

    `scale` is the lowest and the highest score that an item can get, None where there is no such limit. An item that
    comes twice, a row of another metric, a score off the scale, and a missing one without its reason raise InputError.
    """

    metric: str
    conditions: Conditions
    scale: tuple[float, float] | None
    scores: tuple[Score, ...]

    def __post_init__(self) -> None:
        """Check the rows."""
        seen: set[str] = set()
        for score in self.scores:
            problem = _problem(score, self.metric, self.scale)
            if score.item_id in seen:
                problem = "it comes twice in one set"
            if problem:
                raise InputError(f"The score of item {score.item_id!r} cannot be used: {problem}.")
            seen.add(score.item_id)
        if not self.scores:
            raise InputError(f"There are no scores of {self.metric!r}; expected at least one item.")


def _problem(score: Score, metric: str, scale: tuple[float, float] | None) -> str | None:
    if score.metric != metric:
        return f"it is of the metric {score.metric!r} in a set of {metric!r}"
    if score.value is None:
        return None if score.reason else "it is None without a reason"
    if score.reason is not None:
        return f"it has the value {score.value:g} and also a reason why it has none ({score.reason})"
    low, high = scale or (-math.inf, math.inf)
    if not math.isfinite(score.value) or not low <= score.value <= high:
        return f"{score.value:g} is not a number from {low:g} to {high:g}"
    return None


def model_text(model: ModelId) -> str:
    """Return which weights were loaded, in one line: name, commit and dtype."""
    return f"{model.name} ({model.commit[:12]}, {model.dtype})"


@dataclass(frozen=True, slots=True)
class StoredSet(Shown):
    """A set without its scores, which are the next `rows` lines of `scores.jsonl`."""

    metric: str
    rows: int
    scale: tuple[float, float] | None
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class StoredSets(Result):
    """What `scores.json` holds: the sets in the order of their rows, and the sha256 of all rows."""

    SCHEMA: ClassVar[int] = 3

    sha256: str
    sets: tuple[StoredSet, ...]


def write_scores(folder: Path, sets: Sequence[ScoreSet]) -> None:
    """Write `scores.jsonl`, then `scores.json` over it; several sets may share a metric under other conditions."""
    write_rows(folder / SCORES, [score for one in sets for score in one.scores])
    stored = tuple(StoredSet(one.metric, len(one.scores), one.scale, one.conditions) for one in sets)
    write_result(folder / SCORE_SETS, StoredSets(StoredSets.SCHEMA, sha256_file(folder / SCORES), stored))


def read_scores(folder: Path) -> list[ScoreSet]:
    """Read the score sets of a run.

    Raises:
        InputError: a file is missing, a row or a set is not valid, or the rows do not match their sha256.
    """
    stored = read_result(folder / SCORE_SETS, StoredSets)
    scores = read_rows(folder / SCORES, Score)
    intact = stored.sha256 == sha256_file(folder / SCORES)
    if not intact or sum(one.rows for one in stored.sets) != len(scores):
        raise InputError(
            f"{folder / SCORES} does not match {SCORE_SETS}: it was changed or damaged; make the scores again."
        )
    rest = iter(scores)
    return [ScoreSet(one.metric, one.conditions, one.scale, tuple(islice(rest, one.rows))) for one in stored.sets]
