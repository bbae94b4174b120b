"""Everything that `temper.json` holds, from the evidence and the verdict of a finished sweep; no model is needed."""

from __future__ import annotations

from hooks.dose.evidence import Evidence
from hooks.dose.plan import SweepPlan
from hooks.heads.choice import shown
from interp.labels.of_answers import INSTRUMENTS
from interp.results.dose import AskedPrompts, HeadSet, SpelledHeadSet, TemperJudgement, TemperResult, VerdictRule
from interp.runs.directory import Run
from interp.runs.files import sha256_file
from interp.runs.layout import GENERATIONS, LABELS, PROMPTS, SWEEP
from interp.runs.loaded import read_loaded

INPUTS = (PROMPTS, GENERATIONS, LABELS, SWEEP)


def document(
    run: Run, plan: SweepPlan, evidence: Evidence, judgement: TemperJudgement, rule: VerdictRule
) -> TemperResult:
    """Return the numbers of every set and factor, the verdict on the first set, the rule, and what they are of."""
    return TemperResult(
        schema=TemperResult.SCHEMA,
        sets=spelled(evidence.sets),
        factors=evidence.doses.factors,
        rule=rule,
        judged=judgement,
        measured=evidence.conditions,
        loaded=read_loaded(run.path),
        prompts=AskedPrompts(plan.prompt_set, plan.split, len(plan.asked)),
        heads=plan.heads,
        max_new_tokens=plan.max_new_tokens,
        instruments=INSTRUMENTS,
        inputs={name: sha256_file(run.path / name) for name in INPUTS},
    )


def spelled(sets: tuple[HeadSet, ...]) -> tuple[SpelledHeadSet, ...]:
    """Return sets of heads with their heads as `L3H1,L5H0`."""
    return tuple(SpelledHeadSet(head_set.name, head_set.heads, shown(head_set.heads)) for head_set in sets)
