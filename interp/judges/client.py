"""Putting questions to a chat endpoint: a few at a time, again where that may help, and never longer than allowed.

The official client does the talking, with its own retries off; the policy here is the only one. Each question ends as a
`Reply`, or as a `Failure` with its reason once its attempts are spent. What no repetition can mend (a refused key, an
unknown model, an address where nobody answers) stops the whole batch with one sentence.
"""

from __future__ import annotations

import math
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from interp.errors import InputError
from interp.judges.cache import Reply
from interp.judges.endpoint import KEY_VARIABLE, URL_VARIABLE, Endpoint, api_key
from interp.judges.limits import REPLY_CHARACTERS, TooMuch, http_client
from interp.judges.scrubbing import HIDDEN, scrubbed
from interp.records.judgements import Question
from interp.runs.files import parse_json

if TYPE_CHECKING:
    import openai

RATE_LIMITED, SERVER_ERROR, TIMEOUT = "rate_limited", "server_error", "timeout"
CONNECTION, MALFORMED, REJECTED = "connection", "malformed", "rejected"

_PASSING = {408, 409, 425}  # besides 429 and 5xx: the same request may succeed later
_REJECTED = {400, 413, 422}  # this question is refused, others may not be
_NOBODY_THERE = {"ConnectError", "ConnectTimeout"}
_DETAIL = 200  # characters of a server's message that are passed on
_MOST_TOKENS = 10**12  # of one reply; no database holds numbers without end
_CONNECT_S = 10.0  # to connect, at most
_FIRST_CONNECTS = 3  # attempts before an address that never answered is given up


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that got no reply: a reason to count, the endpoint's own words, and whether to try again."""

    reason: str
    detail: str
    again: bool = True
    retry_after_s: float = 0.0
    nobody_there: bool = False


Deliver = Callable[[str, Reply | Failure], None]


def fetch(endpoint: Endpoint, questions: Mapping[str, Question], deliver: Deliver) -> None:
    """Put every question to the endpoint and call `deliver` with its key and what came of it, as soon as it came.

    Runs in an event loop of its own in another thread, so that it also works inside a notebook's. Where `deliver`
    raises InputError, no further question is asked, those under way are still delivered, and the error is raised.

    Raises:
        InputError: no key, a key or model that is refused, an address where nobody answers, or what `deliver` raised.
    """
    from anyio.from_thread import start_blocking_portal

    key = api_key()
    with start_blocking_portal() as portal:
        error = portal.call(_Workers(endpoint, key, questions, deliver).run)
    if error is not None:
        raise error


class _Workers:
    """The questions that wait, and the workers that take them one by one."""

    def __init__(self, endpoint: Endpoint, key: str, questions: Mapping[str, Question], deliver: Deliver) -> None:
        import anyio

        self.endpoint, self.key, self.deliver = endpoint, key, deliver
        self.waiting = deque(questions.items())
        self.stop = anyio.Event()
        self.error: InputError | None = None
        self.heard = False  # whether the endpoint ever answered anything

    async def run(self) -> InputError | None:
        """Return once nothing is under way any more: None, or why it was stopped."""
        import anyio
        import openai

        o = self.endpoint.options
        limits = openai.Timeout(o.timeout_s, connect=min(o.timeout_s, _CONNECT_S))
        client = openai.AsyncOpenAI(
            base_url=self.endpoint.url,
            api_key=self.key,
            max_retries=0,
            timeout=limits,
            http_client=http_client(limits),
        )
        async with client, anyio.create_task_group() as workers:
            for _ in range(min(o.concurrency, len(self.waiting))):
                workers.start_soon(self._work, client)
        return self.error

    async def _work(self, client: openai.AsyncOpenAI) -> None:
        while self.waiting and not self.stop.is_set():
            key, question = self.waiting.popleft()
            try:
                self.deliver(key, await self._settle(client, question))
            except InputError as error:
                self.error = self.error or error
                self.stop.set()

    async def _settle(self, client: openai.AsyncOpenAI, question: Question) -> Reply | Failure:
        """Ask until there is a reply, no hope, or no attempt left."""
        o = self.endpoint.options
        for attempt in range(1, o.attempts + 1):
            outcome = await self._attempt(client, question)
            if isinstance(outcome, Reply) or not outcome.again or outcome.retry_after_s > o.retry_after_max_s:
                return outcome
            if outcome.nobody_there and not self.heard and attempt >= _FIRST_CONNECTS:
                raise InputError(
                    f"Nobody answers at {self.endpoint.url} ({outcome.detail}); start the server, or correct the "
                    f"address in {URL_VARIABLE}."
                )
            if attempt < o.attempts:
                await self._pause(outcome.retry_after_s, attempt)
            if self.stop.is_set():
                break
        return outcome

    async def _pause(self, at_least_s: float, attempt: int) -> None:
        """Wait as long as asked to and a random while more, which doubles with each attempt; less if all is stopped."""
        import anyio

        o = self.endpoint.options
        ceiling = min(o.backoff_max_s, o.backoff_s * 2.0 ** min(attempt - 1, 60))
        with anyio.move_on_after(at_least_s + random.uniform(0, ceiling)):
            await self.stop.wait()

    async def _attempt(self, client: openai.AsyncOpenAI, question: Question) -> Reply | Failure:
        """Send one request; what cannot be mended by another raises InputError."""
        import anyio
        import openai

        limit = self.endpoint.options.timeout_s
        try:
            with anyio.fail_after(limit):  # the client's own limit holds for each read, not for all of them
                response = await client.chat.completions.with_raw_response.create(**self.endpoint.request(question))
        except (TimeoutError, openai.APITimeoutError) as error:
            return Failure(TIMEOUT, f"no whole reply in {limit:g} s", nobody_there=_cause(error) in _NOBODY_THERE)
        except TooMuch as error:
            self.heard = True
            return Failure(MALFORMED, self._clean(str(error)), again=False)
        except openai.APIStatusError as error:
            self.heard = True
            return self._refused(error)
        except openai.APIConnectionError as error:
            detail = self._clean(str(error.__cause__ or error))
            return Failure(CONNECTION, detail, nobody_there=_cause(error) in _NOBODY_THERE)
        self.heard = True
        outcome = read_body(response.http_response.content)
        return self._without_key(outcome) if isinstance(outcome, Reply) else outcome

    def _refused(self, error: openai.APIStatusError) -> Failure:
        """Sort an error status: worth another attempt, this question's fault, or fatal."""
        status = error.status_code
        detail = self._clean(f"{status}: {_words(error.body) or error.response.text or error.message}")
        if status == 429 and error.code != "insufficient_quota":
            return Failure(RATE_LIMITED, detail, retry_after_s=retry_after(error.response.headers))
        if status in _PASSING or status >= 500:
            return Failure(SERVER_ERROR, detail, retry_after_s=retry_after(error.response.headers))
        if status in _REJECTED:
            return Failure(REJECTED, detail, again=False)
        where = f"{self.endpoint.url} ({detail})"
        if 300 <= status < 400:
            target = self._clean(error.response.headers.get("location", "nowhere"))
            raise InputError(
                f"{self.endpoint.url} answers with a redirect ({status}) to {target}, where nothing was sent; put the "
                f"address that answers itself into {URL_VARIABLE}."
            )
        if status in (401, 403):
            raise InputError(f"The key in {KEY_VARIABLE} is refused at {where}; expected one that may use this model.")
        if status == 404:
            raise InputError(
                f"There is no model {self.endpoint.model!r} at {where}; correct the model's name, or the address in "
                f"{URL_VARIABLE}."
            )
        if status in (402, 429):
            raise InputError(
                f"The account's quota is used up at {where}; run the same command again once it is filled."
            )
        raise InputError(
            f"Requests are refused with status {status} at {where}; correct the address in {URL_VARIABLE}."
        )

    def _without_key(self, reply: Reply) -> Reply:
        """Return a reply without the key, which a server, or its model, may have repeated."""
        model = None if reply.model is None else scrubbed(reply.model, self.key)
        return replace(reply, raw=scrubbed(reply.raw, self.key), model=model)

    def _clean(self, message: str) -> str:
        """Return a message as one short line without the key, which some servers repeat."""
        line = " ".join(scrubbed(message.replace(self.key, HIDDEN), self.key).split())
        return line if len(line) <= _DETAIL else f"{line[:_DETAIL]}..."


def _words(body: object) -> str:
    """Return what a server says in an error's body, where it says it in one of the usual places."""
    said = body.get("message") or body.get("detail") if isinstance(body, dict) else None
    return said if isinstance(said, str) else ""


def _cause(error: BaseException) -> str:
    return type(error.__cause__).__name__


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float:
    """Return the seconds that a Retry-After header asks for, as a number or as a date; 0 without a readable one."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - (time.time() if now is None else now)
        except ValueError:
            return 0.0
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0


def read_body(body: bytes) -> Reply | Failure:
    """Return the reply that a response's body holds, or `malformed` where it is not what the protocol says."""
    try:
        data = parse_json(body)
        choice = data["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return Failure(MALFORMED, "the body is no chat completion")
    finish = choice.get("finish_reason")
    if refusal and not text:
        text, finish = refusal, "refusal"
    if not isinstance(text, str | None) or not isinstance(finish, str | None):
        return Failure(MALFORMED, "the reply is no text")
    if text is not None and len(text) > REPLY_CHARACTERS:
        return Failure(MALFORMED, f"the reply has {len(text)} characters", again=False)
    model, usage = data.get("model"), data.get("usage")
    if not all(_is_text(part) for part in (text, finish, model) if isinstance(part, str)):
        return Failure(MALFORMED, "the reply holds half a character")
    counts = usage if isinstance(usage, dict) else {}
    if any(isinstance(count, int) and abs(count) > _MOST_TOKENS for count in counts.values()):
        return Failure(MALFORMED, "the count of tokens is none")
    return Reply(
        raw=text or "",
        finish=finish,
        model=model if isinstance(model, str) else None,
        prompt_tokens=_count(counts.get("prompt_tokens")),
        reply_tokens=_count(counts.get("completion_tokens")),
    )


def _is_text(text: str) -> bool:
    """Say whether a text can be written down; half of a pair of surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
