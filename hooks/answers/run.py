"""Prompts -> a finished run of answers: one directory, resumed where it was cut, for one token budget or several."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hooks.models import catalogue
from hooks.models.catalogue import Located
from hooks.models.opening import opener
from hooks.models.spec import ModelSpec
from interp.cli.groups import AS_USUAL, ModelOptions, RenderingOptions
from interp.cli.options import at_least, slug
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.prompts import Prompt
from interp.runs.directory import Run, close_run, open_run
from interp.runs.files import sha256_json
from interp.runs.layout import GENERATIONS, PROMPTS
from interp.runs.rendering import read_rendering
from interp.runs.rows import keep_rows, read_rows, write_rows
from interp.runs.versions import versions

COMMAND = "python -m hooks.answer"  # part of a run's identity, whoever asked for it


def budget_file(run: Path, budget: int, largest: int) -> Path:
    """Return where a run keeps the answers at a budget."""
    whole = run / GENERATIONS
    return whole if budget == largest else whole.with_stem(f"{whole.stem}-at-{budget}")


def has_chat_template(model: str, loading: ModelOptions) -> bool:
    """Return whether the model's tokenizer brings a chat template; loads no weights."""
    from hooks.answers.chat import has_template

    return has_template(_tokenizer(_locate(model, loading)[1]))


def answer(
    model: str,
    loading: ModelOptions,
    asked: Sequence[Prompt],
    *,
    batch_size: int,
    output_dir: Path,
    name: str,
    at: Sequence[int],
    made_by: str,
    raw: bool = False,
    asking: RenderingOptions = AS_USUAL,
) -> Run:
    """Answer prompts greedily, or continue or reread the run that did; return it finished.

    Args:
        model: a short name, a hub id, or a local directory.
        loading: how it is loaded.
        asked: the prompts; their ids are unique.
        batch_size: how many are answered at once; part of the run's identity, since it moves the last float bits.
        output_dir: where the run directory is made.
        name: what the prompt set is called; it becomes part of the directory's name.
        at: token budgets; the answers are made once, with the largest.
        made_by: the command line that makes this run again.
        raw: continue each prompt's text as it stands, without chat template.
        asking: how prompts are put to the model.

    Raises:
        InputError: no prompts, a number out of range, or a model that cannot be had.
    """
    if not asked or len({prompt.id for prompt in asked}) < len(asked):
        raise InputError(f"The prompt set {name} needs at least one prompt, and an id of its own for each.")
    at_least("batch_size", batch_size, 1)
    spec, located = _locate(model, loading)
    config = {
        "command": COMMAND,
        "model": {"name": spec.name, "source": located.source, "repo": located.repo, "commit": located.commit},
        "prompts": {"name": name, "sha256": sha256_json([dataclasses.asdict(p) for p in asked]), "limit": None},
        "decoding": "greedy",
        "raw": raw,
        "max_new_tokens": max(at),
        "budgets": sorted(at),
        "versions": versions(),
        "batch_size": batch_size,
        **loading.identity,
        **asking.identity,
    }
    with open_run(output_dir, f"{slug(spec.name)}-{slug(name)}-answers", config) as run:
        if not run.complete:
            _collect(run, spec, loading, asked, batch_size, max(at), raw, asking)
            cut(run, located, at, raw)
            close_run(run, command_line=made_by)
    return run


def cut(run: Run, located: Located, at: Sequence[int], raw: bool) -> None:
    """Write what each smaller budget would have given."""
    from hooks.answers.budgets import at_budget
    from hooks.answers.chat import encode

    largest = max(at)
    smaller = [budget for budget in at if budget < largest]
    if not smaller:
        return
    tokenizer, rendering = _tokenizer(located), read_rendering(run.path)
    prompts = read_rows(run.path / PROMPTS, Prompt)
    ids = {prompt.id: encode(tokenizer, prompt.text, raw, rendering) for prompt in prompts}
    whole = read_rows(run.path / GENERATIONS, Generation)
    for budget in smaller:
        rows = [at_budget(answer, budget, tokenizer, ids[answer.prompt_id], raw) for answer in whole]
        write_rows(budget_file(run.path, budget, largest), rows)


def _locate(model: str, loading: ModelOptions) -> tuple[ModelSpec, Located]:
    spec = catalogue.resolve(model, revision=loading.revision)
    return spec, catalogue.locate(spec, weights=loading.weights)


def _tokenizer(located: Located) -> Any:
    from hooks.models.loading import load_tokenizer

    return load_tokenizer(located.directory)


def _collect(
    run: Run,
    spec: ModelSpec,
    loading: ModelOptions,
    asked: Sequence[Prompt],
    batch_size: int,
    budget: int,
    raw: bool,
    asking: RenderingOptions,
) -> None:
    """Ask what is not yet answered."""
    from hooks.answers.collect import collect

    keep_rows(run.path / PROMPTS, asked)
    model = opener(spec, loading)
    collect(run, model, asked, batch_size=batch_size, max_new_tokens=budget, layers=(), raw=raw, asking=asking)
