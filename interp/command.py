"""The front door of every command: typed options in, one sentence and an exit code out."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from interp.errors import InputError

C = TypeVar("C")
BAD_INPUT = 2
INTERRUPTED = 130


def run_command(config: type[C], main: Callable[[C], int | None], prog: str) -> int:
    """Parse the command line into `config` (a frozen dataclass), call `main`, return the exit code.

    `config` may have a `log_level` field. InputError and failing writes become one sentence on stderr and exit code 2;
    an interrupt becomes 130. Anything else is a bug and keeps its traceback.
    """
    options = _parse(config, prog)
    logging.basicConfig(level=_level(options), stream=sys.stderr, format="%(message)s")
    try:
        return main(options) or 0
    except InputError as error:
        return _say(str(error), BAD_INPUT)
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        place = f" at {error.filename}" if error.filename else ""
        return _say(
            f"A file could not be written{place}: {error.strerror}; free some space or pass another --output-dir, "
            "then run the same command again to continue.",
            BAD_INPUT,
        )
    except KeyboardInterrupt:
        return _say("Stopped; run the same command again to continue.", INTERRUPTED)


def _parse(config: type[C], prog: str) -> C:
    """Let tyro parse, and say what it found wrong in one sentence instead of a box."""
    import tyro

    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(config, prog=prog, description=config.__doc__)
    except SystemExit as stop:
        if stop.code:
            raise SystemExit(_say(re.sub(r"-{3,}|[─╭╮╰╯│]", " ", complaint.getvalue()), BAD_INPUT)) from None
        raise


_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.EIO}


def _level(options: Any) -> str:
    return str(getattr(options, "log_level", "warning")).upper()


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(f"error: {' '.join(sentence.split())}\n")
    return code
