"""A judge over any OpenAI-compatible chat endpoint: asks once, remembers, and counts what it could not learn.

A question goes out word for word as its system and user message; nothing is added, so its form must name its menu. What
comes back is kept in a `JudgeCache` before anything is made of it. A reply off the menu is an answer too: it is kept,
and has no choice. A request that failed is not kept, and is made again by the next run.

Why an answer has no choice (`Answer.reason`):

- of a reply: `empty`, `off_menu`, `cut_off` (by the token budget, whatever it had said by then), `filtered` (withheld
  or refused by the endpoint);
- of requests that failed, the last time: `rate_limited`, `server_error`, `timeout`, `connection`, `malformed` (no whole
  chat completion), `rejected` (this question, for example because it is too long).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from interp.judges import client, menus
from interp.judges.cache import JudgeCache, Reply, default_path
from interp.judges.client import Failure
from interp.judges.endpoint import ChatOptions, endpoint
from interp.judges.unscored import check_share
from interp.language.words import visible
from interp.records.judgements import Answer, Question

CUT_OFF, FILTERED = "cut_off", "filtered"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What asking would take: a dry run. `calls` counts the requests if none has to be repeated."""

    questions: int
    different: int
    cached: int
    calls: int

    def __str__(self) -> str:
        return (
            f"{self.questions} questions, {self.different} different: {self.cached} answered before, "
            f"{self.calls} to ask."
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """What a judge did so far. Tokens and cost are of the replies received since it was made, not of the cache.

    Attributes:
        questions: questions answered or not, repeated ones included.
        cached: different questions that were answered before.
        replies: replies received.
        failures: different questions whose requests all failed.
        reasons: questions without a choice, by reason.
        models: the models that the endpoint said it used.
        prompt_tokens: tokens of the questions; None where the endpoint did not count those of every reply.
        reply_tokens: tokens of the replies; None likewise.
        cost: in the unit of the prices; None where a price or a count is unknown. Attempts that failed may cost more.
    """

    questions: int
    cached: int
    replies: int
    failures: int
    reasons: dict[str, int]
    models: tuple[str, ...]
    prompt_tokens: int | None
    reply_tokens: int | None
    cost: float | None


@dataclass
class _Counts:
    questions: int = 0
    cached: int = 0
    failures: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    replies: list[Reply] = field(default_factory=list)


class ChatJudge:
    """A judge that is one model at one endpoint; see `interp.judges.protocol.Judge`."""

    def __init__(self, model: str, options: ChatOptions | None = None, cache: Path | None = None) -> None:
        self.options = options or ChatOptions()
        self.endpoint = endpoint(model, self.options)
        self.cache = cache or default_path()
        self._counts = _Counts()

    @property
    def version(self) -> str:
        """Model, host and sampling, with the versions of asking and reading."""
        return self.endpoint.version

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Return one answer a question, in order; equal questions are asked once.

        Raises:
            InputError: more than the allowed share has no choice, or the endpoint cannot be asked at all. What was
                answered until then is kept.
        """
        batch = _Batch(self, questions)
        self._counts.questions += len(questions)
        with JudgeCache(self.cache) as cache:
            missing = batch.recall(cache)
            if missing:
                batch.fetch(cache, missing)
        return [self._answer(q, batch.outcomes[key]) for q, key in zip(questions, batch.keys, strict=True)]

    def plan(self, questions: Sequence[Question]) -> Forecast:
        """Return what asking these would take, without asking; needs neither key nor endpoint."""
        different = set(map(self.endpoint.key, questions))
        cached = 0
        if self.cache.exists():
            with JudgeCache(self.cache) as cache:
                cached = len(cache.get(sorted(different)))
        return Forecast(len(questions), len(different), cached, len(different) - cached)

    @property
    def tally(self) -> Tally:
        """What was asked and received so far."""
        counts = self._counts
        prompt = _sum([reply.prompt_tokens for reply in counts.replies])
        reply = _sum([reply.reply_tokens for reply in counts.replies])
        return Tally(
            questions=counts.questions,
            cached=counts.cached,
            replies=len(counts.replies),
            failures=counts.failures,
            reasons=dict(sorted(counts.reasons.items())),
            models=tuple(sorted({reply.model for reply in counts.replies if reply.model})),
            prompt_tokens=prompt,
            reply_tokens=reply,
            cost=self._cost(prompt, reply),
        )

    def _cost(self, prompt: int | None, reply: int | None) -> float | None:
        per_prompt, per_reply = self.options.input_price, self.options.output_price
        if prompt is None or reply is None or per_prompt is None or per_reply is None:
            return None
        return (prompt * per_prompt + reply * per_reply) / 1e6

    def _answer(self, question: Question, outcome: Reply | Failure) -> Answer:
        raw = outcome.raw if isinstance(outcome, Reply) else ""
        choice, reason = read(question, outcome)
        return Answer(question.id, choice, raw, self.version, reason)


class _Batch:
    """One call of `ask`: what is known of each different question, and how many have no choice."""

    def __init__(self, judge: ChatJudge, questions: Sequence[Question]) -> None:
        for menu in {question.menu for question in questions}:
            menus.check_menu(menu)
        self.judge = judge
        self.keys = [judge.endpoint.key(question) for question in questions]
        self.questions = dict(zip(self.keys, questions, strict=True))
        self.times = Counter(self.keys)
        self.outcomes: dict[str, Reply | Failure] = {}
        self.reasons: Counter[str] = Counter()
        self.details: dict[str, str] = {}

    def recall(self, cache: JudgeCache) -> dict[str, Question]:
        """Take what was answered before, and return the other questions."""
        known = cache.get(list(self.questions))
        self.judge._counts.cached += len(known)
        for key, reply in known.items():
            self._note(key, reply)
        return {key: question for key, question in self.questions.items() if key not in known}

    def fetch(self, cache: JudgeCache, missing: dict[str, Question]) -> None:
        """Ask the rest, keeping every reply at once."""
        from tqdm import tqdm

        counts = self.judge._counts
        with tqdm(total=len(missing), desc="Asking the judge", unit="question", disable=None) as progress:

            def deliver(key: str, outcome: Reply | Failure) -> None:
                if isinstance(outcome, Reply):
                    counts.replies.append(outcome)
                    outcome = cache.put(key, outcome)
                else:
                    counts.failures += 1
                progress.update()
                self._note(key, outcome)

            client.fetch(self.judge.endpoint, missing, deliver)

    def _note(self, key: str, outcome: Reply | Failure) -> None:
        """Count a question that has no choice, and stop as soon as there are too many, however the rest may end."""
        self.outcomes[key] = outcome
        _, reason = read(self.questions[key], outcome)
        if reason is None:
            return
        self.reasons[reason] += self.times[key]
        self.judge._counts.reasons[reason] += self.times[key]
        if isinstance(outcome, Failure):
            self.details.setdefault(reason, outcome.detail)
        check_share(self.reasons, len(self.keys), self.judge.options.max_unscored, self.details)


def read(question: Question, outcome: Reply | Failure) -> tuple[str | None, str | None]:
    """Return choice and reason: one of them, or neither where a question without a menu has its reply."""
    if isinstance(outcome, Failure):
        return None, outcome.reason
    if outcome.finish == "length":
        return None, CUT_OFF
    if outcome.finish in ("content_filter", "refusal"):
        return None, FILTERED
    if question.menu:
        chosen = menus.read_choice(outcome.raw, question.menu)
        return chosen.choice, chosen.reason
    return None, None if visible(outcome.raw) else menus.EMPTY


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
