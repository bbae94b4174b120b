"""A program that tries to break out of the sandbox, harmlessly: every attempt is on something laid out for it.

It is run inside the sandbox as text (see `interp.sandbox.proof`), never imported by it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

_MIB = 1 << 20


class Target(TypedDict):
    """What to reach for: a listening socket, a file and a folder outside, the grader's process; and the limits.

    A TypedDict and no dataclass, because this text runs as a module that `sys.modules` does not know.
    """

    port: int
    file: str
    folder: str
    process: int
    memory_mib: int
    disk_mib: int


def attempt(target: Target) -> dict[str, bool]:
    """Return what could be done that must not be possible."""
    attempts = {
        "network": _connect,
        "read files": _read,
        "write files": _write,
        "signal processes": _signal,
        "read processes": _read_process,
        "start processes": _fork,
        "memory": _allocate,
        "disk": _fill,
        "environment": _environment,
    }
    return {name: _succeeds(action, target) for name, action in attempts.items()}


def _succeeds(action: Callable[[Target], bool], target: Target) -> bool:
    try:
        return bool(action(target))
    except (OSError, MemoryError):
        return False


def _connect(target: Target) -> bool:
    with socket.create_connection(("127.0.0.1", target["port"]), timeout=2):
        return True


def _read(target: Target) -> bool:
    return bool(Path(target["file"]).read_bytes())


def _write(target: Target) -> bool:
    Path(target["folder"], "broke-out").touch()
    return True


def _signal(target: Target) -> bool:
    os.kill(target["process"], 0)
    return True


def _read_process(target: Target) -> bool:
    return bool(Path(f"/proc/{target['process']}/cmdline").read_bytes())


def _fork(target: Target) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def _allocate(target: Target) -> bool:
    return bool(bytearray(2 * target["memory_mib"] * _MIB))


def _fill(target: Target) -> bool:
    block, files = bytes(_MIB), 2 * target["disk_mib"]
    try:
        for number in range(files):
            Path(f"fill-{number}").write_bytes(block)
    finally:
        for path in Path().glob("fill-*"):
            path.unlink()
    return True


def _environment(target: Target) -> bool:
    return bool(os.environ)
