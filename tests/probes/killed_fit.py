"""Run the fit command in forked children and stop them at chosen writes: `python killed_fit.py STEPS ARGUMENTS...`.

STEPS is a JSON list of pairs: `WHEN FILE`, or null for a run to the end, and the output folder. Importing everything
once, before anything runs, is what makes twenty processes affordable. One JSON line a child tells how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any


def arm(moment: str) -> None:
    """Send this process a signal when it writes a file: during the write, before or after the file takes its name.

    During, before and after are `kill -9`; pause stops the process before the file takes its name.
    """
    when, name = moment.split()
    replace = Path.replace

    def armed(self: Path, target: Path) -> Path:
        if target.name == name and when == "during":
            os.truncate(self, self.stat().st_size // 2)
        if target.name == name and when in ("during", "before", "pause"):
            os.kill(os.getpid(), signal.SIGSTOP if when == "pause" else signal.SIGKILL)
        done = replace(self, target)
        if target.name == name and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    Path.replace = armed  # type: ignore[method-assign]


def start(moment: str | None, words: list[str], output: Path) -> int:
    """Fork a child that runs the command with its output in files; return its process id."""
    from interp.cli.front_door import run_command
    from probes.fit import PROG, Fit, main

    child = os.fork()
    if child:
        return child
    for stream, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(output / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    if moment:
        arm(moment)
    sys.argv = ["probes.fit", *words]
    code = run_command(Fit, main, PROG)
    sys.stderr.flush()
    os._exit(code)


def ended(moment: str | None, status: int, output: Path) -> dict[str, Any]:
    return {
        "moment": moment,
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        "out": (output / "out").read_text(),
        "err": (output / "err").read_text(),
    }


def one_after_another(steps: list[tuple[str | None, str]], words: list[str], output: Path) -> None:
    for moment, results in steps:
        _, status = os.waitpid(start(moment, [*words, "--output-dir", results], output), 0)
        print(json.dumps(ended(moment, status, output)), flush=True)  # noqa: T201


def two_at_once(moment: str, results: str, words: list[str], output: Path) -> None:
    """Start a second child while the first is stopped in the middle, then let the first go on."""
    (output / "first").mkdir()
    first = start(moment, [*words, "--output-dir", results], output / "first")
    os.waitpid(first, os.WUNTRACED)
    one_after_another([(None, results)], words, output)
    os.kill(first, signal.SIGCONT)
    _, status = os.waitpid(first, 0)
    print(json.dumps(ended(moment, status, output / "first")), flush=True)  # noqa: T201


def preload() -> None:
    """Import what every run needs, and fix the version of the code that all children run."""
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401
    import sklearn.feature_extraction.text
    import sklearn.linear_model  # noqa: F401
    import torch
    import transformers.models.qwen3.modeling_qwen3  # noqa: F401

    import figures.inline  # noqa: F401
    import hooks.answers.collect
    import hooks.backend.torch_hooks  # noqa: F401
    import probes.report.markdown  # noqa: F401
    from interp.runs.versions import versions

    torch.set_num_threads(1)
    versions()


def main(steps: list[tuple[str | None, str]], words: list[str], output: Path) -> None:
    for i, (moment, results) in enumerate(steps):
        if moment and moment.startswith("pause"):
            two_at_once(moment, results, words, output)
        else:
            one_after_another(steps[i : i + 1], words, output)


if __name__ == "__main__":
    preload()
    with tempfile.TemporaryDirectory() as folder:
        main([(moment, results) for moment, results in json.loads(sys.argv[1])], sys.argv[2:], Path(folder))
