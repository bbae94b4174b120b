"""Prove the sandbox as on a machine whose kernel refuses some of what it asks for; prints the proof as JSON.

Usage: `python poorer_kernel.py namespaces` or `python poorer_kernel.py namespaces landlock filter`.
"""

from __future__ import annotations

import dataclasses
import json
import platform
import struct
import sys

from interp.sandbox import kernel, proof
from interp.sandbox.process import Limits

UNSHARE = {"x86_64": 272, "aarch64": 97}
LANDLOCK_CREATE = 444
PRCTL = {"x86_64": 157, "aarch64": 167}
SET_SECCOMP = 22
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050001


def refusing(what: list[str]) -> bytes:
    """A filter that refuses some calls and allows the rest."""
    code = [struct.pack("=HBBI", LOAD, 0, 0, 0)]
    numbers = {"namespaces": UNSHARE[platform.machine()], "landlock": LANDLOCK_CREATE}
    for name, number in numbers.items():
        if name in what:
            code += [struct.pack("=HBBI", EQUAL, 0, 1, number), struct.pack("=HBBI", RETURN, 0, 0, REFUSE)]
    if "filter" in what:
        code += [
            struct.pack("=HBBI", EQUAL, 0, 3, PRCTL[platform.machine()]),
            struct.pack("=HBBI", LOAD, 0, 0, 16),
            struct.pack("=HBBI", EQUAL, 0, 1, SET_SECCOMP),
            struct.pack("=HBBI", RETURN, 0, 0, REFUSE),
        ]
    return b"".join([*code, struct.pack("=HBBI", RETURN, 0, 0, ALLOW)])


if __name__ == "__main__":
    kernel.no_new_privileges()
    kernel.install_filter(refusing(sys.argv[1:]))
    sys.stdout.write(json.dumps(dataclasses.asdict(proof.prove(Limits(memory_mib=128, disk_mib=2)))))
