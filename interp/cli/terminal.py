"""Text for a terminal: what others wrote is shown, and never obeyed.

Names of models, errors of servers, answers and templates come from strangers and are printed. Control characters in
them would move the cursor, colour or rename the window, or turn the line round; all but line breaks and tabs are
dropped.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any

# C0 and C1 controls, and the marks that set the direction of what follows (Unicode, bidirectional formatting).
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return _OBEYED.sub("", text)


class Shown(logging.Formatter):
    """Writes log messages as `shown`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the message as it may be printed."""
        return shown(super().format(record))


class _Printed(io.TextIOBase):
    """A stream that passes on what is `shown` of a text."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(shown(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return bool(self._stream.isatty())

    def fileno(self) -> int:
        return int(self._stream.fileno())

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return str(self._stream.encoding)


@contextlib.contextmanager
def printed() -> Iterator[None]:
    """Print on standard output only what is `shown`, as long as the block lasts."""
    with contextlib.redirect_stdout(_Printed(sys.stdout)):
        yield
