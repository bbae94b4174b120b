"""How a chat endpoint is asked: every limit an option, and none of them a secret."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Required, TypedDict
from urllib.parse import urlsplit

from interp.errors import InputError
from interp.judges.menus import RULES_VERSION
from interp.language.words import visible
from interp.records.judgements import Question
from interp.runs.files import sha256_json

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

URL_VARIABLE, KEY_VARIABLE = "OPENAI_BASE_URL", "OPENAI_API_KEY"
OPENAI_URL = "https://api.openai.com/v1"
REQUEST_VERSION = 1  # raise it when a question is put into a request in another way


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """How questions are put to an OpenAI-compatible endpoint.

    The API key is no option: it is read from OPENAI_API_KEY, and kept nowhere.
    """

    base_url: str | None = None
    """Address of the endpoint up to and with /v1; None is OPENAI_BASE_URL, else OpenAI's own."""
    temperature: float | None = 0.0
    """Sampling temperature; None leaves it out of the request, for models that refuse it."""
    seed: int | None = 0
    """Sampling seed; None leaves it out of the request, for endpoints that refuse it."""
    max_tokens: int = 64
    """Token budget of a reply to a question with a menu; a reply that is cut off is not read."""
    max_tokens_free: int = 1024
    """Token budget of a reply to a question without a menu."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the endpoint calls the token budget; OpenAI's reasoning models want max_completion_tokens."""
    concurrency: int = 8
    """Requests under way at a time."""
    timeout_s: float = 60.0
    """Seconds that one request may take in all, from connecting to the last byte."""
    attempts: int = 8
    """Requests that one question may cost where the endpoint is busy, broken or slow."""
    backoff_s: float = 0.5
    """Seconds before the second attempt, at most; doubled for each further one and drawn at random below that."""
    backoff_max_s: float = 30.0
    """The most that this grows to."""
    retry_after_max_s: float = 120.0
    """The longest Retry-After that is waited for; a question that is put off for longer fails as rate_limited."""
    max_unscored: float = 0.1
    """Share of a batch's questions that may stay without a choice; more stop the run."""
    input_price: float | None = None
    """Price of a million prompt tokens; None: the cost is unknown."""
    output_price: float | None = None
    """Price of a million reply tokens; None: the cost is unknown."""

    def __post_init__(self) -> None:
        """Refuse limits that nothing could keep."""
        for name in ("max_tokens", "max_tokens_free", "concurrency", "timeout_s", "attempts"):
            if getattr(self, name) <= 0:
                raise InputError(f"{name} is {getattr(self, name)}, expected more than 0.")
        for name in ("temperature", "backoff_s", "backoff_max_s", "retry_after_max_s", "input_price", "output_price"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise InputError(f"{name} is {value}, expected 0 or more.")
        if not 0 <= self.max_unscored <= 1:
            raise InputError(f"max_unscored is {self.max_unscored}, expected a share from 0 to 1.")

    def budget(self, question: Question) -> int:
        """Return the token budget of the reply to a question."""
        return self.max_tokens if question.menu else self.max_tokens_free


class RequestBody(TypedDict, total=False):
    """The body of a request; an option that is left out stands nowhere in it."""

    model: Required[str]
    messages: Required[list[ChatCompletionMessageParam]]
    temperature: float
    seed: int
    max_tokens: int
    max_completion_tokens: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one address, and how it is sampled: what an answer depends on besides the question."""

    url: str
    model: str
    options: ChatOptions

    @property
    def version(self) -> str:
        """The judge's name: model, host, sampling, and the versions of asking and reading."""
        o = self.options
        return (
            f"chat:{self.model} at {urlsplit(self.url).hostname} (temperature {o.temperature}, seed {o.seed}, "
            f"{o.max_tokens_field} {o.max_tokens}/{o.max_tokens_free}, request {REQUEST_VERSION}, "
            f"menus {RULES_VERSION})"
        )

    def key(self, question: Question) -> str:
        """Return the sha256 of everything that the reply depends on; the question's id is no part of it."""
        o = self.options
        sampling = [o.temperature, o.seed, o.budget(question), o.max_tokens_field]
        asked = [question.system, question.user, list(question.menu)]
        return sha256_json([REQUEST_VERSION, self.url, self.model, sampling, asked])

    def request(self, question: Question) -> RequestBody:
        """Return the body of the request."""
        o = self.options
        body: RequestBody = {"model": self.model, "messages": [{"role": "user", "content": question.user}]}
        if question.system:
            body["messages"].insert(0, {"role": "system", "content": question.system})
        if o.temperature is not None:
            body["temperature"] = o.temperature
        if o.seed is not None:
            body["seed"] = o.seed
        body[o.max_tokens_field] = o.budget(question)
        return body


def endpoint(model: str, options: ChatOptions) -> Endpoint:
    """Return the model at the address of the options, or of the environment.

    Raises:
        InputError: no model, or an address that is none or holds a secret.
    """
    url = (options.base_url or os.environ.get(URL_VARIABLE) or OPENAI_URL).strip().rstrip("/")
    if not visible(model):
        raise InputError("The judge has no model; expected chat:MODEL, for example chat:gpt-4.1-mini.")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"The judge's address {url!r} is no web address; expected one like {OPENAI_URL}.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(
            f"The judge's address on {parts.hostname} holds a user name, password or query, which would be recorded; "
            f"put the key into {KEY_VARIABLE} and leave only the address up to /v1."
        )
    return Endpoint(url, model.strip(), options)


def api_key() -> str:
    """Return the key from the environment; a missing one raises InputError."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise InputError(
            f"{KEY_VARIABLE} is not set; put the endpoint's key into that environment variable (any word will do for a "
            "server of your own that needs none)."
        )
    return key
