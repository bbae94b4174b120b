"""The self-verification rate: the share of answers that say of themselves that they check, or correct, what they say.

An answer counts from the first phrase of our own list on, in the wording language of `interp.language.grammar`: whole
words, compared by their stems, within one sentence. A phrase that is denied ("I did not check this"), only mentioned,
or part of a question ("is that right?") does not count, and neither does advice to the reader ("check that the pan is
hot"). What the answer says of checking is counted, not whether it checked. The study's own list was not published, so
its rates (section 4.1: near the ceiling) and ours are not on one scale.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from interp.cli.front_door import run_command
from interp.cli.groups import LogLevel
from interp.records.answers import Generation
from interp.runs.directory import verify
from interp.runs.layout import GENERATIONS
from interp.runs.rows import read_rows
from interp.scores.verification import find_phrase, self_verification_rate, version
from interp.show.markdown import counted

PROG = "python -m interp.self_verification"


@dataclass(frozen=True)
class SelfVerification:
    """Say how many answers of a run verify themselves, by which phrases."""

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """A run directory with generations.jsonl (hooks.answer, probes.fit)."""
    log_level: LogLevel = "warning"
    """How much is said on stderr."""


def main(options: SelfVerification) -> int:
    """Run the command: print the rate and the phrases that were found most often."""
    from collections import Counter

    verify(options.run)
    generations = read_rows(options.run / GENERATIONS, Generation)
    rate = self_verification_rate(generations)
    silent = len(generations) - rate.n_pos - rate.n_neg
    lines = [f"{version()}: {counted(rate)} answers; {silent} without words"]
    quotes = Counter(" ".join(match.quote.lower().split()) for g in generations if (match := find_phrase(g.text)))
    lines += [f"  {count:4d}  {quote}" for quote, count in quotes.most_common(10)]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_command(SelfVerification, main, PROG))
