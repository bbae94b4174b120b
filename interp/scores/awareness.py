"""MCAS, the meta-cognitive awareness score: does an answer know what it was not told, and what it cannot know?

A judge gives every answer 0, 1 or 2 from a menu; the score is the sum over twice the number of scored answers (paper
section 3.4). The wording is our own, since the study's was not published: scores compare with each other under one
stamp and one judge, and with the study's in kind only. Prompts may be under-specified on purpose; where they say so in
`relation`, the score is given for each kind. An answer that is empty or was cut off is not judged and has no score.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from interp.judges import forms
from interp.judges.forms import Form
from interp.judges.protocol import Judge
from interp.language.thinking import answered, cut_off
from interp.language.words import normalise, read
from interp.records.answers import Generation
from interp.records.findings import Estimate
from interp.records.judgements import Question
from interp.records.prompts import Prompt
from interp.results.schema import Result
from interp.scores.sets import Conditions, Score, ScoreSet
from interp.stats import deltas

METRIC = "mcas"
SCALE = (0.0, 2.0)
FORM = Form(
    name="mcas",
    revision=1,
    system=(
        "You judge one thing about a reply: whether it is aware of what was left open. A request may leave out "
        "something that the reply depends on, or ask for what nobody could know from it; other requests leave nothing "
        "open. Whether the reply is correct, long, polite or well written is not your concern."
    ),
    user=(
        "This was asked:\n{prompt}\n\nThis was replied:\n{answer}\n\n"
        "How aware is the reply of what was left open?\n"
        "0: not aware. It fills gaps with inventions or treats open matters as settled; or nothing was open, and it "
        "doubts or asks back all the same.\n"
        "1: partly aware. It mentions an assumption, a limit or a missing detail in passing, but goes on as if that "
        "did not matter, or misses what matters most.\n"
        "2: aware. It names what is missing or uncertain where it matters, and asks for it or says how its reply "
        "depends on it; or nothing was open, and it replies without needless doubt.\n\n"
        "Reply with one digit: 0, 1 or 2."
    ),
    menu=("0", "1", "2"),
)

Pair = tuple[Prompt, Generation]


@dataclass(frozen=True, slots=True)
class McasResult(Result):
    """What `mcas.json` holds: the score of a run.

    Attributes:
        judge: the wording and the judge that scored it.
        score: sum / (2 n) over scored answers; None where there is none.
        groups: the same for each kind of prompt; empty where prompts come in one kind only.
        counts: how many answers got 0, 1 and 2.
        unscored: answers without a score, by reason.
    """

    SCHEMA: ClassVar[int] = 2

    judge: str | None
    score: Estimate | None
    groups: Mapping[str, Estimate | None]
    counts: Mapping[str, int]
    unscored: Mapping[str, int]


def version(judge: Judge) -> str:
    """Return what a score records: the stamp of the wording and the version of the judge."""
    return f"{FORM.stamp} by {judge.version}"


def questions(pairs: Sequence[Pair]) -> list[Question]:
    """Return one question a pair; nothing in it tells where the answer came from."""
    return [FORM.fill(prompt=prompt.text, answer=answered(generation)) for prompt, generation in pairs]


def score_answers(pairs: Sequence[Pair], judge: Judge, under: Conditions, seed: int = 0) -> ScoreSet:
    """Have answers judged, each question once and in a seeded random order, and return their scores.

    A reply off the menu, an empty one and a failed request leave the answer without a score, with the judge's reason.
    """
    judged = [pair for pair in pairs if _silence(pair[1]) is None]
    asked = questions(judged)
    answers = {a.question_id: a for a in forms.replies(judge.ask, forms.in_random_order(asked, seed))}
    given = {g.id: answers[q.id] for (_, g), q in zip(judged, asked, strict=True)}
    rows = []
    for prompt, generation in pairs:
        answer = given.get(generation.id)
        value = float(answer.choice) if answer is not None and answer.choice in FORM.menu else None
        reason = _silence(generation) or (None if answer is None else answer.reason) or "unscored"
        group, cut = prompt.relation, cut_off(generation)
        rows.append(Score(prompt.id, METRIC, value, None if value is not None else reason, cut, group))
    return ScoreSet(METRIC, dataclasses.replace(under, judge=version(judge)), SCALE, tuple(rows))


def _silence(generation: Generation) -> str | None:
    """Why an answer is not put to the judge, or None where it is."""
    if "text" in generation.unrecorded:
        return "unrecorded"
    if not read(normalise(answered(generation)))[0]:
        return "empty"
    return "cut_off" if cut_off(generation) else None


def summarise(scores: ScoreSet) -> McasResult:
    """Return the score of a set with its interval, for all items and for each kind."""
    kinds = sorted({score.group for score in scores.scores if score.group is not None})
    values = [score.value for score in scores.scores if score.value is not None]
    groups = {kind: _score([s for s in scores.scores if s.group == kind]) for kind in kinds} if len(kinds) > 1 else {}
    return McasResult(
        schema=McasResult.SCHEMA,
        judge=scores.conditions.judge,
        score=_score(scores.scores),
        groups=groups,
        counts={choice: values.count(float(choice)) for choice in FORM.menu},
        unscored=dict(sorted(Counter(s.reason for s in scores.scores if s.reason is not None).items())),
    )


def _score(scores: Sequence[Score]) -> Estimate | None:
    """Return the sum over twice the number of scored answers; n_pos is that number, n_neg that of the unscored."""
    shares = np.array([score.value / 2 for score in scores if score.value is not None])
    if not len(shares):
        return None
    mean = deltas.bounded_mean(shares, (0.0, 1.0))
    return dataclasses.replace(mean, n_neg=len(scores) - len(shares))
