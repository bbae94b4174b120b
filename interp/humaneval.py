"""`python -m interp.humaneval`: pass@1 on HumanEval at several token budgets, with what was cut off beside it.

The command answers the tasks with a model, which `interp` knows nothing of: it imports `hooks.answers` inside one
function, the one exception to the layering (named in pyproject.toml). A second process would keep the letter of it, but
options, progress and errors would have to be spelled out and read back. With `--answers` no model is needed.
"""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from interp.cli.front_door import run_command
from interp.cli.groups import AS_USUAL, ModelOptions, OutputOptions, RenderingOptions
from interp.cli.options import at_least, budgets, command_line, slug
from interp.code import extraction, page, report, tasks
from interp.code.answers import Answers, read_answers
from interp.code.report import AnswersSource, GradingConfig, HumanEvalReport
from interp.code.rows import TaskRow, graded_rows
from interp.errors import InputError
from interp.results.schema import read_result, write_result
from interp.runs.directory import Run, close_run, open_run
from interp.runs.files import write_text
from interp.runs.layout import HUMANEVAL, HUMANEVAL_TEXT, TASKS
from interp.runs.loaded import read_loaded
from interp.runs.rows import write_rows
from interp.runs.versions import versions
from interp.sandbox import proof as sandbox_proof
from interp.sandbox.process import Limits
from interp.sandbox.proof import Proof
from interp.scores.of_run import conditions
from interp.scores.sets import write_scores

PROG = "python -m interp.humaneval"


@dataclass(frozen=True)
class HumanEval:
    """Answer HumanEval with a model, run the answers' code in a sandbox, and report pass@1."""

    model: str | None = None
    """A short name (qwen3-1.7b, smollm2-135m, ...), a hub id (org/name), or a local directory."""
    answers: Path | None = None
    """Score the answers of this run, of this command or of hooks.answer, in place of asking a model."""
    max_new_tokens: str | None = None
    """Token budgets, separated by commas; the answers are made once, with the largest. With --answers: which of its."""
    limit: int | None = None
    """Only the first LIMIT tasks."""
    loading: tyro.conf.OmitArgPrefixes[ModelOptions] = ModelOptions()
    asking: tyro.conf.OmitArgPrefixes[RenderingOptions] = AS_USUAL
    batch_size: int = 32
    """How many tasks are answered at once; part of the run's identity, since it moves the last float bits."""
    cpu_seconds: int = 5
    """Processor time that a program has for its whole test."""
    memory_mib: int = 512
    """Memory that a program has, in MiB of address space."""
    workers: int = 0
    """How many programs run at once; 0 is one a core."""
    allow_weak_sandbox: bool = False
    """Run the model's programs even where the sandbox does not hold; the report says so."""
    output: tyro.conf.OmitArgPrefixes[OutputOptions] = OutputOptions()


def main(options: HumanEval) -> int:
    """Run the command and print a table and the path."""
    run = run_humaneval(options)
    sys.stdout.write(page.table(read_result(run.path / HUMANEVAL, HumanEvalReport).budgets) + "\n")
    sys.stdout.write(f"{run.path / HUMANEVAL_TEXT}\n")
    return 0


def run_humaneval(options: HumanEval) -> Run:
    """Run, continue or reread the run of these options; return it finished."""
    _check(options)
    limits = Limits(cpu_seconds=options.cpu_seconds, memory_mib=options.memory_mib)
    proof = sandbox_proof.require(limits, allow_weak=options.allow_weak_sandbox)
    answers = read_answers(options.answers or _answer(options), options.max_new_tokens)
    config = _config(answers, limits, proof)
    name = f"{slug(config.model.model.name)}-humaneval"
    with open_run(options.output.output_dir, name, dataclasses.asdict(config)) as run:
        if not run.complete:
            rows = _graded(run, answers, limits, options.workers, proof)
            _write(run.path, answers, rows, report.summarise(config, proof, rows))
            close_run(run, command_line=command_line(PROG, options))
    return run


def _check(options: HumanEval) -> None:
    if (options.model is None) == (options.answers is None):
        raise InputError("Pass either --model to answer the tasks, or --answers with a run whose answers to score.")
    if options.model is not None and options.max_new_tokens is None:
        raise InputError("--max-new-tokens is missing; expected one token budget or several, such as 64,256,512.")
    if options.answers is not None and options.asking != AS_USUAL:
        raise InputError("--thinking, --system and --date are for asking a model; leave them out with --answers.")
    if options.answers is not None and options.limit is not None:
        raise InputError("--limit chooses which tasks a model is asked; leave it out with --answers.")
    for name, least in (("limit", 1), ("cpu_seconds", 1), ("memory_mib", 64), ("workers", 0)):
        value = getattr(options, name)
        if value is not None:
            at_least(name, value, least)


def _answer(options: HumanEval) -> Path:
    """Answer the tasks with the model, or find the run that did."""
    from hooks.answers import run as answers

    assert options.model is not None  # `_check` has seen to it
    chat = answers.has_chat_template(options.model, options.loading)
    return answers.answer(
        options.model,
        options.loading,
        tasks.as_prompts(tasks.load()[: options.limit], chat=chat),
        batch_size=options.batch_size,
        output_dir=options.output.output_dir,
        name=tasks.DOMAIN,
        at=budgets(options.max_new_tokens or ""),
        made_by=command_line(PROG, options),
        raw=not chat,
        asking=options.asking,
    ).path


def _config(answers: Answers, limits: Limits, proof: Proof) -> GradingConfig:
    return GradingConfig(
        command=PROG,
        model=read_loaded(answers.run.path),
        answers=AnswersSource(answers.run.path.name, answers.sha256),
        budgets=tuple(sorted(answers.files)),
        data_sha256=tasks.data_sha256(),
        extraction=extraction.VERSION,
        limits=limits,
        sandbox_broken=proof.broken,
        versions=versions(),
    )


def _graded(run: Run, answers: Answers, limits: Limits, workers: int, proof: Proof) -> list[TaskRow]:
    every = [generation for generations in answers.by_budget().values() for generation in generations]
    return graded_rows(run, tasks.load(), every, raw=answers.raw, limits=limits, workers=workers, required=proof.active)


def _write(folder: Path, answers: Answers, rows: list[TaskRow], summary: HumanEvalReport) -> None:
    judge = summary.config.instrument
    under = {budget: conditions(answers.run, given, judge) for budget, given in answers.by_budget().items()}
    write_rows(folder / TASKS, rows)
    write_scores(folder, report.score_sets(rows, under))
    write_result(folder / HUMANEVAL, summary)
    write_text(folder / HUMANEVAL_TEXT, page.page(summary))


if __name__ == "__main__":
    sys.exit(run_command(HumanEval, main, PROG))
