"""Transcripts replay the judge they came from, and are refused where they do not fit; words on a command line."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from interp.errors import InputError
from interp.judges.chat import ChatJudge
from interp.judges.endpoint import ChatOptions
from interp.judges.opening import open_judge
from interp.judges.protocol import Judge
from interp.judges.transcript import RecordedJudge, Transcribed
from interp.records.judgements import Answer, Exchange, Question
from interp.runs.rows import read_rows, write_rows

MENU = ("YES", "NO")
QUESTIONS = [Question(f"q{i}", "Reply.", f"Number {i}?", MENU) for i in range(10)]


class _Parity:
    """Says whether the number in a question is even; cannot say of 9, and answers in words without a menu."""

    version = "parity-1"

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._answer(q) for q in questions]

    def _answer(self, question: Question) -> Answer:
        number = int(question.user.split()[1].rstrip("?"))
        if not question.menu:
            return Answer(question.id, None, f"It is {number}.", self.version)
        if number == 9:
            return Answer(question.id, None, "", self.version, "timeout")
        return Answer(question.id, MENU[number % 2], "so", self.version)


@pytest.fixture
def transcript(tmp_path: Path) -> Path:
    judge = Transcribed(_Parity())
    judge.ask(QUESTIONS[:4])
    judge.ask(QUESTIONS[4:])
    judge.ask([dataclasses.replace(QUESTIONS[0], id="free", menu=())])
    judge.write(tmp_path / "transcript.jsonl")
    return tmp_path / "transcript.jsonl"


def test_a_transcript_replays_the_answers_reasons_and_version_of_its_judge(transcript: Path) -> None:
    replayed = RecordedJudge(transcript)
    free = dataclasses.replace(QUESTIONS[0], id="free", menu=())
    asked = [*QUESTIONS[::-1], free]
    assert isinstance(replayed, Judge)
    assert replayed.ask(asked) == _Parity().ask(asked)
    assert replayed.version == "parity-1"
    assert replayed.ask(QUESTIONS)[9] == Answer("q9", None, "", "parity-1", "timeout")


def test_replaying_and_recording_again_gives_the_same_bytes(transcript: Path, tmp_path: Path) -> None:
    again = Transcribed(RecordedJudge(transcript))
    again.ask([exchange.question for exchange in read_rows(transcript, Exchange)])
    again.write(tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == transcript.read_bytes()


def test_a_question_that_is_not_in_it_has_no_choice_and_its_reason(transcript: Path) -> None:
    new = Question("new", "Reply.", "Number 20?", MENU)
    assert RecordedJudge(transcript, max_unscored=0.5).ask([QUESTIONS[0], new]) == [
        Answer("q0", "YES", "so", "parity-1"),
        Answer("new", None, "", "parity-1", "not_recorded"),
    ]


def test_too_many_questions_that_are_not_in_it_stop_the_run(transcript: Path) -> None:
    new = [Question(f"new{i}", "Reply.", f"Number {20 + i}?", MENU) for i in range(2)]
    with pytest.raises(InputError, match=r"^3 of 12 questions .* the 10% .*: 2 not_recorded, 1 timeout; put right"):
        RecordedJudge(transcript).ask([*QUESTIONS, *new])


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"system": "Answer."}, "wording"),
        ({"user": "Is 0 even?"}, "wording"),
        ({"menu": ("NO", "YES")}, "menu"),
    ],
)
def test_a_transcript_of_other_prompts_or_menus_is_refused(
    transcript: Path, change: dict[str, object], part: str
) -> None:
    with pytest.raises(InputError, match=f"was recorded with another {part} of question 'q0'; replay it with"):
        RecordedJudge(transcript).ask([dataclasses.replace(QUESTIONS[0], **change)])


def test_equal_questions_under_other_ids_find_their_answer(transcript: Path) -> None:
    assert RecordedJudge(transcript).ask([dataclasses.replace(QUESTIONS[1], id="x")])[0] == Answer(
        "x", "NO", "so", "parity-1"
    )


def test_a_question_that_failed_and_was_answered_later_has_its_answer(tmp_path: Path) -> None:
    failed = _exchange(choice=None, raw="", reason="timeout")
    for rows in ([failed, _exchange(), failed], [_exchange(), failed]):
        write_rows(tmp_path / "t.jsonl", rows)
        assert RecordedJudge(tmp_path / "t.jsonl").ask(QUESTIONS[:1]) == [_exchange().answer]


def _exchange(**changes: object) -> Exchange:
    return Exchange(QUESTIONS[0], dataclasses.replace(Answer("q0", "YES", "Yes.", "a"), **changes))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "holds none; expected the recorded answers of one judge"),
        ([_exchange(), _exchange(judge="b")], r"holds those of 2 judges \(a, b\)"),
        ([_exchange(choice="MAYBE")], r"line 1: 'MAYBE' \(reason None\) is no choice from \['YES', 'NO'\]"),
        ([_exchange(reason="off_menu")], r"line 1: 'YES' \(reason off_menu\) is no choice"),
        ([_exchange(question_id="q1")], "line 1: the answer is to 'q1', the question is 'q0'"),
        ([_exchange(), _exchange(choice="NO")], "line 2: the question was answered otherwise before"),
    ],
)
def test_a_transcript_that_cannot_have_come_from_one_judge_is_refused(
    tmp_path: Path, rows: list[Exchange], sentence: str
) -> None:
    write_rows(tmp_path / "t.jsonl", rows)
    with pytest.raises(InputError, match=sentence):
        RecordedJudge(tmp_path / "t.jsonl")


def test_a_missing_or_broken_transcript_is_refused_with_its_line(transcript: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none.jsonl is missing; expected JSON lines of Exchange"):
        open_judge(f"recorded:{tmp_path / 'none.jsonl'}")
    transcript.write_text(transcript.read_text() + '{"question": 3}\n')
    with pytest.raises(InputError, match="line 12 is not a valid Exchange"):
        open_judge(f"recorded:{transcript}")


def test_a_word_on_the_command_line_opens_its_judge(transcript: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1/")
    chat = open_judge("chat:org/model:tag", ChatOptions(seed=None))
    assert isinstance(chat, ChatJudge)
    assert (chat.endpoint.model, chat.endpoint.url) == ("org/model:tag", "http://127.0.0.1:8000/v1")
    assert chat.options.seed is None
    recorded = open_judge(f"recorded:{transcript}", ChatOptions(max_unscored=0.5))
    assert isinstance(recorded, RecordedJudge)
    assert recorded.max_unscored == 0.5
    monkeypatch.delenv("OPENAI_BASE_URL")
    opened = open_judge("chat:m")
    assert isinstance(opened, ChatJudge)
    assert opened.endpoint.url == "https://api.openai.com/v1"


@pytest.mark.parametrize("word", ["", "chat", "chat:", "recorded:", "gpt-4", "Chat:m"])
def test_any_other_word_is_refused_with_the_two_that_are_known(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    with pytest.raises(InputError, match=f"^There is no judge '{word}'; expected chat:MODEL .* or recorded:PATH"):
        open_judge(word)


def test_a_missing_key_is_said_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    with pytest.raises(InputError, match="^OPENAI_API_KEY is not set; put the endpoint's key into"):
        open_judge("chat:m")
