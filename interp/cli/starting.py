"""What an interrupt does while a typed command is still importing, before `run_command` can catch it.

Python would answer Ctrl-C with the traceback of an import, and SIGTERM with silence. Nothing is held yet at that time,
so the process says one sentence and is gone. Only a command typed as `python -m PACKAGE.NAME` is dressed so: a program
that imports these packages keeps its own signals.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any, NoReturn

PACKAGES = ("interp", "hooks", "probes", "figures")
SAID = {
    signal.SIGINT: b"error: Stopped; run the same command again to continue.\n",
    signal.SIGTERM: b"error: Asked to end and stopped; run the same command again to continue.\n",
}


def begin() -> None:
    """Have SIGINT and SIGTERM end this process at once with a sentence, where a command of ours is being started.

    Signals that somebody has already said something about, as `nohup` and shells do for jobs in the background, stay.
    """
    if sys.argv[:1] == ["-m"] and _ours(sys.orig_argv):  # "-m" stands there only while the module is looked for
        dress()


def dress() -> None:
    """Do what `begin` says, for whatever runs."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _leave)


def undress() -> bool:
    """Give both signals back their usual meaning; return whether they had that of `dress`."""
    dressed = False
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        if signal.getsignal(number) is _leave:
            signal.signal(number, usual)
            dressed = True
    return dressed


def _ours(argv: list[str]) -> bool:
    modules = [word for option, word in zip(argv, argv[1:], strict=False) if option == "-m"]
    return bool(modules) and modules[0].split(".")[0] in PACKAGES


def _leave(number: int, _frame: Any) -> NoReturn:
    os.write(2, SAID[signal.Signals(number)])
    os._exit(128 + number)
