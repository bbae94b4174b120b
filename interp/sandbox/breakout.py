"""A program that tries to break out of the sandbox, harmlessly: every attempt is on something laid out for it.

It is run inside the sandbox as text (see `interp.sandbox.proof`), never imported by it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import mmap
import os
import platform
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

_MIB = 1 << 20
_PAGE = 4096
_PR_GET_THP_DISABLE = 42
# Calls that the C library has no function for: (x86-64, arm64).
_NUMBERS = {"io_setup": (206, 0), "ioprio_set": (251, 30), "ioprio_get": (252, 31)}


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
        "root": _root,
        "modes of files": _modes,
        "times of files": _times,
        "attributes of files": _attributes,
        "priorities": _priorities,
        "processors of others": _processors,
        "schedulers of others": _schedulers,
        "disk priorities": _disk_priorities,
        "signals by files": _signals_by_files,
        "queues of the kernel": _queues,
        "timers": _timers,
        "watches": _watches,
        "spliced memory": _splice,
        "shared memory": _share,
        "huge pages": _huge_pages,
    }
    return {name: _succeeds(action, target) for name, action in attempts.items()}


def _succeeds(action: Callable[[Target], bool], target: Target) -> bool:
    try:
        return bool(action(target))
    except (OSError, MemoryError):
        return False


def _libc(name: str, *arguments: object) -> int:
    """Call a function of the C library, or a system call that it has none for; OSError where it fails."""
    library = ctypes.CDLL(None, use_errno=True)
    if name in _NUMBERS:
        column = ("x86_64", "aarch64").index(platform.machine())
        arguments, name = (ctypes.c_long(_NUMBERS[name][column]), *arguments), "syscall"
    result = int(getattr(library, name)(*arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


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


def _root(target: Target) -> bool:
    return os.geteuid() == 0


def _modes(target: Target) -> bool:
    Path(target["file"]).chmod(0o644)
    return True


def _times(target: Target) -> bool:
    os.utime(target["file"], (1, 1))
    return True


def _attributes(target: Target) -> bool:
    os.setxattr(target["file"], "user.broke-out", b"1")
    return True


def _priorities(target: Target) -> bool:
    """Give the grader the priority that it has, or every process of this user the one of this process."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, target["process"], os.getpriority(os.PRIO_PROCESS, target["process"]))
        return True
    os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))
    return True


def _processors(target: Target) -> bool:
    os.sched_setaffinity(target["process"], os.sched_getaffinity(target["process"]))
    return True


def _schedulers(target: Target) -> bool:
    process = target["process"]
    os.sched_setscheduler(process, os.sched_getscheduler(process), os.sched_getparam(process))
    return True


def _disk_priorities(target: Target) -> bool:
    process, of_a_process = ctypes.c_long(target["process"]), ctypes.c_long(1)
    current = _libc("ioprio_get", of_a_process, process)
    _libc("ioprio_set", of_a_process, process, ctypes.c_long(current))
    return True


def _signals_by_files(target: Target) -> bool:
    """Name the grader as whom a pipe tells of what happens to it, by a signal that the program may choose."""
    reader, writer = os.pipe()
    try:
        fcntl.fcntl(reader, fcntl.F_SETOWN, target["process"])
    finally:
        os.close(reader)
        os.close(writer)
    return True


def _queues(target: Target) -> bool:
    return _libc("io_setup", ctypes.c_long(1), ctypes.byref(ctypes.c_ulong(0))) == 0


def _timers(target: Target) -> bool:
    return _libc("timer_create", ctypes.c_int(1), None, ctypes.byref(ctypes.c_void_p())) == 0


def _watches(target: Target) -> bool:
    os.close(_libc("inotify_init"))
    return True


def _splice(target: Target) -> bool:
    """Keep a page in a pipe after its memory is given back."""
    reader, writer = os.pipe()
    page = ctypes.create_string_buffer(_PAGE)
    try:
        piece = (ctypes.c_void_p * 2)(ctypes.addressof(page), _PAGE)
        return _libc("vmsplice", ctypes.c_int(writer), ctypes.byref(piece), ctypes.c_ulong(1), ctypes.c_uint(0)) > 0
    finally:
        os.close(reader)
        os.close(writer)


def _share(target: Target) -> bool:
    """Share memory that has no file: of what was written the limit counts only what is still mapped."""
    mmap.mmap(-1, _PAGE, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS).close()
    return True


def _huge_pages(target: Target) -> bool:
    """Ask whether memory comes in huge pages, of which one byte keeps two MiB that the limit does not count."""
    return _libc("prctl", _PR_GET_THP_DISABLE, *[ctypes.c_ulong(0)] * 4) == 0
