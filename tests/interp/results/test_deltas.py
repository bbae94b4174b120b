"""`deltas.json`: read back as it was written, and nothing else is taken for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interp.errors import InputError
from interp.results.deltas import Delta, Deltas
from interp.results.schema import read_result, write_result

DELTAS = Deltas(
    Deltas.SCHEMA,
    (
        Delta("HumanEval", "claimed", 15.3, 100.0, "the paper"),
        Delta(
            "pass@1", "measured", 17.7, 100.0, "B against A", 10.4, 25.0, "Newcombe", 164, ("unrecorded_truncation",)
        ),
    ),
)


def test_deltas_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    write_result(tmp_path / "deltas.json", DELTAS)
    assert read_result(tmp_path / "deltas.json", Deltas) == DELTAS


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ([{"metric": "pass@1"}], "holds no Deltas"),  # the bare list of earlier versions
        ({"schema": 2, "deltas": []}, "has the schema 2, but this version reads 1.*another version"),
        ({"schema": 1, "deltas": [{"metric": "m", "stage": "guessed", "value": 1, "of": 1, "source": "s"}]}, "stage"),
        ({"schema": 1, "deltas": [], "origin": "here"}, "origin"),
    ],
)
def test_what_is_no_file_of_deltas_is_refused(tmp_path: Path, content: object, says: str) -> None:
    (tmp_path / "deltas.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=says):
        read_result(tmp_path / "deltas.json", Deltas)
