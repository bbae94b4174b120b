"""`python -m interp.agreement A [B]`: how far two sets of labels of the same answers agree, as Cohen's kappa.

A and B are finished runs, or label files, of the same generations. Without B, the offline instruments (checklist and
hedging lexicon) label the answers of A. Answers that a side left unscored are in no kappa, and are counted.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from interp.cli.front_door import run_command
from interp.cli.groups import LogLevel
from interp.labels.agreement import (
    Agreement,
    LabelledAnswers,
    check_same_texts,
    compare_labels,
    headline,
    labelled_offline,
    read_labelled,
)
from interp.results.agreement import AgreementReport, LabelSource
from interp.results.schema import write_result
from interp.runs.files import check_output

PROG = "python -m interp.agreement"
CLAIMS_NOTE = "Claims of one answer are taken for independent, so the interval of `claim` is too narrow."


@dataclass(frozen=True)
class Agree:
    """Say how far two sets of labels of the same answers agree: Cohen's kappa with its interval, and the counts."""

    a: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="A")]
    """A finished run directory, or a labels.jsonl."""
    b: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="B")] = None
    """Another one of the same answers; without it the offline instruments label the answers of A."""
    output: Path | None = None
    """Write the numbers into this JSON file as well."""
    log_level: LogLevel = "warning"
    """How much is said on stderr."""


def main(options: Agree) -> int:
    """Run the command and print the table."""
    if options.output is not None:
        check_output(options.output, new=False)
    a = read_labelled(options.a)
    report = agree(a, labelled_offline(a) if options.b is None else read_labelled(options.b))
    if options.output is not None:
        write_result(options.output, report)
    sys.stdout.write(table(report))
    return 0


def agree(a: LabelledAnswers, b: LabelledAnswers) -> AgreementReport:
    """Return what two sides agree on.

    Raises:
        InputError: they label different answers, or answers with other texts.
    """
    check_same_texts(a, b)
    sources = LabelSource(a.name, a.judge), LabelSource(b.name, b.judge)
    return AgreementReport(AgreementReport.SCHEMA, len(a.labels), sources, tuple(compare_labels(a.labels, b.labels)))


def table(report: AgreementReport) -> str:
    """Return the agreement as text: who, and two lines a question."""
    lines = [f"{letter}: {side.name} ({side.judge})" for letter, side in zip("ab", report.sides, strict=True)]
    lines += [f"{report.n} answers", ""]
    for row in report.agreement:
        lines += [f"{row.what}: {headline(row)}", f"  {_counts(row)}"]
    if any(row.what == "claim" for row in report.agreement):
        lines += ["", CLAIMS_NOTE]
    return "\n".join(lines) + "\n"


def _counts(row: Agreement) -> str:
    cells = ", ".join(f"{n} {cell}" for cell, n in row.table.items())
    alone = f"scored by a alone {row.only_a}, by b alone {row.only_b}, by neither {row.neither}"
    return f"{cells}; {alone}" if cells else alone


if __name__ == "__main__":
    sys.exit(run_command(Agree, main, PROG))
