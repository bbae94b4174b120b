"""`python -m hooks.answer`: prompts of one's own in, a run of answers out."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from hooks.answer import PROG, AnswerPrompts, main
from interp.cli.front_door import run_command
from interp.runs.directory import verify


def test_the_command_answers_a_file_of_prompts_without_claims(
    specimen: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.jsonl"
    rows = [{"id": s, "text": f"What is {s}?", "split": s, "claims": []} for s in ("fit", "fresh")]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = ["--model", str(specimen("llama")), "--prompts", str(file), "--max-new-tokens", "5,2"]
    monkeypatch.setattr("sys.argv", ["answer", *given, "--output-dir", str(tmp_path / "out")])
    assert run_command(AnswerPrompts, main, PROG) == 0
    said = capsys.readouterr().out
    assert said.startswith("2 new tokens: 2 answers, ")
    run = Path(said.splitlines()[-1])
    assert verify(run).command_line == f"{PROG} {shlex.join([*given[:2], *given[4:], *given[2:4]])}"
