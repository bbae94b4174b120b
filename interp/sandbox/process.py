"""Run a program that is not trusted, and learn only the plain values that one of its functions returns.

The program gets a process of its own with no network, no files but Python's standard library, no other processes, hard
limits of time and memory, and an empty environment (`interp.sandbox.launch` says how). A wall-clock limit is held from
outside: when it is over, or when this process dies for whatever reason, a pipe closes and everything inside is killed.
`interp.sandbox.proof` tries to break out before anything is believed.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interp.records.shown import Shown
from interp.sandbox import stages, values
from interp.sandbox.launch import BOOT, Specification

PROGRAM = "interp.sandbox.program"
_ROOT = Path(__file__).resolve().parents[2]
_PYTHON_OPTIONS = ("-S", "-P", "-s", "-B", "-X", "utf8")
_CPU_EXCEEDED = (128 + 24, 128 + 9)  # SIGXCPU, and SIGKILL for a program that handled it


@dataclass(frozen=True, slots=True)
class Limits(Shown):
    """What a sandboxed program may use.

    Attributes:
        cpu_seconds: processor time, which does not depend on how busy the machine is.
        wall_seconds: time by the clock, for programs that wait.
        memory_mib: address space.
        disk_mib: everything that it writes, in memory; also the size of one file.
        processes: how many processes it may start.
        threads: how many threads and processes there may be in all.
    """

    cpu_seconds: int = 5
    wall_seconds: float = 60.0
    memory_mib: int = 512
    disk_mib: int = 16
    processes: int = 0
    threads: int = 16


class Inside:
    """A sandboxed process, seen from outside."""

    def __init__(self, process: subprocess.Popen[bytes], stage: Path) -> None:
        """Take over a launcher and the folder that it was given."""
        self._process, self._stage = process, stage

    def stop(self) -> None:
        """Let go of the lifeline: everything inside is killed."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def wait(self) -> int:
        """Return the exit code (128 + signal where killed) when everything inside has ended."""
        code = self._process.wait()
        self.stop()
        stages.remove(self._stage)
        return code


def start(
    role: str, job: Mapping[str, object], pipes: Mapping[str, int], limits: Limits, required: Sequence[str] = ()
) -> Inside:
    """Start a sandboxed process.

    Args:
        role: the module whose `serve(pipes, layers, lost)` is to run inside.
        job: what it reads from its pipe `job`, a message of `interp.sandbox.values`.
        pipes: further file numbers that it is given, by name.
        limits: what it may use.
        required: protections that must be active; what `serve` is told is lost of them must keep it from running.
    """
    stage, lock = stages.new()
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, lock)
        file = stack.enter_context(tempfile.TemporaryFile())
        values.send(file.fileno(), job)
        file.seek(0)
        given = {**pipes, "job": file.fileno()}
        spec = Specification(
            role=role,
            pipes=given,
            stage=str(stage),
            required=list(required),
            cpu_seconds=limits.cpu_seconds,
            memory_mib=limits.memory_mib,
            disk_mib=limits.disk_mib,
            processes=limits.processes,
            threads=limits.threads,
        )
        process = subprocess.Popen(
            [sys.executable, *_PYTHON_OPTIONS, "-c", BOOT, str(_ROOT), spec.message()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PYTHONHASHSEED": "0"},  # so that a program's sets have the same order every time
            cwd=stage,
            pass_fds=(*given.values(), lock),  # the lock on the stage is the launcher's from here on
            start_new_session=True,
        )
    return Inside(process, stage)


class Stop:
    """Stops the sandboxed processes of several threads at once, those that are only about to start included."""

    def __init__(self) -> None:
        """Begin with none."""
        self._insides: set[Inside] = set()
        self._pulled = False
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def watching(self, insides: Sequence[Inside]) -> Iterator[None]:
        """Have these processes stopped when the stop is pulled, or at once where it has been."""
        with self._lock:
            self._insides.update(insides)
            pulled = self._pulled
        if pulled:
            _stop(insides)
        try:
            yield
        finally:
            with self._lock:
                self._insides.difference_update(insides)

    def pull(self) -> None:
        """Stop them all."""
        with self._lock:
            self._pulled = True
            running = list(self._insides)
        _stop(running)


def _stop(insides: Sequence[Inside]) -> None:
    for inside in insides:
        inside.stop()


class Clock:
    """A wall-clock limit on sandboxed processes."""

    def __init__(self, seconds: float, insides: Sequence[Inside]) -> None:
        """Begin to count."""
        self.over = False
        self._insides = insides
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True
        self._timer.start()

    def _ring(self) -> None:
        self.over = True
        _stop(self._insides)

    def stop(self) -> None:
        """Stop counting."""
        self._timer.cancel()


@contextlib.contextmanager
def running(insides: Sequence[Inside], seconds: float) -> Iterator[Clock]:
    """Hold the wall-clock limit over sandboxed processes, and leave none of them behind."""
    clock = Clock(seconds, insides)
    try:
        yield clock
    finally:
        clock.stop()
        _stop(insides)
        for inside in insides:
            inside.wait()


def out_of_time(clock: Clock, code: int) -> bool:
    """Whether a process that ended by itself with this code had used up its time."""
    return clock.over or code in _CPU_EXCEEDED


@dataclass(frozen=True, slots=True)
class Called:
    """What came of calling a sandboxed program's function.

    Attributes:
        value: what it returned, rebuilt from plain types; None also where nothing was returned.
        problem: None, or what happened instead: an exception's name, `timed out`, `exit N`, `malformed`, or
            `unprotected`, where a protection that was required is missing and nothing was run.
        layers: each protection: `active`, or why not.
    """

    value: Any
    problem: str | None
    layers: Mapping[str, str] = field(default_factory=dict)


def call(
    program: str,
    function: str,
    arguments: Sequence[object] = (),
    limits: Limits | None = None,
    required: Sequence[str] = (),
) -> Called:
    """Run a program in the sandbox and call one of its functions once with plain values."""
    limits = limits or Limits()
    with contextlib.ExitStack() as stack:
        ask, requests, responses, answers = _pipes(stack)
        values.send(ask, {"positional": values.pack(tuple(arguments)), "named": values.pack({})})
        job = {"program": program, "function": function}
        inside = start(PROGRAM, job, {"requests": requests, "responses": answers}, limits, required)
        for number in (ask, requests, answers):
            os.close(number)
        clock = stack.enter_context(running([inside], limits.wall_seconds))
        return _read(responses, inside, clock)


def _pipes(stack: contextlib.ExitStack) -> tuple[int, int, int, int]:
    requests, ask = os.pipe()
    responses, answers = os.pipe()
    stack.callback(os.close, responses)
    return ask, requests, responses, answers


def _read(responses: int, inside: Inside, clock: Clock) -> Called:
    layers: Mapping[str, str] = {}
    try:
        first = values.receive(responses)
        layers = first["layers"]
        if first["lost"]:
            return Called(None, "unprotected", layers)
        loaded = values.receive(responses)
        last = values.receive(responses) if loaded.get("loaded") is True else loaded
        if "value" in last:
            return Called(values.unpack(last["value"]), None, layers)
        return Called(None, str(last.get("raised") or last.get("unsendable")), layers)
    except values.Closed:
        code = inside.wait()
        return Called(None, "timed out" if out_of_time(clock, code) else f"exit {code}", layers)
    except values.Malformed:
        return Called(None, "malformed", layers)
