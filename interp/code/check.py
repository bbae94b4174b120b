"""The trusted half of grading: run a task's own test against a function that lives in another process.

The test sees a stand-in that sends the arguments over and builds the answer from plain values, so the assertions, their
builtins and the verdict are out of the program's reach. Standard library only: this runs in a sandbox of its own.
"""

from __future__ import annotations

import builtins
import random
from typing import Any

from interp.sandbox import values
from interp.sandbox.program import Caught

_LONGEST_NAME = 64


class Gone(BaseException):
    """The program ended, or sent what no honest program sends."""


class Refused(Exception):
    """A call that gave no plain value."""


class StandIn:
    """The function under test, as the test sees it."""

    def __init__(self, requests: int, responses: int) -> None:
        """Keep the pipes to the program."""
        self._requests, self._responses = requests, responses
        self.ended: str | None = None  # why nothing more can be asked
        self.last_raised: str | None = None

    def __call__(self, *positional: Any, **named: Any) -> Any:
        """Call the program's function; an exception there is raised here too."""
        response = self.ask({"positional": values.pack(positional), "named": values.pack(named)})
        self.last_raised = None
        if "value" in response:
            return self._unpack(response["value"])
        if "unsendable" in response:
            self.last_raised = f"returned {_name(response['unsendable'])}"
            raise Refused(self.last_raised)
        self.last_raised = _name(response.get("raised"))
        raise _exception(self.last_raised)

    def ask(self, request: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request, if any, and return the next message."""
        if self.ended:
            raise Gone
        try:
            if request is not None:
                values.send(self._requests, request)
            return values.receive(self._responses)
        except values.Closed:
            self.ended = "gone"
        except values.Malformed:
            self.ended = "malformed"
        raise Gone

    def _unpack(self, packed: Any) -> Any:
        try:
            return values.unpack(packed)
        except values.Malformed:
            self.ended = "malformed"
        raise Gone


def _name(text: object) -> str:
    """Return what the program calls an error, made harmless."""
    allowed = "".join(ch for ch in str(text) if ch.isalnum() or ch in "_. ")
    return allowed[:_LONGEST_NAME] or "unnamed"


def _exception(name: str) -> Exception:
    kind = getattr(builtins, name, None)
    plain = isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, UnicodeError)
    return kind() if plain else Refused(name)  # type: ignore[misc]


def serve(pipes: dict[str, int], layers: dict[str, str], lost: list[str]) -> None:
    """Grade one program and send `{"verdict": ..., "error": ..., "at": ...}` over the pipe `verdict`.

    The verdict is `unprotected`, and nothing is run, where this process or the program's lost a protection.
    """
    job = values.receive(pipes["job"])
    random.seed(job["seed"])
    function = StandIn(pipes["requests"], pipes["responses"])
    values.send(pipes["verdict"], _unprotected(lost, layers) if lost else _grade(job, function))


def _unprotected(lost: list[str], layers: dict[str, str]) -> dict[str, str]:
    return {"verdict": "unprotected", "error": ", ".join(f"{name}: {layers.get(name, 'not tried')}" for name in lost)}


def _grade(job: dict[str, str], function: StandIn) -> dict[str, str]:
    with Caught() as caught:
        first = function.ask()  # what the launcher reports, before anything of the program has run
        if first["lost"]:
            return _unprotected(first["lost"], first["layers"])
        loaded = function.ask()
        if loaded.get("loaded") is not True:
            return _failed(_name(loaded.get("raised")), "load")
        names: dict[str, Any] = {}
        exec(job["prompt"], names)  # what the task itself gives: imports and helpers
        names[job["function"]] = function
        exec(job["test"], names)
        names["check"](function)
    if function.ended:
        return {"verdict": function.ended}
    if caught.name is None:
        return {"verdict": "passed"}
    if function.last_raised:  # not yet followed by another call, so it is what ended the test
        return _failed(function.last_raised, "call")
    return _failed(caught.name, "test")


def _failed(error: str, at: str) -> dict[str, str]:
    return {"verdict": "failed", "error": error, "at": at}
