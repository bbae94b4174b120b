"""`python -m probes.power`: its table, and the record that it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from interp.errors import InputError
from interp.results.schema import read_result
from interp.runs.files import read_json, write_json
from probes.power import Power, main
from probes.simulate.report import PowerReport, needed, table
from probes.simulate.scenarios import SCENARIOS, SimulationOptions

SMALL = SimulationOptions(n_fit=40, n_fresh=60, d_model=48, studies=2, find_n=False)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("power")
    assert main(Power(SMALL, output_dir=folder)) == 0
    return folder / "power.json"


def test_every_kind_of_study_is_written_and_in_the_table(written: Path) -> None:
    report = read_result(written, PowerReport)
    assert tuple(result.scenario for result in report.scenarios) == SCENARIOS
    assert report.options == SMALL and report.spectrum is None and report.thresholds.fresh_auroc == 0.63
    rows = table(report).split("\n")
    assert len(rows) == 1 + len(SCENARIOS)
    assert all(row.startswith(name.replace("_", " ")) for row, name in zip(rows[1:], SCENARIOS, strict=True))
    assert needed(report) == ""


def test_the_command_prints_what_it_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = SimulationOptions(n_fit=40, n_fresh=60, d_model=48, studies=2, scenario="signal", power=0.5)
    assert main(Power(sizes, output_dir=tmp_path)) == 0
    report = read_result(tmp_path / "power.json", PowerReport)
    told = capsys.readouterr().out
    assert (
        told
        == f"2 simulated studies a row; shares in per cent.\n{table(report)}\n{needed(report)}{tmp_path}/power.json\n"
    )
    assert report.n_needed is not None and "answers on fit" in needed(report)


def test_another_schema_or_form_is_refused(written: Path, tmp_path: Path) -> None:
    content = read_json(written)
    for wrong, said in (
        ({"schema": 1}, "made by an older version of the toolkit; make it again"),
        ({"spectrum": 3}, "is not a valid PowerReport"),
        ({"gates": {}}, "is not a valid PowerReport"),
    ):
        write_json(tmp_path / "power.json", content | wrong)
        with pytest.raises(InputError, match=said):
            read_result(tmp_path / "power.json", PowerReport)


def test_numbers_that_cannot_be_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--studies"):
        main(Power(SimulationOptions(studies=0), output_dir=tmp_path))
    with pytest.raises(InputError, match="rate_fit"):
        main(Power(SimulationOptions(rate_fit=1.5), output_dir=tmp_path))
    assert list(tmp_path.iterdir()) == []
