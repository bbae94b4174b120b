"""`python -m hooks.answer`: one run of answers for several token budgets, without features, continued where cut."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hooks import answer as command
from hooks.answer import Answer, Model, answer, has_chat_template
from hooks.answers.batch import as_prompts
from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.prompts import Prompt
from interp.runs.directory import verify
from interp.runs.rows import read_rows

ASKED = as_prompts(["What is the capital of France?", "Hi", "Which metal is liquid?"])
FILES = ["config.json", "generations-at-3.jsonl", "generations.jsonl", "model.json", "prompts.jsonl", "run.json"]


@pytest.fixture
def options(specimen: Callable[..., Path], tmp_path: Path) -> Model:
    return Model(str(specimen("llama")), batch_size=2, output_dir=tmp_path)


def test_a_run_holds_answers_at_every_budget_and_no_features(options: Model) -> None:
    run = answer(options, ASKED, name="three", at=(3, 6), made_by="the command")
    assert sorted(path.name for path in run.path.iterdir()) == FILES
    assert read_rows(run.path / "prompts.jsonl", Prompt) == ASKED
    for name, budget in (("generations-at-3.jsonl", 3), ("generations.jsonl", 6)):
        rows = read_rows(run.path / name, Generation)
        assert [row.prompt_id for row in rows] == [prompt.id for prompt in ASKED]
        assert {row.max_new_tokens for row in rows} == {budget}
    assert verify(run.path)["command_line"] == "the command"


def test_an_interrupted_run_goes_on_and_ends_in_the_same_bytes(
    options: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = answer(options, ASKED, name="three", at=(3, 6), made_by="x").path
    elsewhere = Model(**{**vars(options), "output_dir": tmp_path / "again"})
    with monkeypatch.context() as patch:
        patch.setattr(command, "_cut", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            answer(elsewhere, ASKED, name="three", at=(3, 6), made_by="x")
    again = answer(elsewhere, ASKED, name="three", at=(3, 6), made_by="x").path
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {p.name: p.read_bytes() for p in whole.iterdir()}


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_finished_run_is_reread_without_the_model(options: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    first = answer(options, ASKED, name="three", at=(4,), made_by="x")
    monkeypatch.setattr("hooks.models.loading.load", _interrupt)
    assert answer(options, ASKED, name="three", at=(4,), made_by="x").path == first.path


def test_the_template_is_found_without_the_weights(specimen: Callable[..., Path]) -> None:
    assert has_chat_template(Model(str(specimen("llama"))))
    assert not has_chat_template(Model(str(specimen("llama", False))))


def test_the_command_answers_a_file_of_prompts_without_claims(
    specimen: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.jsonl"
    rows = [{"id": s, "text": f"What is {s}?", "split": s, "claims": []} for s in ("fit", "fresh")]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = ["--model", str(specimen("llama")), "--prompts", str(file), "--max-new-tokens", "5,2"]
    monkeypatch.setattr("sys.argv", ["answer", *given, "--output-dir", str(tmp_path / "out")])
    assert run_command(Answer, command.main, command.PROG) == 0
    said = capsys.readouterr().out
    assert said.startswith("2 new tokens: 2 answers, ")
    assert Path(said.splitlines()[-1], "run.json").is_file()


@pytest.mark.parametrize("text", ["", "x", "0", "-3", "64,", "64;128", "1e3", "٣", "1234567"])
def test_budgets_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="64,256,512"):
        command.budgets(text)


def test_prompts_with_one_id_are_refused(options: Model) -> None:
    with pytest.raises(InputError, match="an id of its own"):
        answer(options, [ASKED[0], ASKED[0]], name="twice", at=(4,), made_by="x")
