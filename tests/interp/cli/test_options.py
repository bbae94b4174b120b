"""Token budgets, and the command line that makes a run again."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import tyro

from interp.cli.front_door import run_command
from interp.cli.groups import ModelOptions, OutputOptions
from interp.cli.options import budgets, command_line
from interp.errors import InputError

PROG = "python -m thing"


@dataclass(frozen=True)
class Nested:
    """Options that keep their name."""

    seed: int = 0
    """Of the draw."""


@dataclass(frozen=True)
class Options:
    """Do a thing."""

    model: str
    """Which."""
    loading: tyro.conf.OmitArgPrefixes[ModelOptions] = ModelOptions(dtype="bfloat16")
    output: tyro.conf.OmitArgPrefixes[OutputOptions] = OutputOptions()
    chat: Nested = Nested()


def test_a_group_without_a_prefix_is_recorded_as_it_is_typed_and_read_back_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loading = ModelOptions(backend="nnsight", dtype="float32", prove=False)
    options = Options("a b", loading, OutputOptions(Path("elsewhere"), "info"), Nested(3))
    line = command_line(PROG, options)
    assert line == f"{PROG} --model 'a b' --backend nnsight --dtype float32 --no-prove --chat.seed 3"
    seen: list[Options] = []
    monkeypatch.setattr(sys, "argv", ["thing", *shlex.split(line.removeprefix(PROG))])
    assert run_command(Options, seen.append, PROG) == 0
    assert (seen[0].model, seen[0].loading, seen[0].chat) == ("a b", loading, Nested(3))


def test_what_is_at_the_commands_own_default_is_left_out() -> None:
    assert command_line(PROG, Options("m")) == f"{PROG} --model m"
    assert command_line(PROG, Options("m", ModelOptions())) == f"{PROG} --model m --dtype auto"


@pytest.mark.parametrize("text", ["", "x", "0", "-3", "64,", "64;128", "1e3", "٣", "1234567"])
def test_budgets_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="64,256,512"):
        budgets(text)


def test_a_value_that_begins_with_a_dash_comes_back_from_the_recorded_line() -> None:
    options = Options("-x y", ModelOptions(dtype="bfloat16", device="-d"))
    line = command_line(PROG, options)
    assert tyro.cli(Options, args=shlex.split(line.removeprefix(PROG))) == options
