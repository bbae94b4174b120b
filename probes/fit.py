"""`python -m probes.fit`: from prompts to a report on what a linear probe on h_last can tell.

Read `run_fit` from top to bottom: plan, answers, labels, evidence, verdict, pages.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import tyro

from hooks.models import catalogue
from hooks.models.layers import check_pool, count_layers, parse_layers
from hooks.models.opening import opener
from hooks.models.spec import ModelSpec
from interp.cli.front_door import run_command
from interp.cli.groups import AS_USUAL, ModelOptions, OutputOptions, PromptOptions, RenderingOptions
from interp.cli.options import at_least, budget, command_line, slug
from interp.errors import InputError
from interp.judges.endpoint import ChatOptions
from interp.prompts.sets import PromptSet
from interp.records.arrays import Position
from interp.runs.directory import Run, close_run, open_run
from interp.runs.layout import PROMPTS, REPORT_PAGE, REPORT_TEXT
from interp.runs.rows import keep_rows
from interp.runs.versions import versions

if TYPE_CHECKING:
    from interp.labels.of_run import Judging
    from interp.results.fit import Target
    from probes.evidence.gather import RunEvidence
    from probes.fitting.recipe import Recipe
    from probes.verdict.judgement import TargetVerdict

PROG = "python -m probes.fit"


@dataclass(frozen=True)
class Fit:
    """Fit linear probes for correctness and delivery on h_last and report what they are worth on fresh prompts."""

    model: str
    """A short name (qwen3-1.7b, smollm2-135m, ...), a hub id (org/name), or a local directory."""
    asked: tyro.conf.OmitArgPrefixes[PromptOptions] = PromptOptions()
    limit: int | None = None
    """Only the first LIMIT prompts of each split."""
    target: Literal["correct", "asserted", "both"] = "both"
    """What the probes are to tell: correct from wrong, asserted from hedged, or both, each by its own probe."""
    loading: tyro.conf.OmitArgPrefixes[ModelOptions] = ModelOptions()
    asking: tyro.conf.OmitArgPrefixes[RenderingOptions] = AS_USUAL
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
    output: tyro.conf.OmitArgPrefixes[OutputOptions] = OutputOptions()


@dataclass(frozen=True)
class FitPlan:
    """Everything that is known and checked before a run is opened: nothing has been written yet."""

    options: Fit
    spec: ModelSpec
    prompt_set: PromptSet
    layers: tuple[int, ...] | None
    max_new_tokens: int
    judging: Judging | None
    recipe: Recipe
    config: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What the run directory's name begins with."""
        return f"{slug(self.spec.name)}-{slug(self.prompt_set.name)}"

    @property
    def targets(self) -> tuple[Target, ...]:
        """What the probes are to tell."""
        from interp.results.fit import TARGETS

        return TARGETS if self.options.target == "both" else (self.options.target,)


def run_fit(options: Fit) -> Run:
    """Run, continue or reread the run of these options; return it finished."""
    plan = make_plan(options)
    with open_run(options.output.output_dir, plan.name, plan.config) as run:
        if not run.complete:
            _answer(run, plan)
            _label(run, plan)
            evidence = _evidence(run, plan)
            verdicts = _judge(evidence, plan)
            _write_pages(run, plan, evidence, verdicts)
            close_run(run, command_line=command_line(PROG, options))
    return run


def make_plan(options: Fit) -> FitPlan:
    """Check the options, find prompts and weights, and fix the run's identity.

    Raises:
        InputError: any option, prompt or weight file that cannot be used.
    """
    from interp.labels.of_run import open_judging, recorded
    from probes.fitting.recipe import Recipe

    _check_numbers(options)
    chosen = _prompt_set(options)
    spec = catalogue.resolve(options.model, revision=options.loading.revision)
    located = catalogue.locate(spec, weights=options.loading.weights)
    n_layers = count_layers(located.directory)
    layers = parse_layers(options.layers, n_layers)
    check_pool(options.pool_layers, layers, n_layers)
    judging = open_judging(
        options.judge,
        rubric=options.rubric,
        options=options.chat,
        prompts=chosen.prompts,
        tested=(spec.name, spec.repo, located.repo),
        seed=options.seed,
    )
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
        **options.loading.identity,
        **options.asking.identity,
        **{name: getattr(options, name) for name in _IDENTITY},
    }
    recipe = Recipe(folds=options.folds, seed=options.seed)
    return FitPlan(options, spec, chosen, layers, max_new_tokens, judging, recipe, config)


_IDENTITY = ("target", "batch_size", "position", "pool_tokens", "pool_layers", "folds", "seed")


def _answer(run: Run, plan: FitPlan) -> None:
    """Ask the model, and keep h_last of its answers."""
    from hooks.answers.collect import collect

    keep_rows(run.path / PROMPTS, plan.prompt_set.prompts)
    collect(
        run,
        opener(plan.spec, plan.options.loading),
        plan.prompt_set.prompts,
        batch_size=plan.options.batch_size,
        max_new_tokens=plan.max_new_tokens,
        pool_tokens=plan.options.pool_tokens,
        layers=plan.layers,
        asking=plan.options.asking,
    )


def _label(run: Run, plan: FitPlan) -> None:
    """Say of every answer whether it is correct and whether it asserts, or why that is unknown."""
    from interp.labels.of_run import label_run

    label_run(run, plan.judging)


def _evidence(run: Run, plan: FitPlan) -> RunEvidence:
    """Fit the probes, and everything that stands beside them."""
    from probes.evidence.gather import gather_run
    from probes.fitting.records import read_records

    return gather_run(read_records(run.path, plan.config), plan.targets, plan.recipe)


def _judge(evidence: RunEvidence, plan: FitPlan) -> dict[Target, TargetVerdict]:
    """Say what the evidence shows, or that it could not tell."""
    from probes.verdict.judgement import judge_run

    return judge_run(evidence, plan.recipe)


def _write_pages(run: Run, plan: FitPlan, evidence: RunEvidence, verdicts: Mapping[Target, TargetVerdict]) -> None:
    """Write the probes, the numbers, and the pages to read."""
    from probes.report.write import write_fit

    write_fit(run, evidence, verdicts, plan.recipe, plan.judging)


def main(options: Fit) -> int:
    """Run the command and print a screenful that ends with the path."""
    from interp.results.reading import read_report
    from probes.report import markdown

    if options.dry_run_judge:
        return _dry_run(options)
    run = run_fit(options)
    pages = "".join(f"{run.path / name}\n" for name in (REPORT_PAGE, REPORT_TEXT))
    sys.stdout.write(f"{markdown.summary(read_report(run))}\n{pages}")
    return 0


def _dry_run(options: Fit) -> int:
    from interp.labels.of_run import dry_run

    if options.judge is None:
        raise InputError("--dry-run-judge counts a judge's questions; expected --judge chat:MODEL with it.")
    sys.stdout.write(dry_run(options.judge, _prompt_set(options).prompts, options.rubric))
    return 0


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


def _prompt_set(options: Fit) -> PromptSet:
    return options.asked.load(judged=options.judge is not None, limit=options.limit)


if __name__ == "__main__":
    sys.exit(run_command(Fit, main, PROG))
