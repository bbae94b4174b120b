"""The labels of a fit: offline, or by a judge whose every question and answer is kept beside them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from interp.errors import InputError
from interp.judges.chat import ChatJudge
from interp.judges.endpoint import ChatOptions
from interp.judges.opening import open_judge
from interp.judges.transcript import RecordedJudge, Transcribed
from interp.labels.agreement import Agreement, compare_labels
from interp.labels.checklists import (
    MOST,
    Checklist,
    refuse_mixture,
    refuse_same,
    with_checklists,
    write_checklists,
    writer_stamp,
)
from interp.labels.judged import JudgedClaims, JudgedDelivery
from interp.labels.of_answers import INSTRUMENTS, instruments, label_all
from interp.labels.rubric import AXES, JudgedRubric
from interp.records.answers import Generation
from interp.records.judgements import Label
from interp.records.prompts import Prompt
from interp.runs.directory import Run
from interp.runs.files import sha256_file
from interp.runs.layout import CHECKLISTS, GENERATIONS, JUDGEMENTS, LABELS, PROMPTS
from interp.runs.rows import read_rows, write_rows
from interp.runs.stages import end_stage, stage_done


@dataclass(frozen=True, slots=True)
class Judging:
    """Who labels the answers of a run.

    Attributes:
        judge: the judge behind every instrument, with the transcript of what it was asked.
        rubric: whether it scores the axes, too.
        writes: whether it writes the checklists first, because the prompts have none.
        tested: the names of the model under test.
        seed: of the order in which questions are asked.
        max_unscored: share of the checklists that may be refused; the judge holds its questions to the same share.
    """

    judge: Transcribed
    rubric: bool
    writes: bool
    tested: tuple[str, ...]
    seed: int
    max_unscored: float

    @property
    def instruments(self) -> str:
        """What `Label.judge` records."""
        claims, delivery, axes = self.parts()
        return instruments(claims, delivery, axes)

    @property
    def identity(self) -> dict[str, str | None]:
        """What a run's configuration keeps: judge, writer of the checklists, and the transcript that is replayed."""
        asked = self.judge.judge
        return {
            "version": self.judge.version,
            "checklists": writer_stamp(self.judge) if self.writes else None,
            "transcript": sha256_file(asked.path) if isinstance(asked, RecordedJudge) else None,
        }

    def parts(self) -> tuple[JudgedClaims, JudgedDelivery, JudgedRubric | None]:
        """Return the instruments, all of them with this judge."""
        rubric = JudgedRubric(self.judge, self.seed) if self.rubric else None
        return JudgedClaims(self.judge, self.seed), JudgedDelivery(self.judge, self.seed), rubric


def open_judging(
    judge: str | None,
    *,
    rubric: bool,
    options: ChatOptions,
    prompts: Sequence[Prompt],
    tested: Sequence[str],
    seed: int,
) -> Judging | None:
    """Return who labels, or None for the offline instruments.

    Raises:
        InputError: a judge that cannot be opened, that would write the checklists of its own answers, or options that
            need a judge.
    """
    if judge is None:
        if rubric or options != ChatOptions():
            raise InputError("--rubric and --chat.* are about a judge; expected --judge chat:MODEL with them.")
        return None
    opened = Transcribed(open_judge(judge, options))
    writes = any(not p.claims for p in prompts)
    if writes:
        refuse_mixture(prompts)
        refuse_same(opened, tested)
    return Judging(opened, rubric, writes, tuple(tested), seed, options.max_unscored)


def recorded(judging: Judging | None) -> str:
    """Return the instruments as a run's configuration names them."""
    return INSTRUMENTS if judging is None else judging.instruments


def label_run(run: Run, judging: Judging | None) -> None:
    """Write `labels.jsonl`, and with a judge before it `judgements.jsonl` and the checklists that it wrote.

    A run that was cut in the middle asks again from the start: what was answered comes from the judge's cache.
    """
    if stage_done(run, LABELS):
        return
    prompts = read_rows(run.path / PROMPTS, Prompt)
    generations = read_rows(run.path / GENERATIONS, Generation)
    labels = label_all(prompts, generations) if judging is None else _judge(run.path, judging, prompts, generations)
    write_rows(run.path / LABELS, labels)
    end_stage(run, CHECKLISTS, JUDGEMENTS, LABELS)


def _judge(path: Path, judging: Judging, prompts: list[Prompt], generations: list[Generation]) -> list[Label]:
    if judging.writes:
        made = write_checklists(judging.judge, prompts, judging.tested, judging.seed)
        _check_refused(made, judging.max_unscored)
        write_rows(path / CHECKLISTS, made)
        prompts = with_checklists(prompts, made)
    claims, delivery, axes = judging.parts()
    labels = label_all(prompts, generations, claims, delivery=delivery, axes=axes, skip_bare=judging.writes)
    judging.judge.write(path / JUDGEMENTS)
    if isinstance(judging.judge.judge, ChatJudge):
        sys.stderr.write(f"{spent(judging.judge.judge)}\n")
    return labels


def _check_refused(made: Sequence[Checklist], allowed: float) -> None:
    reasons = Counter(c.reason for c in made if c.reason is not None)
    if reasons.total() <= allowed * len(made):
        return
    counts = ", ".join(f"{n} {reason}" for reason, n in reasons.most_common())
    raise InputError(
        f"{reasons.total()} of {len(made)} checklists were refused, more than the {allowed:.0%} that may be: {counts}; "
        "have another judge write them, give the prompts claims, or allow more with --chat.max-unscored."
    )


def spent(judge: ChatJudge) -> str:
    """Say what a chat judge was asked by this process, and what it used; files hold none of it, so that runs repeat."""
    done = judge.tally
    tokens = "tokens unknown"
    if done.prompt_tokens is not None and done.reply_tokens is not None:
        tokens = f"{done.prompt_tokens} tokens asked and {done.reply_tokens} received"
    cost = "cost unknown" if done.cost is None else f"cost {done.cost:.4g}"
    missing = ", ".join(f"{n} {reason}" for reason, n in done.reasons.items()) or "none"
    return (
        f"The judge was asked {done.questions} questions ({done.cached} answered before, {done.replies} replies); "
        f"{tokens}; {cost}; without an answer from the menu: {missing}."
    )


def agreement(run: Run) -> tuple[Agreement, ...]:
    """Return how far the judge of a run agrees with the offline instruments on its answers."""
    prompts = read_rows(run.path / PROMPTS, Prompt)
    generations = read_rows(run.path / GENERATIONS, Generation)
    offline = label_all(prompts, generations, skip_bare=True)
    return tuple(compare_labels(read_rows(run.path / LABELS, Label), offline))


def calls(prompts: Sequence[Prompt], rubric: bool) -> dict[str, int]:
    """Return how many questions a judge would be asked about one answer a prompt, at most, by what they are about.

    Fewer are asked where answers are empty, cut off or equal, or where the judge's cache knows a question.
    """
    n, bare = len(prompts), sum(not p.claims for p in prompts)
    counts = {"checklists": bare, "claims": sum(len(p.claims) or MOST for p in prompts), "delivery": n}
    return counts | ({"question classes": n, "axes": n * len(AXES)} if rubric else {})


def dry_run(judge: str, prompts: Sequence[Prompt], rubric: bool) -> str:
    """Say how many questions a run would put to its judge."""
    counts = {what: count for what, count in calls(prompts, rubric).items() if count}
    named = ", ".join(f"{count} about {what}" for what, count in counts.items())
    return f"{judge} would be asked at most {sum(counts.values())} questions: {named}.\n"
