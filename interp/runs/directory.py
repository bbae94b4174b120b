"""A run directory: opened once per configuration, resumed where it was cut, believed only when `run.json` is there.

The directory's name holds the hash of the configuration, so a changed configuration is another directory and nothing is
ever overwritten. Expensive work is saved in parts; `run.json` is written last and names every file with its sha256.
No file holds a time of day: two runs of one configuration on one machine are equal byte for byte.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from interp.errors import InputError
from interp.records.shown import Shown
from interp.runs.files import (
    TEMPORARY,
    canonical_json,
    check_writable,
    make_directory,
    read_json,
    sha256_file,
    sha256_json,
    write_json,
)
from interp.runs.layout import CONFIG, GENERATIONS_AT, MANIFEST, READ
from interp.runs.rows import parse_row

LONGEST_NAME = 255  # bytes of a file's name on the systems that we know
_HASH = re.compile(r"-([0-9a-f]{12})$")  # a directory may be renamed; a name that ends in a hash must be the right one
SCHEMA = 2  # 2: every answer keeps the sha256 of its prompt, every run how its prompts were rendered


@dataclass(frozen=True, slots=True)
class Run(Shown):
    """A run directory and the configuration that made it; `place` is which directory it is, while it is open."""

    path: Path
    config: Mapping[str, Any]
    place: tuple[int, int] | None = field(default=None, compare=False, repr=False)

    def check_place(self) -> None:
        """Raise InputError where an open run's directory was removed or replaced since it was opened."""
        if self.place is not None and _place(self.path) != self.place:
            raise InputError(
                f"{self.path} was removed or replaced while it was being written, and what it held is gone; run the "
                "same command again."
            )

    @property
    def complete(self) -> bool:
        """True when the manifest is there."""
        return (self.path / MANIFEST).is_file()

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that it holds."""
        return tuple(sorted(p.name for p in self.path.glob("[!.]*") if p.is_file()))

    @property
    def journal(self) -> Path:
        """Where the files of the stages that are done are recorded until the run is closed."""
        return self.path / "parts" / "stages.json"

    def part(self, index: int) -> Path:
        """Return where part `index` of the expensive work is saved until the run is closed."""
        return self.path / "parts" / f"{index:05d}.safetensors"


@dataclass(frozen=True, slots=True)
class Manifest(Shown):
    """What `run.json` holds: the configuration, every file with its sha256, and how to make the run again.

    `source` names what a run was made from that is not one's own, such as the published study.
    """

    schema: int
    config: Mapping[str, Any]
    files: Mapping[str, str]
    command_line: str | None = None
    source: str | None = None


def config_hash(config: Mapping[str, Any]) -> str:
    """Return the short hash that names a configuration's run directory."""
    return sha256_json(config)[:12]


@contextlib.contextmanager
def open_run(root: Path, name: str, config: Mapping[str, Any]) -> Iterator[Run]:
    """Create or continue `<root>/<name>-<hash>/`, hold its lock, and clear what a killed process left half-written.

    Raises:
        InputError: another process holds the run, the directory belongs to another configuration, or a finished run's
            files no longer match its manifest.
    """
    from filelock import FileLock, Timeout

    path = root / f"{name}-{config_hash(config)}"
    new = not os.path.exists(path)  # noqa: PTH110 - Path.exists raises where a name is too long
    make_directory(path, "a run directory")
    _check_kinds(path)
    lock = FileLock(path / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise InputError(f"Another process is writing {path}; wait for it or pass another --output-dir.") from error
    except OSError:
        check_writable(path)  # says so
        raise
    failed, place = True, _place(path)
    try:
        _remove_unfinished(path)
        _check_config(path, config)
        run = Run(path, config, place)
        if run.complete:
            verify(path)
            _remove_parts(path)
        yield run
        failed = False
    finally:
        if failed and new and _place(path) == place and not any(path.glob("parts/*.safetensors")):
            shutil.rmtree(path, ignore_errors=True)  # a run that failed before its first answers leaves nothing
        if _place(path) == place:
            (path / ".lock").unlink(missing_ok=True)
        elif not (path / CONFIG).exists():
            shutil.rmtree(path, ignore_errors=True)  # what was written after somebody had removed the directory
        lock.release()


def _place(path: Path) -> tuple[int, int] | None:
    """Return which directory lies at a path, whatever its name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def read_run(path: Path | str) -> Run:
    """Return a finished run after checking every file against its manifest; an unfinished one raises InputError."""
    return Run(Path(path), verify(Path(path)).config)


def close_run(run: Run, *, command_line: str | None = None, source: str | None = None) -> None:
    """Write the manifest over every file of the run, then drop the parts that it was merged from."""
    run.check_place()
    files = sorted(p for p in run.path.iterdir() if p.is_file() and not p.name.startswith("."))
    hashes = {p.name: sha256_file(p) for p in files if p.name != MANIFEST}
    manifest = Manifest(SCHEMA, dict(run.config), hashes, command_line, source)
    known = {name: value for name, value in dataclasses.asdict(manifest).items() if value is not None}
    write_json(run.path / MANIFEST, known)
    _remove_parts(run.path)


def verify(path: Path) -> Manifest:
    """Return a finished run's manifest after checking every file against it.

    Raises:
        InputError: no manifest (no `run.json`, no run), one of another schema, a missing file, a file that does not
            match its sha256, one that was added, or configurations that do not agree.
    """
    if not (path / MANIFEST).is_file():
        raise InputError(f"{path} holds no {MANIFEST}: it is not a finished run; run its command again to finish it.")
    manifest = _read_manifest(path / MANIFEST)
    for name, digest in manifest.files.items():
        file = path / name
        if not file.is_file():
            raise InputError(
                f"{file} is missing from a finished run; restore it, or delete the directory to run again."
            )
        if sha256_file(file) != digest:
            raise InputError(
                f"{file} does not match its sha256 in {MANIFEST}: it was changed or damaged; restore it, or delete the "
                "directory to run again."
            )
    _check_agreement(path, manifest)
    _check_added(path, manifest)
    return manifest


def _check_added(path: Path, manifest: Manifest) -> None:
    """Refuse a file that would be read as one of the run's, but was not there when the run was finished."""
    for name in sorted({entry.name for entry in path.iterdir()} - set(manifest.files)):
        if name in READ or fnmatchcase(name, GENERATIONS_AT.format("*")):
            raise InputError(
                f"{path / name} is not named in {MANIFEST}: it was put there after the run was finished; remove it."
            )


def _check_agreement(path: Path, manifest: Manifest) -> None:
    """Refuse a manifest whose configuration is not that of `config.json`, or not that of the directory's own hash."""
    config = sha256_json(dict(manifest.config))
    if CONFIG not in manifest.files or sha256_json(read_json(path / CONFIG)) != config:
        raise InputError(
            f"{path / MANIFEST} and {CONFIG} beside it do not hold one configuration: one was changed; restore it, or "
            "delete the directory to run again."
        )
    named = _HASH.search(path.resolve().name)
    if named and named[1] != config_hash(manifest.config):
        raise InputError(
            f"{path} is named after another configuration than the one that it holds: it was changed or renamed; "
            "restore it, or delete the directory to run again."
        )


def _read_manifest(path: Path) -> Manifest:
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("files"), dict):
        raise InputError(f"{path} lists no files; restore it, or delete the directory to run again.")
    if content.get("schema") != SCHEMA:
        raise InputError(
            f"{path} has the schema {content.get('schema')!r}, but this version reads {SCHEMA}; run its command again "
            "with this version."
        )
    for name in content["files"]:
        odd = name.startswith(".") or name != PurePosixPath(name).name or "\\" in name or "\0" in name
        if odd or len(name.encode(errors="replace")) > LONGEST_NAME:
            raise InputError(f"{path} names the file {name[:80]!r}, which is not one of the run's own; restore it.")
    return parse_row(Manifest, canonical_json(content), str(path))


def _check_kinds(path: Path) -> None:
    """Refuse, before any work, what would be in the way at its end."""
    for name, is_right in (
        (".lock", Path.is_file),
        (CONFIG, Path.is_file),
        (MANIFEST, Path.is_file),
        ("parts", Path.is_dir),
    ):
        entry = path / name
        if os.path.lexists(entry) and (entry.is_symlink() or not is_right(entry)):
            kind = "folder" if is_right is Path.is_dir else "plain file"
            raise InputError(
                f"{entry} is not the {kind} that a run keeps there; remove it, or pass another --output-dir."
            )


def _check_config(path: Path, config: Mapping[str, Any]) -> None:
    file = path / CONFIG
    if not file.exists():
        write_json(file, dict(config))
    elif sha256_json(read_json(file)) != sha256_json(config):
        raise InputError(f"{file} was made by another configuration or changed by hand; pass another --output-dir.")


def _remove_unfinished(path: Path) -> None:
    for leftover in path.rglob(f"{TEMPORARY}*"):
        leftover.unlink()


def _remove_parts(path: Path) -> None:
    shutil.rmtree(path / "parts", ignore_errors=True)
