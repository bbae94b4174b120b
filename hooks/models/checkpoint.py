"""A model directory that transformers can load: which of its files count, whether they are there, and their hash."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from pathlib import Path

from interp.errors import InputError
from interp.runs.files import read_json, sha256_file, sha256_json

# What loading reads, all of it at the top level: configuration, tokenizer, chat templates, weights. Never pickles.
PATTERNS = ("*.json", "*.jinja", "*.model", "merges.txt", "vocab.txt", "model*.safetensors")
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


def check_checkpoint(directory: Path, name: str) -> None:
    """Refuse a directory that cannot be loaded; `name` is what the user calls it.

    Raises:
        InputError: unreadable, no config.json, no safetensors, a shard missing, or a truncated file.
    """
    try:
        present = {path.name for path in directory.iterdir()}
    except OSError as error:
        raise InputError(f"The directory {name} cannot be read ({error.strerror}); expected a model in it.") from error
    if "config.json" not in present:
        raise InputError(f"{name} holds no config.json; expected a directory saved by transformers' save_pretrained.")
    if not isinstance(read_json(directory / "config.json"), dict):
        raise InputError(f"{directory / 'config.json'} is no JSON object; download the model again.")
    for shard in _shards(directory, name, present):
        _check_shard(directory / shard, name)


def _shards(directory: Path, name: str, present: set[str]) -> list[str]:
    if WEIGHTS in present:
        return [WEIGHTS]
    if INDEX not in present:
        others = sorted(file for file in present if file.endswith((".bin", ".pt", ".pth", ".gguf")))
        found = f"only {others[0]}" if others else "no weights"
        raise InputError(
            f"{name} holds {found}, expected {WEIGHTS}: pickled and GGUF weights are not loaded, so convert them with "
            "transformers' save_pretrained first."
        )
    index = read_json(directory / INDEX)
    if not isinstance(index, dict) or not isinstance(index.get("weight_map"), dict) or not index["weight_map"]:
        raise InputError(f"{directory / INDEX} lists no weights under weight_map; download the model again.")
    shards = sorted({str(file) for file in index["weight_map"].values()})
    missing = [shard for shard in shards if shard not in present]
    if missing:
        raise InputError(
            f"{name} lacks {len(missing)} of its {len(shards)} weight files, the first being {missing[0]}; download it "
            "again."
        )
    return shards


def _check_shard(file: Path, name: str) -> None:
    """Read the header, which says how long the file must be."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy"):
            pass
    except (SafetensorError, OSError) as error:
        raise InputError(f"{file.name} in {name} is damaged or cut short ({error}); download it again.") from error


def hash_directory(directory: Path) -> dict[str, str]:
    """Return the sha256 of each file that loading reads, by name."""
    files = sorted(path for path in directory.iterdir() if path.is_file() and _counts(path.name))
    return {path.name: sha256_file(path) for path in files}


def fingerprint(hashes: Mapping[str, str]) -> str:
    """Return one sha256 over the files that loading reads; the others' hashes (licences, READMEs) do not count."""
    return sha256_json({name: digest for name, digest in hashes.items() if _counts(name)})


def _counts(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in PATTERNS)
