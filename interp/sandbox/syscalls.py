"""The system calls that a sandboxed program may make, as a seccomp filter for x86-64 and arm64.

Allowed is what a Python program needs for computing, for files in its own folder, for threads and for its two pipes.
Every other call is refused, those of kernels to come included: a list of what is forbidden would have to know them.
Refused on purpose, though a library may try it: modes, times, owners and attributes of files (Landlock does not hold
them), priorities, locks, sockets, splicing and shared memory without a file (memory that no limit counts), and all that
takes from a store of the whole machine (asynchronous I/O, timers, watches, keys). A refused call fails with EPERM, one
newer than the common numbering with ENOSYS, which C libraries take for an older kernel. Numbers: the kernel's syscall
tables (arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h).
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE, _UNKNOWN = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data; six arguments of eight bytes
_X32 = 0x40000000  # calls of the x32 ABI carry this bit and would slip past the numbers
_NEWER = 424  # from here on a call has the same number on every machine, and an old kernel does not know it
_CLONE_THREAD = 0x00010000
_CLONE_NEW_ANY = 0x7E020000  # every kind of namespace that clone knows
_MAP_SHARED, _MAP_ANONYMOUS, _MAP_HUGETLB = 0x1, 0x20, 0x40000

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# name: (x86-64, arm64); None where the machine has no such call. What is called most stands first.
_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "futex": (202, 98),
    "munmap": (11, 215),
    "brk": (12, 214),
    "close": (3, 57),
    "lseek": (8, 62),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "openat": (257, 56),
    "clock_gettime": (228, 113),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "msync": (26, 227),
    # files: contents and names
    "open": (2, None),
    "creat": (85, None),
    "stat": (4, None),
    "lstat": (6, None),
    "statx": (332, 291),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "readv": (19, 65),
    "writev": (20, 66),
    "preadv": (295, 69),
    "pwritev": (296, 70),
    "getdents64": (217, 61),
    "getcwd": (79, 17),
    "chdir": (80, 49),
    "fchdir": (81, 50),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "fallocate": (285, 47),
    "statfs": (137, 43),
    "fstatfs": (138, 44),
    "umask": (95, 166),
    # file numbers and waiting for them
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "pipe": (22, None),
    "pipe2": (293, 59),
    "close_range": (436, 436),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    # threads, and the signals of the process itself
    "exit": (60, 93),
    "exit_group": (231, 94),
    "set_tid_address": (218, 96),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "gettid": (186, 178),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "wait4": (61, 260),
    "waitid": (247, 95),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136),
    "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "pause": (34, None),
    # time
    "alarm": (37, None),
    "getitimer": (36, 102),
    "setitimer": (38, 103),
    "time": (201, None),
    "gettimeofday": (96, 169),
    "clock_getres": (229, 114),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "times": (100, 153),
    # what a process may know of itself
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "getpgrp": (111, None),
    "getpgid": (121, 155),
    "getsid": (124, 156),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getresuid": (118, 148),
    "getresgid": (120, 150),
    "getgroups": (115, 158),
    "getrusage": (98, 165),
    "getrlimit": (97, 163),
    "sysinfo": (99, 179),
    "uname": (63, 160),
}
_FORK: tuple[tuple[int, ...], ...] = ((57, 58), ())  # fork and vfork; arm64 has clone only
_CLONE = (56, 220)
_SIGNALS: tuple[tuple[int, int], ...] = ((62, 129), (234, 131))  # kill and tgkill
_PRLIMIT, _MMAP = (302, 261), (9, 222)

# name: numbers, which argument says what is to be done, and the values of it that are allowed
_COMMANDS: dict[str, tuple[tuple[int, int], int, tuple[int, ...]]] = {
    # copies of a file number and its flags; no locks, no leases, no signals to whom it names, no larger pipes
    "fcntl": ((72, 25), 1, (0, 1, 2, 3, 4, 1030)),
    # is it a terminal, how much is there to read, close on exec or not, do not block
    "ioctl": ((16, 29), 1, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    "madvise": ((28, 233), 2, (0, 1, 2, 3, 4, 8)),  # how it will be used, and that it is not needed any more
    "prctl": ((157, 167), 0, (15, 16, 42)),  # the name of a thread; whether it has huge pages
}


def build(machine: str, *, pid: int, may_fork: bool) -> bytes:
    """Return the filter for a process as packed BPF instructions.

    Args:
        machine: what `platform.machine()` says; KeyError for one that is not in `MACHINES`.
        pid: the process itself, the only one that it may send signals to or read limits of.
        may_fork: whether it may start processes (never with namespaces of their own).
    """
    column = list(MACHINES).index(machine)
    # The machine first: the same number is another call under another ABI (a 32-bit call on a 64-bit kernel), so a
    # filter that only looked at numbers could be walked around. Nothing honest does that, hence a kill.
    code = [_jump(_EQUAL, MACHINES[machine], 1, 0), _return(_KILL)]
    program = [_load(_MACHINE), *code, _load(_NUMBER), _jump(_AT_LEAST, _X32, 0, 1), _return(_REFUSE)]
    allowed = [numbers[column] for numbers in _ALLOWED.values()]
    for number in (*allowed, *(_FORK[column] if may_fork else ())):
        if number is not None:
            program += [_jump(_EQUAL, number, 0, 1), _return(_ALLOW)]
    program += _case(_MMAP[column], _mapping())
    program += _case(_CLONE[column], _thread(may_fork))
    # A process that aborts signals itself, so these are held to this one.
    for numbers in _SIGNALS:
        program += _case(numbers[column], [*_one_of(0, (pid,)), _return(_ALLOW)])
    program += _case(_PRLIMIT[column], _reading_limits(pid))
    for numbers, argument, values in _COMMANDS.values():
        program += _case(numbers[column], [*_one_of(argument, values), _return(_ALLOW)])
    return b"".join([*program, _jump(_AT_LEAST, _NEWER, 0, 1), _return(_UNKNOWN), _return(_REFUSE)])


def _case(number: int, body: Sequence[bytes]) -> list[bytes]:
    """Leave a call of this number to instructions that return, whatever its arguments are."""
    return [_jump(_EQUAL, number, 0, len(body)), *body]


def _mapping() -> list[bytes]:
    """Refuse memory out of the machine's huge pages, and shared memory that has no file.

    Of the latter one page keeps all of it, of which the limit on address space then counts only that page.
    """
    huge = [_load(_argument(3)), _jump(_ANY_BIT, _MAP_HUGETLB, 0, 1), _return(_REFUSE)]
    shared = [_jump(_ANY_BIT, _MAP_SHARED, 0, 2), _jump(_ANY_BIT, _MAP_ANONYMOUS, 0, 1), _return(_REFUSE)]
    return [*huge, *shared, _return(_ALLOW)]


def _thread(may_fork: bool) -> list[bytes]:
    """Refuse clone with a new namespace, and unless processes are allowed everything that is not a thread."""
    # In a user namespace of its own a process has every capability again, so that flag undoes all the rest.
    checks = [_jump(_ANY_BIT, _CLONE_NEW_ANY, 0, 1), _return(_REFUSE)]
    if not may_fork:
        checks += [_jump(_ANY_BIT, _CLONE_THREAD, 1, 0), _return(_REFUSE)]
    return [_load(_argument(0)), *checks, _return(_ALLOW)]


def _reading_limits(pid: int) -> list[bytes]:
    """Allow prlimit64 of this process (0 is oneself) where no new limit is given."""
    given = _argument(2)
    both_halves = [part for at in (given, given + 4) for part in (_load(at), _jump(_EQUAL, 0, 1, 0), _return(_REFUSE))]
    return [*_one_of(0, (pid, 0)), *both_halves, _return(_ALLOW)]


def _one_of(argument: int, values: Sequence[int]) -> list[bytes]:
    """Refuse a call unless the lower half of an argument is one of these."""
    checks = [_jump(_EQUAL, value, len(values) - i, 0) for i, value in enumerate(values)]
    return [_load(_argument(argument)), *checks, _return(_REFUSE)]


def _argument(which: int) -> int:
    return _ARGUMENTS + 8 * which


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", _LOAD, 0, 0, offset)


def _jump(kind: int, value: int, if_true: int, if_false: int) -> bytes:
    # BPF jumps count instructions from the next one: 0 goes on with it, 1 leaps over it.
    return struct.pack("=HBBI", kind, if_true, if_false, value)


def _return(action: int) -> bytes:
    return struct.pack("=HBBI", _RETURN, 0, 0, action)
