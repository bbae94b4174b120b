"""The untrusted half of a sandboxed run: load a program, then answer calls of one of its functions with plain values.

Whatever the program does to its own interpreter, all it can send is the value of a call; whether that value is right is
decided in another process. Standard library only: this runs with nothing else on its path.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypedDict

from interp.sandbox import values


class Job(TypedDict):
    """What is to be run: a program's text, and the name of the function in it that is called."""

    program: str
    function: str


class CallRequest(TypedDict):
    """A call of the function, its arguments packed by `interp.sandbox.values`."""

    positional: Any
    named: Any


class Response(TypedDict, total=False):
    """What came of a call: its packed value, the class of what it raised, or why the value cannot be sent."""

    value: Any
    raised: str | None
    unsendable: str


class Caught:
    """Keeps whatever is raised in its block, `SystemExit` included; a program may raise anything."""

    kind: type[BaseException] | None = None

    @property
    def name(self) -> str | None:
        """Return the class's name, None where nothing was raised."""
        return None if self.kind is None else self.kind.__name__

    def __enter__(self) -> Caught:
        """Return the place to look at."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> bool:
        """Keep the class."""
        self.kind = kind
        return True


def serve(pipes: dict[str, int], layers: dict[str, str], lost: list[str]) -> None:
    """Report the protections, load the program, then answer calls until nobody asks.

    Args:
        pipes: file numbers of `job` (the program), `requests` and `responses`.
        layers: what the launcher reports of each protection.
        lost: the protections that were required and are not active; the program is run only where there are none.
    """
    job = _job(pipes["job"])
    os.close(pipes["job"])
    values.send(pipes["responses"], {"layers": layers, "lost": lost})
    if lost:
        return
    random.seed(0)
    function = _load(job, pipes["responses"])
    while function is not None:
        try:
            request = _request(pipes["requests"])
        except values.Closed:
            return
        _reply(pipes["responses"], _call(function, request))


def _job(pipe: int) -> Job:
    message = values.receive(pipe)
    return {"program": message["program"], "function": message["function"]}


def _request(pipe: int) -> CallRequest:
    message = values.receive(pipe)
    return {"positional": message["positional"], "named": message["named"]}


def _load(job: Job, responses: int) -> Callable[..., object] | None:
    """Run the program's text and return its function; what went wrong instead is sent."""
    names: dict[str, object] = {"__name__": "solution"}  # what stands under `if __name__ == "__main__"` does not run
    with Caught() as caught:
        exec(compile(job["program"], "<program>", "exec", dont_inherit=True), names)
    function = names.get(job["function"])
    problem = caught.name or (None if callable(function) else "NameError")
    values.send(responses, {"loaded": problem is None, "raised": problem})
    return function if problem is None and callable(function) else None


def _call(function: Callable[..., object], request: CallRequest) -> Response:
    response: Response = {}
    with Caught() as caught:
        result = function(*values.unpack(request["positional"]), **values.unpack(request["named"]))
        try:
            response = {"value": values.pack(result)}
        except values.Unsendable as error:
            response = {"unsendable": str(error)}
    return {"raised": caught.name} if caught.name else response


def _reply(pipe: int, response: Response) -> None:
    try:
        values.send(pipe, response)
    except values.Unsendable as error:
        values.send(pipe, {"unsendable": str(error)})
