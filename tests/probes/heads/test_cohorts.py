"""Which answers are compared: both cohorts, in the order of the run, and nothing else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from interp.errors import InputError
from interp.records.answers import Generation, StopReason
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.runs.directory import Manifest
from probes.fitting.records import FinishedRun, Records
from probes.heads.cohorts import ContrastOptions, in_turn, select

COHORTS = {"cr": (True, True), "hr": (True, False), "cw": (False, True), "hw": (False, False)}
ORDER = ("cw", "cr", "hw", None, "cr", "cw", "cr", "cw", "hr")  # None: cut off; the last three are fresh


@pytest.fixture
def finished() -> FinishedRun:
    ids = [f"a{i}" for i in range(len(ORDER))]
    prompts = [
        Prompt(i, "?", "own", Split.FRESH if n > 5 else Split.FIT, (), f"kind {n % 2}") for n, i in enumerate(ids)
    ]
    answers = [
        Generation(i, i, "tiny", "text", tuple(range(n + 1)), 3, "", 0, StopReason.EOS, 64, None, None)
        for n, i in enumerate(ids)
    ]
    known = [(None, None) if name is None else COHORTS[name] for name in ORDER]
    labels = [Label(i, None, (), right, told, "made up") for i, (right, told) in zip(ids, known, strict=True)]
    return FinishedRun(Path("a-run"), Manifest(1, {}, {}), Records(prompts, answers, labels, None))


def ids(finished: FinishedRun, options: ContrastOptions) -> list[str]:
    return [answer.id for answer in select(finished, options).generations]


def test_both_cohorts_of_a_split_come_in_the_order_of_the_run(finished: FinishedRun) -> None:
    chosen = select(finished, ContrastOptions())
    assert [answer.id for answer in chosen.generations] == ["a0", "a1", "a4", "a5"]
    assert chosen.y.tolist() == [True, False, False, True] and chosen.sizes == (2, 2)
    assert chosen.lengths.tolist() == [1, 2, 5, 6]
    assert chosen.kinds == ("kind 0", "kind 1", "kind 0", "kind 1")


def test_the_split_the_limit_and_the_cohorts_are_as_asked(finished: FinishedRun) -> None:
    assert ids(finished, ContrastOptions(split="fresh")) == ["a6", "a7"]
    assert ids(finished, ContrastOptions(split="both")) == ["a0", "a1", "a4", "a5", "a6", "a7"]
    assert ids(finished, ContrastOptions(split="both", limit=1)) == ["a0", "a1"]
    assert ids(finished, ContrastOptions("hw", "hr", split="both")) == ["a2", "a8"]


def test_answers_without_tokens_and_several_to_one_prompt_are_refused(finished: FinishedRun) -> None:
    records = finished.records
    bare = [dataclasses.replace(answer, unrecorded=("tokens",)) for answer in records.generations]
    twice = [dataclasses.replace(answer, prompt_id="a0") for answer in records.generations]
    for answers, said in ((bare, "keeps no tokens of its answers"), (twice, "several answers to a prompt")):
        broken = dataclasses.replace(finished, records=dataclasses.replace(records, generations=answers))
        with pytest.raises(InputError, match=said):
            select(broken, ContrastOptions())


def test_cohorts_take_turns_until_one_is_used_up(finished: FinishedRun) -> None:
    chosen = select(finished, ContrastOptions(split="both"))
    is_a = dict(zip((answer.id for answer in chosen.generations), chosen.y, strict=True))
    for seed in range(5):
        drawn = in_turn(chosen, 4, seed)
        assert sum(bool(is_a[answer.id]) for answer in drawn) == 2
        assert [answer.id for answer in drawn] == sorted(answer.id for answer in drawn)
    lopsided = dataclasses.replace(chosen, y=np.arange(6) == 0)
    assert len(in_turn(lopsided, 4, 0)) == 4 and len(in_turn(lopsided, 99, 0)) == 6


@pytest.mark.parametrize(
    ("options", "target"),
    [
        (ContrastOptions("cw", "cr"), "correct"),
        (ContrastOptions("cw", "hr"), "correct"),
        (ContrastOptions("cr", "hr"), "asserted"),
    ],
)
def test_what_tells_the_cohorts_apart(options: ContrastOptions, target: str) -> None:
    assert options.target == target
