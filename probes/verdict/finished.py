"""A finished run directory, own or published, as the records that an analysis reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import Position, Site
from interp.records.judgements import Label
from interp.records.prompts import Prompt
from interp.runs.arrays import read_features
from interp.runs.directory import verify
from interp.runs.files import read_json, sha256_file
from interp.runs.layout import MANIFEST
from interp.runs.rows import read_rows
from probes.fitting import readings
from probes.verdict.analysis import Records

FEATURES = "features.safetensors"
STUDY_POOL = 4  # hidden states that the study averaged (paper section 6.6)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FinishedRun:
    """A run whose files were checked against its manifest."""

    path: Path
    manifest: Mapping[str, Any]
    records: Records

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.manifest["config"]["model"]["name"])

    @property
    def prompts(self) -> str:
        """The prompt set's name."""
        return str(self.manifest["config"]["prompts"]["name"])

    def __repr__(self) -> str:
        return f"FinishedRun({self.model} on {self.prompts}: {len(self.records.generations)} answers, {self.path})"


def open_finished(path: Path) -> FinishedRun:
    """Read a finished run; of a sweep over scaled heads only the unedited model's answers (heads times 1 are unedited).

    Raises:
        InputError: an unfinished or damaged run, or one that holds no answers.
    """
    manifest = verify(path)
    files = manifest["files"]
    missing = [name for name in ("prompts.jsonl", "generations.jsonl", "labels.jsonl") if name not in files]
    if missing or "model" not in manifest["config"]:
        raise InputError(f"{path} holds no {missing[0] if missing else 'model'}; expected a run with labelled answers.")
    found, pooled = read_readings(path, manifest["config"]) if FEATURES in files else (None, None)
    answers = read_rows(path / "generations.jsonl", Generation)
    unedited = {g.id: g for g in answers if g.edit is None or g.edit.factor == 1.0}
    records = Records(
        read_rows(path / "prompts.jsonl", Prompt),
        list(unedited.values()),
        [label for label in read_rows(path / "labels.jsonl", Label) if label.generation_id in unedited],
        found,
        pooled,
        {} if found is not None else _stored(path, manifest),
    )
    return FinishedRun(path, manifest, records)


def read_readings(path: Path, config: Mapping[str, Any]) -> tuple[readings.Readings, readings.Readings | None]:
    """Stack what a run captured as its configuration says it is read, and the study's multi-layer variant beside it."""
    file = path / FEATURES
    position = Position(config.get("position", Position.CONTENT))
    final = read_features(file, Site.LN_FINAL, position)
    held = read_json(file.with_suffix(".json"))["arrays"]
    if f"{Site.RESID_POST}.{position}" not in held:
        return readings.stack(None, final), None
    residual = read_features(file, Site.RESID_POST, position)
    k = int(config.get("pool_layers", 1))
    chosen = readings.pooled(residual, final, k) if k > 1 else readings.stack(residual, final)
    return chosen, readings.pooled_or_none(residual, final, STUDY_POOL)


def _stored(path: Path, manifest: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the steps of a published run that exist as numbers only."""
    if "report.json" not in manifest["files"]:
        return {}
    report = read_json(path / "report.json")
    if report.get("origin") != "published":
        return {}
    return {target: found["verdict"]["steps"] for target, found in report["targets"].items()}


def identity(run: FinishedRun) -> dict[str, Any]:
    """Return what names the run in a result made from it: path-free, so that equal runs give equal results."""
    return {
        "directory": run.path.resolve().name,
        "manifest_sha256": sha256_file(run.path / MANIFEST),
        "model": run.model,
        "prompts": run.prompts,
    }
