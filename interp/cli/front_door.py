"""The front door of every command: typed options in, one sentence and an exit code out."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, TypeVar

from interp.cli import starting
from interp.cli.complaints import sentence
from interp.cli.terminal import Shown, printed, shown
from interp.errors import InputError

C = TypeVar("C")
BAD_INPUT = 2
INTERRUPTED, TERMINATED = 130, 143  # 128 + the signal's number, as shells give it


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM): what an interrupt cleans up is cleaned up."""


def run_command(config: type[C], main: Callable[[C], int | None], prog: str) -> int:
    """Parse the command line into `config` (a frozen dataclass), call `main`, return the exit code.

    `config` may have a `log_level` field, or OutputOptions as `output`. InputError and failing writes become one
    sentence on stderr and exit code 2; an interrupt becomes 130 and SIGTERM 143. Anything else is a bug and keeps its
    traceback.
    """
    typed = starting.undress()
    try:
        with _terminable():
            return _run(config, main, prog)
    finally:
        if typed:
            starting.dress()  # what is left is to leave


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Have SIGTERM raise `Terminated`; only the main thread may say what a signal does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before, said = signal.signal(signal.SIGTERM, _terminate), sys.unraisablehook

    def again(lost: sys.UnraisableHookArgs) -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            _send_again(signal.SIGTERM if issubclass(lost.exc_type, Terminated) else signal.SIGINT)
        else:
            said(lost)

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = said
        signal.signal(signal.SIGTERM, before)


def _send_again(number: int) -> None:
    """Send a signal once more a little later: raised inside a destructor, Python reports it and goes on without it."""
    later = threading.Timer(0.05, os.kill, (os.getpid(), number))
    later.daemon = True
    later.start()


def _terminate(*_: object) -> NoReturn:
    raise Terminated


def _run(config: type[C], main: Callable[[C], int | None], prog: str) -> int:
    try:
        options = _parse(config, prog)
        told = logging.StreamHandler(sys.stderr)
        told.setFormatter(Shown("%(message)s"))
        logging.basicConfig(level=_level(options), handlers=[told])
        with printed():
            code = main(options) or 0
            sys.stdout.flush()
        return code
    except InputError as error:
        return _say(str(error), BAD_INPUT)
    except BrokenPipeError:  # the reader of our output has gone, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in _REMEDIES:
            raise
        return _say(_file_sentence(error), BAD_INPUT)
    except Terminated:
        return _say("Asked to end and stopped; run the same command again to continue.", TERMINATED)
    except KeyboardInterrupt:
        return _say("Stopped; run the same command again to continue.", INTERRUPTED)


def _file_sentence(error: OSError) -> str:
    place = f" ({error.filename})" if error.filename else ""
    return f"A file could not be used{place}: {error.strerror}; {_REMEDIES[error.errno or 0]}."


def _parse(config: type[C], prog: str) -> C:
    """Let tyro parse, and say what it found wrong in one sentence instead of a box."""
    import tyro

    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(config, prog=prog, description=config.__doc__, config=(tyro.conf.EnumChoicesFromValues,))
    except SystemExit as stop:
        if stop.code:
            raise InputError(sentence(complaint.getvalue(), prog)) from None
        raise


_SPACE = "free some space or pass another --output-dir, then run the same command again to continue"
_RIGHTS = "check its permissions or pass another path"
_REMEDIES = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: _SPACE,
    errno.EIO: "check the disk or pass another path",
    errno.EROFS: _RIGHTS,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.ENAMETOOLONG: "pass a shorter path",
    errno.EISDIR: "a file was expected there; pass another path",
    errno.ELOOP: "it is a link that leads back to itself; pass another path",
    errno.ENOTDIR: "one of its folders is a file; pass another path",
}


def _level(options: Any) -> str:
    group = getattr(options, "output", None)
    return str(getattr(options, "log_level", getattr(group, "log_level", "warning"))).upper()


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(f"error: {shown(' '.join(sentence.split()))}\n")
    return code
