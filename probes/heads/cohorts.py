"""Two cohorts of a finished run's answers: which are compared, and in which of them heads are zeroed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int

from interp.cli.options import at_least
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.judgements import Cohort
from interp.records.prompts import Prompt, Split
from probes.fitting.records import FinishedRun

LEAST_PERMUTATIONS = 19  # with fewer, no p lies below 0.05


@dataclass(frozen=True, slots=True)
class ContrastOptions:
    """Which answers are compared, and how."""

    a: Cohort = "cw"
    """The first cohort: c asserted or h hedged, then r right or w wrong. A positive d means that it is higher."""
    b: Cohort = "cr"
    """The second cohort."""
    last_tokens: int = 32
    """Heads are read at this many last tokens of an answer (all of a shorter one)."""
    split: Literal["fit", "fresh", "both"] = "fit"
    """Which answers: fit leaves the fresh prompts untouched for what is tried on the heads found here."""
    limit: int | None = None
    """Only the first LIMIT answers of each cohort."""
    permutations: int = 2000
    """How often the labels are shuffled."""
    intervene: int = 16
    """Zero every head in this many answers, as the reference that the contrasts are judged against; 0: do not."""
    seed: int = 0
    """Seed of folds, permutations, halves, and of the answers in which heads are zeroed."""
    batch_size: int = 8
    """How many answers go through the model at once; part of the run's identity, since it moves the last float bits."""

    def check(self) -> None:
        """Refuse options that cannot be."""
        if self.a == self.b:
            raise InputError(f"--a and --b are both {self.a}; expected two different cohorts.")
        at_least("last_tokens", self.last_tokens, 1)
        at_least("permutations", self.permutations, LEAST_PERMUTATIONS)
        at_least("seed", self.seed, 0)
        at_least("batch_size", self.batch_size, 1)
        at_least("intervene", self.intervene, 0)
        if self.limit is not None:
            at_least("limit", self.limit, 1)
        if self.intervene == 1:
            raise InputError("--intervene is 1; expected 0 (off) or at least 2 answers, since one has no interval.")

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits whose answers are compared."""
        return tuple(Split) if self.split == "both" else (Split(self.split),)

    @property
    def target(self) -> Literal["correct", "asserted"]:
        """What tells the cohorts apart: correctness where they differ in it, else delivery."""
        return "correct" if self.a[1] != self.b[1] else "asserted"


@dataclass(frozen=True, slots=True, eq=False)
class SelectedAnswers:
    """The answers of both cohorts in the order of the run, and what the contrasts need to know of them.

    Attributes:
        y: whether each answer is of cohort a.
        lengths: tokens of each answer.
        kinds: the kind of question that each answers.
    """

    prompts: Sequence[Prompt]
    generations: tuple[Generation, ...]
    y: Bool[np.ndarray, " n"]
    lengths: Int[np.ndarray, " n"]
    kinds: tuple[str, ...]

    @property
    def sizes(self) -> tuple[int, int]:
        """How many answers are in a and in b."""
        return int(self.y.sum()), int((~self.y).sum())


def select(finished: FinishedRun, options: ContrastOptions) -> SelectedAnswers:
    """Return the answers of both cohorts; cut-off and unscored ones are in neither.

    Raises:
        InputError: a run whose answers have no tokens (published ones), or several answers to one prompt.
    """
    records = finished.records
    prompts = {prompt.id: prompt for prompt in records.prompts}
    cohorts = {label.generation_id: label.cohort for label in records.labels}
    here = [answer for answer in records.generations if prompts[answer.prompt_id].split in options.splits]
    wanted = {answer.id for name in (options.a, options.b) for answer in _first(here, cohorts, name, options.limit)}
    kept = tuple(answer for answer in records.generations if answer.id in wanted)
    _check(kept, finished)
    return SelectedAnswers(
        records.prompts,
        kept,
        np.array([cohorts[answer.id] == options.a for answer in kept], dtype=bool),
        np.array([len(answer.tokens) for answer in kept], dtype=np.int64),
        tuple(prompts[answer.prompt_id].relation or "" for answer in kept),
    )


def _first(
    answers: Sequence[Generation], cohorts: dict[str, Cohort | None], name: Cohort, limit: int | None
) -> list[Generation]:
    return [answer for answer in answers if cohorts[answer.id] == name][:limit]


def _check(kept: Sequence[Generation], finished: FinishedRun) -> None:
    if any("tokens" in answer.unrecorded for answer in kept):
        raise InputError(
            f"{finished.path} keeps no tokens of its answers, so no model can read them; make your own run."
        )
    if len({answer.prompt_id for answer in kept}) < len(kept):
        raise InputError(f"{finished.path} holds several answers to a prompt; expected one each.")


def in_turn(chosen: SelectedAnswers, n: int, seed: int) -> tuple[Generation, ...]:
    """Return n answers drawn at random, the cohorts in turn, in the order of the run."""
    rng = np.random.default_rng(seed)
    sides = [list(rng.permutation(np.flatnonzero(side))) for side in (chosen.y, ~chosen.y)]
    drawn: list[int] = []
    while len(drawn) < n and any(sides):
        for side in sides:
            if side and len(drawn) < n:
                drawn.append(int(side.pop()))
    return tuple(chosen.generations[i] for i in sorted(drawn))
