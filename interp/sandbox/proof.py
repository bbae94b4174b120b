"""The sandbox proves itself before anything is graded: a program tries to break out, and must fail at everything."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from interp.errors import InputError
from interp.records.shown import Shown
from interp.sandbox import process, stages
from interp.sandbox.breakout import Target
from interp.sandbox.launch import ACTIVE
from interp.sandbox.process import Limits

_BREAKOUT = Path(__file__).with_name("breakout.py")
_ENDLESS = "def attempt():\n    while True:\n        pass\n"
TIME = "time"
_NOT_TRIED = "running at all"


@dataclass(frozen=True, slots=True)
class Proof(Shown):
    """What was tried from inside, and which protections the kernel granted.

    Attributes:
        contained: attempts that failed, as they must.
        broken: attempts that succeeded; empty where the sandbox holds.
        layers: each protection: `active`, or why not.
    """

    contained: tuple[str, ...]
    broken: tuple[str, ...]
    layers: Mapping[str, str]

    @property
    def active(self) -> tuple[str, ...]:
        """The protections that the kernel granted."""
        return tuple(name for name, why in self.layers.items() if why == ACTIVE)


def prove(limits: Limits | None = None) -> Proof:
    """Try to break out of a sandbox with these limits; takes about a second.

    Raises:
        InputError: not on Linux, whose kernel does the containing.
    """
    if sys.platform != "linux":
        raise InputError(
            f"The sandbox is built on Linux and this is {sys.platform}; grade the answers on a Linux machine with "
            "--answers."
        )
    limits = limits or Limits()
    stages.sweep()
    tried, layers = _breakout(limits)
    endless = process.call(_ENDLESS, "attempt", limits=Limits(cpu_seconds=1, wall_seconds=limits.wall_seconds))
    tried[TIME] = endless.problem != "timed out"
    return Proof(
        contained=tuple(name for name, succeeded in tried.items() if not succeeded),
        broken=tuple(name for name, succeeded in tried.items() if succeeded),
        layers=layers,
    )


def require(limits: Limits, *, allow_weak: bool) -> Proof:
    """Return the proof; unless a weak sandbox is allowed, one that does not hold raises InputError."""
    proof = prove(limits)
    if proof.broken and not allow_weak:
        missing = ", ".join(f"{name} ({why})" for name, why in proof.layers.items() if why != ACTIVE)
        raise InputError(
            f"The sandbox does not hold here: a test program got past its limits on {', '.join(proof.broken)} "
            f"(not granted by the kernel: {missing or 'nothing'}); grade on a Linux where namespaces or Landlock and "
            "seccomp are allowed, or pass --allow-weak-sandbox to run the model's programs nevertheless."
        )
    return proof


def _breakout(limits: Limits) -> tuple[dict[str, bool], Mapping[str, str]]:
    with _target(limits) as target:
        called = process.call(_BREAKOUT.read_text(encoding="utf-8"), "attempt", (target,), limits)
        broken_into = any(Path(target["folder"]).iterdir())
    if called.problem is not None:
        return {_NOT_TRIED: True}, called.layers
    tried: dict[str, bool] = called.value
    tried["write files"] = tried["write files"] or broken_into
    return tried, called.layers


@contextlib.contextmanager
def _target(limits: Limits) -> Iterator[Target]:
    """Lay out what the program is to reach for: a listening socket, a file and a folder open to all, this process."""
    with stages.held() as outside, socket.create_server(("127.0.0.1", 0)) as server:
        outside.chmod(0o755)
        file, folder = outside / "file", outside / "folder"
        file.write_text("outside")
        file.chmod(0o644)
        folder.mkdir()
        folder.chmod(0o777)
        port = server.getsockname()[1]
        yield {
            "port": port,
            "file": str(file),
            "folder": str(folder),
            "process": os.getpid(),
            "memory_mib": limits.memory_mib,
            "disk_mib": limits.disk_mib,
        }
