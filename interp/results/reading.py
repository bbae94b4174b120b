"""The report of a finished run, whichever kind it is."""

from __future__ import annotations

from pathlib import Path

from interp.errors import InputError
from interp.results.fit import FitReport, PublishedReport
from interp.results.schema import read_result
from interp.runs.directory import Run
from interp.runs.files import read_json
from interp.runs.layout import REPORT


def is_published(path: Path) -> bool:
    """Say whether a report is of the published study."""
    content = read_json(path)
    return isinstance(content, dict) and content.get("origin") == "published"


def read_report(run: Run | Path) -> FitReport:
    """Return every number of a fitted run; a run without a report, or a published one, raises InputError."""
    path = (run.path if isinstance(run, Run) else run) / REPORT
    if path.is_file() and is_published(path):
        raise InputError(f"{path} holds the study's stored numbers, which are no fitted run's report.")
    return read_result(path, FitReport)


def read_either(path: Path) -> FitReport | PublishedReport:
    """Return a report of a fitted or of a published run."""
    return read_result(path, PublishedReport) if is_published(path) else read_result(path, FitReport)
