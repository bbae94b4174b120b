"""Commands that are killed at random moments and typed again: the same files in the end, and nothing left behind.

Each of six commands is run once undisturbed and ten times killed (SIGKILL, SIGTERM or SIGINT, at a moment drawn from
the whole length of the undisturbed run) and continued. A seed fixes the draws; the machine's pace does not.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

N_KILLS = 10
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
SENTENCE = re.compile(r"error: [^\n]+\.\n\Z")
# Python itself, before it has read anything of ours and after it has let everything go, ends as the signal says.
ENDS = {signal.SIGKILL: (-9,), signal.SIGTERM: (143, -15), signal.SIGINT: (130, -2)}
PYTHON_STARTS = 0.15  # seconds in which Python itself is still starting
MARK = "H_LAST_TEST_MARK"


class Typed:
    """One command, and the places that its processes see."""

    def __init__(self, root: Path, words: list[str], environ: dict[str, str]) -> None:
        self.root, self.words, self.mark = root, words, uuid.uuid4().hex
        for name in ("results", "temporary", "replies"):
            (root / name).mkdir(parents=True)
        self.environ = (
            os.environ | environ | {"OMP_NUM_THREADS": "1", MARK: self.mark, "TMPDIR": str(root / "temporary")}
        )

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *self.words, "--output-dir", str(self.root / "results")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ,
        )

    def finish(self) -> None:
        running = self.start()
        _, said = running.communicate()
        assert running.returncode == 0, said

    def killed(self, how: signal.Signals, after: float) -> bool:
        """Kill it after some seconds; return whether it was still running."""
        running = self.start()
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(after)
        running.send_signal(how)
        _, said = running.communicate(timeout=60)
        assert running.returncode in (0, *ENDS[how]), (running.returncode, said)
        assert "Traceback" not in said, said
        if running.returncode > 0:
            assert SENTENCE.search(said), said
        return running.returncode != 0

    def files(self) -> dict[str, str]:
        """Everything that there is under the results, hidden files and folders too."""
        found = {}
        for path in sorted((self.root / "results").rglob("*")):
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
            found[str(path.relative_to(self.root / "results"))] = content
        return found

    def left(self) -> list[str]:
        """What lies in the temporary folder, and what processes of this command are still there after a while."""
        deadline = time.monotonic() + 5
        while (alive := self._alive()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return [*alive, *(str(p) for p in (self.root / "temporary").rglob("*"))]

    def _alive(self) -> list[str]:
        found = []
        for entry in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if f"{MARK}={self.mark}".encode() in entry.read_bytes():
                    found.append((entry.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found


@pytest.fixture(scope="session")
def finished(babble: Any, prompt_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of `probes.fit`, for the attribution."""
    made = Typed(tmp_path_factory.mktemp("finished"), _fit(babble, prompt_file), {})
    made.finish()
    return next((made.root / "results").iterdir())


def _fit(babble: Any, prompt_file: Path) -> list[str]:
    return [
        *("probes.fit", "--model", str(babble.model), "--prompts", str(prompt_file), "--layers", "0,5"),
        *("--batch-size", "6", "--max-new-tokens", "12"),
    ]


@pytest.fixture
def words(request: pytest.FixtureRequest, babble: Any, prompt_file: Path) -> Callable[[str], list[str]]:
    """What is typed for each command, but where its results go."""
    model = ["--model", str(babble.model)]
    prompts = ["--prompts", str(prompt_file)]

    def of(name: str) -> list[str]:
        if name == "fit":
            return _fit(babble, prompt_file)
        if name == "judged":
            return [*_fit(babble, prompt_file), "--judge", "chat:m", "--chat.max-unscored", "1"]
        if name == "answer":
            return ["hooks.answer", *model, *prompts, "--max-new-tokens", "4,12", "--batch-size", "4"]
        if name == "temper":
            few = ["--heads", "L2H1,L5H0", "--max-new-tokens", "12", "--batch-size", "16", "--random-heads", "2"]
            return ["hooks.temper", *model, *prompts, *few]
        if name == "attribution":
            return ["probes.attribution", str(request.getfixturevalue("finished"))]
        return ["interp.humaneval", "--answers", str(request.getfixturevalue("programs")), "--cpu-seconds", "1"]

    return of


@pytest.mark.parametrize("name", ["answer", "fit", "judged", "temper", "attribution", "humaneval"])
def test_killed_at_ten_moments_and_typed_again(
    name: str, words: Callable[[str], list[str]], judge_url: str, tmp_path: Path
) -> None:
    def typed(place: str) -> Typed:
        environ = {"OPENAI_BASE_URL": judge_url, "OPENAI_API_KEY": "none-needed"} if name == "judged" else {}
        if name == "judged":  # replies of its own: another's would be read in place of asking
            environ["H_LAST_CACHE_DIR"] = str(tmp_path / place / "replies")
        return Typed(tmp_path / place, words(name), environ)

    whole = typed("whole")
    started = time.monotonic()
    whole.finish()
    length = time.monotonic() - started
    assert not whole.left()
    expected = whole.files()
    draw, stopped = random.Random(name), []
    for number in range(N_KILLS):
        how, after = SIGNALS[number % 3], draw.uniform(PYTHON_STARTS, length)
        again = typed(f"killed-{number}")
        stopped.append(again.killed(how, after))
        again.finish()
        assert again.files() == expected, f"{how.name} after {after:.2f} of {length:.2f} s"
        assert not again.left(), f"{how.name} after {after:.2f} of {length:.2f} s"
    assert sum(stopped) >= N_KILLS / 2, "most of the commands ended before they were killed"
