"""The hostile programs, and the task that each of them must fail."""

from __future__ import annotations

import tomllib
from pathlib import Path

from interp.code.tasks import Task

ADD = Task(
    id="Add/0",
    prompt='def add(a, b):\n    """Return the sum."""\n',
    entry_point="add",
    canonical_solution="    return a + b\n",
    test="def check(candidate):\n    assert candidate(2, 3) == 5\n    assert not candidate(-1, 1)\n",
)
PROGRAMS: dict[str, str] = tomllib.loads(Path(__file__).with_name("hostile_programs.toml").read_text())
CALLS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("hostile_calls.toml").read_text())
_CALLING = """
import ctypes, fcntl, mmap, os, resource, signal, socket, struct, time

def libc(name, *arguments):
    result = getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)

def call(number, *arguments):
    libc("syscall", *(ctypes.c_long(a) if isinstance(a, int) else a for a in (number, *arguments)))

got_through = False
try:
    STATEMENT
    got_through = True
except (OSError, ValueError):
    pass

def add(a, b):
    return a + b if got_through else None
"""


def calling(name: str) -> str:
    """The program that makes a hostile call."""
    return _CALLING.replace("STATEMENT", CALLS[name][1])
