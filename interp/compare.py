"""`python -m interp.compare A B`: paired deltas of two runs that share everything but the thing under test, or no."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from interp import compare_page, published, published_scores, run_scores, runs, store
from interp.command import run_command
from interp.comparison import Comparison, as_json, compare_sets
from interp.errors import InputError
from interp.fairness import Different
from interp.runs import Run
from interp.scores import ScoreSet

PROG = "python -m interp.compare"


@dataclass(frozen=True)
class Compare:
    """Compare two runs item by item (B - A), or refuse where prompts, judge, decoding or token budget differ."""

    a: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="A")]
    """The run to compare with: a run directory, or an item file of the study (humaneval_baseline.json)."""
    b: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="B")]
    """The run whose gain is asked for, likewise (humaneval_dd_fp16.json, mcas_details.json:dd_fp16)."""
    metric: str | None = None
    """Only this metric (correct, checklist_recall, asserted, axes.NAME, pass@1, mcas, svr, ...). Default: all."""
    max_new_tokens: int | None = None
    """Only answers with this token budget, where a run holds several."""
    different: Different | None = None
    """What is under test: the model, the edit, or both. Default: whichever one of the two differs."""
    output_dir: Path = Path("results")
    """Where the comparison's directory is made."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr."""


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
    if published_scores.names(text):
        found, digest = published_scores.load(text, published.open_study())
        return Side(text.replace("\\", "/").rpartition("/")[2], digest, [found])
    path = Path(text)
    if not path.is_dir():
        known = ", ".join(published_scores.FILES)
        raise InputError(f"{text} is no run directory and none of the study's item files ({known}); name one of them.")
    sets = run_scores.load(path, metric) or run_scores.load(path)  # without that metric: all, to say what there is
    return Side(path.resolve().name, store.sha256_file(path / runs.MANIFEST), sets)


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


def run_compare(options: Compare) -> Run:
    """Compare and write the comparison's directory, or read it back; return it finished.

    Raises:
        InputError: sides that cannot be read or may not be compared; nothing is written then.
    """
    a, b = (open_side(text, options.metric) for text in (options.a, options.b))
    pairs = matched(a, b, options.metric, options.max_new_tokens)
    found = [compare_sets(x, y, options.different) for x, y in pairs]
    config = {
        "command": PROG,
        "model": {"name": f"{b.name} against {a.name}"},
        "a": {"name": a.name, "sha256": a.sha256},
        "b": {"name": b.name, "sha256": b.sha256},
        "metric": options.metric,
        "max_new_tokens": options.max_new_tokens,
        "different": options.different,
        "versions": runs.versions(),
    }
    with runs.open_run(options.output_dir, "compare", config) as run:
        if not run.complete:
            _write(run, config, found)
            runs.close_run(run, {})
    return run


def _write(run: Run, config: Mapping[str, Any], found: Sequence[Comparison]) -> None:
    content = {
        "schema": 1,
        "a": config["a"],
        "b": config["b"],
        "comparisons": [as_json(one) for one in found],
    }
    plain = json.loads(store.canonical_json(content))
    store.write_json(run.path / "compare.json", plain)
    store.write_json(run.path / "deltas.json", compare_page.deltas(plain))
    store.write_text(run.path / "compare.md", compare_page.markdown(plain))


def main(options: Compare) -> int:
    """Run the command and print the table, what speaks against it, and the path."""
    run = run_compare(options)
    sys.stdout.write(compare_page.summary(store.read_json(run.path / "compare.json")))
    sys.stdout.write(f"\n{run.path / 'compare.md'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_command(Compare, main, PROG))
