"""`python -m interp.compare A B`: paired deltas of two runs that share everything but the thing under test, or no."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from interp.cli.front_door import run_command
from interp.runs.directory import Run, close_run, open_run
from interp.runs.files import canonical_json, read_json, write_json, write_text
from interp.runs.versions import versions
from interp.scores import page
from interp.scores.comparison import Comparison, as_json, compare_sets
from interp.scores.fairness import Different
from interp.scores.sides import matched, open_side

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
        "versions": versions(),
    }
    with open_run(options.output_dir, "compare", config) as run:
        if not run.complete:
            _write(run, config, found)
            close_run(run, {})
    return run


def _write(run: Run, config: Mapping[str, Any], found: Sequence[Comparison]) -> None:
    content = {
        "schema": 1,
        "a": config["a"],
        "b": config["b"],
        "comparisons": [as_json(one) for one in found],
    }
    plain = json.loads(canonical_json(content))
    write_json(run.path / "compare.json", plain)
    write_json(run.path / "deltas.json", page.deltas(plain))
    write_text(run.path / "compare.md", page.markdown(plain))


def main(options: Compare) -> int:
    """Run the command and print the table, what speaks against it, and the path."""
    run = run_compare(options)
    sys.stdout.write(page.summary(read_json(run.path / "compare.json")))
    sys.stdout.write(f"\n{run.path / 'compare.md'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_command(Compare, main, PROG))
