"""Arrays as safetensors with a JSON sidecar, checked byte by byte when they are read."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from interp.errors import InputError
from interp.records.arrays import Features, HeadActivations, Position, Probe, Site
from interp.runs.files import atomic_path, canonical_json, read_json, sha256_file, write_json


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
