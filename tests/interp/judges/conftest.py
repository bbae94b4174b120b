"""Chat servers that misbehave as told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from interp.judges.chat import ChatJudge
from interp.judges.endpoint import ChatOptions


@dataclass(frozen=True)
class FaultyServer:
    """A running chat server: its address and log, and a cache for the judges that ask it."""

    url: str
    log: Path
    cache: Path

    def requests(self) -> list[tuple[str, str]]:
        """Question and fate of every request so far."""
        return [(row["user"], row["fate"]) for row in self.rows()]

    def rows(self) -> list[dict[str, Any]]:
        """Every request so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def judge(self, **options: Any) -> ChatJudge:
        """Return a judge that asks this server, quick to retry and patient with answers that have no choice."""
        quick = {"timeout_s": 30.0, "backoff_s": 0.01, "backoff_max_s": 0.05, "concurrency": 24, "attempts": 60}
        chosen = quick | {"max_unscored": 1.0} | options
        return ChatJudge("tiny", ChatOptions(base_url=self.url, **chosen), self.cache)


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., FaultyServer]]:
    """Start chat servers that behave as told (see fault_server.py); all are stopped at the end."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    running: list[subprocess.Popen[str]] = []

    def start(**behaviour: Any) -> FaultyServer:
        log = tmp_path / f"requests-{len(running)}.jsonl"
        script = Path(__file__).with_name("fault_server.py")
        command = [sys.executable, str(script), json.dumps({"log": str(log), "stall_s": 20} | behaviour)]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert running[-1].stdout is not None
        port = int(running[-1].stdout.readline())
        return FaultyServer(f"http://127.0.0.1:{port}/v1", log, tmp_path / "replies.sqlite")

    yield start
    for server in running:
        server.kill()
        server.communicate()
