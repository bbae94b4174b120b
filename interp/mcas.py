"""`python -m interp.mcas RUN --judge chat:MODEL`: the meta-cognitive awareness score of a run's answers."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from interp.cli.front_door import run_command
from interp.cli.options import slug
from interp.errors import InputError
from interp.judges.endpoint import ChatOptions
from interp.labels import awareness
from interp.records.answers import Generation
from interp.records.prompts import Prompt
from interp.runs.directory import Run, close_run, open_run, verify
from interp.runs.files import read_json, sha256_file, write_json
from interp.runs.rows import read_rows, write_rows
from interp.runs.versions import versions
from interp.scores import of_run, sets

if TYPE_CHECKING:
    from interp.judges.protocol import Judge

PROG = "python -m interp.mcas"
TRANSCRIPT = "judgements.jsonl"
FILE = "mcas.json"


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
    output_dir: Path = Path("results")
    """Where the scored run is made; a changed configuration makes a new one."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr."""


def run_mcas(options: Mcas, judge: Judge) -> Run:
    """Score a run's answers, or reread the scored run; return it finished.

    It holds `prompts.jsonl`, `scores.jsonl` and `scores.json` for `interp.compare`, the judge's transcript
    (`judgements.jsonl`) and `mcas.json`.

    Raises:
        InputError: a run that is unfinished or holds no answers at this budget.
    """
    manifest = verify(options.run)
    file = _answers(options)
    config = {
        "command": PROG,
        "model": manifest["config"]["model"],
        "source": {"run": options.run.resolve().name, "answers": file.name, "sha256": sha256_file(file)},
        "judge": awareness.version(judge),
        "seed": options.seed,
        "versions": versions(),
    }
    with open_run(options.output_dir, slug(f"mcas-{options.run.resolve().name}"), config) as run:
        if not run.complete:
            _score(run, options, file, manifest["config"], judge)
            close_run(run, {})
    return run


def _answers(options: Mcas) -> Path:
    whole = options.run / "generations.jsonl"
    if options.max_new_tokens is not None:
        file = options.run / f"generations-at-{options.max_new_tokens}.jsonl"
        if file.is_file():
            return file
        largest = {g.max_new_tokens for g in read_rows(whole, Generation)}
        if largest != {options.max_new_tokens}:
            raise InputError(
                f"{options.run} holds no answers with {options.max_new_tokens} new tokens (generations.jsonl has "
                f"{', '.join(map(str, sorted(largest)))}); name a budget that it has, or leave --max-new-tokens out."
            )
    if not whole.is_file():
        raise InputError(f"{options.run} holds no generations.jsonl; expected a run of hooks.answer or probes.fit.")
    return whole


def _score(run: Run, options: Mcas, file: Path, config: dict[str, object], judge: Judge) -> None:
    from interp.judges.transcript import Transcribed

    prompts = {prompt.id: prompt for prompt in read_rows(options.run / "prompts.jsonl", Prompt)}
    generations = read_rows(file, Generation)
    under = of_run.conditions(options.run, generations, config, judge.version)
    heard = Transcribed(judge)
    found = awareness.score_answers([(prompts[g.prompt_id], g) for g in generations], heard, under, options.seed)
    write_rows(run.path / "prompts.jsonl", prompts.values())
    heard.write(run.path / TRANSCRIPT)
    sets.write_scores(run.path, [found])
    content = {"schema": 1, "judge": awareness.version(judge), **awareness.as_json(awareness.summarise(found))}
    write_json(run.path / FILE, content)


def main(options: Mcas) -> int:
    """Run the command and print the score, by kind of prompt, and what stayed unscored."""
    from interp.judges.opening import open_judge

    run = run_mcas(options, open_judge(options.judge, options.chat))
    found = read_json(run.path / FILE)
    lines = [f"MCAS: {_text(found['score'])}, scored by {found['judge']}"]
    lines += [f"  {kind}: {_text(estimate)}" for kind, estimate in found["groups"].items()]
    lines.append("  " + ", ".join(f"{n} x {choice}" for choice, n in found["counts"].items()))
    lines.append("  unscored: " + (", ".join(f"{n} {why}" for why, n in found["unscored"].items()) or "none"))
    sys.stdout.write("\n".join(lines) + f"\n{run.path}\n")
    return 0


def _text(estimate: dict[str, float] | None) -> str:
    if estimate is None:
        return "no answer has a score"
    n, whole = estimate["n_pos"], estimate["n_pos"] + estimate["n_neg"]
    return f"{estimate['value']:.3f} [{estimate['lower']:.3f}, {estimate['upper']:.3f}], {n} of {whole} answers"


if __name__ == "__main__":
    sys.exit(run_command(Mcas, main, PROG))
