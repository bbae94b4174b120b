"""From answers to labels: how many claims an answer states, whether it is correct, whether it asserts.

Correct means that at least half of the claims are stated (the study's rule). An answer that was cut off at the token
budget keeps its recall, but is neither correct nor wrong, asserted nor hedged: what it would have said is unknown, and
keeping only those cut-off answers that are right already would bias the sample. Unknown is None, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from interp import delivery
from interp.delivery import classify
from interp.errors import InputError
from interp.judge import ChecklistJudge, ClaimJudge
from interp.records import Generation, Label, Prompt, StopReason

CORRECT_FROM = 0.5  # checklist recall, paper section on arc 3


def instruments(judge: ClaimJudge) -> str:
    """Return what `Label.judge` records: the claim judge and the delivery classifier, each with its version."""
    return f"{judge.version}; {delivery.version()}"


INSTRUMENTS = instruments(ChecklistJudge())


def label(prompt: Prompt, generation: Generation, judge: ClaimJudge | None = None) -> Label:
    """Label one answer; without a judge the checklist decides."""
    return label_all([prompt], [generation], judge)[0]


def label_all(
    prompts: Sequence[Prompt], generations: Sequence[Generation], judge: ClaimJudge | None = None
) -> list[Label]:
    """Label answers, in their order; an answer to a prompt that is not there raises InputError."""
    judge = judge if judge is not None else ChecklistJudge()
    pairs = _pairs(prompts, generations)
    verdicts = judge.claims_met(pairs)
    name = instruments(judge)
    return [_label(generation, claims, name) for (_, generation), claims in zip(pairs, verdicts, strict=True)]


def _pairs(prompts: Sequence[Prompt], generations: Sequence[Generation]) -> list[tuple[Prompt, Generation]]:
    by_id = {prompt.id: prompt for prompt in prompts}
    if len(by_id) < len(prompts):
        raise InputError(f"{len(prompts) - len(by_id)} prompt ids occur more than once; give every prompt its own id.")
    bare = next((p for p in prompts if not p.claims), None)
    if bare is not None:
        raise InputError(f"Prompt {bare.id!r} has no claims, so no answer to it can be judged; give it at least one.")
    lost = next((g for g in generations if g.prompt_id not in by_id), None)
    if lost is not None:
        raise InputError(
            f"Answer {lost.id!r} belongs to prompt {lost.prompt_id!r}, which is not among these {len(prompts)}; "
            "label answers with the prompts that they were generated from."
        )
    return [(by_id[g.prompt_id], g) for g in generations]


def _label(generation: Generation, claims: tuple[bool | None, ...], judge: str) -> Label:
    """Put a label together from the verdicts on its claims and the delivery of its text."""
    told = classify(generation.text)
    recall = None if None in claims else sum(c is True for c in claims) / len(claims)
    correct = None if recall is None else recall >= CORRECT_FROM
    asserted = told.asserted
    reasons: dict[str, str] = {}
    if told.reason is not None:
        recall = correct = asserted = None
        reasons = dict.fromkeys(("checklist_recall", "claims_met", "correct", "asserted"), told.reason)
    else:
        if recall is None:
            reasons.update(checklist_recall="unscored", correct="unscored")
        if generation.stop is StopReason.LENGTH:
            correct = asserted = None
            reasons.update(correct="cut_off", asserted="cut_off")
    return Label(
        generation_id=generation.id,
        checklist_recall=recall,
        claims_met=claims if told.reason is None else (None,) * len(claims),
        correct=correct,
        asserted=asserted,
        judge=judge,
        reasons=reasons,
    )
