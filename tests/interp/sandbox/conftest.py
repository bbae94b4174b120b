"""What lies outside of a sandbox, to be harmed: files, a folder, servers, a process, the grader itself."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from interp.code import check
from interp.sandbox import process as sandbox
from interp.sandbox.proof import Proof


@dataclass
class Outside:
    """What there is to harm."""

    place: Path
    file: Path
    folder: Path
    servers: tuple[socket.socket, socket.socket]
    process: subprocess.Popen[bytes]
    graders: dict[Path, str]
    before: tuple[object, ...]

    def about(self) -> tuple[object, ...]:
        """Everything of the files and the process that could be changed without changing their contents."""
        files = [path.stat() for path in (self.file, self.folder)]
        attributes = [os.listxattr(path) for path in (self.file, self.folder)]
        pid = self.process.pid
        return (
            [(about.st_mode, about.st_uid, about.st_gid, about.st_mtime_ns, about.st_nlink) for about in files],
            attributes,
            os.getpriority(os.PRIO_PROCESS, pid),
            os.sched_getaffinity(pid),
            os.sched_getscheduler(pid),
            resource.prlimit(pid, resource.RLIMIT_NOFILE),
            os.getpriority(os.PRIO_PROCESS, 0),
        )

    def left_behind(self) -> list[str]:
        """Processes that carry the sandbox's folder in their command line, as everything forked inside does."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if str(self.place).encode() in path.read_bytes():
                    found.append(path.parent.name)
            except OSError:  # it has just ended
                continue
        return found

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
        assert self.about() == self.before
        assert [path.name for path in self.folder.iterdir()] == ["kept"]
        for server in self.servers:
            with pytest.raises(BlockingIOError):
                server.accept()
        assert self.process.poll() is None
        assert _state(self.process.pid) == "S"
        assert {path: _digest(path) for path in self.graders} == self.graders
        assert self.left_behind() == []
        assert list(self.place.glob("h-last-sandbox-*")) == []


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


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
    graders = [Path(module.__file__) for module in (check, sandbox)]
    there = Outside(place, file, folder, servers, process, {path: _digest(path) for path in graders}, ())
    there.before = there.about()
    yield there
    process.kill()
    process.wait()
    for server in servers:
        server.close()
    shutil.rmtree(place)
