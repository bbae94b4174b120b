"""A root directory for a sandboxed program that holds Python's standard library, read-only, and one small work folder.

Standard library only: a sandboxed process imports this with nothing else on its path.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from interp.sandbox import kernel

WORK = "/work"  # the work folder as the program sees it
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_INODES = 256


def libraries() -> list[str]:
    """Return the directories that a running Python needs: the system's shared libraries and its standard library."""
    own = [str(Path(prefix) / "lib") for prefix in (sys.base_prefix, sys.base_exec_prefix)]
    return list(dict.fromkeys(path for path in (*_SYSTEM, *own) if Path(path).is_dir()))


def open_to_all(path: str) -> bool:
    """Return whether any user may go down to a directory."""
    return all(part.stat().st_mode & stat.S_IXOTH for part in (Path(path), *Path(path).parents))


def enter_small_root(stage: str, *, disk_bytes: int, owner: int) -> None:
    """Replace the file system by a small one, in a mount namespace of one's own.

    It holds `libraries()` read-only, `/dev/null`, and `/work`, an empty folder in memory of `disk_bytes` that belongs
    to `owner`. There is no /proc, no /tmp, no home and no program to run.

    Raises:
        OSError: the kernel does not permit one of the mounts.
    """
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    flags = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("tmpfs", stage, "tmpfs", flags, "size=256k,mode=755")
    for path in libraries():
        _offer(path, stage)
    _offer_null(stage)
    work = stage + WORK
    Path(work).mkdir()
    kernel.mount("tmpfs", work, "tmpfs", flags, f"size={disk_bytes},nr_inodes={_INODES},mode=700")
    os.chown(work, owner, owner)
    kernel.enter_root(stage)
    kernel.mount("none", "/", None, kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | flags)


def _offer(path: str, stage: str) -> None:
    """Show a directory at the same place below `stage`, read-only; a symbolic link is copied as one."""
    source, target = Path(path), Path(stage + path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    if target.is_dir():  # it lies below a directory that is there already
        return
    target.mkdir()
    kernel.mount(path, str(target), None, kernel.MS_BIND | kernel.MS_REC)
    again = kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY
    kernel.mount("none", str(target), None, again | kernel.MS_NOSUID | kernel.MS_NODEV | _locked(str(target)))


def _locked(target: str) -> int:
    """Return the flags that a mount already has and that may not be taken away in a user namespace."""
    kept = os.statvfs(target).f_flag
    return kept & (os.ST_NOEXEC | os.ST_NOATIME | os.ST_NODIRATIME | os.ST_RELATIME)


def _offer_null(stage: str) -> None:
    null = Path(stage + "/dev/null")
    null.parent.mkdir()
    null.touch()
    kernel.mount("/dev/null", str(null), None, kernel.MS_BIND)
