"""`python -m interp.agreement A [B]`: how far two sets of labels of the same answers agree, as Cohen's kappa.

A and B are finished runs, or label files, of the same generations. Without B, the offline instruments (checklist and
hedging lexicon) label the answers of A. Answers that a side left unscored are in no kappa, and are counted.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from interp.cli.front_door import run_command
from interp.labels.agreement import agree, offline, read_side, table
from interp.runs.files import write_json

PROG = "python -m interp.agreement"


@dataclass(frozen=True)
class Agree:
    """Say how far two sets of labels of the same answers agree: Cohen's kappa with its interval, and the counts."""

    a: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="A")]
    """A finished run directory, or a labels.jsonl."""
    b: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="B")] = None
    """Another one of the same answers; without it the offline instruments label the answers of A."""
    output: Path | None = None
    """Write the numbers into this JSON file as well."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr."""


def main(options: Agree) -> int:
    """Run the command and print the table."""
    a = read_side(options.a)
    found = agree(a, offline(a) if options.b is None else read_side(options.b))
    if options.output is not None:
        write_json(options.output, found)
    sys.stdout.write(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(run_command(Agree, main, PROG))
