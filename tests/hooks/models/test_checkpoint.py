"""A directory that cannot be loaded is refused in one sentence; one that can has a hash of its content."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from hooks.models.checkpoint import check_checkpoint, fingerprint, hash_directory
from hooks.models.embedded import stamped_hashes
from interp.errors import InputError
from interp.runs.arrays import write_arrays
from interp.runs.files import write_json


def write_shard(path: Path) -> None:
    write_arrays(path, {path.stem: np.ones((4, 4), dtype=np.float32)})


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A directory with one weight file."""
    directory = tmp_path / "model"
    write_json(directory / "config.json", {"architectures": ["LlamaForCausalLM"]})
    write_json(directory / "tokenizer.json", {"model": {}})
    write_shard(directory / "model.safetensors")
    return directory


@pytest.fixture
def sharded(model: Path) -> Path:
    """A directory with two weight files and their index."""
    (model / "model.safetensors").unlink()
    names = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    for name in names:
        write_shard(model / name)
    index = {"weight_map": {"a": names[0], "b": names[1], "c": names[0]}}
    write_json(model / "model.safetensors.index.json", index)
    return model


def sentence(directory: Path) -> str:
    """What the refusal says; it must be one line."""
    with pytest.raises(InputError) as caught:
        check_checkpoint(directory, "mine")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_whole_directories_pass(model: Path) -> None:
    check_checkpoint(model, "mine")


def test_whole_sharded_directories_pass(sharded: Path) -> None:
    check_checkpoint(sharded, "mine")


def test_missing_shard_is_named(sharded: Path) -> None:
    (sharded / "model-00002-of-00002.safetensors").unlink()
    assert "mine lacks 1 of its 2 weight files, the first being model-00002-of-00002.safetensors" in sentence(sharded)


@pytest.mark.parametrize("index", [{}, {"weight_map": {}}, {"weight_map": ["a"]}, []])
def test_index_without_weights_is_refused(sharded: Path, index: object) -> None:
    (sharded / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "lists no weights" in sentence(sharded)


def test_directory_without_config_is_refused(model: Path) -> None:
    (model / "config.json").unlink()
    assert "mine holds no config.json" in sentence(model)


def test_broken_config_is_refused(model: Path) -> None:
    (model / "config.json").write_text("{")
    assert "not valid JSON" in sentence(model)


def test_directory_without_weights_is_refused(model: Path) -> None:
    (model / "model.safetensors").unlink()
    assert "mine holds no weights, expected model.safetensors" in sentence(model)


@pytest.mark.parametrize("other", ["pytorch_model.bin", "model.gguf", "consolidated.00.pth"])
def test_pickled_and_gguf_weights_are_refused(model: Path, other: str) -> None:
    (model / "model.safetensors").rename(model / other)
    assert f"mine holds only {other}" in sentence(model)


@pytest.mark.parametrize("size", [0, 5, 40])
def test_weights_cut_short_are_refused(model: Path, size: int) -> None:
    os.truncate(model / "model.safetensors", size)
    assert "model.safetensors in mine is damaged or cut short" in sentence(model)


def test_directory_that_cannot_be_read_is_refused(model: Path) -> None:
    assert "cannot be read (Not a directory)" in sentence(model / "config.json")
    assert "cannot be read (No such file or directory)" in sentence(model / "nowhere")


def test_fingerprint_is_of_the_content_not_of_the_place(model: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(model, tmp_path / "copy"))
    os.utime(copy / "model.safetensors", (1, 1))
    assert fingerprint(hash_directory(copy)) == fingerprint(hash_directory(model))


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors", "chat_template.jinja"])
def test_fingerprint_changes_with_every_file_that_loading_reads(model: Path, file: str) -> None:
    before = fingerprint(hash_directory(model))
    with (model / file).open("ab") as out:
        out.write(b" ")
    assert fingerprint(hash_directory(model)) != before


@pytest.mark.parametrize("file", ["README.md", "LICENSE", "pytorch_model.bin", "notes.txt"])
def test_fingerprint_ignores_files_that_loading_does_not_read(model: Path, file: str) -> None:
    before = fingerprint(hash_directory(model))
    (model / file).write_text("something")
    assert fingerprint(hash_directory(model)) == before


def test_converted_directory_has_the_fingerprint_of_its_stamp(tiny_made: Path) -> None:
    assert fingerprint(stamped_hashes(tiny_made)) == fingerprint(hash_directory(tiny_made))


@pytest.mark.parametrize("field", ["num_hidden_layers", "hidden_size", "vocab_size", "num_attention_heads"])
@pytest.mark.parametrize("value", [10**9, 10**30, -1])
def test_sizes_that_the_weights_cannot_have_are_refused_at_once(model: Path, field: str, value: int) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {field: value}))
    with pytest.raises(InputError, match=rf"says {field} -?\d+, but its files hold \d+"):
        check_checkpoint(model, "m")
