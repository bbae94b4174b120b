"""A model directory that transformers can load: which of its files count, whether they are there, and their hash.

Identity is what was loaded, so the rule for files leans to one side: all that lies at the top of the directory is
hashed, but for kinds of files that loading never opens, and of the weights exactly those that it takes.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from interp.errors import InputError
from interp.runs.files import read_json, sha256_file, sha256_json

WEIGHTS = "model.safetensors"
SUFFIX = ".safetensors"
INDEX = "model.safetensors.index.json"
TEMPLATES = "additional_chat_templates"  # the only folder that loading looks into
ADAPTER = ("adapter_config.json", "adapter_model*")
# Fields of configurations that count layers, each of which has tensors, and that count what is at least a byte wide.
LAYER_COUNTS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers", "encoder_layers")
WIDTHS = (
    *("hidden_size", "n_embd", "d_model", "dim", "intermediate_size", "ffn_dim", "n_inner", "head_dim", "vocab_size"),
    *("num_attention_heads", "n_head", "n_heads", "num_heads", "num_experts", "num_local_experts", "n_routed_experts"),
)
FileState = tuple[int, int, int, int]  # bytes, both times in nanoseconds, inode
# Kinds of files that loading never opens: pages, code (which is never run), pickles, weights that are not the model's.
NOT_READ = (
    *("README*", "LICENSE*", "LICENCE*", "NOTICE*", "*.md", "*.txt", "*.html", "*.pdf", "*.csv", "*.log", "*.py"),
    *("*.png", "*.jpg", "*.jpeg", "*.gif", "*.svg", "*.webp", "*.zip", "*.gz", "*.xz", "*.tar"),
    *("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt", "*.h5", "*.msgpack", "*.onnx", "*.gguf", "*.safetensors"),
    *(".*", "STAMP"),  # the stamp of converted embedded weights
)
TEXTS = ("merges.txt", "vocab.txt", "dict.txt")  # of the *.txt, these are parts of tokenizers


def check_checkpoint(directory: Path, name: str) -> None:
    """Refuse a directory that cannot be loaded, or whose files are not all that would be; `name` is the user's word.

    Raises:
        InputError: unreadable, an adapter in it, no config.json, no safetensors, other weights named by config.json, a
            shard missing or outside of the directory, or a truncated file.
    """
    try:
        present = {path.name for path in directory.iterdir()}
    except OSError as error:
        raise InputError(f"The directory {name} cannot be read ({error.strerror}); expected a model in it.") from error
    _check_adapter(name, present)
    if "config.json" not in present:
        raise InputError(f"{name} holds no config.json; expected a directory saved by transformers' save_pretrained.")
    config = read_json(directory / "config.json", finite=False)
    if not isinstance(config, dict):
        raise InputError(f"{directory / 'config.json'} is no JSON object; download the model again.")
    other = _named_weights(config)
    if other is not None:
        raise InputError(
            f"The config.json of {name} names weights of its own under transformers_weights ({other!r}); expected them "
            f"in {WEIGHTS}, so take that line out, or save the model again with transformers' save_pretrained."
        )
    tensors = n_bytes = 0
    for shard in _weight_files(directory, name, present):
        tensors += _check_shard(directory / shard, shard, name)
        n_bytes += (directory / shard).stat().st_size
    _check_sizes(config, name, tensors, n_bytes)


def _check_adapter(name: str, present: set[str]) -> None:
    """Refuse an adapter: transformers merges it where peft is installed, and loads the bare base model elsewhere."""
    found = sorted(file for file in present if any(fnmatch.fnmatchcase(file, pattern) for pattern in ADAPTER))
    if found:
        raise InputError(
            f"{name} holds an adapter ({found[0]}), which is not loaded: merge it into its base model first (peft: "
            "merge_and_unload, then save_pretrained into another directory), or move the adapter's files out."
        )


def _named_weights(config: Mapping[str, Any]) -> str | None:
    parts = (config, *(part for part in config.values() if isinstance(part, dict)))
    return next((str(p["transformers_weights"]) for p in parts if p.get("transformers_weights") is not None), None)


def _weight_files(directory: Path, name: str, present: set[str]) -> list[str]:
    if WEIGHTS in present:
        return [WEIGHTS]
    if INDEX not in present:
        others = sorted(file for file in present if file.endswith((".bin", ".pt", ".pth", ".gguf", ".safetensors")))
        found = f"only {others[0]}" if others else "no weights"
        raise InputError(
            f"{name} holds {found}, expected {WEIGHTS}: pickled and GGUF weights are not loaded, so convert them with "
            "transformers' save_pretrained first."
        )
    shards = read_shards(directory)
    strange = [shard for shard in shards if not (_is_inside(shard) and shard.endswith(SUFFIX))]
    if strange:
        raise InputError(
            f"{directory / INDEX} names {strange[0]!r}; expected {SUFFIX} files inside of {name}, so download the "
            "model again, and distrust where this one came from."
        )
    missing = [shard for shard in shards if not (directory / shard).is_file()]
    if missing:
        raise InputError(
            f"{name} lacks {len(missing)} of its {len(shards)} weight files, the first being {missing[0]}; download it "
            "again."
        )
    return shards


def read_shards(directory: Path) -> list[str]:
    """Return the weight files that a directory's index names; an index that names none raises InputError."""
    index = read_json(directory / INDEX, finite=False)
    if not isinstance(index, dict) or not isinstance(index.get("weight_map"), dict) or not index["weight_map"]:
        raise InputError(f"{directory / INDEX} lists no weights under weight_map; download the model again.")
    return sorted({str(file) for file in index["weight_map"].values()})


def _is_inside(shard: str) -> bool:
    """Return whether a name stays in the directory, on any system."""
    path = PurePosixPath(shard)
    return not (path.is_absolute() or ".." in path.parts or "\\" in shard or ":" in shard or "\0" in shard)


def _check_sizes(config: Mapping[str, Any], name: str, tensors: int, n_bytes: int) -> None:
    """Refuse sizes that the weights cannot have: transformers would build such a model before it looks for them."""
    parts = (config, *(part for part in config.values() if isinstance(part, dict)))
    for field, value in ((field, value) for part in parts for field, value in part.items()):
        most = tensors if field in LAYER_COUNTS else n_bytes if field in WIDTHS else None
        if most is not None and isinstance(value, int) and not 0 <= value <= most:
            held = f"{tensors} tensors" if field in LAYER_COUNTS else f"{n_bytes} bytes of weights"
            raise InputError(
                f"The config.json of {name} says {field} {str(value)[:30]}, but its files hold {held}; download the "
                "model again."
            )


def _check_shard(file: Path, shard: str, name: str) -> int:
    """Read the header, which says how long the file must be; return how many tensors it names."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as weights:
            return len(weights.keys())
    except (SafetensorError, OSError) as error:
        raise InputError(f"{shard} in {name} is damaged or cut short ({error}); download it again.") from error


def _counts(name: str) -> bool:
    return name in TEXTS or not any(fnmatch.fnmatchcase(name, pattern) for pattern in NOT_READ)


def loaded_files(directory: Path) -> list[str]:
    """Return every file that loading may open, relative to the directory, sorted."""
    top = [path.name for path in directory.iterdir() if path.is_file() and _counts(path.name)]
    templates = [f"{TEMPLATES}/{path.name}" for path in (directory / TEMPLATES).glob("*.jinja") if path.is_file()]
    weights = [WEIGHTS] if (directory / WEIGHTS).is_file() else []
    if not weights and (directory / INDEX).is_file():
        weights = read_shards(directory)
    return sorted({*top, *templates, *weights})


def hash_directory(directory: Path) -> dict[str, str]:
    """Return the sha256 of each file that loading may open, by name; one that cannot be read raises InputError."""
    hashes = {}
    for name in loaded_files(directory):
        try:
            hashes[name] = sha256_file(directory / name)
        except OSError as error:
            raise InputError(
                f"{directory / name} cannot be read ({error.strerror}); it is part of the model."
            ) from error
    return hashes


def fingerprint(hashes: Mapping[str, str]) -> str:
    """Return one sha256 over the files that loading may open; the others' hashes (licences, READMEs) do not count."""
    return sha256_json({name: digest for name, digest in hashes.items() if name.endswith(SUFFIX) or _counts(name)})


def file_states(directory: Path) -> dict[str, FileState]:
    """Return size, times and inode of each file that loading may open: two readings differ if a file was changed."""
    states: dict[str, FileState] = {}
    for name in loaded_files(directory):
        s = (directory / name).stat()
        states[name] = (s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino)
    return states
