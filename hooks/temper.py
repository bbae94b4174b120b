"""`python -m hooks.temper`: scale chosen heads over several factors, beside random heads, and say what it did.

A sweep is a run directory (docs/tempering.md): it continues where it was cut, and another configuration is another one.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hooks.dose.document import FILE, document
from hooks.dose.page import markdown, summary
from hooks.dose.replication import replication, replication_lines
from hooks.dose.sets import draw_sets
from hooks.heads.choice import Choice, ContrastName, choose
from hooks.models import catalogue
from hooks.models.spec import ModelSpec
from interp.cli.front_door import run_command
from interp.cli.options import at_least, budget, command_line, prompt_set, slug
from interp.errors import InputError
from interp.labels.of_answers import INSTRUMENTS, label_all
from interp.prompts.draws import evenly
from interp.records.answers import Generation
from interp.records.judgements import Label
from interp.records.prompts import Prompt
from interp.runs.directory import Run, close_run, open_run
from interp.runs.files import read_json, sha256_file, sha256_json, write_json, write_text
from interp.runs.layout import MANIFEST
from interp.runs.rows import read_rows, write_rows
from interp.runs.versions import versions

if TYPE_CHECKING:
    from hooks.backend.protocol import Backend

PROG = "python -m hooks.temper"


@dataclass(frozen=True)
class Temper:
    """Scale chosen attention heads while answering, at several factors and beside random heads, and say what it did."""

    model: str
    """A short name (qwen3-1.7b, smollm2-135m, ...), a hub id (org/name), or a local directory."""
    heads: str
    """The heads to scale: a list such as L3H1,L5H0, or an attribution.json that was made from this model."""
    contrast: ContrastName | None = None
    """Which ranking of an attribution.json is taken (default: directional)."""
    top: int | None = None
    """How many heads of an attribution.json are taken (default: 5)."""
    factors: str = "1.0,0.9,0.8,0.5"
    """What the heads are multiplied by, with 1.0 among them; 0 is ablation."""
    random_heads: int = 5
    """How many sets of random other heads run beside the chosen ones, each with as many heads in every layer."""
    domain: Literal["facts", "chef"] = "facts"
    """The built-in prompt set: facts (verifiable questions) or chef (French cuisine)."""
    prompts: Path | None = None
    """A JSONL file of your own prompts, in place of a built-in domain (fields: docs/prompts.md)."""
    relations: str | None = None
    """Only these relations of the domain, separated by commas (facts: capital, currency, ...)."""
    split: Literal["fresh", "fit", "both"] = "fresh"
    """Which half of the prompt set is asked."""
    limit: int = 100
    """How many prompts are asked, drawn evenly over relations by the seed."""
    seed: int = 0
    """Seed of the prompts, of the random heads, and of the tests."""
    prompt_order_seed: int | None = None
    """Put the prompts into batches in an order shuffled by this seed (default: by length)."""
    replicate: str | None = None
    """Rerun the sweep on these other seeds, separated by commas, and say whether verdict and signs repeat."""
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
    """How many answers are made at once; all edits of a prompt share a batch where they fit into one."""
    max_new_tokens: int | None = None
    """The token budget of an answer (default: facts 64, chef 512, own prompts 256); cut-off answers are not scored."""
    output_dir: Path = Path("results")
    """Where run directories are made; a changed configuration makes a new one."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr besides the progress bar."""


@dataclass(frozen=True)
class Plan:
    """Everything that is known and checked before a run is opened."""

    options: Temper
    spec: ModelSpec
    name: str
    asked: tuple[Prompt, ...]
    choice: Choice
    factors: tuple[float, ...]
    max_new_tokens: int
    config: Mapping[str, Any]


_IDENTITY = (
    *("split", "limit", "random_heads", "seed", "prompt_order_seed"),
    *("backend", "dtype", "device", "attn", "prove", "batch_size"),
)


def parse_factors(text: str) -> tuple[float, ...]:
    """Return factors of `1.0,0.9,0.5`, in their order.

    Raises:
        InputError: something that is no number, a factor that is negative or not finite, one that comes twice, no 1.0
            to compare with, or nothing but 1.0.
    """
    try:
        factors = tuple(float(item) for item in text.split(","))
    except ValueError:
        raise InputError(
            f"--factors {text!r} is not understood; expected numbers with commas between them, such as 1.0,0.9,0.5."
        ) from None
    wrong = [factor for factor in factors if not math.isfinite(factor) or factor < 0]
    if wrong:
        raise InputError(f"--factors holds {wrong[0]:g}; expected finite numbers of 0 or more.")
    if len({f"{factor:g}" for factor in factors}) < len(factors):
        raise InputError(f"--factors {text} names a factor twice; name every factor once.")
    if 1.0 not in factors or len(factors) < 2:
        raise InputError(
            f"--factors {text} {'holds no 1.0' if 1.0 not in factors else 'holds only 1.0'}; expected 1.0, which all "
            "is compared with, and at least one other factor."
        )
    return factors


def parse_seeds(text: str | None, first: int) -> tuple[int, ...]:
    """Return the seeds of the reruns, each once and none the first run's own."""
    if text is None:
        return ()
    items = [item.strip() for item in text.split(",")]
    if not all(item.isascii() and item.isdigit() and len(item) <= 9 for item in items):
        raise InputError(f"--replicate {text!r} is not understood; expected seeds with commas between them, as in 1,2.")
    seeds = tuple(int(item) for item in items)
    if len({first, *seeds}) <= len(seeds):
        raise InputError(f"--replicate {text} names a seed twice, or that of the run itself, {first}.")
    return seeds


def prepare(options: Temper) -> Plan:
    """Check the options, find prompts, weights and heads, and fix the run's identity.

    Raises:
        InputError: any option, prompt, heads file or weight file that cannot be used.
    """
    _check_numbers(options)
    factors = parse_factors(options.factors)
    whole = prompt_set(options.domain, options.prompts, options.relations)
    pool = whole.prompts if options.split == "both" else getattr(whole, options.split)
    asked = evenly(pool, options.limit, options.seed)
    spec = catalogue.resolve(options.model, revision=options.revision)
    located = catalogue.locate(spec, weights=options.weights)
    choice = choose(options.heads, spec.name, located.commit, options.contrast, options.top)
    max_new_tokens = budget(options.max_new_tokens, whole.name)
    config = {
        "command": PROG,
        "model": {"name": spec.name, "source": located.source, "repo": located.repo, "commit": located.commit},
        "prompts": {"name": whole.name, "sha256": sha256_json([dataclasses.asdict(p) for p in asked])},
        "heads": {"chosen": [list(head) for head in choice.heads], **dataclasses.asdict(choice.source)},
        "factors": list(factors),
        "max_new_tokens": max_new_tokens,
        "instruments": INSTRUMENTS,
        "versions": versions(),
        **{name: getattr(options, name) for name in _IDENTITY},
    }
    return Plan(options, spec, whole.name, asked, choice, factors, max_new_tokens, config)


def _check_numbers(options: Temper) -> None:
    for name, least in (("random_heads", 0), ("limit", 1), ("seed", 0), ("batch_size", 1)):
        at_least(name, getattr(options, name), least)
    for name, least in (("max_new_tokens", 1), ("prompt_order_seed", 0)):
        if getattr(options, name) is not None:
            at_least(name, getattr(options, name), least)


def run_temper(options: Temper) -> Run:
    """Run, continue or reread the sweep of these options; return it finished."""
    plan = prepare(options)
    name = f"{slug(plan.spec.name)}-{slug(plan.name)}-temper"
    with open_run(options.output_dir, name, plan.config) as run:
        if not run.complete:
            _collect(run, plan)
            _label(run)
            _report(run, plan)
            close_run(run, {"command_line": command_line(PROG, dataclasses.replace(options, replicate=None))})
    return run


def _collect(run: Run, plan: Plan) -> None:
    from hooks.dose.sweep import collect_sweep

    if not (run.path / "prompts.jsonl").is_file():
        write_rows(run.path / "prompts.jsonl", plan.asked)
    collect_sweep(
        run,
        _opener(plan),
        plan.asked,
        lambda geometry: draw_sets(plan.choice.heads, geometry, plan.options.random_heads, plan.options.seed),
        plan.factors,
        batch_size=plan.options.batch_size,
        max_new_tokens=plan.max_new_tokens,
        order_seed=plan.options.prompt_order_seed,
    )


def _opener(plan: Plan) -> Callable[[], Backend]:
    def open_model() -> Backend:
        from hooks.models.loading import open_backend

        kept = ("backend", "dtype", "device", "attn", "weights", "prove")
        return open_backend(plan.spec, **{name: getattr(plan.options, name) for name in kept})

    return open_model


def _label(run: Run) -> None:
    if (run.path / "labels.jsonl").is_file():
        return
    asked = read_rows(run.path / "prompts.jsonl", Prompt)
    generations = read_rows(run.path / "generations.jsonl", Generation)
    write_rows(run.path / "labels.jsonl", label_all(asked, generations))


def _report(run: Run, plan: Plan) -> None:
    from hooks.dose.sweep import SWEEP, read_sets

    asked = read_rows(run.path / "prompts.jsonl", Prompt)
    generations = read_rows(run.path / "generations.jsonl", Generation)
    labels = read_rows(run.path / "labels.jsonl", Label)
    inputs = ("prompts.jsonl", "generations.jsonl", "labels.jsonl", SWEEP)
    about = {
        "loaded": read_json(run.path / "model.json"),
        "prompts": {"name": plan.name, "split": plan.options.split, "n": len(asked)},
        "heads": plan.config["heads"],
        "max_new_tokens": plan.max_new_tokens,
        "instruments": INSTRUMENTS,
        "inputs": {name: sha256_file(run.path / name) for name in inputs},
    }
    seed = plan.options.seed
    full = document(asked, generations, labels, read_sets(run.path), plan.factors, about, seed=seed)
    write_json(run.path / FILE, full)
    write_text(run.path / "temper.md", markdown(full))


def replicate(options: Temper, finished: Sequence[tuple[int, Run]]) -> Run:
    """Compare finished sweeps on several seeds in a run directory of its own; return it finished."""
    reruns = [
        {
            "directory": run.path.name,
            "manifest_sha256": sha256_file(run.path / MANIFEST),
            "seed": seed,
            "prompt_ids": [prompt.id for prompt in read_rows(run.path / "prompts.jsonl", Prompt)],
            "temper": read_json(run.path / FILE),
        }
        for seed, run in finished
    ]
    first = finished[0][1]
    compared = [{"directory": one["directory"], "manifest_sha256": one["manifest_sha256"]} for one in reruns]
    config = {"command": PROG, "model": first.config["model"], "prompts": first.config["prompts"], "reruns": compared}
    name = f"{slug(first.config['model']['name'])}-{slug(first.config['prompts']['name'])}-temper-replication"
    with open_run(options.output_dir, name, config) as run:
        if not run.complete:
            found = replication(reruns)
            write_json(run.path / "replication.json", found)
            lines = replication_lines(found)
            write_text(run.path / "replication.md", "\n".join(["# The same sweep on other seeds\n", *lines]) + "\n")
            close_run(run, {"command_line": command_line(PROG, options)})
    return run


def main(options: Temper) -> int:
    """Run the command and print a screenful that ends with the path."""
    seeds = parse_seeds(options.replicate, options.seed)
    finished = []
    for seed in (options.seed, *seeds):
        run = run_temper(dataclasses.replace(options, seed=seed, replicate=None))
        finished.append((seed, run))
        sys.stdout.write(summary(read_json(run.path / FILE)) + f"\n{run.path / 'temper.md'}\n")
    if seeds:
        run = replicate(options, finished)
        lines = replication_lines(read_json(run.path / "replication.json"))
        sys.stdout.write("\n" + "\n".join(lines) + f"\n{run.path / 'replication.md'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_command(Temper, main, PROG))
