"""Prove the sandbox, and run programs in it, as on a machine whose kernel refuses some of what it asks for.

Usage: `python poorer_kernel.py [--programs FILE] FEATURE ...`; features are those of FEATURES. Prints JSON: the proof,
and where it holds and FILE (program by name, as JSON) is given, the outcome of each program against `add`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from hostile import ADD

from interp.code.grading import grade
from interp.sandbox import kernel, proof
from interp.sandbox.process import Limits

UNSHARE = {"x86_64": 272, "aarch64": 97}
SETRESUID = {"x86_64": 117, "aarch64": 147}
PRCTL = {"x86_64": 157, "aarch64": 167}
LANDLOCK_CREATE, SET_SECCOMP, SMALL_PAGES = 444, 22, 41
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050001


def code(what: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction of a filter."""
    return struct.pack("=HBBI", what, if_true, if_false, value)


def call(numbers: dict[str, int]) -> list[bytes]:
    """Refuse a call."""
    return [code(EQUAL, numbers[platform.machine()], 0, 1), code(RETURN, REFUSE)]


def call_with(numbers: dict[str, int], test: int, value: int) -> list[bytes]:
    """Refuse a call whose first argument meets a test."""
    body = [code(LOAD, 16), code(test, value, 0, 1), code(RETURN, REFUSE), code(RETURN, ALLOW)]
    return [code(EQUAL, numbers[platform.machine()], 0, 4), *body]


def namespace(kind: str) -> Callable[[], list[bytes]]:
    """Refuse one kind of namespace."""
    return lambda: call_with(UNSHARE, ANY_BIT, kernel.CLONE_NEW[kind])


FEATURES: dict[str, Callable[[], list[bytes]]] = {
    "namespaces": lambda: call(UNSHARE),
    "processes": namespace("pid"),
    "network": namespace("network"),
    "mounts": namespace("mount"),
    "user": lambda: call(SETRESUID),
    "landlock": lambda: call(dict.fromkeys(UNSHARE, LANDLOCK_CREATE)),
    "filter": lambda: call_with(PRCTL, EQUAL, SET_SECCOMP),
    "small pages": lambda: call_with(PRCTL, EQUAL, SMALL_PAGES),
}


def install(features: list[str]) -> None:
    """Refuse these features to this process and all that it starts."""
    kernel.no_new_privileges()
    for feature in features:
        kernel.install_filter(b"".join([code(LOAD, 0), *FEATURES[feature](), code(RETURN, ALLOW)]))


def main() -> None:
    """Prove and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("features", nargs="*", choices=list(FEATURES))
    parser.add_argument("--programs", type=Path)
    options = parser.parse_args()
    # In the order in which the last one, which refuses further filters, comes last.
    install(sorted(options.features, key=lambda name: name == "filter"))
    limits = Limits(cpu_seconds=1, wall_seconds=5.0, memory_mib=160, disk_mib=2)
    proved = proof.prove(limits)
    outcomes: dict[str, str] = {}
    if options.programs and not proved.broken:
        for name, program in json.loads(options.programs.read_text()).items():
            outcomes[name] = grade(ADD, program, limits, proved.active).outcome.value
    sys.stdout.write(json.dumps({"proof": dataclasses.asdict(proved), "outcomes": outcomes}))


if __name__ == "__main__":
    main()
