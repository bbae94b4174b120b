from __future__ import annotations

from pathlib import Path

import pytest

from interp.errors import InputError
from interp.records.findings import Estimate
from interp.results.evidence import BySplit, Thresholds
from interp.results.fit import FitReport, PublishedReport
from interp.results.reading import is_published, read_either, read_report
from interp.results.schema import write_result
from interp.runs.directory import Run

RATE = Estimate(0.6, 0.5, 0.7, "rate", 55, 138)
PUBLISHED = PublishedReport(2, "published", Thresholds(), BySplit(RATE, RATE), (), ())


def test_a_fitted_run_has_a_report_by_its_path_and_as_a_run(fit_report: FitReport, tmp_path: Path) -> None:
    write_result(tmp_path / "report.json", fit_report)
    assert read_report(tmp_path) == read_report(Run(tmp_path, {})) == fit_report
    assert read_either(tmp_path / "report.json") == fit_report
    assert not is_published(tmp_path / "report.json")


def test_stored_numbers_are_no_fitted_report_and_are_read_as_what_they_are(tmp_path: Path) -> None:
    write_result(tmp_path / "report.json", PUBLISHED)
    assert is_published(tmp_path / "report.json")
    assert read_either(tmp_path / "report.json") == PUBLISHED
    with pytest.raises(InputError, match="holds the study's stored numbers, which are no fitted run's report"):
        read_report(tmp_path)


def test_a_run_without_a_report_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"report\.json is missing"):
        read_report(tmp_path)
