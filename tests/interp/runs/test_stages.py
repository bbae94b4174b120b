"""An unfinished run believes what it wrote, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from interp.errors import InputError
from interp.runs.arrays import read_sealed, write_arrays, write_sealed
from interp.runs.directory import Run, close_run, open_run
from interp.runs.files import write_text
from interp.runs.stages import end_stage, stage_done

NAMES = ("generations.jsonl", "labels.jsonl")


@pytest.fixture
def begun(tmp_path: Path) -> Run:
    """A run that was cut after both of its stages."""
    with open_run(tmp_path, "m", {"a": 1}) as run:
        for name in NAMES:
            assert not stage_done(run, name)
            write_text(run.path / name, name)
            end_stage(run, name, "never-written.json")
            assert stage_done(run, name)
    return run


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", [b"", b"labels", b"generations.jsonl \n"])
def test_a_file_that_is_not_as_it_was_written_is_refused_whatever_stage_looks(
    begun: Run, name: str, content: bytes
) -> None:
    (begun.path / name).write_bytes(content)
    for asked in NAMES:
        with pytest.raises(InputError, match=f"{name} is not what this run wrote"):
            stage_done(begun, asked)


def test_what_is_there_but_was_not_recorded_is_made_again(begun: Run) -> None:
    write_text(begun.path / "report.json", "killed between the file and its record")
    assert not stage_done(begun, "report.json")


def test_what_is_recorded_but_gone_is_made_again(begun: Run) -> None:
    (begun.path / NAMES[0]).unlink()
    assert not stage_done(begun, NAMES[0])
    assert stage_done(begun, NAMES[1])


@pytest.mark.parametrize("content", ["", "[]", '{"labels.jsonl": 1}', '{"a": "b", "a": "c"}'])
def test_a_damaged_record_is_one_sentence(begun: Run, content: str) -> None:
    begun.journal.write_text(content)
    with pytest.raises(InputError, match="stages.json"):
        stage_done(begun, *NAMES)


def test_a_closed_run_keeps_no_record(begun: Run) -> None:
    close_run(begun)
    assert not begun.journal.parent.exists()


def test_arrays_carry_their_own_hash(tmp_path: Path) -> None:
    path = tmp_path / "part.safetensors"
    arrays = {"b": np.arange(6.0).reshape(2, 3), "a": np.zeros(2, dtype=np.float32)}
    write_sealed(path, arrays)
    read = read_sealed(path)
    assert all(np.array_equal(read[name], arrays[name]) for name in arrays) and set(read) == set(arrays)
    written = path.read_bytes()
    path.write_bytes(written[:-1] + b"\1")
    with pytest.raises(InputError, match="do not match their hash"):
        read_sealed(path)
    write_arrays(path, arrays)
    with pytest.raises(InputError, match="do not match their hash"):
        read_sealed(path)
