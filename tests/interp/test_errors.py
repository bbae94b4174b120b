"""In a notebook, what a user can put right is one sentence; anything else keeps its traceback."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from interp.errors import LONGEST, InputError


def said(cell: str, capsys: pytest.CaptureFixture[str]) -> str:
    shell = InteractiveShell()
    shell.history_manager = None  # keeps no history file of its own
    shell.run_cell(cell, silent=True)
    return capsys.readouterr().out


def test_a_notebook_shows_an_input_error_as_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    cell = "from interp.errors import InputError\nraise InputError('Wrong;\\n  do it right.')"
    assert said(cell, capsys).strip() == "error: Wrong; do it right."


def test_what_a_message_quotes_cannot_bury_what_it_says() -> None:
    message = str(InputError(f"The prompt {'x' * 10**6!r} is blank; expected a text to be answered."))
    assert len(message) < 2 * LONGEST and "\n" not in message
    assert message.startswith("The prompt 'xxx") and message.endswith("is blank; expected a text to be answered.")


def test_a_notebook_shows_a_bug_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    out = said("raise ValueError('a bug')", capsys)
    assert "Traceback" in out and "a bug" in out
