"""One run of answers for several token budgets, without features, continued where it was cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hooks.answers import run as answers
from hooks.answers.batch import as_prompts
from hooks.answers.run import has_chat_template
from interp.cli.groups import ModelOptions
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.prompts import Prompt
from interp.runs.directory import Run, verify
from interp.runs.rows import read_rows

ASKED = as_prompts(["What is the capital of France?", "Hi", "Which metal is liquid?"])
FILES = [
    *("config.json", "generations-at-3.jsonl", "generations.jsonl"),
    *("model.json", "prompts.jsonl", "rendering.json", "run.json"),
]


Answering = Callable[..., Run]


@pytest.fixture
def answering(specimen: Callable[..., Path], tmp_path: Path) -> Answering:
    """Answer three prompts, or others, with the tiny model."""

    def run(*at: int, asked: Sequence[Prompt] = ASKED, output_dir: Path = tmp_path, made_by: str = "x") -> Run:
        model, loading = str(specimen("llama")), ModelOptions()
        where = {"output_dir": output_dir, "name": "three", "at": at, "made_by": made_by}
        return answers.answer(model, loading, asked, batch_size=2, **where)

    return run


def test_a_run_holds_answers_at_every_budget_and_no_features(answering: Answering) -> None:
    run = answering(3, 6, made_by="the command")
    assert sorted(path.name for path in run.path.iterdir()) == FILES
    assert read_rows(run.path / "prompts.jsonl", Prompt) == ASKED
    for name, budget in (("generations-at-3.jsonl", 3), ("generations.jsonl", 6)):
        rows = read_rows(run.path / name, Generation)
        assert [row.prompt_id for row in rows] == [prompt.id for prompt in ASKED]
        assert {row.max_new_tokens for row in rows} == {budget}
    assert verify(run.path).command_line == "the command"


def test_an_interrupted_run_goes_on_and_ends_in_the_same_bytes(
    answering: Answering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = answering(3, 6).path
    with monkeypatch.context() as patch:
        patch.setattr(answers, "cut", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            answering(3, 6, output_dir=tmp_path / "again")
    again = answering(3, 6, output_dir=tmp_path / "again").path
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {p.name: p.read_bytes() for p in whole.iterdir()}


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_finished_run_is_reread_without_the_model(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    first = answering(4)
    monkeypatch.setattr("hooks.models.loading.load", _interrupt)
    assert answering(4).path == first.path


def test_the_template_is_found_without_the_weights(specimen: Callable[..., Path]) -> None:
    assert has_chat_template(str(specimen("llama")), ModelOptions())
    assert not has_chat_template(str(specimen("llama", False)), ModelOptions())


def test_prompts_with_one_id_are_refused(answering: Answering) -> None:
    with pytest.raises(InputError, match="an id of its own"):
        answering(4, asked=[ASKED[0], ASKED[0]])
