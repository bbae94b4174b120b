"""`python -m probes.gate RUN`: answer with the run's own model, and hedge what its probe does not vouch for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from interp.cli.front_door import run_command
from interp.cli.groups import LogLevel
from interp.errors import InputError
from interp.language.words import visible
from interp.records.findings import FailureMode, Verdict
from interp.results.fit import VERDICTS, Target
from interp.runs.rows import row_text
from probes.evidence.live_gate import HEDGE, FittedGate, Gate, GatedAnswer, HedgeReason, read_gate

PROG = "python -m probes.gate"
NO_SCORE: Mapping[HedgeReason, str] = {
    HedgeReason.CUT_OFF: "cut off at the budget of {budget} tokens; the probe was fitted on finished answers only",
    HedgeReason.EMPTY: "the answer holds no word, so there is nothing that the probe could vouch for",
}


@dataclass(frozen=True)
class AskGate:
    """Answer questions with the model of a finished run: asserted where its probe is sure enough, hedged where not."""

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """A finished run directory of python -m probes.fit: the probe, its threshold, and which model made them."""
    question: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A question; may be given several times. Without any, standard input is read: one question a line."""
    target: Target = "correct"
    """Which probe vouches: the one that tells correct from wrong answers, or asserted from hedged ones."""
    hedge: str = HEDGE
    """What is said before an answer that the probe does not vouch for."""
    json: bool = False
    """Print one JSON object a line instead: question, text, answer, score, threshold, hedged, stop, reason."""
    log_level: LogLevel = "warning"
    """How much is said on stderr; a gate whose probe is no handle says so at every level."""


def questions(options: AskGate) -> tuple[str, ...]:
    """Return what is asked, from the options or else from standard input.

    Raises:
        InputError: no question, an empty one, or one that is no text.
    """
    asked = options.question or _lines()
    for number, question in enumerate(asked, 1):
        if not visible(question):
            raise InputError(f"Question {number} of {len(asked)} is empty; expected --question TEXT, or one a line.")
        if any("\ud800" <= sign <= "\udfff" for sign in question):  # how Python keeps bytes that are no text
            raise InputError(f"Question {number} of {len(asked)} is not valid UTF-8; expected text.")
    return asked


def _lines() -> tuple[str, ...]:
    if sys.stdin.isatty():
        sys.stderr.write("One question a line; Ctrl-D ends them.\n")
    try:
        asked = tuple(line.rstrip("\n") for line in sys.stdin)
    except UnicodeDecodeError:
        raise InputError("Standard input is not valid UTF-8; expected one question a line.") from None
    if not asked:
        raise InputError("There is no question; expected --question TEXT, or one question a line on standard input.")
    return asked


def warning(verdict: Verdict) -> str:
    """Return the sentence that a gate without a handle owes its user; "" where a handle was found."""
    if verdict.failure is FailureMode.NONE:
        return ""
    said = f"{VERDICTS[verdict.failure]}: {verdict.reason}"
    return f"warning: the probe behind this gate was not shown to be a handle ({said.rstrip('.')}).\n"


def shown(told: GatedAnswer, fitted: FittedGate) -> str:
    """Return a question, what the gate makes of its answer, and the answer whole."""
    return f"question: {told.question}\n{_decision(told, fitted)}\n{told.text}\n\n"


def _decision(told: GatedAnswer, fitted: FittedGate) -> str:
    """Return asserted or hedged, with the probability and the threshold, or why there is no probability."""
    if told.score is None:
        assert told.reason is not None, "only a hedged answer has no score"
        return f"hedged: {NO_SCORE[told.reason].format(budget=fitted.max_new_tokens)}"
    side = "not above" if told.hedged else "above"
    said = "hedged" if told.hedged else "asserted"
    return f"{said}: P({fitted.probe.target}) = {told.score:.3f}, {side} the threshold {told.threshold:.3f}"


def _open(fitted: FittedGate, hedge: str) -> Gate:
    """Open the model that the run recorded, and no other, and put the gate on it."""
    from hooks.models.reopen import reopen

    return fitted.on(reopen(fitted.loaded), hedge)


def main(options: AskGate) -> int:
    """Run the command: everything is checked before the model is opened; each answer is printed as it is made."""
    asked = questions(options)
    fitted = read_gate(options.run, options.target)
    sys.stderr.write(warning(fitted.verdict))
    gate = _open(fitted, options.hedge)
    for question in asked:
        told = gate.answer(question)
        sys.stdout.write(f"{row_text(told)}\n" if options.json else shown(told, fitted))
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(run_command(AskGate, main, PROG))
