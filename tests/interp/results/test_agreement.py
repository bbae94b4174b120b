"""The file of `interp.agreement --output`: read back as it was written, another schema refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interp.errors import InputError
from interp.labels.agreement import compare
from interp.results.agreement import AgreementReport, LabelSource
from interp.results.schema import read_result, write_result

ROWS = compare([True, False, None], [True, True, False], "correct"), compare([None], [True], "asserted")
REPORT = AgreementReport(AgreementReport.SCHEMA, 3, (LabelSource("a", "judge-1"), LabelSource("b", "judge-2")), ROWS)


def test_a_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    assert ROWS[0].kappa is not None and ROWS[1].kappa is None
    write_result(tmp_path / "agreement.json", REPORT)
    assert read_result(tmp_path / "agreement.json", AgreementReport) == REPORT


def test_another_schema_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "agreement.json"
    write_result(file, REPORT)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema": 1}))
    with pytest.raises(InputError, match="has the schema 1, but this version reads 2.*an older version"):
        read_result(file, AgreementReport)
