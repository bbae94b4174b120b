"""`python -m hooks.answer`: from prompts to a run directory of answers, and nothing else.

The run holds `prompts.jsonl`, `generations.jsonl`, `model.json`, `config.json` and `run.json`, as a fitted run does
before it is labelled. With several token budgets the answers are made once, with the largest; what each smaller budget
would have given is in `generations-at-N.jsonl` beside them (see `hooks.answers.budgets`).
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hooks.models import catalogue
from hooks.models.spec import ModelSpec
from interp.cli.front_door import run_command
from interp.cli.options import at_least, budgets, command_line, prompt_set, slug
from interp.errors import InputError
from interp.prompts.sets import PromptSet
from interp.records.answers import Generation, StopReason
from interp.records.prompts import Prompt
from interp.runs.directory import Run, close_run, open_run
from interp.runs.files import sha256_json
from interp.runs.rows import read_rows, write_rows
from interp.runs.versions import versions

if TYPE_CHECKING:
    from hooks.backend.protocol import Backend

PROG = "python -m hooks.answer"


@dataclass(frozen=True)
class Model:
    """Which model answers, and how it is run."""

    model: str
    """A short name (qwen3-1.7b, smollm2-135m, ...), a hub id (org/name), or a local directory."""
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
    """How many prompts are answered at once; part of the run's identity, since it moves the last float bits."""
    output_dir: Path = Path("results")
    """Where run directories are made; a changed configuration makes a new one."""


@dataclass(frozen=True, kw_only=True)
class Answer(Model):
    """Answer prompts greedily and keep the answers."""

    max_new_tokens: str
    """The token budget of an answer; several, separated by commas, are all served by one run at the largest."""
    domain: Literal["facts", "chef"] = "facts"
    """The built-in prompt set: facts (verifiable questions) or chef (French cuisine)."""
    prompts: Path | None = None
    """A JSONL file of your own prompts, in place of a built-in domain (fields: docs/prompts.md)."""
    limit: int | None = None
    """Only the first LIMIT prompts of each split."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr besides the progress bar."""


def budget_file(run: Path, budget: int, largest: int) -> Path:
    """Return where a run keeps the answers at a budget."""
    return run / ("generations.jsonl" if budget == largest else f"generations-at-{budget}.jsonl")


def has_chat_template(model: Model) -> bool:
    """Return whether the model's tokenizer brings a chat template; loads no weights."""
    from hooks.answers.chat import has_template

    return has_template(_tokenizer(_located(model)[1]))


def answer(
    options: Model, asked: Sequence[Prompt], *, name: str, at: Sequence[int], made_by: str, raw: bool = False
) -> Run:
    """Answer prompts greedily, or continue or reread the run that did; return it finished.

    Args:
        options: which model.
        asked: the prompts; their ids are unique.
        name: what the prompt set is called; it becomes part of the directory's name.
        at: token budgets; the answers are made once, with the largest.
        made_by: the command line that makes this run again.
        raw: continue each prompt's text as it stands, without chat template.

    Raises:
        InputError: no prompts, a number out of range, or a model that cannot be had.
    """
    if not asked or len({prompt.id for prompt in asked}) < len(asked):
        raise InputError(f"The prompt set {name} needs at least one prompt, and an id of its own for each.")
    at_least("batch_size", options.batch_size, 1)
    spec, located = _located(options)
    config = _config(options, spec, located, asked, name, at, raw)
    with open_run(options.output_dir, f"{slug(spec.name)}-{slug(name)}-answers", config) as run:
        if not run.complete:
            _answer(run, options, spec, asked, max(at), raw)
            _cut(run, located, at, raw)
            close_run(run, command_line=made_by)
    return run


def main(options: Answer) -> int:
    """Run the command and print how the answers ended, and the path."""
    wanted = budgets(options.max_new_tokens)
    chosen = _prompt_set(options)
    run = answer(options, chosen.prompts, name=chosen.name, at=wanted, made_by=command_line(PROG, options))
    for budget in wanted:
        rows = read_rows(budget_file(run.path, budget, max(wanted)), Generation)
        cut = sum(row.stop is StopReason.LENGTH for row in rows)
        sys.stdout.write(f"{budget} new tokens: {len(rows)} answers, {cut} cut off\n")
    sys.stdout.write(f"{run.path}\n")
    return 0


def _located(options: Model) -> tuple[ModelSpec, catalogue.Located]:
    spec = catalogue.resolve(options.model, revision=options.revision)
    return spec, catalogue.locate(spec, weights=options.weights)


def _tokenizer(located: catalogue.Located) -> Any:
    from transformers import AutoTokenizer

    from hooks.models.loading import quiet

    with quiet():
        return AutoTokenizer.from_pretrained(located.directory, local_files_only=True)


_IDENTITY = ("backend", "dtype", "device", "attn", "prove", "batch_size")


def _config(
    options: Model,
    spec: ModelSpec,
    located: catalogue.Located,
    asked: Sequence[Prompt],
    name: str,
    at: Sequence[int],
    raw: bool,
) -> Mapping[str, Any]:
    rows = [dataclasses.asdict(prompt) for prompt in asked]
    return {
        "command": PROG,
        "model": {"name": spec.name, "source": located.source, "repo": located.repo, "commit": located.commit},
        "prompts": {"name": name, "sha256": sha256_json(rows), "limit": None},
        "decoding": "greedy",
        "raw": raw,
        "max_new_tokens": max(at),
        "budgets": sorted(at),
        "versions": versions(),
        **{field: getattr(options, field) for field in _IDENTITY},
    }


def _answer(run: Run, options: Model, spec: ModelSpec, asked: Sequence[Prompt], budget: int, raw: bool) -> None:
    from hooks.answers.collect import collect

    def open_model() -> Backend:
        from hooks.models.loading import open_backend

        kept = {field: getattr(options, field) for field in ("backend", "dtype", "device", "attn", "weights", "prove")}
        return open_backend(spec, **kept)

    if not (run.path / "prompts.jsonl").is_file():
        write_rows(run.path / "prompts.jsonl", asked)
    collect(run, open_model, asked, batch_size=options.batch_size, max_new_tokens=budget, layers=(), raw=raw)


def _cut(run: Run, located: catalogue.Located, at: Sequence[int], raw: bool) -> None:
    """Write what each smaller budget would have given."""
    from hooks.answers.budgets import at_budget

    largest = max(at)
    smaller = [budget for budget in at if budget < largest]
    tokenizer = _tokenizer(located) if smaller else None
    whole = read_rows(run.path / "generations.jsonl", Generation)
    for budget in smaller:
        rows = [at_budget(generation, budget, tokenizer, raw) for generation in whole]
        write_rows(budget_file(run.path, budget, largest), rows)


def _prompt_set(options: Answer) -> PromptSet:
    if options.limit is not None:
        at_least("limit", options.limit, 1)
    whole = prompt_set(options.domain, options.prompts, None, judged=True)  # nothing here needs accepted wordings
    return whole if options.limit is None else whole.first(options.limit)


if __name__ == "__main__":
    sys.exit(run_command(Answer, main, PROG))
