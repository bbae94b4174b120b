"""The system calls that a sandboxed program is refused, as a seccomp filter for x86-64 and arm64.

Refused is what reaches outside the process: other processes, sockets, new programs, mounts, namespaces, keys, devices,
memory that no limit counts. A refused call fails with EPERM. Numbers: the kernel's syscall tables of the two machines
(arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h).
"""

from __future__ import annotations

import errno
import struct

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data; of an argument its lower half is read
_X32 = 0x40000000  # calls of the x32 ABI carry this bit and would slip past the numbers
_CLONE_THREAD = 0x00010000
_CLONE_NEW_ANY = 0x7E020000  # every kind of namespace that clone knows

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# name: (x86-64, arm64); None where the machine has no such call
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    # sockets, and calls that open them by another way
    "socket": (41, 198),
    "socketpair": (53, 199),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # new programs
    "execve": (59, 221),
    "execveat": (322, 281),
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    # memory and messages that outlive a process or that no limit counts
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # the kernel itself
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "personality": (135, 92),
    "syslog": (103, 116),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "iopl": (172, None),
    "ioperm": (173, None),
}
_FORK: tuple[tuple[int | None, ...], ...] = ((57, 58), ())  # fork and vfork; arm64 has clone only
_CLONE, _CLONE3 = (56, 220), (435, 435)
_SIGNALS: tuple[tuple[int, int], ...] = ((62, 129), (234, 131))  # kill and tgkill
_PRLIMIT = (302, 261)


def build(machine: str, *, pid: int, may_fork: bool) -> bytes:
    """Return the filter for a process as packed BPF instructions.

    Args:
        machine: what `platform.machine()` says; KeyError for one that is not in `MACHINES`.
        pid: the process itself, the only one that it may send signals to or set limits of.
        may_fork: whether it may start processes (never with namespaces of their own).
    """
    column = list(MACHINES).index(machine)
    # The machine first: the same number is another call under another ABI (a 32-bit call on a 64-bit kernel), so a
    # filter that only looked at numbers could be walked around. Nothing honest does that, hence a kill.
    code = [_jump(_EQUAL, MACHINES[machine], 1, 0), _return(_KILL)]
    program = [_load(_MACHINE), *code, _load(_NUMBER), _jump(_AT_LEAST, _X32, 0, 1), _return(_REFUSE | errno.EPERM)]
    # EPERM and not a kill: whoever only tries gets an ordinary OSError, and may go on.
    refused = [numbers[column] for numbers in _REFUSED.values()]
    for number in (*refused, *(() if may_fork else _FORK[column])):
        if number is not None:
            program += [_jump(_EQUAL, number, 0, 1), _return(_REFUSE | errno.EPERM)]
    # clone3 hides its flags behind a pointer; told that there is no such call, the C library uses clone.
    program += [_jump(_EQUAL, _CLONE3[column], 0, 1), _return(_REFUSE | errno.ENOSYS)]
    program += _clone(_CLONE[column], may_fork)
    # A process that aborts signals itself, so these are not refused but held to this one.
    for numbers in _SIGNALS:
        program += _first_argument_is(numbers[column], (pid,))
    program += _first_argument_is(_PRLIMIT[column], (pid, 0))
    return b"".join([*program, _return(_ALLOW)])


def _clone(number: int, may_fork: bool) -> list[bytes]:
    """Refuse clone with a new namespace, and unless processes are allowed everything that is not a thread."""
    # In a user namespace of its own a process has every capability again, so that flag undoes all the rest.
    checks = [_jump(_ANY_BIT, _CLONE_NEW_ANY, 0, 1), _return(_REFUSE | errno.EPERM)]
    if not may_fork:
        checks += [_jump(_ANY_BIT, _CLONE_THREAD, 1, 0), _return(_REFUSE | errno.EPERM)]
    body = [_load(_FIRST_ARGUMENT), *checks, _return(_ALLOW)]
    return [_jump(_EQUAL, number, 0, len(body)), *body]


def _first_argument_is(number: int, allowed: tuple[int, ...]) -> list[bytes]:
    """Refuse a call unless its first argument, a process, is one of these (prlimit64 takes 0 for oneself)."""
    refuse = [_return(_REFUSE | errno.EPERM), _return(_ALLOW)]
    checks = [_jump(_EQUAL, process, len(allowed) - i, 0) for i, process in enumerate(allowed)]
    body = [_load(_FIRST_ARGUMENT), *checks, *refuse]
    return [_jump(_EQUAL, number, 0, len(body)), *body]


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", _LOAD, 0, 0, offset)


def _jump(kind: int, value: int, if_true: int, if_false: int) -> bytes:
    # BPF jumps count instructions from the next one: 0 goes on with it, 1 leaps over it.
    return struct.pack("=HBBI", kind, if_true, if_false, value)


def _return(action: int) -> bytes:
    return struct.pack("=HBBI", _RETURN, 0, 0, action)
