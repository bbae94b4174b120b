"""Hostile programs neither harm what is around the sandbox nor pass a test that they do not meet."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from interp.code import check
from interp.code.grading import ProgramOutcome, grade
from interp.code.tasks import Task
from interp.sandbox import process as sandbox
from interp.sandbox.process import Limits
from interp.sandbox.proof import Proof

PROGRAMS = tomllib.loads(Path(__file__).with_name("hostile_programs.toml").read_text())
ADD = Task(
    id="Add/0",
    prompt='def add(a, b):\n    """Return the sum."""\n',
    entry_point="add",
    canonical_solution="    return a + b\n",
    test="def check(candidate):\n    assert candidate(2, 3) == 5\n    assert not candidate(-1, 1)\n",
)
LIMITS = Limits(cpu_seconds=1, wall_seconds=20.0, memory_mib=160, disk_mib=4)
WAITS = ("endless_sleep", "endless_sleep_behind_closed_pipes", "signals_itself_to_stop", "thread_bomb")
TIMES_OUT = ("endless_loop", "endless_loop_that_ignores_signals", *WAITS[:3])
EITHER = ("thread_bomb", "recurses_deeply", "replaces_the_modules_around_it")  # whichever limit comes first
MAY_FORK = ("fork_bomb", "detaches_a_process")


@dataclass
class Outside:
    """What there is to harm."""

    place: Path
    file: Path
    folder: Path
    servers: tuple[socket.socket, socket.socket]
    process: subprocess.Popen[bytes]
    graders: dict[Path, str]

    def fill_in(self, program: str) -> str:
        names = {
            "{file}": self.file,
            "{folder}": self.folder,
            "{socket}": self.place / "socket",
            "{port}": self.servers[0].getsockname()[1],
            "{process}": self.process.pid,
            "{grader}": next(iter(self.graders)),
        }
        for name, value in names.items():
            program = program.replace(name, str(value))
        return program

    def assert_unharmed(self) -> None:
        assert self.file.read_text() == "canary"
        assert [path.name for path in self.folder.iterdir()] == ["kept"]
        for server in self.servers:
            with pytest.raises(BlockingIOError):
                server.accept()
        assert self.process.poll() is None
        assert _state(self.process.pid) == "S"
        assert {path: _digest(path) for path in self.graders} == self.graders
        assert _left_behind(self.place) == []
        assert list(self.place.glob("h-last-sandbox-*")) == []


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def _left_behind(place: Path) -> list[str]:
    """Processes that carry the sandbox's folder in their command line, as everything forked inside does."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(place).encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:  # it has just ended
            continue
    return found


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holding: Proof) -> Iterator[Outside]:
    place = Path(tempfile.mkdtemp(prefix="out-"))  # a short path, since that of a local socket may not be long
    place.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    file, folder = place / "file", place / "folder"
    file.write_text("canary")
    file.chmod(0o666)
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "kept").touch()
    local = socket.socket(socket.AF_UNIX)
    local.bind(str(place / "socket"))
    (place / "socket").chmod(0o777)
    servers = (socket.create_server(("127.0.0.1", 0)), local)
    local.listen()
    for server in servers:
        server.setblocking(False)
    process = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    graders = {Path(module.__file__): "" for module in (check, sandbox)}
    yield Outside(place, file, folder, servers, process, {path: _digest(path) for path in graders})
    process.kill()
    process.wait()
    for server in servers:
        server.close()
    shutil.rmtree(place)


def limits_for(name: str) -> Limits:
    """A short clock for programs that wait; for others the clock must not ring, however busy the machine is."""
    return Limits(1, 2.0, 160, 4) if name in WAITS else LIMITS


def test_there_are_at_least_25_hostile_programs() -> None:
    assert len(PROGRAMS) >= 25


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_hostile_program_neither_harms_nor_deceives(outside: Outside, name: str) -> None:
    given = grade(ADD, outside.fill_in(PROGRAMS[name]), limits_for(name))
    assert given.outcome is not ProgramOutcome.PASSED
    if name not in EITHER:
        assert given.outcome is (ProgramOutcome.TIMED_OUT if name in TIMES_OUT else ProgramOutcome.FAILED)
    outside.assert_unharmed()


def test_a_program_that_means_no_harm_passes_beside_them(outside: Outside) -> None:
    assert grade(ADD, ADD.prompt + ADD.canonical_solution, LIMITS).outcome is ProgramOutcome.PASSED
    outside.assert_unharmed()


@pytest.mark.parametrize("name", MAY_FORK)
def test_where_processes_are_allowed_they_are_few_and_end_with_the_program(outside: Outside, name: str) -> None:
    few = Limits(1, 10.0, 160, 4, processes=4, threads=4)
    assert grade(ADD, outside.fill_in(PROGRAMS[name]), few).outcome is not ProgramOutcome.PASSED
    outside.assert_unharmed()


def test_the_environment_and_the_command_line_of_the_grader_do_not_reach_the_program(
    holding: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary")
    program = (
        "import os, sys\ndef leak():\n    return [dict(os.environ), sys.argv, [p for p in sys.path if 'interp' in p]]\n"
    )
    assert sandbox.call(program, "leak", limits=LIMITS).value == [{}, [""], []]


def test_the_program_has_no_open_file_but_its_own_pipes(holding: Proof) -> None:
    program = """
import os
def opened():
    kinds = []
    for number in range(64):
        try:
            kinds.append(os.fstat(number).st_mode >> 12)
        except OSError:
            pass
    return kinds
"""
    null, pipe = 2, 1  # character device, pipe
    assert sandbox.call(program, "opened", limits=LIMITS).value == [null, null, null, pipe, pipe]


def test_nothing_inside_outlives_a_grader_that_is_killed(outside: Outside) -> None:
    code = (
        "from interp.sandbox import process; import tempfile; "
        f"tempfile.tempdir = {str(outside.place)!r}; "
        "process.call('import time\\ndef add(a, b):\\n    time.sleep(600)', 'add', (1, 2))"
    )
    grader = subprocess.Popen([sys.executable, "-c", code], cwd=Path(sandbox.__file__).parents[2])
    _wait_until(
        lambda: len(_left_behind(outside.place)) == 4
    )  # the grader, the launcher, its first process, the program
    os.kill(grader.pid, 9)
    grader.wait()
    _wait_until(lambda: _left_behind(outside.place) == [])


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
