"""Which model a run was made with: its `model.json`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from interp.errors import InputError
from interp.records.loaded import Loaded
from interp.runs.files import canonical_json, read_json, write_json
from interp.runs.layout import CONFIG, MODEL
from interp.runs.rows import parse_row


def write_loaded(run: Path, loaded: Loaded) -> None:
    """Write what a run was made with into its directory.

    Raises:
        InputError: other weights than those that the run's configuration names; its directory would be theirs.
    """
    config = read_json(run / CONFIG) if (run / CONFIG).is_file() else {}
    model = config.get("model") if isinstance(config, dict) else None
    planned = model.get("commit") if isinstance(model, dict) else None
    if planned is not None and planned != loaded.model.commit:
        raise InputError(
            f"The model {loaded.model.name} was changed after this run had been planned (commit {planned} then, "
            f"{loaded.model.commit} now); run the same command again."
        )
    write_json(run / MODEL, dataclasses.asdict(loaded))


def read_loaded(run: Path) -> Loaded:
    """Return what a run was made with; a file that is missing or says something else raises InputError."""
    return parse_row(Loaded, canonical_json(read_json(run / MODEL)), str(run / MODEL))
