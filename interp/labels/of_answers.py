"""From answers to labels: how many claims an answer states, whether it is correct, whether it asserts, its axes.

Correct means that at least half of the claims are stated (the study's rule). An answer that was cut off at the token
budget keeps its recall, but is neither correct nor wrong, asserted nor hedged, and has no axes: what it would have said
is unknown, and keeping only those cut-off answers that are right already would bias the sample. Unknown is None, with
the reason. Who judges is pluggable (`interp.judges.protocol`); without a judge the checklist and the hedging
lexicon do, offline.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TypeVar

from interp.errors import InputError
from interp.labels.instruments import AxisJudge, AxisScores, ClaimJudge, DeliveryJudge
from interp.labels.offline import ChecklistJudge, LexiconDelivery
from interp.language.thinking import final_answer
from interp.language.words import normalise, read
from interp.records.answers import Generation, StopReason
from interp.records.judgements import Label
from interp.records.prompts import Prompt

T = TypeVar("T")
Pair = tuple[Prompt, Generation]

CORRECT_FROM = 0.5  # checklist recall, paper section on arc 3
FIELDS = ("checklist_recall", "claims_met", "correct", "asserted")


def instruments(
    judge: ClaimJudge | None = None, delivery: DeliveryJudge | None = None, axes: AxisJudge | None = None
) -> str:
    """Return what `Label.judge` records: every instrument with its version; those not given are the offline ones."""
    used = (judge or ChecklistJudge(), delivery or LexiconDelivery(), axes)
    return "; ".join(one.version for one in used if one is not None)


INSTRUMENTS = instruments()


def label(prompt: Prompt, generation: Generation, judge: ClaimJudge | None = None) -> Label:
    """Label one answer; without a judge the checklist decides."""
    return label_all([prompt], [generation], judge)[0]


def label_all(
    prompts: Sequence[Prompt],
    generations: Sequence[Generation],
    judge: ClaimJudge | None = None,
    *,
    delivery: DeliveryJudge | None = None,
    axes: AxisJudge | None = None,
    skip_bare: bool = False,
) -> list[Label]:
    """Label answers, in their order; an answer to a prompt that is not there raises InputError.

    Args:
        prompts: the prompts that were answered, with their claims.
        generations: the answers.
        judge: who says which claims are met; by default the checklist's accepted wordings.
        delivery: who says whether an answer asserts; by default the hedging lexicon; not asked of cut-off answers.
        axes: who scores the rubric; by default nobody; not asked of cut-off answers.
        skip_bare: answers to a prompt without claims get no recall (reason `no_checklist`), instead of an InputError.
    """
    pairs = _pairs(prompts, generations, skip_bare)
    claims = _ask((judge or ChecklistJudge()).claims_met, pairs, lambda p, g: bool(p.claims) and silence(g) is None)
    told = _ask((delivery or LexiconDelivery()).asserted, pairs, _finished)
    scored = _ask(axes.score, pairs, _finished) if axes is not None else [None] * len(pairs)
    name, names = instruments(judge, delivery, axes), () if axes is None else axes.axes
    rows = zip(pairs, claims, told, scored, strict=True)
    return [_label(pair, met, asserted, score, names, name) for pair, met, asserted, score in rows]


def _pairs(prompts: Sequence[Prompt], generations: Sequence[Generation], skip_bare: bool) -> list[Pair]:
    by_id = {prompt.id: prompt for prompt in prompts}
    if len(by_id) < len(prompts):
        raise InputError(f"{len(prompts) - len(by_id)} prompt ids occur more than once; give every prompt its own id.")
    bare = next((p for p in prompts if not p.claims), None)
    if bare is not None and not skip_bare:
        raise InputError(f"Prompt {bare.id!r} has no claims, so no answer to it can be judged; give it at least one.")
    lost = next((g for g in generations if g.prompt_id not in by_id), None)
    if lost is not None:
        raise InputError(
            f"Answer {lost.id!r} belongs to prompt {lost.prompt_id!r}, which is not among these {len(prompts)}; "
            "label answers with the prompts that they were generated from."
        )
    return [(by_id[g.prompt_id], _without_thinking(g)) for g in generations]


def _without_thinking(generation: Generation) -> Generation:
    """Return an answer as it was given: what a model thinks before it is no part of it, and is shown to no judge."""
    said = final_answer(generation.text)
    return generation if said is None or said == generation.text else dataclasses.replace(generation, text=said)


def silence(generation: Generation) -> str | None:
    """Why nothing can be said of an answer's text, or None where something can."""
    if "text" in generation.unrecorded:
        return "unrecorded"
    if final_answer(generation.text) is None:  # its thinking was never closed
        return "cut_off"
    return None if read(normalise(generation.text))[0] else "empty"


def _finished(_: Prompt, generation: Generation) -> bool:
    return generation.stop is not StopReason.LENGTH and silence(generation) is None


def _ask(
    instrument: Callable[[Sequence[Pair]], list[T]], pairs: Sequence[Pair], wanted: Callable[[Prompt, Generation], bool]
) -> list[T | None]:
    """Put only the answers that can be judged to an instrument; the others get None."""
    chosen = [i for i, pair in enumerate(pairs) if wanted(*pair)]
    found: list[T | None] = [None] * len(pairs)
    for i, verdict in zip(chosen, instrument([pairs[i] for i in chosen]) if chosen else [], strict=True):
        found[i] = verdict
    return found


def _label(
    pair: Pair,
    met: tuple[bool | None, ...] | None,
    asserted: bool | None,
    scored: AxisScores | None,
    axes: tuple[str, ...],
    judge: str,
) -> Label:
    """Put a label together from the verdicts on one answer."""
    prompt, generation = pair
    claims = met if met is not None else (None,) * len(prompt.claims)
    recall = None if not claims or None in claims else sum(c is True for c in claims) / len(claims)
    correct = None if recall is None else recall >= CORRECT_FROM
    if generation.stop is StopReason.LENGTH:
        correct = None
    reasons = _reasons(pair, recall is None, asserted is None)
    scores = dict.fromkeys(axes) if scored is None else dict(scored.scores)
    if axes and scored is None:
        reasons["axes"] = reasons["asserted"]  # both are left out for one reason: silence, or the token budget
    elif scored is not None:
        reasons |= {f"axes.{axis}": why for axis, why in scored.reasons.items()}
    return Label(generation.id, recall, claims, correct, asserted, judge, scores, reasons)


def _reasons(pair: Pair, no_recall: bool, no_delivery: bool) -> dict[str, str]:
    """Say of every field that is None why it is."""
    prompt, generation = pair
    silent = silence(generation)
    if silent is not None:
        return dict.fromkeys(FIELDS, silent)
    reasons: dict[str, str] = {}
    if no_recall:
        reasons.update(dict.fromkeys(("checklist_recall", "correct"), "unscored" if prompt.claims else "no_checklist"))
    if no_delivery:
        reasons["asserted"] = "unscored"
    if generation.stop is StopReason.LENGTH:
        reasons.update(correct="cut_off", asserted="cut_off")
    return reasons
