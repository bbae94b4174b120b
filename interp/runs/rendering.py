"""How the prompts of a run were put to its model: its `rendering.json`, and the one place where today is read."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

from interp.records.rendering import Rendering
from interp.runs.files import canonical_json, read_json, write_json
from interp.runs.layout import RENDERING
from interp.runs.rows import parse_row


def today() -> str:
    """Return this day as YYYY-MM-DD, by the clock and time zone of the machine."""
    return datetime.date.today().isoformat()


def write_rendering(run: Path, rendering: Rendering) -> None:
    """Write how prompts are put to the model into a run's directory."""
    write_json(run / RENDERING, dataclasses.asdict(rendering))


def read_rendering(run: Path) -> Rendering:
    """Return how a run's prompts were put to its model; a file that is missing or says something else: InputError."""
    return parse_row(Rendering, canonical_json(read_json(run / RENDERING)), str(run / RENDERING))
