"""The record of `claims.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from interp.errors import InputError
from interp.records.findings import Estimate
from interp.results.claims import ClaimResult, ClaimsReport, ClaimVerdict
from interp.results.schema import read_result, write_result
from interp.runs.files import read_json, write_json

SHARE = Estimate(0.5, 0.4, 0.6, "made up", 5, 5)
CLAIMS = (
    ClaimResult("P1", "1", "a share", "0.5", ClaimVerdict.REPRODUCED, (0.5,), SHARE, (), ("a.json",), "count", ""),
    ClaimResult("P2", "2", "two", "1 / 2", ClaimVerdict.DIFFERS, (1.0, 3.0), None, (0.0, 1.0), ("a.json",), "", "odd"),
    ClaimResult("P3", "2", "lost", "7", ClaimVerdict.NOT_RECOMPUTABLE, (None,), None, (), (), "needs it", ""),
)
REPORT = ClaimsReport(ClaimsReport.SCHEMA, "a paper", "https://example.org", "0" * 40, CLAIMS)


def test_claims_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    write_result(tmp_path / "claims.json", REPORT)
    assert read_result(tmp_path / "claims.json", ClaimsReport) == REPORT


def test_verdicts_are_counted_and_what_differs_is_named() -> None:
    assert list(REPORT.counts.values()) == [1, 1, 0, 1] and list(REPORT.counts) == list(ClaimVerdict)
    assert [result.id for result in REPORT.differing] == ["P2"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"schema": 0}, "has the schema 0, but this version reads 1: it was made by an older version"),
        ({"claims": [{"id": "P1"}]}, "is not a valid ClaimsReport"),
        ({"more": 1}, "is not a valid ClaimsReport"),
    ],
)
def test_another_schema_or_form_is_refused(wrong: dict[str, Any], said: str, tmp_path: Path) -> None:
    write_result(tmp_path / "claims.json", REPORT)
    write_json(tmp_path / "claims.json", read_json(tmp_path / "claims.json") | wrong)
    with pytest.raises(InputError, match=said):
        read_result(tmp_path / "claims.json", ClaimsReport)


def test_the_bare_list_of_earlier_versions_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "claims.json", [{"id": "P1"}])
    with pytest.raises(InputError, match="holds no ClaimsReport"):
        read_result(tmp_path / "claims.json", ClaimsReport)
