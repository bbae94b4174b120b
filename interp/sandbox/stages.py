"""Folders of a sandbox's own, which a killed run leaves behind and the next start sweeps away.

Whoever uses such a folder holds a lock on it, and the kernel lets go of the lock when the last of them has ended.
Standard library only: a sandboxed process imports this with nothing else on its path.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

UNPRIVILEGED = 1_000_000_000  # users from here on own nothing; root gives every sandbox one of its own
_PREFIX, _MAKING = "h-last-sandbox-", "h-last-making-"
_SOON = 60.0  # seconds in which a folder that is being made gets its lock and its name
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def new() -> tuple[Path, int]:
    """Return a new empty folder, and the open file number that holds its lock."""
    making = Path(tempfile.mkdtemp(prefix=_MAKING))
    lock = os.open(making, _OPEN)
    fcntl.flock(lock, fcntl.LOCK_EX)
    # The name under which it is swept comes only with the lock, so that nobody sweeps it in between.
    place = making.with_name(_PREFIX + making.name.removeprefix(_MAKING))
    making.rename(place)
    return place, lock


@contextlib.contextmanager
def held() -> Iterator[Path]:
    """Give a new folder, and remove it and what it holds in the end."""
    place, lock = new()
    try:
        yield place
    finally:
        remove(place)
        os.close(lock)


def remove(place: Path) -> None:
    """Remove a folder and what it holds; what cannot be removed is left to the next sweep."""
    shutil.rmtree(place, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of runs that were killed; those in use, or of somebody else, stay."""
    there = Path(tempfile.gettempdir())
    for place in there.glob(f"{_PREFIX}*"):
        _sweep(place, unlocked_since=0.0)
    for place in there.glob(f"{_MAKING}*"):
        _sweep(place, unlocked_since=_SOON)


def _sweep(place: Path, *, unlocked_since: float) -> None:
    with contextlib.suppress(OSError):  # in use (the lock is held), another user's, a link, or already gone
        lock = os.open(place, _OPEN)
        try:
            about = os.fstat(lock)
            ours = about.st_uid in (os.geteuid(), 0) or about.st_uid >= UNPRIVILEGED
            if ours and time.time() - about.st_mtime >= unlocked_since:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(place)
        finally:
            os.close(lock)
