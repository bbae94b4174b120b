"""Transcripts of judges: written beside a run's other files, and replayed as a judge that needs no endpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from interp.errors import InputError
from interp.judges.protocol import Judge
from interp.judges.unscored import check_share
from interp.records.judgements import Answer, Exchange, Question
from interp.runs.rows import read_rows, write_rows

NOT_RECORDED = "not_recorded"
MAX_UNSCORED = 0.1


class Transcribed:
    """A judge that passes everything on to another and keeps the exchanges, in the order of asking."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.exchanges: list[Exchange] = []

    @property
    def version(self) -> str:
        """The version of the judge that answers."""
        return self.judge.version

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Return the other judge's answers."""
        answers = self.judge.ask(questions)
        self.exchanges += [Exchange(q, a) for q, a in zip(questions, answers, strict=True)]
        return answers

    def write(self, path: Path) -> None:
        """Write the transcript; it holds no time and no count of requests, so a resumed run writes the same bytes."""
        write_rows(path, self.exchanges)


class RecordedJudge:
    """A judge that repeats a transcript: the same answers, under the version of the judge that gave them.

    A question that is not in the transcript has no choice, with the reason `not_recorded`.
    """

    def __init__(self, path: Path, max_unscored: float = MAX_UNSCORED) -> None:
        """Read the transcript.

        Raises:
            InputError: no transcript, an empty one, or one that cannot have come from one judge.
        """
        self.path, self.max_unscored = path, max_unscored
        exchanges = read_rows(path, Exchange)
        judges = sorted({exchange.answer.judge for exchange in exchanges})
        if len(judges) != 1:
            found = f"those of {len(judges)} judges ({', '.join(judges)})" if judges else "none"
            raise InputError(f"{path} holds {found}; expected the recorded answers of one judge.")
        self._judge = judges[0]
        self._answers: dict[tuple[str, str, tuple[str, ...]], Answer] = {}
        self._ids: dict[str, Question] = {}
        for line, exchange in enumerate(exchanges, 1):
            self._learn(exchange, line)

    @property
    def version(self) -> str:
        """The version of the judge that was recorded."""
        return self._judge

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Return the recorded answers.

        Raises:
            InputError: the transcript is of other prompts or menus, or more than the allowed share has no choice.
        """
        answers = [self._recall(question) for question in questions]
        reasons = Counter(answer.reason for answer in answers if answer.reason is not None)
        check_share(reasons, len(questions), self.max_unscored)
        return answers

    def _learn(self, exchange: Exchange, line: int) -> None:
        question, answer = exchange.question, exchange.answer
        where = f"{self.path}, line {line}"
        if answer.question_id != question.id:
            raise InputError(f"{where}: the answer is to {answer.question_id!r}, the question is {question.id!r}.")
        if answer.choice is not None and (answer.choice not in question.menu or answer.reason is not None):
            raise InputError(
                f"{where}: {answer.choice!r} (reason {answer.reason}) is no choice from {list(question.menu)}; restore "
                "the transcript, or record it again."
            )
        known = self._answers.setdefault(_asked(question), answer)
        if not _failed(known) and not _failed(answer) and (known.choice, known.raw) != (answer.choice, answer.raw):
            raise InputError(f"{where}: the question was answered otherwise before; record the transcript again.")
        if _failed(known):
            self._answers[_asked(question)] = answer
        self._ids.setdefault(question.id, question)

    def _recall(self, question: Question) -> Answer:
        known = self._answers.get(_asked(question))
        if known is not None:
            return Answer(question.id, known.choice, known.raw, known.judge, known.reason)
        other = self._ids.get(question.id)
        if other is not None:
            part = "menu" if other.menu != question.menu else "wording"
            raise InputError(
                f"{self.path} was recorded with another {part} of question {question.id!r}; replay it with the prompts "
                "and instruments that it was recorded with, or ask again."
            )
        return Answer(question.id, None, "", self._judge, NOT_RECORDED)


def _failed(answer: Answer) -> bool:
    """Return whether nothing came back; the same question may have been answered when it was put again."""
    return answer.choice is None and not answer.raw


def _asked(question: Question) -> tuple[str, str, tuple[str, ...]]:
    return question.system, question.user, question.menu
