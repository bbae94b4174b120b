"""`python -m interp.compare A B`: paired deltas of two runs that share everything but the thing under test, or no."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from interp.cli.front_door import run_command
from interp.cli.groups import OutputOptions
from interp.results.schema import read_result, write_result
from interp.runs.directory import Run, close_run, open_run
from interp.runs.files import write_text
from interp.runs.layout import COMPARE, COMPARE_TEXT, DELTAS
from interp.runs.versions import versions
from interp.scores import page
from interp.scores.comparison import ComparisonReport, as_deltas, compare_sets
from interp.scores.fairness import Different
from interp.scores.sides import Side, matched, open_side

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
    output: tyro.conf.OmitArgPrefixes[OutputOptions] = OutputOptions()


def main(options: Compare) -> int:
    """Run the command and print the table, what speaks against it, and the path."""
    run = run_compare(options)
    sys.stdout.write(page.summary(read_result(run.path / COMPARE, ComparisonReport)))
    sys.stdout.write(f"\n{run.path / COMPARE_TEXT}\n")
    return 0


def run_compare(options: Compare) -> Run:
    """Compare and write the comparison's directory, or read it back; return it finished.

    Raises:
        InputError: sides that cannot be read or may not be compared; nothing is written then.
    """
    a, b = (open_side(text, options.metric) for text in (options.a, options.b))
    report = _compare(options, a, b)
    config = {
        "command": PROG,
        "model": {"name": f"{b.source.name} against {a.source.name}"},
        "a": dataclasses.asdict(a.source),
        "b": dataclasses.asdict(b.source),
        "metric": options.metric,
        "max_new_tokens": options.max_new_tokens,
        "different": options.different,
        "versions": versions(),
    }
    with open_run(options.output.output_dir, "compare", config) as run:
        if not run.complete:
            _write(run.path, report)
            close_run(run)
    return run


def _compare(options: Compare, a: Side, b: Side) -> ComparisonReport:
    pairs = matched(a, b, options.metric, options.max_new_tokens)
    comparisons = tuple(compare_sets(x, y, options.different) for x, y in pairs)
    return ComparisonReport(ComparisonReport.SCHEMA, a.source, b.source, comparisons)


def _write(folder: Path, report: ComparisonReport) -> None:
    write_result(folder / COMPARE, report)
    write_result(folder / DELTAS, as_deltas(report))
    write_text(folder / COMPARE_TEXT, page.markdown(report))


if __name__ == "__main__":
    sys.exit(run_command(Compare, main, PROG))
