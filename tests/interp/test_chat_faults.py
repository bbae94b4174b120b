"""ChatJudge against a server that refuses, fails, stalls, drops and garbles: what is answered is asked for once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from interp.chat_judge import ChatJudge
from interp.chat_options import ChatOptions
from interp.errors import InputError
from interp.judge_cache import JudgeCache
from interp.records import Question

SERVER = Path(__file__).with_name("fault_server.py")
EVERYTHING = dict.fromkeys(("dropped", "429", "500", "stall", "malformed", "truncated", "off_menu"), 0.3)
REASONS = {"rate_limited", "server_error", "timeout", "connection", "malformed", "off_menu"}
KEY = "sk-very-secret"


@dataclass(frozen=True)
class Faulty:
    """A running server: its address, its log, and a judge's options that go with it."""

    url: str
    log: Path
    cache: Path

    def requests(self) -> list[tuple[str, str]]:
        """Question and fate of every request so far."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [(row["user"], row["fate"]) for row in map(json.loads, lines)]

    def judge(self, **options: Any) -> ChatJudge:
        fast = {"timeout_s": 5.0, "backoff_s": 0.01, "backoff_max_s": 0.05, "concurrency": 24, "attempts": 60}
        chosen = fast | {"max_unscored": 1.0} | options
        return ChatJudge("tiny", ChatOptions(base_url=self.url, **chosen), self.cache)


Start = Callable[..., Faulty]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start servers with the given behaviour; all are stopped at the end."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    running: list[subprocess.Popen[str]] = []

    def begin(**behaviour: Any) -> Faulty:
        log = tmp_path / f"log-{len(running)}"
        command = [sys.executable, str(SERVER), json.dumps({"log": str(log), "stall_s": 20, **behaviour})]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(server)
        assert server.stdout is not None
        return Faulty(f"http://127.0.0.1:{int(server.stdout.readline())}/v1", log, tmp_path / "cache.sqlite")

    yield begin
    for server in running:
        server.kill()
        server.communicate()


def _questions(n: int, first: int = 0) -> list[Question]:
    return [Question(f"q{i}", "Reply YES or NO.", f"Question {i}?", ("YES", "NO")) for i in range(first, first + n)]


def _expected(question: Question) -> str:
    import hashlib

    return "YES" if hashlib.sha256(question.user.encode()).digest()[0] % 2 else "NO"


def _asked_after_success(requests: list[tuple[str, str]]) -> list[str]:
    """The questions of which any request followed a delivered answer."""
    done: set[str] = set()
    again = []
    for user, fate in requests:
        if user in done:
            again.append(user)
        if fate == "delivered":
            done.add(user)
    return again


def _check(faulty: Faulty, judge: ChatJudge, questions: list[Question]) -> Counter[str | None]:
    """Ask, and hold every answer against the server's log; return the reasons."""
    answers = judge.ask(questions)
    assert [a.question_id for a in answers] == [q.id for q in questions]
    requests = faulty.requests()
    delivered = {user for user, fate in requests if fate == "delivered"}
    for question, answer in zip(questions, answers, strict=True):
        if answer.choice is not None:
            assert (answer.choice, answer.reason) == (_expected(question), None)
        assert (answer.choice is None) == (answer.reason in REASONS)
        assert (question.user in delivered) == (answer.reason in (None, "off_menu"))
    assert _asked_after_success(requests) == []
    assert len(delivered) == judge.tally.replies + judge.tally.cached
    return Counter(answer.reason for answer in answers)


def test_with_every_fault_at_30_percent_every_question_is_answered_and_asked_once_after_success(start: Start) -> None:
    faulty = start(rates=EVERYTHING, seed=1)
    reasons = _check(faulty, faulty.judge(timeout_s=1.5), _questions(60))
    assert set(reasons) == {None, "off_menu"}
    assert 5 <= reasons["off_menu"] <= 32  # 30 % of 60
    fates = Counter(fate for _, fate in faulty.requests())
    assert set(fates) >= {"dropped", "429", "500", "stall", "malformed", "truncated", "delivered"}


def test_with_few_attempts_every_question_ends_answered_or_with_its_reason(start: Start) -> None:
    faulty = start(rates=EVERYTHING, seed=2)
    questions = _questions(60)
    reasons = _check(faulty, faulty.judge(timeout_s=1.0, attempts=3), questions)
    assert len(REASONS & set(reasons)) >= 4
    answered = {user for user, fate in faulty.requests() if fate == "delivered"}
    before = len(faulty.requests())
    again = _check(faulty, _patient(faulty), questions)
    assert set(again) == {None, "off_menu"}
    assert not answered & {user for user, _ in faulty.requests()[before:]}


def _patient(faulty: Faulty) -> ChatJudge:
    return faulty.judge(timeout_s=1.0)
