"""Which code and which libraries made a number."""

from __future__ import annotations

import importlib.metadata
import platform
from functools import cache
from pathlib import Path

SOURCES = (".py", ".jinja", ".mplstyle")  # what the files of a run are made by


LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "transformers", "tokenizers", "nnsight", "transformer-lens")


@cache
def code_version() -> str:
    """Return the distribution's version and a hash of the sources that make results."""
    import hashlib

    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for package in ("interp", "hooks", "probes", "figures"):
        for file in sorted(f for f in (root / package).rglob("*") if f.suffix in SOURCES):
            digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return f"{importlib.metadata.version('h-last')}+{digest.hexdigest()[:12]}"


def versions() -> dict[str, str]:
    """Return the versions of Python, this toolkit and the libraries that numbers depend on."""
    found = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), "h-last": code_version()} | found
