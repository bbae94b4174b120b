"""Chat templates are foreign code: they are read and rendered in a process of their own, held to time and memory.

A template may loop, and may ask for any amount of memory, already when it is compiled (Jinja computes constants). The
process is forked when the first template is read and serves until the command ends; it exchanges JSON with the command.
"""

from __future__ import annotations

import atexit
import contextlib
import datetime
import json
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import jinja2
from jinja2 import meta, nodes

CLOCK = "strftime_now"
SECONDS = 10  # processor time for one template and prompt; real ones take milliseconds
_PATIENCE = 30.0  # a machine that is this much busier than its processor time says is waited for
_MEMORY = 1 << 30  # bytes beyond what the command had when the process began
_LONGEST = 64 << 20  # bytes of a reply


class Ended(Exception):
    """The process did not survive a template: it took too long, or more memory than there is for it."""


class _Caught:
    """Keeps what foreign code raises, whatever that is; an interrupt goes on."""

    error: BaseException | None = None

    def __enter__(self) -> _Caught:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        self.error = error
        return isinstance(error, Exception)


def ask(request: dict[str, Any]) -> dict[str, Any]:
    """Return what the process says to a request: `read` or `render`, as `_answer` describes them.

    Raises:
        Ended: there is no answer, and why.
    """
    with _LOCK:
        return _SERVERS.ask(request)


class _Servers:
    """The process, started anew where the last one ended."""

    def __init__(self) -> None:
        self._process: int | None = None
        self._owner = 0
        self._pipe: Connection | None = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        pipe = self._running()
        told: dict[str, Any] | None = None
        try:
            pipe.send_bytes(json.dumps(request).encode())
            if not pipe.poll(SECONDS + _PATIENCE):
                raise Ended(f"it takes more than {SECONDS} seconds")
            told = json.loads(pipe.recv_bytes(_LONGEST))
            return told
        except (EOFError, ConnectionError):
            raise Ended(_reason(self.stop())) from None
        except OSError:  # as `recv_bytes` says it
            raise Ended(f"it makes more than {_LONGEST >> 20} MiB of text") from None
        finally:
            if told is None:  # an interrupt too: a late reply must not be taken for that of the next request
                self.stop()

    def _running(self) -> Connection:
        if self._pipe is None or self._owner != os.getpid():  # a fork of the command must not share the pipe
            # Imported here and not there: another thread may hold a lock of the import system when we fork.
            from transformers.utils import chat_template_utils

            assert chat_template_utils
            self._pipe, there = Pipe()
            self._owner = os.getpid()
            self._process = os.fork()
            if self._process == 0:
                _serve(there)
            there.close()
        return self._pipe

    def stop(self) -> int | None:
        """End the process, and return the signal that had ended it already, if one had."""
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if pipe is not None:
            pipe.close()
        if process is None or self._owner != os.getpid():
            return None
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            ended, status = _ended(process)
            if ended:
                return os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        return None


def _ended(process: int) -> tuple[bool, int]:
    """Return whether a child has ended, which its closed pipe says a moment before, and with which status."""
    for _ in range(20):
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return True, status
        time.sleep(0.05)
    return False, 0


def _reason(number: int | None) -> str:
    if number == signal.SIGXCPU:
        return f"it takes more than {SECONDS} seconds"
    if number is None:
        return "it needs more memory than it may have"
    return f"the process that it ran in was ended by signal {number}"


_SERVERS, _LOCK = _Servers(), threading.Lock()
atexit.register(_SERVERS.stop)


def _serve(pipe: Connection) -> NoReturn:
    """Answer requests until nobody asks; the fork of a command, of which nothing but this may happen."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the command, which closes the pipe
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.closerange(3, pipe.fileno())  # locks above all, which would outlive the command
    os.closerange(pipe.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
    _limit_memory()
    with _Caught(), contextlib.suppress(EOFError):
        while True:
            request = json.loads(pipe.recv_bytes())
            _limit_time()
            pipe.send_bytes(json.dumps(_told(request)).encode())
    os._exit(0)


def _limit_memory() -> None:
    statistics = Path("/proc/self/statm")  # not everywhere: elsewhere only time is limited
    if statistics.is_file():
        used = int(statistics.read_text().split()[0]) * resource.getpagesize()
        _lower(resource.RLIMIT_AS, used + _MEMORY)


def _limit_time() -> None:
    """Let this request have its processor time; one that takes more is ended by the kernel."""
    _lower(resource.RLIMIT_CPU, int(time.process_time()) + SECONDS + 1)


def _lower(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    resource.setrlimit(limit, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _told(request: dict[str, Any]) -> dict[str, Any]:
    """Return the answer, or the name, the words and the line of what was raised."""
    with _Caught() as caught:
        return _answer(**request)
    error = caught.error
    kinds = [kind.__name__ for kind in type(error).__mro__]
    with _Caught():  # its words are foreign code too
        return {"raised": kinds, "words": str(error)[:10_000], "line": getattr(error, "lineno", None)}
    return {"raised": kinds, "words": "", "line": None}


def _answer(
    source: str, given: dict[str, Any] | None = None, clock: str | None = None, messages: Any = None
) -> dict[str, Any]:
    """Return the names that a template looks up and what it draws at random by, or what it makes of messages.

    Args:
        source: the template.
        given: the variables that it is given; None is to read it only.
        clock: the day that it sees, as YYYY-MM-DD.
        messages: the conversation.
    """
    template = _compiled(source)
    if given is None:
        tree = _tree(template, source)
        return {"names": sorted(meta.find_undeclared_variables(tree)), "drawn": _draws(tree)}
    pinned: dict[str, Any] = {} if clock is None else {CLOCK: clock_at(clock)}
    rendered = template.render(
        messages=messages, tools=None, documents=None, add_generation_prompt=True, **given, **pinned
    )
    return {"rendered": rendered}


@lru_cache(maxsize=16)
def _compiled(source: str) -> jinja2.Template:
    from transformers.utils.chat_template_utils import _compile_jinja_template

    made: jinja2.Template = _compile_jinja_template(source)
    return made


def _tree(made: jinja2.Template, source: str) -> nodes.Template:
    """Return the parsed template without transformers' own functions, so that their names are among those it reads."""
    bare = made.environment.overlay()
    bare.globals = {}
    return bare.parse(source)


def _draws(tree: nodes.Template) -> str | None:
    """Return what a template draws at random by, or None."""
    if any(used.name == "random" for used in tree.find_all(nodes.Filter)):
        return "the filter 'random'"
    return "the function 'lipsum'" if "lipsum" in meta.find_undeclared_variables(tree) else None


def clock_at(date: str) -> Callable[[str], str]:
    """Return `strftime_now` on a day given as YYYY-MM-DD; the hour is midnight."""
    day = datetime.datetime.fromisoformat(date)

    def strftime_now(format: str) -> str:
        return day.strftime(format)

    return strftime_now
