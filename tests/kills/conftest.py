"""What the killed commands work on: a tiny model, prompts, finished runs, and a judge that answers at once."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babbling import Babble, make

from interp.code import tasks
from interp.records.answers import Generation, StopReason
from interp.records.loaded import Loaded, ModelId
from interp.runs.directory import close_run, open_run
from interp.runs.loaded import write_loaded
from interp.runs.rows import write_rows

SERVER = Path(__file__).parents[1] / "interp" / "judges" / "fault_server.py"
MODEL = ModelId("tiny", "directory", "/tiny", "c0ffee" * 8, "float32", "cpu", "sdpa")
N_TASKS = 12


@pytest.fixture(scope="session")
def babble(tmp_path_factory: pytest.TempPathFactory) -> Babble:
    """The tiny model, and prompts of which it meets about half."""
    return make(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def prompt_file(babble: Babble, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All prompts as a file."""
    return babble.write(tmp_path_factory.mktemp("prompts") / "own.jsonl")


@pytest.fixture(scope="session")
def judge_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a judge that answers every question well, a little late."""
    log = tmp_path_factory.mktemp("judge") / "log.jsonl"
    command = [sys.executable, str(SERVER), json.dumps({"log": str(log), "stall_s": 20, "delay_s": 0.05})]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        server.kill()


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of answers to HumanEval: right, wrong, endless, cut off."""
    config = {"command": "python -m hooks.answer", "raw": False, "decoding": "greedy", "max_new_tokens": 64}
    chosen = tasks.load()[:N_TASKS]
    rows = [_answer(i, task) for i, task in enumerate(chosen)]
    with open_run(tmp_path_factory.mktemp("answers"), "tiny", config) as run:
        write_rows(run.path / "prompts.jsonl", tasks.as_prompts(chosen, chat=True))
        write_rows(run.path / "generations.jsonl", rows)
        write_loaded(run.path, Loaded(MODEL, "torch", "passed"))
        close_run(run)
    return run.path


def _answer(i: int, task: Any) -> Generation:
    body = (task.canonical_solution, "    return None\n", "    while True:\n        pass\n")[i % 3]
    whole = Generation(
        task.id,
        task.id,
        "tiny",
        f"```python\n{task.prompt}{body}```",
        (1,) * 5,
        9,
        "",
        0,
        StopReason.EOS,
        64,
        None,
        None,
    )
    if i % 4 < 3:
        return whole
    return dataclasses.replace(whole, text=whole.text[:-20], tokens=(1,) * 64, stop=StopReason.LENGTH)
