"""Bad input to `python -m probes.fit`: one sentence, exit code 2, no traceback, nothing half-written."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interp.runs.arrays import read_arrays, write_arrays

Told = Any
NOBODY = 65534


def check(told: Told, root: Path, *expected: str) -> None:
    """One sentence with these words on stderr (after the progress bar, if the run came that far), and no debris."""
    assert told.code == 2
    assert told.out == ""
    bars = ("answers:", "Checking prompts:")
    lines = [line for line in told.err.replace("\r", "\n").split("\n") if line.strip() and not line.startswith(bars)]
    assert len(lines) == 1, told.err
    assert lines[0].startswith("error: ")
    assert lines[0].endswith("."), lines[0]
    for words in expected:
        assert words in lines[0], lines[0]
    clean(root)


def clean(root: Path) -> None:
    """No finished run, no half-written file, no lock."""
    left = [p.name for p in root.rglob("*")] if root.is_dir() else []
    assert not [name for name in left if name == "run.json" or name.startswith(".")], left


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Where the command writes in these tests."""
    return tmp_path / "results"


@pytest.fixture
def bad(fit_tiny: Callable[..., Told], results: Path) -> Callable[..., Told]:
    """Run the command with bad input, into a folder of the test's own."""

    def call(*arguments: object) -> Told:
        return fit_tiny("--output-dir", results, *arguments)

    return call


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--model", "qwen-9000"], ("There is no model 'qwen-9000'", "qwen3-1.7b", "hub id", "directory")),
        (["--model", "qwen3-0.6"], ("did you mean qwen3-0.6b?",)),
        (["--model", ""], ("There is no model ''",)),
        (["--domain", "music"], ("music", "facts", "chef", "--domain")),
        (["--backend", "jax"], ("jax", "torch", "nnsight", "transformer_lens")),
        (["--target", "truth"], ("truth", "correct", "asserted", "both")),
        (["--position", "middle"], ("middle", "content", "end_of_turn")),
        (["--bogus", "1"], ("There is no option '--bogus'", "--help")),
        (["--batch-size", "two"], ("--batch-size", "'two'")),
        (["--batch-size", "0"], ("--batch-size is 0", "1 or more")),
        (["--batch-size", "-3"], ("--batch-size is -3", "1 or more")),
        (["--max-new-tokens", "0"], ("--max-new-tokens is 0",)),
        (["--limit", "0"], ("--limit is 0",)),
        (["--folds", "1"], ("--folds is 1", "2 or more")),
        (["--seed", "-1"], ("--seed is -1",)),
        (["--pool-tokens", "0"], ("--pool-tokens is 0",)),
        (["--pool-tokens", "2", "--position", "end_of_turn"], ("--pool-tokens", "--position content")),
        (["--layers", "6"], ("block 6", "blocks 0 to 5")),
        (["--layers", "0-99999"], ("block 99999", "blocks 0 to 5")),
        (["--layers", "first"], ("'first' is not understood", "0,8,12-15")),
        (["--layers", "-1"], ("'-1' is not understood",)),
        (["--layers", "\u00b2"], ("is not understood",)),
        (["--layers", "5-2"], ("names no layer",)),
        (["--layers", "3,"], ("is not understood",)),
        (["--pool-layers", "4"], ("--pool-layers 4", "[2, 3, 4]", "--layers all")),
        (["--pool-layers", "7", "--layers", "all"], ("--pool-layers is 7", "6 hidden states")),
        (["--revision", "main"], ("is a directory", "--revision")),
        (["--weights", "hub"], ("is a directory", "--weights hub")),
        (["--dtype", "int8"], ("'int8' is no known dtype", "float32", "bfloat16")),
        (["--device", "tpu"], ("'tpu' is no device",)),
        (["--device", "meta"], ("'meta' is not available here", "cpu")),
        (["--attn", "flash"], ("'flash' is no known attention", "eager", "sdpa")),
        (["--backend", "transformer_lens", "--attn", "sdpa"], ("TransformerLens computes attention eagerly", "sdpa")),
        (["--relations", "friend"], ("Unknown relation 'friend'", "metal, river")),
        (["--relations", ""], ("Unknown relation ''", "metal, river")),
        (["--prompts", "nowhere.jsonl"], ("nowhere.jsonl does not exist",)),
        (["--prompts", "."], ("cannot be read",)),
    ],
    ids=lambda value: " ".join(value) or "empty" if isinstance(value, list) else "",
)
def test_a_bad_option_is_one_sentence(
    arguments: list[str], expected: tuple[str, ...], bad: Callable[..., Told], results: Path
) -> None:
    check(bad(*arguments), results, *expected)
    assert not results.exists() or not list(results.iterdir()), "a directory was left behind"


def test_a_missing_model_is_one_sentence(command: Callable[..., Told], tmp_path: Path) -> None:
    check(command("--limit", 3), tmp_path, "--model", "missing")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--domain", "facts", "--relations", "capital,friend"], ("Unknown relation 'friend'", "capital, continent")),
        (["--domain", "chef", "--relations", "capital"], ("chef has no relations", "leave --relations out")),
    ],
    ids=["facts", "chef"],
)
def test_relations_of_a_domain_are_checked(
    arguments: list[str], expected: tuple[str, ...], command: Callable[..., Told], babble: Any, tmp_path: Path
) -> None:
    check(command("--model", babble.model, *arguments), tmp_path, *expected)


def test_an_embedded_model_has_no_revision(command: Callable[..., Told], tmp_path: Path) -> None:
    check(command("--model", "smollm2-135m", "--revision", "v1"), tmp_path, "no revision 'v1'", "--weights hub")


def test_a_hub_model_without_a_network_says_what_to_do(
    command: Callable[..., Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    told = command("--model", "nobody/no-such-model")
    check(told, tmp_path, "nobody/no-such-model", "embedded model (smollm2-135m, gemma-3-270m)")


def changed(**fields: object) -> Callable[[dict[str, Any]], str]:
    return lambda row: json.dumps({k: v for k, v in (row | fields).items() if v is not None})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (lambda row: json.dumps(row)[:-5], ("line 3", "not a valid Prompt")),
        (lambda row: "[1, 2]", ("line 3", "not a valid Prompt")),
        (changed(claims=None), ("line 3", "claims", "required")),
        (changed(split=None), ("line 3", "split", "required")),
        (changed(split="test"), ("line 3", "split", "'fit' or 'fresh'")),
        (changed(colour="red"), ("line 3", "colour")),
        (changed(text=7), ("line 3", "text", "string")),
        (changed(text=" "), ("line 3", "text is empty")),
        (changed(claims=[]), ("line 3", "at least one claim")),
        (changed(claims=[{"text": "x", "accept": ["{82..8"]}]), ("line 3", "{82..8")),
        (changed(claims=[{"text": "x", "accept": ["metal|river"]}]), ("line 3", "already stands in the prompt")),
        (changed(id="p0"), ("line 3", "repeats the id 'p0'", "line 1")),
        (changed(text="Which metal has the number 47?"), ("same prompt", "'p47'", "line 48", "'p2'", "line 3")),
    ],
)
def test_a_bad_line_is_named_by_its_number(
    line: Callable[[dict[str, Any]], str],
    expected: tuple[str, ...],
    bad: Callable[..., Told],
    babble: Any,
    tmp_path: Path,
    results: Path,
) -> None:
    lines = [json.dumps(row) for row in babble.rows]
    lines[2] = line(babble.rows[2])
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join(lines) + "\n")
    check(bad("--prompts", path), results, *expected)


def test_one_split_alone_is_refused(bad: Callable[..., Told], babble: Any, tmp_path: Path, results: Path) -> None:
    path = babble.write(tmp_path / "half.jsonl", [row for row in babble.rows if row["split"] == "fit"])
    check(bad("--prompts", path), results, "half.jsonl", "no prompts of the split 'fresh'")


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"", "holds no prompts"), (b"\n \n", "holds no prompts"), (b"\xff\xfe{}", "not UTF-8")],
)
def test_a_file_without_prompts_is_refused(
    content: bytes, expected: str, bad: Callable[..., Told], tmp_path: Path, results: Path
) -> None:
    path = tmp_path / "nothing.jsonl"
    path.write_bytes(content)
    check(bad("--prompts", path), results, "nothing.jsonl", expected)


@pytest.fixture
def broken(babble: Any, tmp_path: Path) -> Path:
    """A copy of the tiny model, to be damaged."""
    return Path(shutil.copytree(babble.model, tmp_path / "broken"))


def keep_half_the_weights(model: Path) -> None:
    arrays, metadata = read_arrays(model / "model.safetensors")
    kept = {name: x for name, x in arrays.items() if ".layers.3." not in name}
    write_arrays(model / "model.safetensors", kept, metadata)


def widen_a_weight(model: Path) -> None:
    arrays, metadata = read_arrays(model / "model.safetensors")
    write_arrays(model / "model.safetensors", arrays | {"model.norm.weight": np.zeros(7, np.float32)}, metadata)


def truncate_the_weights(model: Path) -> None:
    with (model / "model.safetensors").open("r+b") as file:
        file.truncate(3000)


def only_a_pickle(model: Path) -> None:
    (model / "model.safetensors").rename(model / "pytorch_model.bin")


def rewrite_config(**fields: object) -> Callable[[Path], None]:
    def rewrite(model: Path) -> None:
        config = json.loads((model / "config.json").read_text())
        (model / "config.json").write_text(json.dumps(config | fields))

    return rewrite


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda m: (m / "model.safetensors").unlink(), ("holds no weights", "model.safetensors")),
        (only_a_pickle, ("holds only pytorch_model.bin", "model.safetensors")),
        (truncate_the_weights, ("model.safetensors", "damaged or cut short")),
        (keep_half_the_weights, ("lacks", "of its weights", "layers.3.")),
        (widen_a_weight, ("could not be loaded",)),
        (lambda m: (m / "config.json").unlink(), ("holds no config.json",)),
        (lambda m: (m / "config.json").write_text("{"), ("config.json", "not valid JSON")),
        (lambda m: (m / "config.json").write_text("[]"), ("config.json is no JSON object",)),
        (rewrite_config(num_hidden_layers="six"), ("could not be loaded", "num_hidden_layers")),
        (rewrite_config(num_attention_heads=0), ("could not be loaded",)),
        (rewrite_config(hidden_act="nope"), ("could not be loaded", "nope")),
        (rewrite_config(dtype="float99"), ("could not be loaded", "float99")),
        (rewrite_config(model_type="no-such-type"), ("could not be loaded", "no-such-type")),
        (lambda m: (m / "tokenizer.json").write_text("{}"), ("could not be loaded",)),
        (lambda m: shutil.rmtree(m) or m.mkdir(), ("holds no config.json",)),
    ],
)
def test_a_directory_that_holds_no_whole_model_is_refused(
    damage: Callable[[Path], None], expected: tuple[str, ...], bad: Callable[..., Told], broken: Path, results: Path
) -> None:
    damage(broken)
    check(bad("--model", broken), results, "broken", *expected)
    assert not results.exists() or not list(results.iterdir()), "a directory was left behind"


def test_a_file_is_no_model(bad: Callable[..., Told], babble: Any, results: Path) -> None:
    check(bad("--model", babble.model / "config.json"), results, "There is no model")


@contextlib.contextmanager
def without_rights() -> Iterator[None]:
    """Be an ordinary user inside the block, so that permissions count even where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may enter."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    yield root
    for path in root.rglob("*"):
        path.chmod(0o700)
    shutil.rmtree(root)


@pytest.mark.parametrize("inside", [False, True], ids=["the directory", "a directory above it"])
def test_an_unreadable_model_directory_is_one_sentence(
    inside: bool, command: Callable[..., Told], public: Path, tmp_path: Path
) -> None:
    locked = public / "locked"
    (locked / "model").mkdir(parents=True)
    locked.chmod(0o000)
    with without_rights():
        told = command("--model", locked / "model" if inside else locked, "--limit", 3)
    check(told, tmp_path, "locked", "Permission denied")


def test_an_output_folder_that_is_a_file_is_refused(bad: Callable[..., Told], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for where in (tmp_path / "file", tmp_path / "file" / "deeper"):
        check(bad("--output-dir", where), tmp_path, "a file is in the way", "--output-dir")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/sys").is_dir(), reason="root may write everywhere here")
def test_a_read_only_output_folder_is_refused(bad: Callable[..., Told], tmp_path: Path) -> None:
    locked = Path("/sys")
    if os.geteuid() != 0:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o555)
    check(bad("--output-dir", locked / "results"), tmp_path, str(locked), "check its permissions")


@contextlib.contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """Let no file grow beyond `limit` bytes: the write fails as on a full disk (EFBIG for ENOSPC)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_up_is_one_sentence_and_the_run_goes_on_when_there_is_room(
    bad: Callable[..., Told], fit_tiny: Callable[..., Told], results: Path, hashes: Callable[[Path], dict[str, str]]
) -> None:
    with full_disk(500):  # not even the configuration
        check(bad(), results, "File too large", "free some space", "same command again")
    assert not list(results.iterdir())
    whole = fit_tiny().run
    with full_disk((whole / "prompts.jsonl").stat().st_size):  # room for the prompts, none for a batch
        check(bad("--batch-size", 24), results, "File too large", "00000.safetensors")
    assert not list(results.iterdir())
    biggest = (whole / "features.safetensors").stat().st_size
    with full_disk(biggest - 1):  # every batch, but not all of them together
        check(bad(), results, "File too large", "features.safetensors")
    parts = next(results.glob("*/parts"))
    assert len(list(parts.iterdir())) == 3, "the finished batches are gone"
    told = bad()
    assert told.code == 0
    assert hashes(told.run) == hashes(whole)


def flip_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


@pytest.mark.parametrize(
    "name", ["features.safetensors", "features.json", "generations.jsonl", "labels.jsonl", "report.json", "report.md"]
)
def test_a_changed_file_of_a_finished_run_is_refused_by_name(
    name: str, fit_tiny: Callable[..., Told], bad: Callable[..., Told], results: Path
) -> None:
    shutil.copytree(fit_tiny().run.parent, results)
    file = next(d / name for d in results.iterdir() if d.name == fit_tiny().run.name)
    flip_a_byte(file)
    told = bad()
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1
    assert str(file) in told.err
    assert "does not match its sha256" in told.err
    file.unlink()
    assert "is missing from a finished run" in bad().err


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("config.json", '{"seed": 1}', "another configuration or changed by hand"),
        ("config.json", "{", "not valid JSON"),
        ("run.json", "{}", "lists no files"),
        ("run.json", "[]", "lists no files"),
        ("run.json", "not json", "not valid JSON"),
    ],
)
def test_an_edited_description_of_a_run_is_refused(
    name: str, content: str, expected: str, fit_tiny: Callable[..., Told], bad: Callable[..., Told], results: Path
) -> None:
    run = results / fit_tiny().run.name
    shutil.copytree(fit_tiny().run, run)
    (run / name).write_text(content)
    told = bad()
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert expected in told.err
    assert name in told.err
    assert (run / name).read_text() == content, "it was written over"


def test_another_model_in_the_same_place_is_another_run(bad: Callable[..., Told], broken: Path, results: Path) -> None:
    first = bad("--model", broken, "--limit", 6).run
    arrays, metadata = read_arrays(broken / "model.safetensors")
    name = "model.norm.weight"
    write_arrays(broken / "model.safetensors", arrays | {name: arrays[name] * np.float32(1.5)}, metadata)
    second = bad("--model", broken, "--limit", 6).run
    assert first != second
    assert (first / "run.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--batch-size", "-3"], "--batch-size is -3"),
        (["--domain", "music"], "music"),
        (["--dtype", "int8"], "int8"),
    ],
)
def test_a_real_process_says_one_sentence_and_exits_with_2(
    arguments: list[str], expected: str, babble: Any, prompt_file: Path, tmp_path: Path
) -> None:
    words = ["--model", babble.model, "--prompts", prompt_file, "--output-dir", tmp_path / "results", *arguments]
    done = subprocess.run(
        [sys.executable, "-m", "probes.fit", *map(str, words)], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert expected in done.stderr
    clean(tmp_path)
    assert not list(tmp_path.glob("results/*"))
