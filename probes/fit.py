"""`python -m probes.fit`: from prompts to a report on what a linear probe on h_last can tell."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hooks.models import catalogue
from hooks.models.layers import check_pool, count_layers, parse_layers
from interp.cli.front_door import run_command
from interp.cli.options import at_least, budget, command_line, prompt_set, slug
from interp.errors import InputError
from interp.judges.endpoint import ChatOptions
from interp.prompts import sets
from interp.records.answers import Generation
from interp.records.arrays import Position
from interp.records.judgements import Label
from interp.records.prompts import Prompt
from interp.runs.arrays import write_probes
from interp.runs.directory import SCHEMA, Run, close_run, open_run
from interp.runs.files import read_json, sha256_file, write_json, write_text
from interp.runs.rows import read_rows, write_rows
from interp.runs.versions import versions

if TYPE_CHECKING:
    from hooks.backend.protocol import Backend
    from interp.labels.of_run import Judging
    from probes.verdict.analysis import Records

PROG = "python -m probes.fit"


CS = (1.0, 0.1, 0.01)


@dataclass(frozen=True)
class Fit:
    """Fit linear probes for correctness and delivery on h_last and report what they are worth on fresh prompts."""

    model: str
    """A short name (qwen3-1.7b, smollm2-135m, ...), a hub id (org/name), or a local directory."""
    domain: Literal["facts", "chef"] = "facts"
    """The built-in prompt set: facts (verifiable questions) or chef (French cuisine)."""
    prompts: Path | None = None
    """A JSONL file of your own prompts, in place of a built-in domain (fields: docs/prompts.md)."""
    relations: str | None = None
    """Only these relations of the domain, separated by commas (facts: capital, currency, ...)."""
    limit: int | None = None
    """Only the first LIMIT prompts of each split."""
    target: Literal["correct", "asserted", "both"] = "both"
    """What the probes are to tell: correct from wrong, asserted from hedged, or both, each by its own probe."""
    backend: Literal["torch", "nnsight", "transformer_lens"] = "torch"
    """What attaches the hooks: plain Hugging Face (torch, the reference), nnsight, or TransformerLens."""
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
    max_new_tokens: int | None = None
    """The token budget of an answer (default: facts 64, chef 512, own prompts 256); cut-off answers are not scored."""
    position: Position = Position.CONTENT
    """Which token h_last is read at: content, the last token of the answer's text (the study's), or end_of_turn."""
    layers: str = "all"
    """Blocks whose residual stream is read: all, or numbers and ranges such as 0,8,12-15. ln_final is always read."""
    pool_tokens: int = 1
    """Average h_last over this many last content tokens."""
    pool_layers: int = 1
    """Probe the average of the last POOL_LAYERS hidden states (the study's multi-layer variant: 4) and nothing else."""
    judge: str | None = None
    """Who labels the answers instead of checklist and lexicon: chat:MODEL (at OPENAI_BASE_URL) or recorded:FILE."""
    rubric: bool = False
    """Have the judge score the five rubric axes, too: one question a prompt and five an answer."""
    chat: ChatOptions = ChatOptions()
    """How the judge is asked, and how many questions it may leave without an answer before the run stops."""
    dry_run_judge: bool = False
    """Only say how many questions the judge would be asked, and stop."""
    folds: int = 5
    """Folds of the stratified cross-validation on the fit split."""
    seed: int = 0
    """Seed of the folds, and of the order in which a judge is asked."""
    output_dir: Path = Path("results")
    """Where run directories are made; a changed configuration makes a new one."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr besides the progress bar."""


@dataclass(frozen=True)
class Plan:
    """Everything that is known and checked before a run is opened: nothing has been written yet."""

    options: Fit
    spec: Any
    prompt_set: sets.PromptSet
    layers: tuple[int, ...] | None
    max_new_tokens: int
    judging: Judging | None
    name: str
    config: Mapping[str, Any]


def prepare(options: Fit) -> Plan:
    """Check the options, find prompts and weights, and fix the run's identity.

    Raises:
        InputError: any option, prompt or weight file that cannot be used.
    """
    from interp.labels.of_run import recorded

    _check_numbers(options)
    chosen = _prompt_set(options)
    spec = catalogue.resolve(options.model, revision=options.revision)
    located = catalogue.locate(spec, weights=options.weights)
    n_layers = count_layers(located.directory)
    layers = parse_layers(options.layers, n_layers)
    check_pool(options.pool_layers, layers, n_layers)
    judging = _judging(options, chosen, (spec.name, spec.repo, located.repo))
    max_new_tokens = budget(options.max_new_tokens, chosen.name)
    config = {
        "command": PROG,
        "model": {"name": spec.name, "source": located.source, "repo": located.repo, "commit": located.commit},
        "prompts": {"name": chosen.name, "sha256": chosen.sha256, "limit": options.limit},
        "max_new_tokens": max_new_tokens,
        "layers": None if layers is None else list(layers),
        "instruments": recorded(judging),
        "judge": None if judging is None else judging.identity,
        "versions": versions(),
        **{name: getattr(options, name) for name in _IDENTITY},
    }
    return Plan(
        options, spec, chosen, layers, max_new_tokens, judging, f"{slug(spec.name)}-{slug(chosen.name)}", config
    )


_IDENTITY = (
    "target",
    "backend",
    "dtype",
    "device",
    "attn",
    "prove",
    "batch_size",
    "position",
    "pool_tokens",
    "pool_layers",
    "folds",
    "seed",
)


def run_fit(options: Fit) -> Run:
    """Run, continue or reread the run of these options; return it finished."""
    from interp.labels.of_run import label_run

    plan = prepare(options)
    with open_run(options.output_dir, plan.name, plan.config) as run:
        if not run.complete:
            _collect(run, plan)
            label_run(run, plan.judging)
            _report(run, plan)
            close_run(run, {"command_line": command_line(PROG, options)})
    return run


def main(options: Fit) -> int:
    """Run the command and print a screenful that ends with the path."""
    from probes.report import markdown

    if options.dry_run_judge:
        return _dry_run(options)
    run = run_fit(options)
    pages = "".join(f"{run.path / name}\n" for name in ("report.html", "report.md"))
    sys.stdout.write(f"{markdown.summary(read_json(run.path / 'report.json'))}\n{pages}")
    return 0


def _dry_run(options: Fit) -> int:
    from interp.labels.of_run import dry_run

    if options.judge is None:
        raise InputError("--dry-run-judge counts a judge's questions; expected --judge chat:MODEL with it.")
    sys.stdout.write(dry_run(options.judge, _prompt_set(options).prompts, options.rubric))
    return 0


def _collect(run: Run, plan: Plan) -> None:
    from hooks.answers.collect import collect

    if not (run.path / "prompts.jsonl").is_file():
        write_rows(run.path / "prompts.jsonl", plan.prompt_set.prompts)
    collect(
        run,
        _opener(plan),
        plan.prompt_set.prompts,
        batch_size=plan.options.batch_size,
        max_new_tokens=plan.max_new_tokens,
        pool_tokens=plan.options.pool_tokens,
        layers=plan.layers,
    )


def _opener(plan: Plan) -> Callable[[], Backend]:
    def open_model() -> Backend:
        from hooks.models.loading import open_backend

        o = plan.options
        return open_backend(
            plan.spec,
            backend=o.backend,
            dtype=o.dtype,
            device=o.device,
            attn=o.attn,
            weights=o.weights,
            prove=o.prove,
        )

    return open_model


def _report(run: Run, plan: Plan) -> None:
    from interp.labels.of_run import agreement
    from probes.report import markdown, page
    from probes.verdict.analysis import analyse

    o = plan.options
    result = analyse(
        _records(run, plan),
        targets=("correct", "asserted") if o.target == "both" else (o.target,),
        cs=CS,
        folds=o.folds,
        seed=o.seed,
    )
    if result.probes:
        write_probes(run.path / "probe.safetensors", result.probes)
    inputs = ("prompts.jsonl", "generations.jsonl", "labels.jsonl", "features.safetensors")
    full = {
        "schema": SCHEMA,
        "loaded": read_json(run.path / "model.json"),
        "config": dict(plan.config),
        "inputs": {name: sha256_file(run.path / name) for name in inputs},
        **result.numbers,
        **({} if plan.judging is None else {"agreement": agreement(run, plan.judging)}),
    }
    write_json(run.path / "report.json", full)
    write_text(run.path / "report.md", markdown.markdown(full))
    write_text(run.path / "report.html", page.fit_page(run.path))


def _records(run: Run, plan: Plan) -> Records:
    from probes.verdict.analysis import Records
    from probes.verdict.finished import read_readings

    return Records(
        read_rows(run.path / "prompts.jsonl", Prompt),
        read_rows(run.path / "generations.jsonl", Generation),
        read_rows(run.path / "labels.jsonl", Label),
        *read_readings(run.path, plan.config),
    )


def _check_numbers(options: Fit) -> None:
    for name, least in (("batch_size", 1), ("pool_tokens", 1), ("pool_layers", 1), ("folds", 2), ("seed", 0)):
        at_least(name, getattr(options, name), least)
    for name, least in (("max_new_tokens", 1), ("limit", 1)):
        if getattr(options, name) is not None:
            at_least(name, getattr(options, name), least)
    if options.pool_tokens > 1 and options.position is Position.END_OF_TURN:
        raise InputError(
            "--pool-tokens averages content tokens; expected it with --position content, or leave it at 1."
        )


def _prompt_set(options: Fit) -> sets.PromptSet:
    whole = prompt_set(options.domain, options.prompts, options.relations, judged=options.judge is not None)
    return whole if options.limit is None else whole.first(options.limit)


def _judging(options: Fit, chosen: sets.PromptSet, tested: tuple[str, ...]) -> Judging | None:
    from interp.labels.of_run import open_judging

    return open_judging(
        options.judge,
        rubric=options.rubric,
        options=options.chat,
        prompts=chosen.prompts,
        tested=tested,
        seed=options.seed,
    )


if __name__ == "__main__":
    sys.exit(run_command(Fit, main, PROG))
