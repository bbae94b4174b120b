"""Fixtures shared by all tests."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from interp.records.judgements import Answer, Question

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def paper_dir() -> Path:
    """The study's artifacts: H_LAST_PAPER_DIR, else the copy that lies beside the checkout; skips without one."""
    named = os.environ.get("H_LAST_PAPER_DIR")
    path = Path(named) if named else ROOT.parent / "shared" / "paper" / "artifacts"
    if not (path / "eval" / "results").is_dir():
        pytest.skip("the study's data is not on this machine (set H_LAST_PAPER_DIR)")
    return path


@pytest.fixture(scope="session")
def cases_dir() -> Path:
    """Inputs that failed once, one JSON object a line: H_LAST_CASES_DIR, else the copy beside the checkout."""
    named = os.environ.get("H_LAST_CASES_DIR")
    path = Path(named) if named else ROOT.parent / "shared" / "cases"
    if not path.is_dir():
        pytest.skip("the collected cases are not on this machine (set H_LAST_CASES_DIR)")
    return path


class RuleJudge:
    """A judge that answers every question by a rule on its text, and keeps what it was asked."""

    version = "rule-1"

    def __init__(self, rule: Callable[[Question], str | None]) -> None:
        self.rule = rule
        self.asked: list[list[Question]] = []

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        self.asked.append(list(questions))
        return [Answer(q.id, self.rule(q), str(self.rule(q)), self.version) for q in questions]


@pytest.fixture
def rule_judge() -> Callable[[Callable[[Question], str | None]], RuleJudge]:
    """Make a judge of a rule: a function of the question that returns a choice, or None."""
    return RuleJudge


@dataclass(frozen=True)
class ChatServer:
    """A real OpenAI-compatible server on loopback: `transformers serve` with SmolLM2-135M-Instruct."""

    base_url: str
    model: str

    @property
    def environ(self) -> dict[str, str]:
        """What the command under test needs in its environment."""
        return {"OPENAI_BASE_URL": self.base_url, "OPENAI_API_KEY": "none-needed"}


@pytest.fixture(scope="session")
def chat_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatServer]:
    """Start the server once (ten seconds); tests that use it are marked weights."""
    from hooks.models.catalogue import locate, resolve

    folder = tmp_path_factory.mktemp("chat_server")
    model = "smollm2-135m"  # a link of this name, because the server knows a model by the path that it was given
    (folder / model).symlink_to(locate(resolve(model)).directory)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", model, "--host", "127.0.0.1"]
    command += ["--port", str(port), "--device", "cpu", "--dtype", "float32"]
    env = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hf"), "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server, folder / "log")
        yield ChatServer(f"http://127.0.0.1:{port}/v1", model)
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path, limit: float = 300) -> None:
    end = time.monotonic() + limit
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        time.sleep(0.2)
    pytest.fail(f"the chat server did not start: {log.read_text()[-2000:]}")
