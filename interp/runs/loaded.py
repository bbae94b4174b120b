"""Which model a run was made with: its `model.json`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from interp.records.loaded import Loaded
from interp.runs.files import canonical_json, read_json, write_json
from interp.runs.layout import MODEL
from interp.runs.rows import parse_row


def write_loaded(run: Path, loaded: Loaded) -> None:
    """Write what a run was made with into its directory."""
    write_json(run / MODEL, dataclasses.asdict(loaded))


def read_loaded(run: Path) -> Loaded:
    """Return what a run was made with; a file that is missing or says something else raises InputError."""
    return parse_row(Loaded, canonical_json(read_json(run / MODEL)), str(run / MODEL))
