"""`python -m interp.mcas RUN --judge chat:MODEL`: the meta-cognitive awareness score of a run's answers."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from interp.cli.front_door import run_command
from interp.cli.groups import OutputOptions
from interp.cli.options import slug
from interp.errors import InputError
from interp.judges.endpoint import ChatOptions
from interp.records.answers import Generation
from interp.records.findings import Estimate
from interp.records.prompts import Prompt
from interp.results.schema import read_result, write_result
from interp.runs.directory import Run, close_run, open_run, read_run
from interp.runs.files import sha256_file
from interp.runs.layout import GENERATIONS, GENERATIONS_AT, JUDGEMENTS, MCAS, PROMPTS
from interp.runs.rows import read_rows, write_rows
from interp.runs.versions import versions
from interp.scores import awareness, of_run, sets
from interp.scores.awareness import McasResult
from interp.show.markdown import counted

if TYPE_CHECKING:
    from interp.judges.protocol import Judge

PROG = "python -m interp.mcas"


@dataclass(frozen=True)
class Mcas:
    """Have a judge score how aware a run's answers are of what was left open, 0 to 2 each."""

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """A finished run with answers (hooks.answer, probes.fit)."""
    judge: str
    """Who judges: chat:MODEL at OPENAI_BASE_URL, or recorded:PATH, a transcript (judgements.jsonl of such a run)."""
    chat: ChatOptions = ChatOptions()
    """How the judge is asked, and how many questions it may leave without an answer before the run stops."""
    max_new_tokens: int | None = None
    """Which answers, where the run holds several token budgets (default: the largest)."""
    seed: int = 0
    """Seed of the order in which questions are asked."""
    output: tyro.conf.OmitArgPrefixes[OutputOptions] = OutputOptions()


def main(options: Mcas) -> int:
    """Run the command and print the score, by kind of prompt, and what stayed unscored."""
    from interp.judges.opening import open_judge

    run = run_mcas(options, open_judge(options.judge, options.chat))
    sys.stdout.write(_in_words(read_result(run.path / MCAS, McasResult)) + f"{run.path}\n")
    return 0


def run_mcas(options: Mcas, judge: Judge) -> Run:
    """Score a run's answers, or reread the scored run; return it finished.

    It holds `prompts.jsonl`, `scores.jsonl` and `scores.json` for `interp.compare`, the judge's transcript
    (`judgements.jsonl`) and `mcas.json`.

    Raises:
        InputError: a run that is unfinished or holds no answers at this budget.
    """
    source = read_run(options.run)
    file = _answers(options)
    config = {
        "command": PROG,
        "model": source.config["model"],
        "source": {"run": options.run.resolve().name, "answers": file.name, "sha256": sha256_file(file)},
        "judge": awareness.version(judge),
        "seed": options.seed,
        "versions": versions(),
    }
    with open_run(options.output.output_dir, slug(f"mcas-{options.run.resolve().name}"), config) as run:
        if not run.complete:
            _score(run.path, source, file, judge, options.seed)
            close_run(run)
    return run


def _answers(options: Mcas) -> Path:
    whole = options.run / GENERATIONS
    if options.max_new_tokens is not None:
        file = options.run / GENERATIONS_AT.format(options.max_new_tokens)
        if file.is_file():
            return file
        largest = {g.max_new_tokens for g in read_rows(whole, Generation)}
        if largest != {options.max_new_tokens}:
            raise InputError(
                f"{options.run} holds no answers with {options.max_new_tokens} new tokens ({GENERATIONS} has "
                f"{', '.join(map(str, sorted(largest)))}); name a budget that it has, or leave --max-new-tokens out."
            )
    if not whole.is_file():
        raise InputError(f"{options.run} holds no {GENERATIONS}; expected a run of hooks.answer or probes.fit.")
    return whole


def _score(folder: Path, source: Run, file: Path, judge: Judge, seed: int) -> None:
    from interp.judges.transcript import Transcribed

    prompts = {prompt.id: prompt for prompt in read_rows(source.path / PROMPTS, Prompt)}
    generations = read_rows(file, Generation)
    conditions = of_run.conditions(source, generations, judge.version)
    transcribed = Transcribed(judge)
    pairs = [(prompts[g.prompt_id], g) for g in generations]
    scores = awareness.score_answers(pairs, transcribed, conditions, seed)
    write_rows(folder / PROMPTS, prompts.values())
    transcribed.write(folder / JUDGEMENTS)
    sets.write_scores(folder, [scores])
    write_result(folder / MCAS, awareness.summarise(scores))


def _in_words(result: McasResult) -> str:
    unscored = ", ".join(f"{n} {why}" for why, n in result.unscored.items()) or "none"
    lines = [
        f"MCAS: {_share(result.score)}, scored by {result.judge}",
        *(f"  {kind}: {_share(score)}" for kind, score in result.groups.items()),
        "  " + ", ".join(f"{n} x {choice}" for choice, n in result.counts.items()),
        f"  unscored: {unscored}",
    ]
    return "\n".join(lines) + "\n"


def _share(score: Estimate | None) -> str:
    return "no answer has a score" if score is None else f"{counted(score)} answers"


if __name__ == "__main__":
    sys.exit(run_command(Mcas, main, PROG))
