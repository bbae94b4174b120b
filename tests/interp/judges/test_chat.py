"""ChatJudge: what it asks once, what it keeps, what it counts, what stops it, and what it never writes down."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interp.errors import InputError
from interp.judges.cache import Reply
from interp.judges.chat import ChatJudge, read
from interp.judges.client import Failure, read_body, retry_after
from interp.judges.endpoint import ChatOptions
from interp.judges.protocol import Judge
from interp.records.judgements import Question

Start = Callable[..., Any]
MENU = ("YES", "NO")


def _questions(*users: str, menu: tuple[str, ...] = MENU) -> list[Question]:
    return [Question(f"id-{i}", "Reply.", user, menu) for i, user in enumerate(users)]


def test_equal_questions_are_asked_once_and_each_gets_its_answer(faulty: Start) -> None:
    server = faulty()
    answers = server.judge().ask(_questions("a", "b", "a", "a"))
    assert sorted(user for user, _ in server.requests()) == ["a", "b"]
    assert [a.question_id for a in answers] == ["id-0", "id-1", "id-2", "id-3"]
    assert answers[0].choice == answers[2].choice == answers[3].choice


def test_what_was_answered_off_the_menu_is_kept_and_what_failed_is_not(faulty: Start) -> None:
    server = faulty(script=["500", "good"], rates={"off_menu": 1.0})
    first = server.judge(attempts=1, concurrency=1).ask(_questions("a", "b"))
    assert [(a.choice, a.reason, a.raw) for a in first] == [
        (None, "server_error", ""),
        (None, "off_menu", "I would rather not say."),
    ]
    second = server.judge(attempts=1).ask(_questions("a", "b"))
    assert [a.reason for a in second] == ["off_menu", "off_menu"]
    assert server.requests() == [("a", "500"), ("b", "delivered"), ("a", "delivered")]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"temperature": 0.5},
        {"max_tokens": 63},
        {"max_tokens_field": "max_completion_tokens"},
        {"base_url": "http://localhost:1/v1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_way_of_sampling_is_another_question(faulty: Start, change: dict[str, Any]) -> None:
    server = faulty()
    judge = server.judge()
    judge.ask(_questions("a"))
    changed = ChatJudge("tiny", dataclasses.replace(judge.options, **change), server.cache)
    assert (judge.plan(_questions("a")).calls, changed.plan(_questions("a")).calls) == (0, 1)
    assert changed.version != judge.version


@pytest.mark.parametrize(
    "change", [{"system": "x"}, {"user": "x"}, {"menu": ("NO", "YES")}], ids=lambda change: next(iter(change))
)
def test_another_wording_or_menu_is_another_question_but_another_id_is_not(
    faulty: Start, change: dict[str, Any]
) -> None:
    judge = faulty().judge()
    question = _questions("a")[0]
    judge.ask([question])
    assert judge.plan([dataclasses.replace(question, id="other")]).calls == 0
    assert judge.plan([dataclasses.replace(question, **change)]).calls == 1
    assert ChatJudge("other", judge.options, judge.cache).plan([question]).calls == 1


def test_a_dry_run_counts_calls_and_makes_none(faulty: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    server = faulty()
    judge = server.judge()
    assert str(judge.plan(_questions("a", "b", "a"))) == "3 questions, 2 different: 0 answered before, 2 to ask."
    assert not server.cache.exists()
    judge.ask(_questions("a"))
    monkeypatch.delenv("OPENAI_API_KEY")
    plan = judge.plan(_questions("a", "b", "a"))
    assert (plan.questions, plan.different, plan.cached, plan.calls) == (3, 2, 1, 1)
    assert len(server.requests()) == 1
    assert judge.ask(_questions("a"))[0].choice is not None  # nothing to ask, so no key is needed


def test_tokens_and_cost_are_counted_and_unknown_without_prices(faulty: Start) -> None:
    server = faulty()
    judge = server.judge(input_price=3.0, output_price=10.0)
    judge.ask(_questions("a", "b"))
    assert (judge.tally.prompt_tokens, judge.tally.reply_tokens) == (20, 4)
    assert judge.tally.cost == pytest.approx(20 * 3e-6 + 4 * 10e-6)
    assert judge.tally.models == ("tiny-2026",)
    unpriced = server.judge(input_price=3.0)
    unpriced.ask(_questions("a", "c"))
    assert (unpriced.tally.cached, unpriced.tally.replies, unpriced.tally.cost) == (1, 1, None)


def test_tokens_and_cost_are_unknown_where_the_endpoint_does_not_count() -> None:
    body = b'{"choices": [{"message": {"content": "YES"}, "finish_reason": "stop"}]}'
    judge = ChatJudge("m", ChatOptions(input_price=1.0, output_price=1.0), Path("unused"))
    reply = read_body(body)
    assert isinstance(reply, Reply)
    judge._counts.replies += [reply, Reply("NO", "stop", None, 1, 1)]
    assert (judge.tally.prompt_tokens, judge.tally.reply_tokens, judge.tally.cost) == (None, None, None)


def test_too_many_without_a_choice_stop_the_run_with_counts_and_spare_the_rest(faulty: Start) -> None:
    server = faulty(rates={"off_menu": 1.0})
    users = [f"q{i}" for i in range(100)]
    with pytest.raises(InputError, match=r"^11 of 100 questions .* more than the 10% .*: 11 off_menu; put right"):
        server.judge(max_unscored=0.1, concurrency=4).ask(_questions(*users))
    assert 11 <= len(server.requests()) <= 15  # those under way are kept, no other is asked
    before = len(server.requests())
    with pytest.raises(InputError, match="11 off_menu"):
        server.judge(max_unscored=0.1).ask(_questions(*users))
    assert len(server.requests()) == before


def test_a_share_at_the_limit_passes_and_repeated_questions_count_each_time(faulty: Start) -> None:
    server = faulty(script=["400"])
    judge = server.judge(max_unscored=0.25, concurrency=1)
    answers = judge.ask(_questions("a", "b", "c", "d"))
    assert [a.reason for a in answers] == ["rejected", None, None, None]
    server = faulty(script=["400"])
    with pytest.raises(InputError, match=r"2 of 4 questions .*: 2 rejected \(.*refused with 400 for \*\*\*"):
        server.judge(max_unscored=0.25, concurrency=1).ask(_questions("a", "b", "c", "a"))


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ({"script": ["401"] * 9}, "The key in OPENAI_API_KEY is refused at http"),
        ({"script": ["403"] * 9}, "The key in OPENAI_API_KEY is refused at http"),
        ({"script": ["404"] * 9}, "There is no model 'tiny' at http"),
        ({"script": ["402"] * 9}, "The account's quota is used up at http"),
        ({"script": ["429"] * 9, "quota": True}, "The account's quota is used up at http"),
        ({"script": ["405"] * 9}, "Requests are refused with status 405 at http"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_no_repetition_can_mend_stops_at_once(faulty: Start, behaviour: dict[str, Any], sentence: str) -> None:
    server = faulty(**behaviour)
    with pytest.raises(InputError) as caught:
        server.judge(concurrency=2).ask(_questions(*map(str, range(50))))
    assert str(caught.value).startswith(sentence)
    assert "sk-very-secret" not in str(caught.value)
    assert len(server.requests()) <= 2


def test_an_address_where_nobody_answers_is_said_after_three_attempts(faulty: Start) -> None:
    judge = ChatJudge("m", ChatOptions(base_url="http://127.0.0.1:9/v1", backoff_s=0.01), faulty().cache)
    with pytest.raises(InputError, match=r"^Nobody answers at http://127.0.0.1:9/v1 \(.*\); start the server"):
        judge.ask(_questions("a"))


def test_retry_after_is_waited_for_and_one_that_is_too_long_is_not(faulty: Start) -> None:
    server = faulty(script=["429"], header="1")
    begun = time.monotonic()
    assert server.judge().ask(_questions("a"))[0].choice is not None
    assert time.monotonic() - begun >= 1
    server = faulty(script=["429"], header="3600")
    assert server.judge().ask(_questions("b"))[0].reason == "rate_limited"
    assert len(server.requests()) == 1


def test_retry_after_is_read_as_seconds_or_date() -> None:
    date = "Thu, 01 Jan 1970 00:01:40 GMT"
    texts = {"2": 2, "0.5": 0.5, date: 60, "-3": 0, "soon": 0, "": 0, "inf": 0, "nan": 0}
    assert {text: retry_after({"retry-after": text}, now=40.0) for text in texts} == texts
    assert retry_after({}) == 0


def test_the_key_is_in_no_file_no_version_and_no_log(faulty: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    server = faulty(script=["400", "good"])
    judge = server.judge(concurrency=1)
    answers = judge.ask(_questions("a", "b"))
    assert server.rows()[0]["key"] == "Bearer sk-very-secret"  # it was sent
    files = [path for path in server.cache.parent.glob("replies*") if path.is_file()]
    assert files
    kept = b"".join(path.read_bytes() for path in files).decode(errors="replace")
    assert "secret" not in kept + repr(answers) + repr(vars(judge)) + judge.version + caplog.text


def test_a_judge_can_be_asked_from_within_an_event_loop(faulty: Start) -> None:
    judge = faulty().judge()

    async def notebook_cell() -> str | None:
        return judge.ask(_questions("a"))[0].choice

    assert asyncio.run(notebook_cell()) in MENU


def test_a_question_without_a_menu_is_answered_in_free_text(faulty: Start) -> None:
    judge = faulty(rates={"off_menu": 1.0}).judge(max_unscored=0.0)
    answer = judge.ask(_questions("a", menu=()))[0]
    assert (answer.choice, answer.raw, answer.reason) == (None, "I would rather not say.", None)
    assert judge.options.budget(_questions("a", menu=())[0]) == 1024 != judge.options.budget(_questions("a")[0])


QUESTION = _questions("a")[0]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply("YES", "stop", None, 1, 1), ("YES", None)),
        (Reply("YES", None, None, 1, 1), ("YES", None)),
        (Reply("YES", "length", None, 1, 1), (None, "cut_off")),
        (Reply("YES", "content_filter", None, 1, 1), (None, "filtered")),
        (Reply("I cannot help.", "refusal", None, 1, 1), (None, "filtered")),
        (Reply(" \n", "stop", None, 1, 1), (None, "empty")),
        (Reply("<think>YES</think>", "stop", None, 1, 1), (None, "empty")),
        (Reply("Maybe", "stop", None, 1, 1), (None, "off_menu")),
        (Failure("timeout", "x"), (None, "timeout")),
    ],
)
def test_every_reply_has_a_choice_or_a_reason(reply: Reply | Failure, expected: tuple[str | None, str | None]) -> None:
    assert read(QUESTION, reply) == expected


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        '"YES"',
        '{"choices": []}',
        '{"choices": {}}',
        '{"choices": [3]}',
        '{"choices": [{"message": null}]}',
        '{"choices": [{"message": {"content": ["YES"]}}]}',
        '{"choices": [{"message": {"content": "YES"}, "finish_reason": 1}]}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_body_that_is_no_chat_completion_is_malformed(body: str) -> None:
    found = read_body(body.encode(errors="surrogateescape"))
    assert isinstance(found, Failure)
    assert (found.reason, found.again) == ("malformed", True)


def test_a_reply_without_text_is_empty_and_a_refusal_is_kept() -> None:
    empty = read_body(b'{"choices": [{"message": {"content": null}, "finish_reason": "stop"}]}')
    assert empty == Reply("", "stop", None, None, None)
    refused = read_body(
        b'{"choices": [{"message": {"content": null, "refusal": "No."}}], "usage": {"prompt_tokens": true}}'
    )
    assert refused == Reply("No.", "refusal", None, None, None)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"base_url": "ftp://x/v1"}, "is no web address; expected one like https://api.openai.com/v1"),
        ({"base_url": "localhost:80"}, "is no web address"),
        ({"base_url": "https://me:sk-very-secret@x/v1"}, "on x holds a user name, password or query"),
        ({"base_url": "https://x/v1?key=sk-very-secret"}, "on x holds a user name, password or query"),
        ({"attempts": 0}, "attempts is 0, expected more than 0"),
        ({"timeout_s": -1.0}, "timeout_s is -1.0, expected more than 0"),
        ({"backoff_s": -1.0}, "backoff_s is -1.0, expected 0 or more"),
        ({"max_unscored": 1.5}, "max_unscored is 1.5, expected a share"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_options_are_refused_in_one_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        ChatJudge("m", ChatOptions(**options))
    assert sentence in str(caught.value)
    assert "sk-very-secret" not in str(caught.value)


def test_the_request_says_what_the_options_say_and_leaves_out_what_is_none() -> None:
    full = ChatJudge("m", ChatOptions(max_tokens=7)).endpoint.request(QUESTION)
    assert full == {
        "model": "m",
        "messages": [{"role": "system", "content": "Reply."}, {"role": "user", "content": "a"}],
        "temperature": 0.0,
        "seed": 0,
        "max_tokens": 7,
    }
    options = ChatOptions(temperature=None, seed=None, max_tokens_field="max_completion_tokens")
    bare = ChatJudge("m", options).endpoint.request(dataclasses.replace(QUESTION, system=""))
    assert bare == {"model": "m", "messages": [{"role": "user", "content": "a"}], "max_completion_tokens": 64}


def test_it_is_a_judge_and_its_version_names_model_host_and_sampling_but_no_port() -> None:
    judge = ChatJudge("m", ChatOptions(base_url="http://127.0.0.1:8123/v1"))
    assert isinstance(judge, Judge)
    assert judge.version == ("chat:m at 127.0.0.1 (temperature 0.0, seed 0, max_tokens 64/1024, request 1, menus 4)")


def test_importing_the_judge_imports_no_client() -> None:
    code = "import sys, interp.judges.opening; print([m for m in ('openai', 'httpx', 'httpx2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True)
    assert done.stdout.strip() == "[]"
