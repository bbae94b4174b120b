"""An interrupt while a command is still importing ends it with a sentence; other programs keep their own signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

# A module that the command's imports meet first, and that says when it is being imported. It sleeps in short pieces: a
# signal that comes just before a sleep begins is answered when it ends.
SLOW = (
    "import os, time\nopen({mark!r}, 'w').close()\n"
    "for _ in range(600 if os.environ.get('SLOW') else 0): time.sleep(0.1)\n"
)
MODULES = ("probes.fit", "hooks.answer", "interp.humaneval", "figures")


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("module", MODULES)
def test_a_signal_during_the_imports_is_one_sentence(
    tmp_path: Path, module: str, how: signal.Signals, code: int
) -> None:
    mark = tmp_path / "mark"
    (tmp_path / "tyro.py").write_text(SLOW.format(mark=str(mark)))
    environ = os.environ | {"SLOW": "1", "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path.cwd())])}
    running = subprocess.Popen(
        [sys.executable, "-P", "-m", module], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not mark.exists():
        assert running.poll() is None, running.communicate()[1]
    running.send_signal(how)
    _, said = running.communicate(timeout=50)
    assert running.returncode == code
    assert said.endswith("stopped; run the same command again to continue.\n") or said.startswith("error: Stopped; run")
    assert said.count("\n") == 1


def test_a_program_that_imports_the_packages_keeps_its_signals() -> None:
    look = "import signal, interp, hooks, probes, figures; from interp.cli import front_door; " + (
        "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.getsignal(signal.SIGTERM) == 0)"
    )
    for words in (["-c", look], ["-m", "timeit", "-n1", "-r1", look]):
        told = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True).stdout
        assert told.startswith("True True\n")


def test_signals_that_are_ignored_stay_ignored() -> None:
    look = "import signal; print(*[signal.getsignal(s) == signal.SIG_IGN for s in (2, 15)])"
    script = (
        "import signal, sys; signal.signal(2, signal.SIG_IGN); signal.signal(15, signal.SIG_IGN);"
        "sys.argv[0] = '-m'; sys.orig_argv[1:] = ['-m', 'probes.fit']; import probes;" + look
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told == "True True\n"
