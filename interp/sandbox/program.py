"""The untrusted half of a sandboxed run: load a program, then answer calls of one of its functions with plain values.

Whatever the program does to its own interpreter, all it can send is the value of a call; whether that value is right is
decided in another process. Standard library only: this runs with nothing else on its path.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from types import TracebackType
from typing import Any

from interp.sandbox import values


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


def serve(pipes: dict[str, int], layers: dict[str, str]) -> None:
    """Report the protections, load the program, then answer calls until nobody asks.

    Args:
        pipes: file numbers of `job` (the program), `requests` and `responses`.
        layers: what the launcher reports of each protection.
    """
    job = values.receive(pipes["job"])
    os.close(pipes["job"])
    values.send(pipes["responses"], {"layers": layers})
    random.seed(0)
    function = _load(job, pipes["responses"])
    while function is not None:
        try:
            request = values.receive(pipes["requests"])
        except values.Closed:
            return
        _reply(pipes["responses"], _call(function, request))


def _load(job: dict[str, Any], responses: int) -> Callable[..., Any] | None:
    """Run the program's text and return its function; what went wrong instead is sent."""
    names: dict[str, Any] = {"__name__": "solution"}  # what stands under `if __name__ == "__main__"` does not run
    with Caught() as caught:
        exec(compile(job["program"], "<program>", "exec", dont_inherit=True), names)
    function = names.get(job["function"])
    problem = caught.name or (None if callable(function) else "NameError")
    values.send(responses, {"loaded": problem is None, "raised": problem})
    return function if problem is None else None


def _call(function: Callable[..., Any], request: dict[str, Any]) -> dict[str, Any]:
    response: dict[str, Any] = {}
    with Caught() as caught:
        result = function(*values.unpack(request["positional"]), **values.unpack(request["named"]))
        try:
            response = {"value": values.pack(result)}
        except values.Unsendable as error:
            response = {"unsendable": str(error)}
    return {"raised": caught.name} if caught.name else response


def _reply(pipe: int, response: dict[str, Any]) -> None:
    try:
        values.send(pipe, response)
    except values.Unsendable as error:
        values.send(pipe, {"unsendable": str(error)})
