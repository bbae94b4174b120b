"""The two sides of a comparison: each opened from a run or a published file, and matched with the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from interp.errors import InputError
from interp.runs.files import sha256_file
from interp.runs.layout import MANIFEST
from interp.scores import of_run, published
from interp.scores.sets import ScoreSet
from interp.study import data


@dataclass(frozen=True, slots=True)
class Side:
    """One side: what it is called, the hash of the files behind it, and its score sets."""

    name: str
    sha256: str
    sets: Sequence[ScoreSet]


def open_side(text: str, metric: str | None = None) -> Side:
    """Return one side of a comparison: a finished run directory, or a published item file (fetched where needed).

    Raises:
        InputError: neither, or a damaged one.
    """
    if published.names(text):
        found, digest = published.load(text, data.open_study())
        return Side(text.replace("\\", "/").rpartition("/")[2], digest, [found])
    path = Path(text)
    if not path.is_dir():
        known = ", ".join(published.FILES)
        raise InputError(f"{text} is no run directory and none of the study's item files ({known}); name one of them.")
    sets = of_run.load(path, metric) or of_run.load(path)  # without that metric: all, to say what there is
    return Side(path.resolve().name, sha256_file(path / MANIFEST), sets)


def matched(a: Side, b: Side, metric: str | None, budget: int | None) -> list[tuple[ScoreSet, ScoreSet]]:
    """Return the pairs of sets to compare: every metric (or the one) that both have, at every budget that both have.

    Where they share no budget, the first of each side is returned, for the comparison to refuse.

    Raises:
        InputError: no metric in common, or nothing at the budget that was asked for.
    """
    of_a, of_b = (_by_metric(_at(side, budget)) for side in (a, b))
    shared = [name for name in of_a if name in of_b and metric in (None, name)]
    if not shared:
        wanted = f"no {metric!r}" if metric else "no metric"
        raise InputError(
            f"A and B have {wanted} in common; A has {_listed(of_a)} and B {_listed(of_b)}; score both sides alike."
        )
    return [pair for name in shared for pair in _by_budget(of_a[name], of_b[name])]


def _at(side: Side, budget: int | None) -> list[ScoreSet]:
    found = [one for one in side.sets if budget in (None, one.conditions.max_new_tokens)]
    if not found:
        have = sorted({str(one.conditions.max_new_tokens or "unrecorded") for one in side.sets})
        raise InputError(
            f"{side.name} has no scores with {budget} new tokens, but with {', '.join(have) or 'none'}; give one of "
            "those as --max-new-tokens, or leave it out."
        )
    return found


def _by_metric(sets: Sequence[ScoreSet]) -> dict[str, list[ScoreSet]]:
    names = dict.fromkeys(one.metric for one in sets)
    return {name: [one for one in sets if one.metric == name] for name in names}


def _listed(metrics: Mapping[str, object]) -> str:
    return ", ".join(metrics) or "none"


def _by_budget(a: Sequence[ScoreSet], b: Sequence[ScoreSet]) -> list[tuple[ScoreSet, ScoreSet]]:
    of_b = {one.conditions.max_new_tokens: one for one in b}
    both = [(one, of_b[one.conditions.max_new_tokens]) for one in a if one.conditions.max_new_tokens in of_b]
    return both or [(a[0], b[0])]
