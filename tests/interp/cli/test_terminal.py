"""What strangers wrote is printed, and never obeyed by the terminal."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from interp.cli.terminal import shown

HOSTILE = "\x1b[31mred\x1b]0;title\x07\rover\x9b2J\u202eright to left\u2066\x00 Zürich\tτ\n"
PROGRAM = f"""
import logging, sys
from dataclasses import dataclass
from interp.cli.front_door import run_command
from interp.errors import InputError
HOSTILE = {HOSTILE!r}
@dataclass(frozen=True)
class Options:
    fail: bool = False
def main(options):
    logging.getLogger("x").warning("warning: %s", HOSTILE)
    print(HOSTILE)
    if options.fail:
        raise InputError(HOSTILE)
sys.exit(run_command(Options, main, "x"))
"""
KEPT = "[31mred]0;titleover2Jright to left Zürich\tτ"


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    left = shown(text)
    assert shown(left) == left
    assert all(char.isprintable() or char in "\n\t" or ord(char) > 0x9F for char in left)
    assert left == "".join(char for char in text if char in left)


def test_output_messages_and_errors_of_a_command() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, "--fail"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == f"{KEPT}\n\n"
    assert f"warning: {KEPT}" in done.stderr
    assert done.stderr.endswith("error: [31mred]0;title over2Jright to left Zürich τ\n")
    assert not set(done.stderr + done.stdout) & set("\x1b\x07\r\x9b\u202e\u2066\x00")
