"""Arrays as safetensors with a JSON sidecar, checked byte by byte when they are read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from interp.errors import InputError
from interp.records.arrays import Features, HeadActivations, Position, Probe, Site
from interp.runs.files import atomic_path, canonical_json, read_json, sha256_file, write_json
from interp.runs.rows import parse_row

S = TypeVar("S", "Sidecar", "HeadsSidecar")


@dataclass(frozen=True, slots=True)
class _Array:
    """What the sidecar says of one array of features."""

    generation_ids: tuple[str, ...]
    layers: tuple[int, ...]
    pool_tokens: int
    pool_layers: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What stands beside the arrays of features."""

    sha256: str
    arrays: Mapping[str, _Array]


@dataclass(frozen=True, slots=True)
class HeadsSidecar:
    """What stands beside the activations of heads."""

    sha256: str
    generation_ids: tuple[str, ...]
    layers: tuple[int, ...]
    last_tokens: int


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """A probe without its weights."""

    b: float
    target: str
    site: Site
    layer: int
    position: Position
    pool_tokens: int
    c: float
    fitted_on: str
    pool_layers: int


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


def write_sealed(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays that carry their own hash, where no sidecar stands beside them."""
    write_arrays(path, arrays, {"sha256": _seal(arrays)})


def read_sealed(path: Path) -> dict[str, np.ndarray]:
    """Read arrays back; ones that do not match their hash raise InputError."""
    arrays, metadata = read_arrays(path)
    if metadata.get("sha256") != _seal(arrays):
        raise InputError(f"{path} is damaged (its arrays do not match their hash); delete it to make it again.")
    return arrays


def _seal(arrays: Mapping[str, np.ndarray]) -> str:
    seal = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        seal.update(f"{name} {array.dtype.str} {array.shape}".encode())
        seal.update(np.ascontiguousarray(array).tobytes())
    return seal.hexdigest()


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
    sidecar, arrays = _described(path, Sidecar)
    key = _key(site, position)
    if key not in sidecar.arrays or key not in arrays:
        raise InputError(f"{path} holds no {key}; it holds {sorted(set(sidecar.arrays) & set(arrays))}.")
    entry, x = sidecar.arrays[key], arrays[key]
    shape = (len(entry.generation_ids), len(entry.layers))
    if x.dtype != np.float32 or x.ndim != 3 or x.shape[:2] != shape:
        raise _not_as_described(path, f"{key} is {x.dtype} of shape {x.shape}, where float32 of {(*shape, '...')}")
    _check_rows(path, entry.generation_ids, entry.layers, [x])
    pools = (entry.pool_tokens, entry.pool_layers)
    features = Features(entry.generation_ids, site, entry.layers, position, x, *pools)
    if features.fingerprint() != entry.fingerprint:
        raise _not_as_described(path, f"{key} has another fingerprint than the one that")
    return features


def _described(path: Path, cls: type[S]) -> tuple[S, dict[str, np.ndarray]]:
    """Return the sidecar of a file and its arrays, whose bytes must be those that the sidecar speaks of."""
    beside = path.with_suffix(".json")
    content = read_json(beside)
    sidecar = parse_row(cls, canonical_json(content), str(beside))
    arrays, _ = read_arrays(path)
    if sidecar.sha256 != sha256_file(path):
        raise InputError(
            f"{path} does not match the sha256 in {beside.name}: the file was changed or damaged; restore it, or "
            "delete the run directory to make it again."
        )
    return sidecar, arrays


def _check_rows(path: Path, ids: Sequence[str], layers: Sequence[int], arrays: Sequence[np.ndarray]) -> None:
    """Refuse ids or layers that come twice, and values that are no numbers."""
    for what, names in (("answer", ids), ("layer", layers)):
        if len(set(names)) < len(names):
            raise _not_as_described(path, f"one {what} comes twice, where each")
    if not all(np.isfinite(array).all() for array in arrays):
        raise _not_as_described(path, "some values are no numbers, where numbers")


def _not_as_described(path: Path, what: str) -> InputError:
    return InputError(
        f"{path} is not what {path.with_suffix('.json').name} says: {what} was expected; restore both, or delete the "
        "run directory to make it again."
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
    sidecar, arrays = _described(path, HeadsSidecar)
    layers, n = sidecar.layers, len(sidecar.generation_ids)
    names = [f"{kind}.{layer}" for kind in ("norms", "means") for layer in layers]
    if sorted(names) != sorted(arrays):
        raise _not_as_described(path, f"it holds {sorted(arrays)}, where {sorted(names)}")
    norms, means = ([arrays[f"{kind}.{layer}"] for layer in layers] for kind in ("norms", "means"))
    for norm, mean in zip(norms, means, strict=True):
        if norm.ndim != 2 or mean.ndim != 3 or mean.shape[:2] != norm.shape or len(norm) != n:
            raise _not_as_described(
                path, f"there are arrays of shapes {norm.shape} and {mean.shape}, where {n} rows each"
            )
    _check_rows(path, sidecar.generation_ids, layers, [*norms, *means])
    return HeadActivations(sidecar.generation_ids, layers, tuple(norms), tuple(means), sidecar.last_tokens)


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
        row = parse_row(ProbeRow, metadata.get(target, "{}"), f"{path}, probe {target!r}")
        if row.target != target or w.ndim != 1 or w.dtype != np.float64 or not np.isfinite([*w, row.b]).all():
            raise InputError(
                f"{path} holds a probe {target!r} that is not one: {w.dtype} weights of shape {w.shape}; restore it, "
                "or delete the run directory to make it again."
            )
        probes[target] = Probe(w=w, **{f.name: getattr(row, f.name) for f in dataclasses.fields(row)})
    return probes
