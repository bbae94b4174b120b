"""How a sandboxed process comes to be: launcher, first process of a process namespace, and the program itself.

Run as `python -S -P -s -c <BOOT> <specification>` with an empty environment. The launcher stays outside and keeps the
lifeline, its standard input: when that closes, or when the program ends, everything inside is killed, processes that
detached themselves included. Each protection is tried by itself and reported; whether they suffice is found out by
trying to break out (`interp.sandbox.proof`), not by this report.

Standard library only: this runs with nothing else on its path.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import resource
import select
import signal
import sys
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, NoReturn

from interp.sandbox import kernel, syscalls
from interp.sandbox import root as files
from interp.sandbox.stages import UNPRIVILEGED

BOOT = "import sys; sys.path[:0] = [sys.argv.pop(1)]; from interp.sandbox.launch import main; main()"
ACTIVE = "active"
_MIB = 1 << 20
_SIGNALS = 64  # that may wait to be handled
_MANY_FILES = 4096  # the launcher itself is given only what it has to pass on


class Specification(NamedTuple):
    """What a launcher is told: what to run, which pipes to hand on, and the limits (`interp.sandbox.process.Limits`).

    Attributes:
        role: the module whose `serve` is the program.
        pipes: the file numbers that it is given, by name.
        stage: an empty folder of its own.
        required: protections without which the program is not run: those under which the sandbox proved itself.
    """

    role: str
    pipes: dict[str, int]
    stage: str
    required: list[str]
    cpu_seconds: int
    memory_mib: int
    disk_mib: int
    processes: int
    threads: int

    def message(self) -> str:
        """Return it as the one argument of a launcher."""
        return json.dumps(self._asdict())

    @classmethod
    def of_message(cls, text: str) -> Specification:
        """Return what `message` wrote."""
        return cls(**json.loads(text))


def main() -> NoReturn:
    """Run one sandboxed program as its specification says; exits as the program did (128 + signal where killed)."""
    spec = Specification.of_message(sys.argv[1])
    layers: dict[str, str] = {}
    serve = import_module(spec.role).serve
    user = _own_user()
    _separate(layers)
    kernel.adopt_orphans()
    kernel.hide_memory()
    first = os.fork()
    if first == 0:
        _first(spec, layers, user, serve)
    code = _wait(first)
    with contextlib.suppress(OSError):  # whoever started this may have been killed, and cannot remove it
        Path(spec.stage).rmdir()
    os._exit(code)


def _own_user() -> int | None:
    """Return a user for this sandbox alone, or None where only root could change to one."""
    if os.geteuid() != 0:
        return None
    user, users = UNPRIVILEGED + os.getpid(), Path("/proc/self/uid_map")
    if not users.is_file():  # no /proc, or a kernel without user namespaces, which knows every user
        return user
    known = [tuple(map(int, line.split())) for line in users.read_text().splitlines()]
    if any(first <= user < first + count for first, _, count in known):
        return user
    # The root of a container without privileges has few users to choose from; the last ones belong to nobody.
    first, _, count = max(known)
    return first + count - 1 - os.getpid() % max(1, count // 2)


def _try(layers: dict[str, str], name: str, action: Callable[[], object]) -> bool:
    """Put one protection in place, and note it or what the kernel said against it."""
    try:
        action()
    except OSError as error:
        layers[name] = str(error.strerror or error)
        return False
    layers[name] = ACTIVE
    return True


def _separate(layers: dict[str, str]) -> None:
    """Enter namespaces of our own; one for users is needed only where we are not root."""
    processes = partial(kernel.unshare, "pid")
    if not _try(layers, "pid namespace", processes) and _try(layers, "user namespace", _own_user_namespace):
        _try(layers, "pid namespace", processes)
    for kind in ("network", "ipc", "hostname"):
        _try(layers, f"{kind} namespace", partial(kernel.unshare, kind))


def _own_user_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    kernel.unshare("user")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path(f"/proc/self/{name}").write_text(text)


def _wait(first: int) -> int:
    """Wait until the inside has ended or the lifeline closed; then kill what is left."""
    ended = os.pidfd_open(first)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(0, select.POLLIN | select.POLLHUP)
    poll.poll()
    os.kill(first, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
    _kill_orphans()
    return code if code >= 0 else 128 - code


def _kill_orphans() -> None:
    """Kill the processes that were left to us; in a process namespace the kernel has already done it."""
    with contextlib.suppress(OSError):  # no child is left, or the kernel does not list them
        while True:
            for process in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
                os.kill(int(process), signal.SIGKILL)
            os.waitpid(-1, 0)


def _first(spec: Specification, layers: dict[str, str], user: int | None, serve: Callable[..., None]) -> NoReturn:
    """Be the first process of the namespace: set up the files, start the program, end when it does."""
    kernel.die_with_parent(signal.SIGKILL)
    if _try(layers, "mount namespace", partial(kernel.unshare, "mount")):
        owner = os.geteuid() if user is None else user
        disk = spec.disk_mib * _MIB
        _try(layers, "small root", lambda: files.enter_small_root(spec.stage, disk_bytes=disk, owner=owner))
    program = os.fork()
    if program == 0:
        _program(spec, layers, user, serve)
    while True:
        process, status = os.wait()
        if process == program:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _program(spec: Specification, layers: dict[str, str], user: int | None, serve: Callable[..., None]) -> NoReturn:
    """Be the program: give everything up, then serve. Never returns into the launcher's code."""
    _close_all_but(spec.pipes.values())
    os.setsid()
    work = files.WORK if layers.get("small root") == ACTIVE else spec.stage
    if work == spec.stage and user is not None:
        os.chown(work, user, user)
    os.chdir(work)
    os.umask(0o077)
    _give_up(spec, layers, user, work)
    os.environ.clear()
    sys.argv[:] = [""]
    sys.path[:] = [path for path in sys.path if path.startswith((sys.base_prefix, sys.base_exec_prefix))]
    serve(spec.pipes, layers, [name for name in spec.required if layers.get(name) != ACTIVE])
    os._exit(0)


def _give_up(spec: Specification, layers: dict[str, str], user: int | None, work: str) -> None:
    """Drop user, capabilities, files and system calls, in the order in which each is still permitted."""
    _set_limits(spec)
    _try(layers, "small pages", kernel.no_huge_pages)
    _try(layers, "no new privileges", kernel.no_new_privileges)
    in_root = layers.get("small root") == ACTIVE
    if user is not None or layers.get("user namespace") == ACTIVE:
        _try(layers, "no capabilities", kernel.drop_bounding_set)
    if user is not None:
        _try(layers, "own user", lambda: _become(user, in_root))
    _try(layers, "no capabilities", kernel.drop_capabilities)
    kernel.hide_memory()
    _try(layers, "landlock", lambda: kernel.landlock([*files.libraries(), "/dev/null"], [work] if in_root else []))
    if platform.machine() in syscalls.MACHINES:
        code = syscalls.build(platform.machine(), pid=os.getpid(), may_fork=spec.processes > 0)
        _try(layers, "system call filter", lambda: kernel.install_filter(code))


def _become(user: int, in_root: bool) -> None:
    """Change to the sandbox's own user, unless that one could not read Python's library where it lies."""
    if not in_root and not all(files.open_to_all(path) for path in files.libraries()):
        raise PermissionError(errno.EACCES, "Python's library is not readable by others")
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _set_limits(spec: Specification) -> None:
    """Set what the kernel counts; beyond the CPU limit the program is killed, whether or not it handles the signal."""
    memory, seconds = spec.memory_mib * _MIB, spec.cpu_seconds
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: spec.disk_mib * _MIB,
        resource.RLIMIT_NPROC: spec.processes + spec.threads,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: _SIGNALS,  # timers count as well
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_RTPRIO: 0,
    }
    for limit, value in limits.items():
        _lower(limit, value, value)
    _lower(resource.RLIMIT_CPU, seconds, seconds + 1)


def _lower(limit: int, soft: int, hard: int) -> None:
    """Set a limit, or keep a stricter one that is there already."""
    highest = resource.getrlimit(limit)[1]
    if highest != resource.RLIM_INFINITY:
        soft, hard = min(soft, highest), min(hard, highest)
    resource.setrlimit(limit, (soft, hard))


def _close_all_but(keep: Iterable[int]) -> None:
    """Point the three standard streams at nothing and close every other file that the program has no use for."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    last = 2
    for number in [*sorted(keep), _MANY_FILES]:
        os.closerange(last + 1, number)
        last = number
