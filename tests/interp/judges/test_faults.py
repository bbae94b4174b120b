"""ChatJudge against a server that refuses, fails, stalls, drops and garbles: what is answered is asked for once."""

from __future__ import annotations

import base64
import hashlib
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interp.errors import InputError
from interp.judges.cache import JudgeCache
from interp.judges.chat import ChatJudge
from interp.judges.transcript import Transcribed
from interp.records.judgements import Exchange, Question
from interp.runs.rows import read_rows

EVERYTHING = dict.fromkeys(("dropped", "429", "500", "stall", "malformed", "truncated", "off_menu"), 0.3)
REASONS = {"rate_limited", "server_error", "timeout", "connection", "malformed", "off_menu"}

Start = Callable[..., Any]


def _questions(n: int) -> list[Question]:
    return [Question(f"q{i}", "Reply YES or NO.", f"Question {i}?", ("YES", "NO")) for i in range(n)]


def _expected(question: Question) -> str:
    return "YES" if hashlib.sha256(question.user.encode()).digest()[0] % 2 else "NO"


def _fresh(server: Any, **options: Any) -> ChatJudge:
    """A judge whose cache is not the one that the time limit was measured with."""
    return ChatJudge("other", server.judge(**options).options, server.cache)


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


def _check(server: Any, judge: ChatJudge, questions: list[Question]) -> Counter[str | None]:
    """Ask, and hold every answer against the server's log; return the reasons."""
    answers = judge.ask(questions)
    assert [a.question_id for a in answers] == [q.id for q in questions]
    requests = server.requests()
    delivered = {user for user, fate in requests if fate == "delivered"}
    for question, answer in zip(questions, answers, strict=True):
        if answer.choice is not None:
            assert (answer.choice, answer.reason) == (_expected(question), None)
        assert (answer.choice is None) == (answer.reason in REASONS)
        assert (question.user in delivered) == (answer.reason in (None, "off_menu"))
    assert _asked_after_success(requests) == []
    assert len(delivered) == judge.tally.replies + judge.tally.cached
    return Counter(answer.reason for answer in answers)


@pytest.fixture
def patience_s(faulty: Start) -> float:
    """A time limit that no good reply misses here and now: several times what a burst of them takes."""
    judge = faulty().judge(timeout_s=120.0)
    judge.ask(_questions(1))  # imports the client
    begun = time.monotonic()
    judge.ask(_questions(25))
    return max(1.0, 4 * (time.monotonic() - begun))


def test_with_every_fault_at_30_percent_every_question_is_answered_and_asked_once_after_success(
    faulty: Start, patience_s: float
) -> None:
    server = faulty(rates=EVERYTHING, seed=1, stall_s=10 * patience_s)
    reasons = _check(server, _fresh(server, timeout_s=patience_s), _questions(40))
    assert set(reasons) == {None, "off_menu"}
    assert 3 <= reasons["off_menu"] <= 24  # 30 % of 40
    fates = Counter(fate for _, fate in server.requests())
    assert set(fates) >= {"dropped", "429", "500", "stall", "malformed", "truncated", "delivered"}


def test_with_few_attempts_every_question_ends_answered_or_with_its_reason_and_the_rest_is_asked_later(
    faulty: Start, patience_s: float
) -> None:
    server = faulty(rates=EVERYTHING | {"stall": 0.1}, seed=2, stall_s=10 * patience_s)
    questions = _questions(60)
    reasons = _check(server, _fresh(server, timeout_s=patience_s, attempts=3), questions)
    assert len(REASONS & set(reasons)) >= 4
    answered = {user for user, fate in server.requests() if fate == "delivered"}
    before = len(server.requests())
    again = _check(server, _fresh(server, timeout_s=patience_s), questions)
    assert set(again) == {None, "off_menu"}
    assert not answered & {user for user, _ in server.requests()[before:]}


@pytest.mark.slow
def test_hundreds_of_questions_with_every_fault_at_30_percent(faulty: Start, patience_s: float) -> None:
    server = faulty(rates=EVERYTHING, seed=3, stall_s=20 * patience_s)
    judge = _fresh(server, timeout_s=2 * patience_s, concurrency=48, attempts=120)
    reasons = _check(server, judge, _questions(400))
    assert set(reasons) == {None, "off_menu"}
    assert 80 <= reasons["off_menu"] <= 160
    fates = Counter(fate for _, fate in server.requests())
    # what comes before a fault in the server's order hides it, so the shares fall by 0.7 from one to the next
    total = fates.total()
    for i, fault in enumerate(("dropped", "429", "500", "stall", "malformed", "truncated")):
        assert fates[fault] / total == pytest.approx(0.3 * 0.7**i, rel=0.25)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("429", "rate_limited"),
        ("500", "server_error"),
        ("503", "server_error"),
        ("malformed", "malformed"),
        ("truncated", "connection"),
        ("dropped", "connection"),
        ("stall", "timeout"),
        ("400", "rejected"),
        ("422", "rejected"),
    ],
)
def test_a_fault_that_lasts_is_the_reason_of_every_kind_of_it(faulty: Start, fault: str, reason: str) -> None:
    server = faulty(script=[fault] * 100)
    judge = server.judge(timeout_s=2.0 if fault == "stall" else 30.0, attempts=2)
    answers = judge.ask(_questions(8))
    assert {(a.choice, a.raw, a.reason) for a in answers} <= {(None, "", reason), (None, "", "malformed")}
    assert sum(a.reason == reason for a in answers) >= (8 if fault != "truncated" else 6)  # an empty body is no promise
    assert judge.tally.failures == 8
    assert len(server.requests()) == (8 if reason == "rejected" else 16)  # a rejected question is not asked again


CLIENT = """
import json, sys
from pathlib import Path
from interp.judges.chat import ChatJudge
from interp.judges.endpoint import ChatOptions
from interp.records.judgements import Question
url, cache, n = sys.argv[1:]
questions = [Question(f"q{i}", "Reply YES or NO.", f"Question {i}?", ("YES", "NO")) for i in range(int(n))]
judge = ChatJudge("tiny", ChatOptions(base_url=url, concurrency=4, max_unscored=1.0), Path(cache))
judge.ask(questions)
print(judge.tally.replies)
"""


def _client(server: Any, n: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, server.url, str(server.cache), str(n)], stdout=subprocess.PIPE, text=True
    )


def test_a_kill_loses_nothing_that_was_answered(faulty: Start) -> None:
    server = faulty(delay_s=0.05, rates={"500": 0.3, "off_menu": 0.3})
    client = _client(server, 150)
    while sum(fate == "delivered" for _, fate in server.requests()) < 30:
        assert client.poll() is None
        time.sleep(0.01)
    client.kill()
    client.communicate()
    judge, questions = server.judge(), _questions(150)
    kept = judge.plan(questions).cached
    before = server.requests()
    delivered = {user for user, fate in before if fate == "delivered"}
    assert len(delivered) - 4 <= kept <= len(delivered) < 150  # at most the four that were on their way
    with JudgeCache(server.cache) as cache:
        known = cache.get([judge.endpoint.key(q) for q in questions])
    asked_before = {q.user for q in questions if judge.endpoint.key(q) in known}
    answers = judge.ask(questions)
    assert {a.reason for a in answers} == {None, "off_menu"}
    assert judge.tally.replies == 150 - kept
    assert not asked_before & {user for user, _ in server.requests()[len(before) :]}


def test_two_processes_share_what_either_was_answered(faulty: Start) -> None:
    server = faulty(delay_s=0.02)
    clients = [_client(server, 80) for _ in range(2)]
    replies = [int(client.communicate(timeout=60)[0]) for client in clients]
    assert all(client.returncode == 0 for client in clients)
    third = server.judge()
    third.ask(_questions(80))
    assert (third.tally.replies, third.tally.cached) == (0, 80)
    assert sum(replies) == len(server.requests())


def test_a_resumed_run_writes_the_transcript_of_an_undisturbed_one(faulty: Start, tmp_path: Path) -> None:
    server = faulty(rates={"500": 0.3, "off_menu": 0.3}, seed=5)
    server.judge().ask(_questions(12))  # what a run that was cut had asked
    for name in ("resumed", "undisturbed"):
        judge = Transcribed(server.judge())
        judge.ask(_questions(30))
        judge.write(tmp_path / name)
    assert (tmp_path / "resumed").read_bytes() == (tmp_path / "undisturbed").read_bytes()
    rows = read_rows(tmp_path / "resumed", Exchange)
    assert [row.question for row in rows] == _questions(30)
    assert {row.answer.reason for row in rows} == {None, "off_menu"}


@pytest.mark.parametrize("fate", ["surrogate", "counts", "long", "packed"])
def test_a_reply_that_nothing_can_be_made_of_is_malformed(faulty: Start, fate: str) -> None:
    server = faulty(rates={}, script=[fate] * 50)
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (answer,) = server.judge(attempts=2).ask(_questions(1))
    assert (answer.choice, answer.reason) == (None, "malformed")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun < 200_000  # KiB: 256 MiB were sent


def test_a_redirect_is_not_followed_and_nothing_is_kept(faulty: Start) -> None:
    server = faulty(rates={}, script=["redirect"] * 50)
    with pytest.raises(InputError, match=r"answers with a redirect \(30[27]\) to /elsewhere/chat/completions"):
        server.judge(concurrency=1).ask(_questions(1))
    assert {fate for _, fate in server.requests()} == {"redirect"}
    with JudgeCache(server.cache) as cache:
        assert cache.get([server.judge().endpoint.key(_questions(1)[0])]) == {}


def test_a_key_that_the_server_repeats_is_kept_nowhere(faulty: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-very-secret-1234567"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    server = faulty(rates={}, script=["echo"])
    (answer,) = server.judge().ask(_questions(1))
    assert answer.raw.startswith("YES. *** *** ") and answer.choice is not None
    kept = b"".join(path.read_bytes() for path in server.cache.parent.glob("replies.sqlite*"))
    for form in (key, key[::-1], base64.b64encode(key.encode()).decode()[:-4], key.encode().hex()):
        assert form not in answer.raw and form.encode() not in kept
    refused = faulty(rates={}, script=["recoded"])
    with pytest.raises(InputError, match=r"refused at .*no such key: \*\*\*") as told:
        refused.judge(concurrency=1).ask(_questions(1)[:1])
    assert base64.b64encode(key.encode()).decode()[:-4] not in str(told.value)
