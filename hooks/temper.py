"""`python -m hooks.temper`: scale chosen heads over several factors, beside random heads, and say what it did.

A sweep is a run directory (docs/tempering.md): it continues where it was cut, and another configuration is another one.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import tyro

from hooks.dose.document import document
from hooks.dose.evidence import gather
from hooks.dose.page import markdown, summary
from hooks.dose.plan import SweepPlan, parse_factors, parse_seeds
from hooks.dose.replication import replicate, replication_lines
from hooks.dose.sets import draw_sets
from hooks.dose.sweep import collect_sweep, read_sets
from hooks.dose.verdict import judge
from hooks.heads.choice import ContrastName, choose
from hooks.models import catalogue
from hooks.models.opening import opener
from interp.cli.front_door import run_command
from interp.cli.groups import AS_USUAL, ModelOptions, OutputOptions, PromptOptions, RenderingOptions
from interp.cli.options import at_least, budget, command_line
from interp.labels.of_answers import label_all
from interp.prompts.draws import evenly
from interp.records.answers import Generation
from interp.records.judgements import Label
from interp.records.prompts import Prompt
from interp.results.dose import Replication, TemperResult, VerdictRule
from interp.results.schema import read_result, write_result
from interp.runs.directory import Run, close_run, open_run
from interp.runs.files import write_text
from interp.runs.layout import GENERATIONS, LABELS, REPLICATION, REPLICATION_TEXT, TEMPER, TEMPER_TEXT
from interp.runs.rendering import read_rendering
from interp.runs.rows import read_rows, write_rows
from interp.runs.stages import end_stage, stage_done

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
    asked: tyro.conf.OmitArgPrefixes[PromptOptions] = PromptOptions()
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
    loading: tyro.conf.OmitArgPrefixes[ModelOptions] = ModelOptions()
    asking: tyro.conf.OmitArgPrefixes[RenderingOptions] = AS_USUAL
    batch_size: int = 32
    """How many answers are made at once; all edits of a prompt share a batch where they fit into one."""
    max_new_tokens: int | None = None
    """The token budget of an answer (default: facts 64, chef 512, own prompts 256); cut-off answers are not scored."""
    output: tyro.conf.OmitArgPrefixes[OutputOptions] = OutputOptions()


def main(options: Temper) -> int:
    """Run the command and print a screenful that ends with the path."""
    seeds = parse_seeds(options.replicate, options.seed)
    sweeps: list[tuple[int, Run]] = []
    for seed in (options.seed, *seeds):
        begun = read_rendering(sweeps[0][1].path).date if sweeps else None  # reruns ask on the first one's day
        run = run_temper(dataclasses.replace(options, seed=seed, replicate=None), begun)
        sweeps.append((seed, run))
        sys.stdout.write(f"{summary(read_result(run.path / TEMPER, TemperResult))}\n{run.path / TEMPER_TEXT}\n")
    if seeds:
        _compare_seeds(options, sweeps)
    return 0


def _compare_seeds(options: Temper, sweeps: Sequence[tuple[int, Run]]) -> None:
    run = replicate(options.output.output_dir, sweeps, command=PROG, command_line=command_line(PROG, options))
    lines = "\n".join(replication_lines(read_result(run.path / REPLICATION, Replication)))
    sys.stdout.write(f"\n{lines}\n{run.path / REPLICATION_TEXT}\n")


def run_temper(options: Temper, begun: str | None = None) -> Run:
    """Run, continue or reread the sweep of these options; return it finished.

    `begun` is the day that a chat template takes for today in a new run; None is today.
    """
    plan = make_plan(options)
    with open_run(options.output.output_dir, plan.directory, {"command": PROG, **plan.identity}) as run:
        if not run.complete:
            rule = VerdictRule()
            answers = _answers(run, plan, begun)
            labels = _labels(run, plan.asked, answers)
            evidence = gather(plan.asked, answers, labels, read_sets(run.path), plan.factors)
            judgement = judge(evidence.doses, rule, seed=plan.seed)
            _write_pages(run, document(run, plan, evidence, judgement, rule))
            close_run(run, command_line=command_line(PROG, dataclasses.replace(options, replicate=None)))
    return run


def make_plan(options: Temper) -> SweepPlan:
    """Check the options, find prompts, weights and heads.

    Raises:
        InputError: any option, prompt, heads file or weight file that cannot be used.
    """
    _check_numbers(options)
    factors = parse_factors(options.factors)
    prompts = options.asked.load()
    pool = {"fresh": prompts.fresh, "fit": prompts.fit, "both": prompts.prompts}[options.split]
    asked = evenly(pool, options.limit, options.seed)
    spec = catalogue.resolve(options.model, revision=options.loading.revision)
    located = catalogue.locate(spec, weights=options.loading.weights)
    return SweepPlan(
        spec=spec,
        located=located,
        loading=options.loading,
        asking=options.asking,
        prompt_set=prompts.name,
        split=options.split,
        limit=options.limit,
        asked=asked,
        heads=choose(
            options.heads, spec.name, located.commit, options.contrast, options.top, lambda: _dtype(options.loading)
        ),
        factors=factors,
        random_heads=options.random_heads,
        seed=options.seed,
        prompt_order_seed=options.prompt_order_seed,
        batch_size=options.batch_size,
        max_new_tokens=budget(options.max_new_tokens, prompts.name),
    )


def _dtype(loading: ModelOptions) -> str:
    """Return the number format that the model will have, as its record will say."""
    from hooks.models.loading import choose_device, choose_dtype

    return str(choose_dtype(loading.dtype, choose_device(loading.device))).removeprefix("torch.")


def _check_numbers(options: Temper) -> None:
    for name, least in (("random_heads", 0), ("limit", 1), ("seed", 0), ("batch_size", 1)):
        at_least(name, getattr(options, name), least)
    for name, least in (("max_new_tokens", 1), ("prompt_order_seed", 0)):
        if getattr(options, name) is not None:
            at_least(name, getattr(options, name), least)


def _answers(run: Run, plan: SweepPlan, begun: str | None) -> list[Generation]:
    collect_sweep(
        run,
        opener(plan.spec, plan.loading),
        plan.asked,
        lambda geometry: draw_sets(plan.heads.chosen, geometry, plan.random_heads, plan.seed),
        plan.factors,
        batch_size=plan.batch_size,
        max_new_tokens=plan.max_new_tokens,
        order_seed=plan.prompt_order_seed,
        asking=plan.asking,
        begun=begun,
    )
    return read_rows(run.path / GENERATIONS, Generation)


def _labels(run: Run, asked: Sequence[Prompt], answers: Sequence[Generation]) -> list[Label]:
    if not stage_done(run, LABELS):
        write_rows(run.path / LABELS, label_all(asked, answers))
        end_stage(run, LABELS)
    return read_rows(run.path / LABELS, Label)


def _write_pages(run: Run, result: TemperResult) -> None:
    write_result(run.path / TEMPER, result)
    write_text(run.path / TEMPER_TEXT, markdown(result))


if __name__ == "__main__":
    sys.exit(run_command(Temper, main, PROG))
