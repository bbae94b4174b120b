"""A chat template that reads the day sees that of the run's beginning, whenever the run is continued or read again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hooks.agreement import specimens
from hooks.answers import rendering
from hooks.answers.batch import as_prompts, generate_batch
from hooks.answers.chat import encode, ids_sha256
from hooks.answers.collect import collect
from hooks.answers.parts import write_part
from hooks.answers.run import answer
from hooks.backend.base import HookedModel
from hooks.backend.hook import HookError
from hooks.dose.replication import replicate
from hooks.heads.activations import capture_heads
from hooks.heads.shifts import collect_shifts
from hooks.models.loading import open_backend, quiet
from interp.cli.groups import ModelOptions, RenderingOptions
from interp.errors import InputError
from interp.records.answers import Generation
from interp.runs.directory import Run, open_run
from interp.runs.rendering import read_rendering
from interp.runs.rows import read_rows

MONDAY, FRIDAY = "2026-03-09", "2026-03-13"
DATED = "It is {{ strftime_now('%A, %d %B %Y') }}.\n" + specimens.TEMPLATE
ASKED = as_prompts(["What is the capital of France?", "Hi", "Which metal is liquid?", "Why?"])


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model whose chat template says which day it is."""
    directory = specimens.save("gemma3", tmp_path_factory.mktemp("dated"))
    made = specimens.tokenizer(adds_bos=True)
    made.chat_template = DATED
    with quiet():
        made.save_pretrained(directory)
    return directory


@pytest.fixture(scope="module")
def model(dated: Path) -> HookedModel:
    return open_backend(dated, prove=False)


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let it be this day."""

    def set_day(day: str) -> None:
        monkeypatch.setattr(rendering, "today", lambda: day)

    return set_day


@pytest.fixture
def answered(dated: Path) -> Callable[..., Run]:
    """Answer the prompts in a run of the command."""

    def run(root: Path, **options: Any) -> Run:
        asking = RenderingOptions(**options)
        loading = ModelOptions(prove=False)
        return answer(
            str(dated), loading, ASKED, batch_size=2, output_dir=root, name="p", at=(3, 6), made_by="x", asking=asking
        )

    return run


def hashes(run: Run) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in run.path.glob("[!.]*") if path.is_file()
    }


def interrupt_after_the_first_part(monkeypatch: pytest.MonkeyPatch, start: Callable[[], Any]) -> None:
    from hooks.answers import collect as module

    def interrupted(path: Path, *rest: Any) -> None:
        write_part(path, *rest)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "write_part", interrupted)
        start()


def test_a_run_continued_on_another_day_gives_the_bytes_of_an_uninterrupted_one(
    answered: Callable[..., Run], on: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(MONDAY)
    whole = answered(tmp_path / "whole")
    interrupt_after_the_first_part(monkeypatch, lambda: answered(tmp_path / "cut"))
    on(FRIDAY)
    continued = answered(tmp_path / "cut")
    assert hashes(continued) == hashes(whole)
    assert read_rendering(continued.path).date == MONDAY
    other = answered(tmp_path / "friday")
    assert other.path.name == whole.path.name and read_rendering(other.path).date == FRIDAY
    rows = [read_rows(run.path / "generations.jsonl", Generation) for run in (whole, other)]
    assert all(a.prompt_sha256 != b.prompt_sha256 for a, b in zip(*rows, strict=True))


def test_a_finished_run_that_is_read_again_on_another_day_stays_what_it_is(
    answered: Callable[..., Run], on: Callable[[str], None], tmp_path: Path
) -> None:
    on(MONDAY)
    before = hashes(answered(tmp_path))
    on(FRIDAY)
    assert hashes(answered(tmp_path)) == before


def test_the_day_may_be_chosen_and_is_then_part_of_the_run(
    answered: Callable[..., Run], on: Callable[[str], None], tmp_path: Path
) -> None:
    on(FRIDAY)
    chosen, free = answered(tmp_path, date=MONDAY), answered(tmp_path)
    assert chosen.path != free.path and read_rendering(chosen.path).date == MONDAY
    on(MONDAY)
    monday = answered(tmp_path / "monday")
    names = ("generations.jsonl", "generations-at-3.jsonl", "rendering.json", "prompts.jsonl", "model.json")
    assert [hashes(chosen)[name] for name in names] == [hashes(monday)[name] for name in names]


def test_answers_are_read_again_as_they_were_asked_or_refused(
    model: HookedModel, on: Callable[[str], None], tmp_path: Path
) -> None:
    on(MONDAY)
    way = rendering.default_rendering(model.tokenizer)
    answers, _ = generate_batch(model, ASKED, max_new_tokens=5, layers=())
    expected = capture_heads(model, ASKED, answers)
    on(FRIDAY)
    again = capture_heads(model, ASKED, answers, rendering=way)
    assert all(np.array_equal(a, b) for a, b in zip(again.means, expected.means, strict=True))
    with pytest.raises(HookError, match=r"'prompt-0' has other tokens here .* the date that the template sees"):
        capture_heads(model, ASKED, answers)
    with open_run(tmp_path, "s", {}) as run, pytest.raises(HookError, match="other tokens here"):
        collect_shifts(run, lambda: model, ASKED, answers, None, batch_size=4)


def test_another_prompt_of_the_same_length_is_refused(model: HookedModel) -> None:
    answers, _ = generate_batch(model, as_prompts(["Hi"]), max_new_tokens=3, layers=())
    with pytest.raises(HookError, match="other tokens here"):
        capture_heads(model, as_prompts(["Ho"]), answers)


def test_parts_that_were_made_by_another_tokenizer_are_not_continued(
    dated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(backend: HookedModel) -> None:
        with open_run(tmp_path, "m", {}) as run:
            collect(run, lambda: backend, ASKED, batch_size=2, max_new_tokens=3, layers=[0])

    backend = open_backend(dated, prove=False)
    interrupt_after_the_first_part(monkeypatch, lambda: start(backend))
    backend.tokenizer.chat_template = DATED.replace("It is", "Now:")
    with pytest.raises(HookError, match="other tokens here"):
        start(backend)
    backend.tokenizer.chat_template = specimens.TEMPLATE
    with pytest.raises(
        InputError, match=r"rendering\.json says that this run's prompts were put to the model in another"
    ):
        start(backend)


def test_sweeps_that_were_asked_on_different_days_are_not_compared(tmp_path: Path) -> None:
    runs = []
    for day in (MONDAY, FRIDAY):
        run = Run(tmp_path / day, {"model": {"name": "m"}, "prompts": {"name": "p"}})
        run.path.mkdir()
        fields = {"date": day, "system": None, "variables": {}, "parts": False}
        (run.path / "rendering.json").write_text(json.dumps(fields))
        from made_answers import generation

        from interp.runs.rows import write_rows

        write_rows(run.path / "generations.jsonl", [dataclasses.replace(generation(), prompt_sha256=day)])
        runs.append((0, run))
    with pytest.raises(InputError, match=f"days {FRIDAY} and {MONDAY}.*--date"):
        replicate(tmp_path, runs, command="c", command_line="l")


def test_the_hash_of_a_prompt_is_over_its_ids_as_four_bytes_each_the_lowest_first(model: HookedModel) -> None:
    ids = encode(model.tokenizer, "Hi")
    by_hand = b"".join(bytes([i & 255, i >> 8 & 255, i >> 16 & 255, i >> 24 & 255]) for i in ids)
    assert ids_sha256(ids) == hashlib.sha256(by_hand).hexdigest()
    assert ids_sha256((1, 256)) != ids_sha256((1, 0, 1)) != ids_sha256((257,))
