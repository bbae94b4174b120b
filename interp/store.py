"""Files that can be believed: atomic writes, strict reads, hashes.

Rows are JSON lines, arrays are float32 safetensors with a JSON sidecar. Reading is strict: an unknown key, a missing
field, a wrong type or a changed byte is refused with the file's name, and for rows the line's number.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from interp import records
from interp.errors import InputError
from interp.records import Features, HeadActivations, Position, Probe, Site

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
TEMPORARY = ".unfinished-"  # prefix of files that are being written; never believed, removed when a run is opened


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes `path`'s place, on failure it is removed."""
    temporary = path.with_name(f"{TEMPORARY}{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a failing write does not say by itself which file it was
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no spaces; NaN and infinity raise ValueError."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON with sorted keys atomically; NaN and infinity raise ValueError."""
    write_text(path, json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file; a missing or broken one raises InputError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; expected a finished run or an unmoved file.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error}); restore it or delete it to make it again.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); expected a JSON file.") from error


def sha256_file(path: Path) -> str:
    """Return the sha256 of a file's bytes in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_json(value: Any) -> str:
    """Return the sha256 of a value's canonical JSON in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@cache
def _adapter(cls: type) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter

    for record in vars(records).values():
        if dataclasses.is_dataclass(record) and isinstance(record, type):
            record.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[attr-defined]
    return TypeAdapter(cls)


def parse_row(cls: type[T], text: str, where: str) -> T:
    """Parse one JSON object into a record; `where` names its place in the error, for example `file.jsonl, line 3`."""
    from pydantic import ValidationError

    try:
        record: T = _adapter(cls).validate_json(text)  # type: ignore[arg-type]
        return record
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        problem = f"{field}: {first['msg']}" if field else first["msg"]
        raise InputError(f"{where} is not a valid {cls.__name__} ({problem}); correct that line.") from error


def row_text(record: Any) -> str:
    """Return a record as one line of canonical JSON."""
    return canonical_json(dataclasses.asdict(record))


def write_rows(path: Path, rows: Iterable[Any]) -> None:
    """Write records as JSON lines atomically."""
    write_text(path, "".join(row_text(row) + "\n" for row in rows))


def read_rows(path: Path, cls: type[T]) -> list[T]:
    """Read JSON lines into records; a bad line raises InputError with its number."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; expected JSON lines of {cls.__name__}.") from error
    except (UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path} cannot be read ({error}); expected JSON lines of {cls.__name__}.") from error
    return [parse_row(cls, line, f"{path}, line {i}") for i, line in enumerate(lines, 1) if line.strip()]


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> None:
    """Write named arrays as safetensors atomically."""
    from safetensors.numpy import save

    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    packed = save(contiguous, metadata=dict(metadata) if metadata else None)
    with atomic_path(path) as temporary, temporary.open("wb") as file:  # safetensors' own writer hides disk errors
        file.write(_sorted_header(packed))
        file.write(memoryview(packed)[8 + _header_length(packed) :])


def _header_length(packed: bytes) -> int:
    return int.from_bytes(packed[:8], "little")


def _sorted_header(packed: bytes) -> bytes:
    """Return length and header in sorted order: safetensors' own order of metadata differs from process to process."""
    header = canonical_json(json.loads(packed[8 : 8 + _header_length(packed)])).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header


def read_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a safetensors file into arrays and metadata; a missing or broken one raises InputError."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
            return arrays, dict(file.metadata() or {})
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; expected a safetensors file.") from error
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is not a readable safetensors file ({error}); delete it to make it again.") from error


def _key(site: Site, position: Position) -> str:
    return f"{site}.{position}"


def write_features(path: Path, features: Sequence[Features]) -> None:
    """Write Features of several sites and positions into one safetensors file, described by `<stem>.json` beside it.

    The sidecar is written last and holds the sha256 of the arrays' file.
    """
    write_arrays(path, {_key(f.site, f.position): f.x.astype(np.float32, copy=False) for f in features})
    entries = {
        _key(f.site, f.position): {
            "generation_ids": list(f.generation_ids),
            "layers": list(f.layers),
            "pool_tokens": f.pool_tokens,
            "pool_layers": f.pool_layers,
            "fingerprint": f.fingerprint(),
        }
        for f in features
    }
    write_json(path.with_suffix(".json"), {"sha256": sha256_file(path), "arrays": entries})


def read_features(path: Path, site: Site, position: Position) -> Features:
    """Read one site and position; bytes that do not match the sidecar raise InputError."""
    sidecar = read_json(path.with_suffix(".json"))
    arrays, _ = read_arrays(path)
    if sidecar["sha256"] != sha256_file(path):
        raise InputError(
            f"{path} does not match the sha256 in {path.with_suffix('.json').name}: the file was changed or damaged; "
            "restore it, or delete the run directory to make it again."
        )
    key = _key(site, position)
    if key not in sidecar["arrays"]:
        raise InputError(f"{path} holds no {key}; it holds {sorted(sidecar['arrays'])}.")
    entry = sidecar["arrays"][key]
    return Features(
        generation_ids=tuple(entry["generation_ids"]),
        site=site,
        layers=tuple(entry["layers"]),
        position=position,
        x=arrays[key],
        pool_tokens=entry["pool_tokens"],
        pool_layers=entry["pool_layers"],
    )


def write_head_activations(path: Path, heads: HeadActivations) -> None:
    """Write HeadActivations as safetensors, described by `<stem>.json` beside it (written last)."""
    arrays = {f"norms.{n}": a for n, a in zip(heads.layers, heads.norms, strict=True)}
    arrays |= {f"means.{n}": a for n, a in zip(heads.layers, heads.means, strict=True)}
    write_arrays(path, arrays)
    sidecar = {
        "sha256": sha256_file(path),
        "generation_ids": list(heads.generation_ids),
        "layers": list(heads.layers),
        "last_tokens": heads.last_tokens,
    }
    write_json(path.with_suffix(".json"), sidecar)


def read_head_activations(path: Path) -> HeadActivations:
    """Read HeadActivations; bytes that do not match the sidecar raise InputError."""
    sidecar = read_json(path.with_suffix(".json"))
    arrays, _ = read_arrays(path)
    if sidecar["sha256"] != sha256_file(path):
        raise InputError(f"{path} does not match its sidecar: the file was changed or damaged; make it again.")
    layers = tuple(sidecar["layers"])
    return HeadActivations(
        generation_ids=tuple(sidecar["generation_ids"]),
        layers=layers,
        norms=tuple(arrays[f"norms.{n}"] for n in layers),
        means=tuple(arrays[f"means.{n}"] for n in layers),
        last_tokens=sidecar["last_tokens"],
    )


def write_probes(path: Path, probes: Sequence[Probe]) -> None:
    """Write probes, one a target, as one safetensors file; weights and intercepts are kept in float64."""
    fields = [f.name for f in dataclasses.fields(Probe) if f.name != "w"]
    metadata = {p.target: canonical_json({name: getattr(p, name) for name in fields}) for p in probes}
    write_arrays(path, {p.target: p.w.astype(np.float64) for p in probes}, metadata)


def read_probes(path: Path) -> dict[str, Probe]:
    """Read the probes of a file, by target."""
    arrays, metadata = read_arrays(path)
    probes = {}
    for target, w in arrays.items():
        row = json.loads(metadata[target])
        row |= {"site": Site(row["site"]), "position": Position(row["position"])}
        probes[target] = Probe(w=w, **row)
    return probes
