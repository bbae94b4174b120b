"""The two sides of a comparison: each opened from a run or a published file, and matched with the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from interp.errors import InputError
from interp.runs.files import sha256_file
from interp.runs.layout import MANIFEST
from interp.scores import of_run, published
from interp.scores.comparison import Source
from interp.scores.sets import ScoreSet
from interp.study import data


@dataclass(frozen=True, slots=True)
class Side:
    """One side: where it came from, and its score sets."""

    source: Source
    sets: Sequence[ScoreSet]


def open_side(text: str, metric: str | None = None) -> Side:
    """Return one side of a comparison: a finished run directory, or a published item file (fetched where needed).

    Raises:
        InputError: neither, or a damaged one.
    """
    if published.names(text):
        scores, digest = published.load(text, data.open_study())
        return Side(Source(text.replace("\\", "/").rpartition("/")[2], digest), [scores])
    path = Path(text)
    if not path.is_dir():
        known = ", ".join(published.FILES)
        raise InputError(f"{text} is no run directory and none of the study's item files ({known}); name one of them.")
    sets = of_run.load(path, metric) or of_run.load(path)  # without that metric: all, to say what there is
    return Side(Source(path.resolve().name, sha256_file(path / MANIFEST)), sets)


def matched(a: Side, b: Side, metric: str | None, budget: int | None) -> list[tuple[ScoreSet, ScoreSet]]:
    """Return the pairs of sets to compare: every metric (or the named one) that both have, at every budget of both.

    Where they share no budget, the first of each side is returned, for the comparison to refuse.

    Raises:
        InputError: no metric in common, or nothing at the budget that was asked for.
    """
    of_a, of_b = (_by_metric(_at_budget(side, budget)) for side in (a, b))
    shared = [name for name in of_a if name in of_b and metric in (None, name)]
    if not shared:
        wanted = f"no {metric!r}" if metric else "no metric"
        raise InputError(
            f"A and B have {wanted} in common; A has {_listed(of_a)} and B {_listed(of_b)}; score both sides alike."
        )
    return [pair for name in shared for pair in _of_shared_budgets(of_a[name], of_b[name])]


def _at_budget(side: Side, budget: int | None) -> list[ScoreSet]:
    sets = [scores for scores in side.sets if budget in (None, scores.conditions.max_new_tokens)]
    if not sets:
        have = sorted({str(scores.conditions.max_new_tokens or "unrecorded") for scores in side.sets})
        raise InputError(
            f"{side.source.name} has no scores with {budget} new tokens, but with {', '.join(have) or 'none'}; give "
            "one of those as --max-new-tokens, or leave it out."
        )
    return sets


def _by_metric(sets: Sequence[ScoreSet]) -> dict[str, list[ScoreSet]]:
    names = dict.fromkeys(scores.metric for scores in sets)
    return {name: [scores for scores in sets if scores.metric == name] for name in names}


def _listed(metrics: Mapping[str, object]) -> str:
    return ", ".join(metrics) or "none"


def _of_shared_budgets(a: Sequence[ScoreSet], b: Sequence[ScoreSet]) -> list[tuple[ScoreSet, ScoreSet]]:
    of_b = {scores.conditions.max_new_tokens: scores for scores in b}
    pairs = [(scores, of_b.get(scores.conditions.max_new_tokens)) for scores in a]
    return [(x, y) for x, y in pairs if y is not None] or [(a[0], b[0])]
