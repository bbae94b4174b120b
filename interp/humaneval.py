"""`python -m interp.humaneval`: pass@1 on HumanEval at several token budgets, with what was cut off beside it.

The command answers the tasks with a model, which `interp` knows nothing of: it imports `hooks.answer` inside one
function, the one exception to the layering (named in pyproject.toml). A second process would keep the letter of it, but
options, progress and errors would have to be spelled out and read back. With `--answers` no model is needed.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from interp.cli.front_door import run_command
from interp.cli.groups import ModelOptions
from interp.cli.options import at_least, budgets, command_line, slug
from interp.code import extraction, report, tasks
from interp.code import rows as humaneval_score
from interp.code.tasks import Task
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.prompts import Prompt
from interp.runs.directory import Run, close_run, open_run, verify
from interp.runs.files import read_json, sha256_file, write_json, write_text
from interp.runs.rows import read_rows, write_rows
from interp.runs.versions import versions
from interp.sandbox import proof as sandbox_proof
from interp.sandbox.process import Limits
from interp.scores import sets
from interp.scores.of_run import conditions

PROG = "python -m interp.humaneval"
SCHEMA = 1


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
    backend: Literal["torch", "nnsight", "transformer_lens"] = "torch"
    """What runs the model: plain Hugging Face (torch, the reference), nnsight, or TransformerLens."""
    revision: str | None = None
    """The hub's branch, tag or commit."""
    weights: Literal["embedded", "hub"] | None = None
    """Where smollm2-135m and gemma-3-270m come from: the package registry (default) or the hub."""
    dtype: str = "auto"
    """float32, bfloat16 or float16; auto is float32 on a CPU and bfloat16 on an accelerator."""
    device: str = "auto"
    """cpu, cuda, cuda:1, ...; auto takes an accelerator when there is one."""
    attn: str | None = None
    """The attention implementation: sdpa or eager (TransformerLens always runs eager)."""
    prove: bool = True
    """Prove the hooks when the model is opened."""
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
    output_dir: Path = Path("results")
    """Where run directories are made; a changed configuration makes a new one."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr besides the progress bars."""


@dataclass(frozen=True)
class Answers:
    """A finished run of answers to HumanEval, checked: every prompt is a task as this version asks it."""

    path: Path
    config: Mapping[str, Any]
    files: Mapping[int, Path]
    raw: bool

    @property
    def sha256(self) -> dict[str, str]:
        """Return the sha256 of each file of answers."""
        return {file.name: sha256_file(file) for file in self.files.values()}


def main(options: HumanEval) -> int:
    """Run the command and print a table and the path."""
    run = run_humaneval(options)
    sys.stdout.write(report.table(read_json(run.path / "humaneval.json")["budgets"]) + "\n")
    sys.stdout.write(f"{run.path / 'humaneval.md'}\n")
    return 0


def run_humaneval(options: HumanEval) -> Run:
    """Run, continue or reread the run of these options; return it finished."""
    _check(options)
    limits = Limits(cpu_seconds=options.cpu_seconds, memory_mib=options.memory_mib)
    proof = sandbox_proof.require(limits, allow_weak=options.allow_weak_sandbox)
    answers = read_answers(options.answers or _answer(options), options.max_new_tokens)
    model = read_json(answers.path / "model.json")
    config = {
        "command": PROG,
        "model": model,
        "answers": {"run": answers.path.name, "sha256": answers.sha256},
        "budgets": sorted(answers.files),
        "data_sha256": tasks.data_sha256(),
        "extraction": extraction.VERSION,
        "limits": dataclasses.asdict(limits),
        "sandbox_broken": list(proof.broken),
        "versions": versions(),
    }
    with open_run(options.output_dir, f"{slug(model['model']['name'])}-humaneval", config) as run:
        if not run.complete:
            _score(run, answers, limits, proof, options.workers)
            close_run(run, {"command_line": command_line(PROG, options)})
    return run


def read_answers(path: Path, wanted: str | None = None) -> Answers:
    """Return a finished run of answers to HumanEval.

    Args:
        path: the run directory.
        wanted: token budgets, separated by commas; None is all that the run has.

    Raises:
        InputError: not such a run, or not at these budgets.
    """
    config = verify(path).get("config", {})
    if not isinstance(config.get("raw"), bool) or not (path / "prompts.jsonl").is_file():
        raise InputError(f"{path} is no run of answers; expected one made by python -m hooks.answer or by {PROG}.")
    _check_prompts(path, raw=config["raw"])
    largest = int(config["max_new_tokens"])
    files = {largest: path / "generations.jsonl"}
    files |= {int(file.stem.rpartition("-")[2]): file for file in path.glob("generations-at-*.jsonl")}
    chosen = sorted(files) if wanted is None else budgets(wanted)
    missing = [str(budget) for budget in chosen if budget not in files]
    if missing:
        raise InputError(
            f"{path} holds answers at {', '.join(map(str, sorted(files)))} new tokens and not at {', '.join(missing)}; "
            "leave --max-new-tokens out, or ask the model again."
        )
    return Answers(path, config, {budget: files[budget] for budget in chosen}, config["raw"])


def _answer(options: HumanEval) -> Path:
    """Answer the tasks with the model, or find the run that did."""
    from hooks import answer

    loading = ModelOptions(**{field.name: getattr(options, field.name) for field in dataclasses.fields(ModelOptions)})
    chosen = tasks.load()[: options.limit]
    chat = answer.has_chat_template(options.model or "", loading)
    return answer.answer(
        options.model or "",
        loading,
        tasks.as_prompts(chosen, chat=chat),
        batch_size=options.batch_size,
        output_dir=options.output_dir,
        name=tasks.DOMAIN,
        at=budgets(options.max_new_tokens or ""),
        made_by=command_line(PROG, options),
        raw=not chat,
    ).path


def _score(run: Run, answers: Answers, limits: Limits, proof: sandbox_proof.Proof, workers: int) -> None:
    given = {budget: read_rows(file, Generation) for budget, file in answers.files.items()}
    every = [generation for rows in given.values() for generation in rows]
    rows = humaneval_score.score(run, tasks.load(), every, raw=answers.raw, limits=limits, workers=workers)
    rules = f"{extraction.VERSION} {limits.cpu_seconds}s {limits.memory_mib}MiB"
    judge = f"humaneval-{run.config['data_sha256'][:12]} {rules}"
    under = {budget: conditions(answers.path, g, answers.config, judge) for budget, g in given.items()}
    write_rows(run.path / "tasks.jsonl", rows)
    sets.write_scores(run.path, report.score_sets(rows, under))
    result = {
        "schema": SCHEMA,
        **run.config["model"],
        "config": dict(run.config),
        "sandbox": dataclasses.asdict(proof),
        "budgets": [report.at_budget([r for r in rows if r.max_new_tokens == b]) for b in given],
    }
    write_json(run.path / "humaneval.json", result)
    write_text(run.path / "humaneval.md", report.markdown(result))


def _check(options: HumanEval) -> None:
    if (options.model is None) == (options.answers is None):
        raise InputError("Pass either --model to answer the tasks, or --answers with a run whose answers to score.")
    if options.model is not None and options.max_new_tokens is None:
        raise InputError("--max-new-tokens is missing; expected one token budget or several, such as 64,256,512.")
    if options.answers is not None and options.limit is not None:
        raise InputError("--limit chooses which tasks a model is asked; leave it out with --answers.")
    for name, least in (("limit", 1), ("cpu_seconds", 1), ("memory_mib", 64), ("workers", 0)):
        value = getattr(options, name)
        if value is not None:
            at_least(name, value, least)


def _check_prompts(path: Path, *, raw: bool) -> None:
    """Refuse answers to other prompts, or to the tasks in other words."""
    known: Mapping[str, Task] = {task.id: task for task in tasks.load()}
    for prompt in read_rows(path / "prompts.jsonl", Prompt):
        task = known.get(prompt.id)
        if task is None or tasks.as_prompts((task,), chat=not raw)[0].text != prompt.text:
            raise InputError(
                f"{path} answers {prompt.id!r}, which is no task of HumanEval as this version asks it; answer the "
                f"tasks with {PROG} --model."
            )


if __name__ == "__main__":
    sys.exit(run_command(HumanEval, main, PROG))
