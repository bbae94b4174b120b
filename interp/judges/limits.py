"""What a server may send at most, and where it may send one: nowhere else.

A body is cut off at `BODY_MIB` before it is held as a whole; it must come as it is, because a compressed one grows
without bound. A redirect is never followed: the question would go to another host, its reply be kept under this one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2
    import openai

BODY_MIB = 4  # a reply of a thousand tokens takes some kilobytes
REPLY_CHARACTERS = 200_000  # what is read of a reply; more was never asked for
PLAIN = {"Accept-Encoding": "identity"}


class TooMuch(Exception):
    """A body that is longer than allowed, or that does not say how long it is going to be."""


def http_client(timeout: openai.Timeout) -> httpx2.AsyncClient:
    """Return the HTTP client of a judge: no redirects, and bounded bodies."""
    import openai

    return openai.DefaultAsyncHttpxClient(
        timeout=timeout, follow_redirects=False, headers=PLAIN, event_hooks={"response": [_bound]}
    )


async def _bound(response: httpx2.Response) -> None:
    """Bound the body of a response before it is read."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise TooMuch(f"the body comes as {encoding[:20]!r}, though none but a plain one was asked for")
    response.stream = _stream(response.stream)


def _stream(stream: Any) -> Any:
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = BODY_MIB * 2**20
            async for chunk in stream:
                left -= len(chunk)
                if left < 0:
                    raise TooMuch(f"the body is longer than {BODY_MIB} MiB")
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()
