"""What the Linux kernel is asked for by the sandbox and Python 3.11 has no function for: a few calls through ctypes.

Standard library only: a sandboxed process imports this with nothing else on its path.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
from collections.abc import Sequence
from pathlib import Path

CLONE_NEW = {
    "user": 0x10000000,
    "pid": 0x20000000,
    "network": 0x40000000,
    "mount": 0x00020000,
    "ipc": 0x08000000,
    "hostname": 0x04000000,
}
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 1, 4, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_THP_DISABLE = 36, 38, 22, 41
_SECCOMP_MODE_FILTER = 2
_N_CAPABILITIES = 64
_CAPABILITY_VERSION_3 = 0x20080522
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _syscall(what: str, number: int, *arguments: object) -> int:
    # Numbers go as whole registers: as plain ints ctypes would leave the upper halves undefined.
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _check(int(_libc.syscall(ctypes.c_long(number), *wide)), what)


def _prctl(what: str, option: int, *arguments: object) -> None:
    wide = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    padding = [ctypes.c_ulong(0)] * (4 - len(wide))  # the kernel refuses some options whose unused arguments are not 0
    _check(int(_libc.prctl(ctypes.c_int(option), *wide, *padding)), what)


def unshare(kind: str) -> None:
    """Leave the parent's namespace of one kind; OSError says why the kernel did not permit it."""
    _check(int(_libc.unshare(ctypes.c_int(CLONE_NEW[kind]))), f"unshare {kind}")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Mount a file system."""
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    _check(
        int(_libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3])), f"mount at {target}"
    )


def enter_root(directory: str) -> None:
    """Make a mounted directory the root of this mount namespace and let go of the old root."""
    os.chdir(directory)
    number = _PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(errno.ENOSYS, f"pivot_root is not known on {platform.machine()}")
    # pivot_root and not chroot, which a privileged process can climb out of; with "." twice the old root lies on top
    # of the new one, so that it can be let go without a folder to put it in.
    _syscall("pivot_root", number, b".", b".")
    _check(int(_libc.umount2(b".", ctypes.c_int(_MNT_DETACH))), "umount of the old root")
    os.chdir("/")


def die_with_parent(signal_number: int) -> None:
    """Have the kernel send a signal to this process when its parent is gone."""
    _prctl("parent death signal", _PR_SET_PDEATHSIG, signal_number)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent has ended."""
    _prctl("child subreaper", _PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> None:
    """Let no process of the same user trace this one or read its memory."""
    _prctl("dumpable", _PR_SET_DUMPABLE, 0)


def no_huge_pages() -> None:
    """Have this process's memory made of small pages only: one byte of a huge page keeps two MiB, uncounted."""
    _prctl("huge pages", _PR_SET_THP_DISABLE, 1)


def no_new_privileges() -> None:
    """Give up for good what a set-user-id program could give back."""
    _prctl("no new privileges", _PR_SET_NO_NEW_PRIVS, 1)


def drop_bounding_set() -> None:
    """Take every capability out of the bounding set, as far as the kernel has that many."""
    for capability in range(_N_CAPABILITIES):
        try:
            _prctl("bounding set", _PR_CAPBSET_DROP, capability)
        except OSError as error:
            if error.errno == errno.EINVAL:  # past the last capability of this kernel
                return
            raise


def drop_capabilities() -> None:
    """Drop every effective, permitted and inheritable capability."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)  # 0 is this process; three sets of 64 bits follow
    _check(int(_libc.capset(header, (ctypes.c_uint32 * 6)())), "capset")


class _Filter(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def install_filter(instructions: bytes) -> None:
    """Install a seccomp filter (packed BPF instructions of 8 bytes) on this process and all that it starts."""
    program = _Filter(len(instructions) // 8, instructions)
    _prctl("seccomp", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program))


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathRule(ctypes.Structure):
    _pack_ = 1  # as the kernel declares it: 12 bytes, without padding at the end
    _fields_ = [("allowed", ctypes.c_uint64), ("directory", ctypes.c_int32)]


_READ = 1 << 2 | 1 << 3  # read a file, list a directory
_ALL_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_ALL_FILES_FROM_5 = (1 << 16) - 1
_TCP, _SCOPED = 3, 3  # bind and connect; abstract sockets and signals to processes outside


def landlock_version() -> int:
    """Return the version of Landlock that the kernel offers; OSError where it has none."""
    return _syscall("landlock", _LANDLOCK_CREATE, None, 0, 1)


def landlock(readable: Sequence[str], writable: Sequence[str]) -> int:
    """Deny this process every file but those below some directories, and TCP and outside signals where Landlock can.

    Args:
        readable: directories or files that may be read.
        writable: directories in which everything may be done except running programs and making devices.

    Returns:
        The version of Landlock; 4 and later know TCP, 6 and later signals.
    """
    version = landlock_version()
    every = _ALL_FILES.get(version, _ALL_FILES_FROM_5)
    rules = _Ruleset(every, _TCP if version >= 4 else 0, _SCOPED if version >= 6 else 0)
    # An older kernel knows a shorter structure, and refuses rights that it has no bit for.
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = _syscall("landlock ruleset", _LANDLOCK_CREATE, ctypes.byref(rules), size, 0)
    devices = 1 << 6 | 1 << 11  # make character and block devices
    for paths, allowed in ((readable, _READ), (writable, every & ~(1 | devices))):
        for path in paths:
            _allow(ruleset, path, allowed)
    _syscall("landlock restrict", _LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, allowed: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    of_files = 1 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # the rights that a rule on a plain file may hold
    rule = _PathRule(allowed if Path(path).is_dir() else allowed & of_files, opened)
    try:
        _syscall("landlock rule", _LANDLOCK_ADD, ruleset, 1, ctypes.byref(rule), 0)
    finally:
        os.close(opened)
