"""`python -m probes.fit --judge chat:MODEL` on a real endpoint: SmolLM2-135M judged by SmolLM2-135M, a poor judge."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interp.labels.rubric import AXES, QUESTION_CLASS
from interp.records.judgements import Exchange, Label
from interp.runs.cache import cache_directory
from interp.runs.files import read_json
from interp.runs.rows import read_rows

pytestmark = [pytest.mark.weights, pytest.mark.slow]

WORDS = ("--model", "smollm2-135m", "--relations", "capital", "--limit", "3", "--layers", "29")
PATIENCE = ("--chat.concurrency", "2", "--chat.timeout-s", "300", "--chat.max-tokens", "16")


@dataclasses.dataclass(frozen=True)
class Fitted:
    """What the command said the first time, when nothing may stay unanswered, and when everything may."""

    strict: Any
    lenient: Any
    again: Any


@pytest.fixture
def fitted(chat_server: Any, command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fitted:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "weights").symlink_to(cache_directory() / "weights")  # its own replies, the same weights
    monkeypatch.setenv("H_LAST_CACHE_DIR", str(tmp_path / "cache"))
    for name, value in chat_server.environ.items():
        monkeypatch.setenv(name, value)
    words = [
        *WORDS,
        *PATIENCE,
        "--judge",
        f"chat:{chat_server.model}",
        "--rubric",
        "--output-dir",
        tmp_path / "results",
    ]
    strict = command(*words, "--chat.max-unscored", 0)
    lenient = command(*words, "--chat.max-unscored", 1)
    judgements = lenient.run / "judgements.jsonl"
    words[words.index("--judge") + 1] = f"recorded:{judgements}"
    monkeypatch.delenv("OPENAI_API_KEY")
    again = command(*words, "--chat.max-unscored", 1)
    return Fitted(strict, lenient, again)


def test_the_whole_path_against_a_real_server_and_its_replay(fitted: Fitted) -> None:
    assert fitted.strict.code == 2
    assert "questions have no answer from the menu, more than the 0% that may lack one" in fitted.strict.err
    assert "cut_off" in fitted.strict.err or "off_menu" in fitted.strict.err
    assert fitted.lenient.code == 0, fitted.lenient.err
    assert "The judge was asked" in fitted.lenient.err
    run = fitted.lenient.run
    exchanges = read_rows(run / "judgements.jsonl", Exchange)
    assert {e.answer.judge for e in exchanges} == {read_json(run / "run.json")["config"]["judge"]["version"]}
    for one in exchanges:
        assert (one.answer.choice is None) == (one.answer.reason is not None)
        assert one.answer.choice is None or one.answer.choice in one.question.menu
    labels = read_rows(run / "labels.jsonl", Label)
    assert len(labels) == 6
    for label in labels:
        assert (label.correct is None) == ("correct" in label.reasons)
        for axis in label.axes:
            assert (label.axes[axis] is None) == bool({"axes", f"axes.{axis}"} & set(label.reasons))
    assert {axis for label in labels for axis in label.axes} == set(AXES)
    first = [e.question.user for e in exchanges if e.question.menu == QUESTION_CLASS.menu]
    assert len(first) == 6 and not any("This was answered" in user for user in first)
    assert fitted.again.code == 0, fitted.again.err
    for name in ("labels.jsonl", "judgements.jsonl"):  # replayed without the server
        assert (fitted.again.run / name).read_bytes() == (run / name).read_bytes()
