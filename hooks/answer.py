"""`python -m hooks.answer`: from prompts to a run directory of answers, and nothing else.

The run holds `prompts.jsonl`, `generations.jsonl`, `model.json`, `config.json` and `run.json`, as a fitted run does
before it is labelled. With several token budgets the answers are made once, with the largest; what each smaller budget
would have given is in `generations-at-N.jsonl` beside them (see `hooks.answers.budgets`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import tyro

from hooks.answers.run import answer, budget_file
from interp.cli.front_door import run_command
from interp.cli.groups import AS_USUAL, ModelOptions, OutputOptions, PromptOptions, RenderingOptions
from interp.cli.options import at_least, budgets, command_line
from interp.prompts.sets import PromptSet
from interp.records.answers import Generation, StopReason
from interp.runs.rows import read_rows

PROG = "python -m hooks.answer"


@dataclass(frozen=True)
class AnswerPrompts:
    """Answer prompts greedily and keep the answers."""

    model: str
    """A short name (qwen3-1.7b, smollm2-135m, ...), a hub id (org/name), or a local directory."""
    max_new_tokens: str
    """The token budget of an answer; several, separated by commas, are all served by one run at the largest."""
    limit: int | None = None
    """Only the first LIMIT prompts of each split."""
    batch_size: int = 32
    """How many prompts are answered at once; part of the run's identity, since it moves the last float bits."""
    asked: tyro.conf.OmitArgPrefixes[PromptOptions] = PromptOptions()
    loading: tyro.conf.OmitArgPrefixes[ModelOptions] = ModelOptions()
    asking: tyro.conf.OmitArgPrefixes[RenderingOptions] = AS_USUAL
    output: tyro.conf.OmitArgPrefixes[OutputOptions] = OutputOptions()


def main(options: AnswerPrompts) -> int:
    """Run the command and print how the answers ended, and the path."""
    wanted = budgets(options.max_new_tokens)
    chosen = _prompt_set(options)
    run = answer(
        options.model,
        options.loading,
        chosen.prompts,
        batch_size=options.batch_size,
        output_dir=options.output.output_dir,
        name=chosen.name,
        at=wanted,
        made_by=command_line(PROG, options),
        asking=options.asking,
    )
    for budget in wanted:
        rows = read_rows(budget_file(run.path, budget, max(wanted)), Generation)
        cut_off = sum(row.stop is StopReason.LENGTH for row in rows)
        sys.stdout.write(f"{budget} new tokens: {len(rows)} answers, {cut_off} cut off\n")
    sys.stdout.write(f"{run.path}\n")
    return 0


def _prompt_set(options: AnswerPrompts) -> PromptSet:
    if options.limit is not None:
        at_least("limit", options.limit, 1)
    return options.asked.load(judged=True, limit=options.limit)  # nothing here needs accepted wordings


if __name__ == "__main__":
    sys.exit(run_command(AnswerPrompts, main, PROG))
