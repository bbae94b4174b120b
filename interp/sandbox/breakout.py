"""A program that tries to break out of the sandbox, harmlessly: every attempt is on something laid out for it.

It is run inside the sandbox as text (see `interp.sandbox.proof`), never imported by it.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

_MIB = 1 << 20


def attempt(target: dict[str, Any]) -> dict[str, bool]:
    """Return what could be done that must not be possible.

    Args:
        target: `port` of a listening socket, `file` and `folder` outside, `process` (the grader's), and the limits
            `memory_mib` and `disk_mib`.
    """
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


def _succeeds(action: Any, target: dict[str, Any]) -> bool:
    try:
        return bool(action(target))
    except (OSError, MemoryError):
        return False


def _connect(target: dict[str, Any]) -> bool:
    with socket.create_connection(("127.0.0.1", target["port"]), timeout=2):
        return True


def _read(target: dict[str, Any]) -> bool:
    return bool(Path(target["file"]).read_bytes())


def _write(target: dict[str, Any]) -> bool:
    Path(target["folder"], "broke-out").touch()
    return True


def _signal(target: dict[str, Any]) -> bool:
    os.kill(target["process"], 0)
    return True


def _read_process(target: dict[str, Any]) -> bool:
    return bool(Path(f"/proc/{target['process']}/cmdline").read_bytes())


def _fork(target: dict[str, Any]) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def _allocate(target: dict[str, Any]) -> bool:
    return bool(bytearray(2 * target["memory_mib"] * _MIB))


def _fill(target: dict[str, Any]) -> bool:
    block, files = bytes(_MIB), 2 * target["disk_mib"]
    try:
        for number in range(files):
            Path(f"fill-{number}").write_bytes(block)
    finally:
        for path in Path().glob("fill-*"):
            path.unlink()
    return True


def _environment(target: dict[str, Any]) -> bool:
    return bool(os.environ)
