"""A place that nothing can be written to is refused in one sentence, before the work whose result is to go there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.runs.directory import open_run
from interp.runs.files import check_output, check_writable, make_directory, write_text


def in_the_way(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("mine")
    return tmp_path / "file"


def circle(tmp_path: Path) -> Path:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    return tmp_path / "circle"


def nowhere(tmp_path: Path) -> Path:
    (tmp_path / "link").symlink_to(tmp_path / "gone" / "further")
    return tmp_path / "link"


PLACES: dict[str, Callable[[Path], Path]] = {
    "a file": in_the_way,
    "under a file": lambda tmp_path: in_the_way(tmp_path) / "a" / "b",
    "under a device": lambda _: Path("/dev/null/a"),
    "under /proc": lambda _: Path("/proc/nowhere/a"),
    "a long name": lambda tmp_path: tmp_path / ("a" * 300),
    "a long path": lambda tmp_path: tmp_path.joinpath(*["a" * 200] * 25),
    "a long name further down": lambda tmp_path: tmp_path / "results" / ("a" * 300),
    "a circle of links": circle,
    "a link that leads nowhere": nowhere,
}
UNSPEAKABLE = ("a\0b", "a/\0", "\ud800x")


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    said = str(caught.value)
    assert "\n" not in said and "\0" not in said and said.endswith(".") and len(said) < 500
    said.encode()
    return said


@pytest.fixture(params=[*PLACES, *map(repr, UNSPEAKABLE)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A place that cannot be a directory."""
    if request.param in PLACES:
        return PLACES[request.param](tmp_path)
    return tmp_path / next(text for text in UNSPEAKABLE if repr(text) == request.param)


def everything(tmp_path: Path) -> set[Path]:
    return {path for path in tmp_path.rglob("*") if not path.is_symlink()}


def test_such_a_place_is_refused_and_nothing_is_left(place: Path, tmp_path: Path) -> None:
    before = everything(tmp_path)
    for call in (
        lambda: make_directory(place),
        lambda: check_writable(place),
        lambda: check_output(place / "a.json"),
        lambda: write_text(place / "a.txt", "x"),
        lambda: open_run(place, "run", {}).__enter__(),
    ):
        assert "pass another --output" in refusal(call)
    assert everything(tmp_path) - {tmp_path / "results"} == before


def test_a_result_file_is_refused_that_is_there_or_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "there.json").write_text("mine")
    assert "exists already" in refusal(lambda: check_output(tmp_path / "there.json"))
    assert "exists already" in refusal(lambda: check_output(tmp_path, new=False))
    assert "make it shorter" in refusal(lambda: check_output(tmp_path / ("a" * 250)))  # too long while it is written
    assert "no path can hold such a sign" in refusal(lambda: check_output(tmp_path / "a\0"))
    check_output(tmp_path / "there.json", new=False)
    assert (tmp_path / "there.json").read_text() == "mine"


def test_what_can_be_written_passes_and_leaves_nothing(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    check_output(tmp_path / "a" / "b.json")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").mkdir()
    check_writable(tmp_path / "a" / "b")
    assert os.listdir(tmp_path / "a") == []  # noqa: PTH208


COMMANDS: dict[str, tuple[str, ...]] = {
    "probes.fit": ("Fit", "--model", "{model}", "--limit", "2", "--output-dir"),
    "hooks.answer": ("AnswerPrompts", "--model", "{model}", "--max-new-tokens", "2", "--limit", "1", "--output-dir"),
    "hooks.temper": ("Temper", "--model", "{model}", "--heads", "L0H0", "--limit", "2", "--output-dir"),
    "hooks.ablate": ("Ablate", "--model", "{model}", "--output"),
    "probes.falsify": ("Falsify", "{model}", "--output-dir"),
    "probes.power": (
        "Power",
        "--output-dir",
    ),
    "probes.replicate": (
        "Replicate",
        "--output-dir",
    ),
    "interp.agreement": ("Agree", "{model}", "--output"),
    "figures.__main__": (
        "Figures",
        "--output-dir",
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("where", ["under a file", "under /proc", "a long name"])
def test_every_command_refuses_it_before_any_work(
    command: str,
    where: str,
    tmp_path: Path,
    tiny_directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import importlib

    module = importlib.import_module(command)
    options = getattr(module, COMMANDS[command][0])
    place = PLACES[where](tmp_path)
    if command in ("hooks.ablate", "interp.agreement"):
        place = place / "a.json"
    words = [word.format(model=tiny_directory) for word in COMMANDS[command][1:]]
    monkeypatch.setattr(sys, "argv", [command, *words, str(place)])
    assert run_command(options, module.main, command) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "pass another --output" in said.err, said.err


@pytest.fixture
def tiny_directory(tmp_path: Path) -> Path:
    """A directory that can be located as a model; nothing is loaded from it."""
    import json

    import numpy as np
    from safetensors.numpy import save_file

    directory = tmp_path / "model"
    directory.mkdir()
    (directory / "config.json").write_text(json.dumps({"num_hidden_layers": 1}))
    save_file({"a": np.ones(2, np.float32)}, directory / "model.safetensors")
    return directory
