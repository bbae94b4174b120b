"""The front door: typed options in, one sentence and an exit code out."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest

from interp.cli.front_door import Terminated, run_command
from interp.errors import InputError


class Where(StrEnum):
    HERE = "right_here"
    THERE = "over_there"


@dataclass(frozen=True)
class Options:
    """Do a thing."""

    name: str
    """Whose thing."""
    number: int = 3
    """How many."""
    kind: Literal["a", "b"] = "a"
    """Which kind."""
    where: Where = Where.HERE
    """Which place."""
    folder: Path | None = None
    """Which folder."""
    quick: bool = True
    """Whether to hurry."""


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def run(main: Callable[[Options], int | None], *words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["prog", *words])
        return run_command(Options, main, "python -m thing")

    return run


def test_options_arrive_typed(call: Callable[..., int]) -> None:
    seen: list[Options] = []
    words = ("--name", "x", "--number", "-4", "--where", "over_there", "--folder", "/f", "--no-quick")
    assert call(seen.append, *words) == 0
    assert seen == [Options("x", -4, "a", Where.THERE, Path("/f"), False)]


def test_the_exit_code_is_what_main_returns(call: Callable[..., int]) -> None:
    assert call(lambda _: 7, "--name", "x") == 7
    assert call(lambda _: None, "--name", "x") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "error: Required but missing: --name; `python -m thing --help` lists the options.\n"),
        (["--name", "x", "--size", "3"], "error: There is no option '--size'; "),
        (["--name", "x", "more"], "error: There is no option 'more'; "),
        (["--name", "x", "--number", "three"], "error: Error parsing --number: invalid literal for int() with base 10"),
        (["--name", "x", "--kind", "c"], "error: Invalid choice 'c' for argument '--kind', expected one of"),
        (["--name", "x", "--where", "HERE"], "error: Invalid choice 'HERE' for argument '--where', expected one of"),
        (["--name"], "error: Missing value for argument '--name'"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(
    words: list[str], said: str, call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(lambda _: None, *words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.endswith(" lists the options.\n")
    assert err.count("\n") == 1
    assert not set(err) & set("─╭╮╰╯│")


def failing(error: BaseException) -> Callable[[Options], int]:
    def main(_: Options) -> int:
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("Wrong;\n  do it right."), 2, "error: Wrong; do it right.\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/x/y"),
            2,
            "error: A file could not be used (/x/y): No space left on device; free some space or pass another "
            "--output-dir, then run the same command again to continue.\n",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/x"),
            2,
            "error: A file could not be used (/x): Permission denied; check its permissions or pass another path.\n",
        ),
        (OSError(errno.EIO, "Input/output error"), 2, "error: A file could not be used: Input/output error; "),
        (OSError(errno.ENAMETOOLONG, "File name too long"), 2, "error: A file could not be used: File name too long; "),
        (KeyboardInterrupt(), 130, "error: Stopped; run the same command again to continue.\n"),
        (Terminated(), 143, "error: Asked to end and stopped; run the same command again to continue.\n"),
    ],
)
def test_what_the_user_can_mend_is_one_sentence(
    error: BaseException, code: int, said: str, call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(failing(error), "--name", "x") == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.count("\n") == 1


def test_sigterm_is_handled_like_an_interrupt_and_only_while_the_command_runs(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    cleaned = []

    def main(_: Options) -> int:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)
        finally:
            cleaned.append(True)
        return 0

    before = signal.getsignal(signal.SIGTERM)
    assert call(main, "--name", "x") == 143
    assert cleaned == [True]
    assert signal.getsignal(signal.SIGTERM) is before
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError(errno.EBADF, "Bad file descriptor"), TypeError("x")])
def test_a_bug_keeps_its_traceback(error: Exception, call: Callable[..., int]) -> None:
    with pytest.raises(type(error)):
        call(failing(error), "--name", "x")


def test_help_says_each_field_s_sentence(call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        call(lambda _: None, "--help")
    assert not stop.value.code
    out = capsys.readouterr().out
    for words in ("Do a thing.", "Whose thing.", "How many. (default: 3)", "{right_here,over_there}", "--no-quick"):
        assert words in " ".join(out.split())


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_that_strikes_in_a_destructor_is_not_lost(
    how: signal.Signals, code: int, call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    class Late:
        def __del__(self) -> None:
            os.kill(os.getpid(), how)
            time.sleep(0.01)

    def main(_: Options) -> int:
        late = Late()
        del late
        time.sleep(10)
        return 0

    hook = sys.unraisablehook
    assert call(main, "--name", "x") == code
    assert sys.unraisablehook is hook
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.endswith("run the same command again to continue.\n")
