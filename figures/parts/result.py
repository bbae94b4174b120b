"""A finished run directory as the figures see it: verified, and never anything but files."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import Position
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.results.evidence import TargetReport, Thresholds
from interp.results.fit import ProbeReport, PublishedReport
from interp.results.reading import read_either
from interp.runs import layout
from interp.runs.directory import verify
from interp.runs.files import read_json
from interp.runs.rows import read_rows

Row = TypeVar("Row")
LABELLED = (layout.PROMPTS, layout.GENERATIONS, layout.LABELS)  # what labels are read from


class NotInRun(InputError):
    """A run does not hold what a figure draws; the message names the file or entry, and what would supply it."""


@dataclass(frozen=True, slots=True)
class DrawnRun:
    """A finished run: where it lies, whose it is, at which token it read h_last, and what it holds.

    `numbers` is a report to draw instead of the run's own, such as what a later analysis of the run found. `commit`
    says which weights answered, None where nobody recorded it.
    """

    path: Path
    model: str
    position: Position
    files: frozenset[str]
    numbers: ProbeReport | None = None
    commit: str | None = None

    def json(self, name: str, supplied_by: str) -> Any:
        """Return a JSON file of the run; an absent one raises NotInRun with what would supply it."""
        if name not in self.files:
            raise NotInRun(f"{self.path} holds no {name}; {supplied_by}.")
        return read_json(self.path / name)

    def rows(self, name: str, record: type[Row]) -> list[Row]:
        """Return a JSON-lines file of the run as records; an absent one raises NotInRun."""
        if name not in self.files:
            raise NotInRun(f"{self.path} holds no {name}; a run of python -m probes.fit does.")
        return read_rows(self.path / name, record)

    def report(self) -> ProbeReport | PublishedReport:
        """Return the run's report; a run without one raises NotInRun."""
        if self.numbers is not None:
            return self.numbers
        if layout.REPORT not in self.files:
            raise NotInRun(f"{self.path} holds no {layout.REPORT}; python -m probes.fit writes it.")
        return read_either(self.path / layout.REPORT)

    def thresholds(self) -> Thresholds:
        """Return what the report's numbers had to show."""
        return self.report().thresholds

    def correctness(self) -> TargetReport:
        """Return what a fitted run's report says of correctness; a report without it raises NotInRun."""
        report = self.report()
        if isinstance(report, PublishedReport):
            raise NotInRun(f"{self.path / layout.REPORT} holds the study's stored numbers only.")
        if report.targets.correct is None:
            raise NotInRun(f"{self.path / layout.REPORT} says nothing of correctness; run with --target both.")
        return report.targets.correct

    def labels(self, split: Split) -> list[Label]:
        """Return the labels of the unedited model's answers to one split's prompts (heads times 1 are unedited)."""
        split_of = {p.id: p.split for p in self.rows(layout.PROMPTS, Prompt)}
        generations = self.rows(layout.GENERATIONS, Generation)
        here = {g.id for g in generations if split_of[g.prompt_id] is split and (not g.edit or g.edit.factor == 1.0)}
        return [label for label in self.rows(layout.LABELS, Label) if label.generation_id in here]


def open_result(path: Path) -> DrawnRun:
    """Return a finished run after checking every file against its manifest; a bad one raises InputError."""
    manifest = verify(path)
    model, commit = manifest.config.get("model", path.resolve().name), None
    if isinstance(model, Mapping):
        model = model.get("model", model)  # a graded run holds the whole of its model.json
        model, commit = model["name"], model.get("commit")
    position = Position(manifest.config.get("position", Position.CONTENT))
    return DrawnRun(path, str(model), position, frozenset(manifest.files), commit=commit)


def told_apart(results: Sequence[DrawnRun]) -> list[DrawnRun]:
    """Return runs that are to stand side by side: other weights of the same name get their commit behind the name."""
    commits: dict[str, set[str | None]] = {}
    for result in results:
        commits.setdefault(result.model, set()).add(result.commit)
    return [
        dataclasses.replace(r, model=f"{r.model} ({(r.commit or 'unknown')[:12]})") if len(commits[r.model]) > 1 else r
        for r in results
    ]
