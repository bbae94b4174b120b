"""Run directories: one a configuration, continued where they were cut, believed only with a manifest."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from interp.errors import InputError
from interp.runs.directory import Run, close_run, config_hash, open_run, verify
from interp.runs.files import TEMPORARY, read_json, sha256_file, write_json, write_text
from interp.runs.resume import resume
from interp.runs.versions import versions

CONFIG: dict[str, Any] = {"seed": 0, "model": {"name": "m"}}


def finish(root: Path, config: dict[str, Any] = CONFIG) -> Path:
    with open_run(root, "m-facts", config) as run:
        write_text(run.path / "report.md", "words")
        close_run(run, command_line="x")
    return run.path


def save_part(run: Run, index: int = 0) -> None:
    run.part(index).parent.mkdir(exist_ok=True)
    run.part(index).write_bytes(b"work")


def test_the_configuration_is_in_the_name(tmp_path: Path) -> None:
    assert finish(tmp_path).name == f"m-facts-{config_hash(CONFIG)}"
    assert finish(tmp_path) == finish(tmp_path, {"model": {"name": "m"}, "seed": 0})
    assert finish(tmp_path) != finish(tmp_path, CONFIG | {"seed": 1})


def test_the_manifest_names_every_file_with_its_hash_and_nothing_hidden(tmp_path: Path) -> None:
    path = finish(tmp_path)
    manifest = verify(path)
    assert set(manifest.files) == {"config.json", "report.md"}
    assert manifest.files["report.md"] == sha256_file(path / "report.md")
    assert manifest.config == CONFIG
    assert manifest.command_line == "x"
    assert {p.name for p in path.iterdir()} == {"config.json", "report.md", "run.json"}


def test_a_finished_run_is_opened_complete_and_checked(tmp_path: Path) -> None:
    path = finish(tmp_path)
    with open_run(tmp_path, "m-facts", CONFIG) as run:
        assert run.complete
    (path / "report.md").write_text("other words")
    with (
        pytest.raises(InputError, match=r"report\.md does not match its sha256"),
        open_run(tmp_path, "m-facts", CONFIG),
    ):
        pass


def test_what_a_killed_process_left_half_written_is_cleared_and_its_parts_kept(tmp_path: Path) -> None:
    with open_run(tmp_path, "m", CONFIG) as run:
        save_part(run)
        (run.path / f"{TEMPORARY}generations.jsonl").write_text("half")
        (run.path / "parts" / f"{TEMPORARY}00001.safetensors").write_text("half")
        (run.path / ".lock").touch()
    with open_run(tmp_path, "m", CONFIG) as run:
        assert not run.complete
        assert run.part(0).read_bytes() == b"work"
        assert not list(run.path.rglob(f"{TEMPORARY}*"))


def test_parts_go_when_the_run_is_closed_or_found_closed(tmp_path: Path) -> None:
    with open_run(tmp_path, "m", CONFIG) as run:
        save_part(run)
        close_run(run)
        assert not run.part(0).exists()
        save_part(run)  # as if the process had been killed between manifest and clearing
    with open_run(tmp_path, "m", CONFIG) as run:
        assert not run.part(0).exists()


def test_a_run_that_fails_before_its_first_part_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError), open_run(tmp_path, "m", CONFIG) as run:
        raise InputError("no such device")
    assert not run.path.exists()


def test_a_run_that_fails_later_keeps_its_parts(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), open_run(tmp_path, "m", CONFIG) as run:
        save_part(run)
        raise OSError("full")
    assert run.part(0).is_file()
    assert not (run.path / ".lock").exists()


def test_a_directory_that_was_there_before_is_not_removed(tmp_path: Path) -> None:
    finish(tmp_path)
    path = finish(tmp_path)
    (path / "run.json").unlink()
    with pytest.raises(InputError), open_run(tmp_path, "m-facts", CONFIG):
        raise InputError("no such device")
    assert (path / "report.md").is_file()


def test_only_one_at_a_time(tmp_path: Path) -> None:
    with open_run(tmp_path, "m", CONFIG) as run:
        save_part(run)
        with (
            pytest.raises(InputError, match="Another process is writing"),
            open_run(tmp_path, "m", CONFIG),
        ):
            pass
        assert run.part(0).is_file()
    lock = FileLock(run.path / ".lock")
    lock.acquire(timeout=0)
    lock.release()


def test_a_directory_of_another_configuration_is_refused(tmp_path: Path) -> None:
    path = finish(tmp_path)
    write_json(path / "config.json", CONFIG | {"seed": 9})
    with pytest.raises(InputError, match="another configuration"), open_run(tmp_path, "m-facts", CONFIG):
        pass


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="a file is in the way"), open_run(root, "m", CONFIG):
            pass


def test_no_manifest_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a finished run"):
        verify(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = finish(tmp_path)
    (path / "report.md").unlink()
    with pytest.raises(InputError, match=re.escape(f"{path / 'report.md'} is missing")):
        verify(path)


def test_no_file_of_a_run_holds_a_time_of_day(tmp_path: Path) -> None:
    one, two = finish(tmp_path / "one"), finish(tmp_path / "two")
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes()


def test_versions_name_python_this_toolkit_and_its_sources() -> None:
    found = versions()
    assert {"python", "h-last", "torch", "transformers", "scikit-learn", "numpy"} <= set(found)
    assert re.fullmatch(r"[0-9.]+\+[0-9a-f]{12}", found["h-last"])


def test_manifest_configuration_and_directory_must_agree(tmp_path: Path) -> None:
    path = finish(tmp_path)
    whole = (path / "run.json").read_text()
    write_text(path / "run.json", whole.replace('"seed": 0', '"seed": 1'))
    with pytest.raises(InputError, match=r"run\.json and config\.json beside it do not hold one configuration"):
        verify(path)
    before = sha256_file(path / "config.json")
    write_text(path / "config.json", (path / "config.json").read_text().replace("0", "1"))
    after = sha256_file(path / "config.json")
    write_text(path / "run.json", whole.replace('"seed": 0', '"seed": 1').replace(before, after))
    with pytest.raises(InputError, match="is named after another configuration than the one that it holds"):
        verify(path)


def test_a_renamed_run_is_believed(tmp_path: Path) -> None:
    assert verify(finish(tmp_path).rename(tmp_path / "RUN")).config == CONFIG


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", ".hidden", "parts/x", "..", "a\\b", "a\0b"])
def test_a_manifest_names_files_of_its_own_run_only(tmp_path: Path, name: str) -> None:
    path = finish(tmp_path)
    manifest = read_json(path / "run.json")
    write_json(path / "run.json", manifest | {"files": manifest["files"] | {name: "0" * 64}})
    with pytest.raises(InputError, match="which is not one of the run's own"):
        verify(path)


@pytest.mark.parametrize("name", [".lock", "config.json", "run.json", "parts"])
@pytest.mark.parametrize("kind", ["other", "link", "dangling link", "pipe"])
def test_what_would_be_in_the_way_at_the_end_is_refused_before_any_work(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / f"m-facts-{config_hash(CONFIG)}"
    path.mkdir()
    precious = tmp_path / "precious"
    precious.write_text("kept")
    if kind == "other":
        (path / name).write_text("x") if name == "parts" else (path / name).mkdir()
    elif kind == "pipe":
        os.mkfifo(path / name)
    else:
        (path / name).symlink_to(precious if kind == "link" else tmp_path / "nowhere")
    with (
        pytest.raises(InputError, match="remove it, or pass another --output-dir"),
        open_run(tmp_path, "m-facts", CONFIG),
    ):
        pass
    assert precious.read_text() == "kept" and not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("again", [False, True], ids=["removed", "replaced"])
def test_a_directory_that_is_removed_meanwhile_is_noticed_at_the_next_batch(tmp_path: Path, again: bool) -> None:
    made: list[int] = []

    def make(batch: int, part: Path) -> None:
        made.append(batch)
        write_text(part, str(batch))
        if batch == 1:
            shutil.rmtree(path)
            if again:
                part.parent.parent.mkdir()
                (part.parent.parent / "config.json").write_text("somebody else's")

    path = tmp_path / f"gone-{config_hash({'a': 1})}"
    with pytest.raises(InputError, match="was removed or replaced"), open_run(tmp_path, "gone", {"a": 1}) as run:
        resume(run, "work", range(5), make)
    assert made == [0, 1]
    left = sorted(p.name for p in tmp_path.rglob("*"))
    assert left == (["config.json", path.name] if again else [])


def test_a_directory_that_is_removed_after_its_last_batch_is_not_finished(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="was removed or replaced"), open_run(tmp_path, "gone", {"a": 1}) as run:
        shutil.rmtree(run.path)
        write_text(run.path / "result.json", "{}")
        close_run(run)
    assert not list(tmp_path.iterdir())
