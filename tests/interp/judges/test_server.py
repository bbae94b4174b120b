"""The whole path of a chat judge through a real OpenAI-compatible server: `transformers serve` with SmolLM2-135M."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from interp.errors import InputError
from interp.judges.chat import ChatJudge
from interp.judges.endpoint import ChatOptions
from interp.judges.opening import open_judge
from interp.judges.transcript import Transcribed
from interp.records.judgements import Question

pytestmark = pytest.mark.weights

SYSTEM = "You always answer with exactly one word."
QUESTIONS = [
    Question("sky", SYSTEM, "Is the sky blue? Answer YES or NO.", ("YES", "NO")),
    Question("sum", SYSTEM, "What is 1+1? Answer with the number only.", ("1", "2", "3")),
    Question("sky-again", SYSTEM, "Is the sky blue? Answer YES or NO.", ("YES", "NO")),
]
# One at a time and few tokens: the server answers on one thread, and finishes what a client no longer waits for.
OPTIONS = ChatOptions(max_tokens=8, concurrency=1, timeout_s=120.0, attempts=2, max_unscored=1.0)


def test_a_real_server_is_asked_remembered_and_replayed(
    chat_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (chat_server.environ | {"H_LAST_CACHE_DIR": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    judge = open_judge(f"chat:{chat_server.model}", OPTIONS)
    assert isinstance(judge, ChatJudge)
    assert (judge.plan(QUESTIONS).calls, judge.plan(QUESTIONS).different) == (2, 2)
    first = Transcribed(judge)
    answers = first.ask(QUESTIONS)
    assert answers[0].choice in ("YES", "NO")  # this model does answer this question with one word
    assert answers[2].choice == answers[0].choice
    assert all((a.choice is None) == (a.reason in ("off_menu", "cut_off")) for a in answers)
    assert all(a.raw for a in answers)
    assert judge.tally.replies == 2
    assert judge.tally.models == ("smollm2-135m@main",)
    assert judge.tally.prompt_tokens is not None and judge.tally.prompt_tokens > 20
    assert judge.tally.reply_tokens is not None and 2 <= judge.tally.reply_tokens <= 16
    again = ChatJudge(chat_server.model, OPTIONS)
    assert again.ask(QUESTIONS) == answers
    assert (again.tally.replies, again.tally.cached) == (0, 2)
    first.write(tmp_path / "transcript.jsonl")
    assert open_judge(f"recorded:{tmp_path / 'transcript.jsonl'}", OPTIONS).ask(QUESTIONS) == answers


def test_a_model_that_the_real_server_does_not_serve_stops_with_its_words(
    chat_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none-needed")
    judge = ChatJudge("another", ChatOptions(base_url=chat_server.base_url), tmp_path / "cache.sqlite")
    with pytest.raises(InputError, match=r"1 rejected \(400: Server is pinned to 'smollm2-135m'; requested 'another'"):
        judge.ask(QUESTIONS[:1])
    with pytest.raises(InputError, match="There is no model 'm' at"):
        ChatJudge("m", ChatOptions(base_url=f"{chat_server.base_url}/wrong"), tmp_path / "c.sqlite").ask(QUESTIONS[:1])
