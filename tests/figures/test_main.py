from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from figures.__main__ import PROG, Figures, drawings, main
from figures.listing import PAPER
from figures.paper import arc1_deltas, auc_collapse, axis_sweep, h_last_pca
from figures.parts.result import DrawnRun
from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.study import data


def test_several_runs_stand_side_by_side(results: list[DrawnRun]) -> None:
    filled, missing = drawings([results[1], results[0]], PAPER)
    found = {drawing.figure.name: [panel.title for panel in drawing.panels] for drawing in filled}
    assert found["auc_collapse"] == ["smollm2-1.7b", "gemma-4-e2b"]
    assert found["axis_sweep"] == ["gemma-4-e2b"]
    assert missing == [f"arc1_deltas was not drawn: {results[1].path} holds no deltas.json; {SUPPLY}."]


SUPPLY = "python -m interp.compare writes it"


def test_runs_named_on_the_command_line_are_drawn(results: list[DrawnRun], tmp_path: Path) -> None:
    arguments = Figures(run=(results[0].path, results[1].path), output_dir=tmp_path)
    assert main(arguments) == 0
    assert (tmp_path / "auc_collapse_double.pdf").is_file()
    assert not (tmp_path / "arc1_deltas.json").exists()


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-1]), id="damaged"),
        pytest.param(lambda path: path.unlink(), id="missing"),
    ],
)
@pytest.mark.parametrize("name", [data.GEMMA_AXES, data.PCA_RANK])
def test_a_bad_artifact_stops_by_name_and_no_figure_is_written(
    paper_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, harm: Callable[[Path], None]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(paper_dir, copy, copy_function=shutil.copyfile)
    harm(copy / name)
    monkeypatch.setenv(data.LOCAL_COPY, str(copy))
    with pytest.raises(InputError, match=name):
        main(Figures(output_dir=tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_damaged_run_stops_by_name_and_no_figure_is_written(results: list[DrawnRun], tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(results[0].path, run)
    (run / "labels.jsonl").write_text("")
    with pytest.raises(InputError, match=r"labels\.jsonl does not match its sha256"):
        main(Figures(run=(run,), output_dir=tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_directory_that_is_no_run_is_one_sentence_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [PROG, "--run", str(tmp_path), "--output-dir", str(tmp_path / "out")])
    assert run_command(Figures, main, PROG) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path} holds no run.json") and error.count("\n") == 1


def test_run_may_be_given_several_times(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Figures] = []

    def remember(options: Figures) -> None:
        seen.append(options)

    monkeypatch.setattr("sys.argv", [PROG, "--run", "a", "--run", "b"])
    assert run_command(Figures, remember, PROG) == 0
    assert seen[0].run == (Path("a"), Path("b"))


def test_the_published_figures_hold_the_papers_numbers(results: list[DrawnRun]) -> None:
    gemma, smollm, _, arc_1 = results
    assert [round(p.value, 3) for p in auc_collapse.read(gemma).points] == [0.683, 0.516, 0.557]
    assert [round(p.value, 3) for p in auc_collapse.read(smollm).points] == [0.519]
    assert [p.label for p in axis_sweep.read(gemma).points][::2] == [
        "factual accuracy",
        "hedging appropriateness",
        "pedagogical framing",
        "self verification",
        "completeness",
    ]
    assert h_last_pca.read(smollm).n == {"wrong": 184, "correct": 9}
    deltas = {(p.label, p.series): round(p.value, 2) for p in arc1_deltas.read(arc_1).points}
    assert deltas["HumanEval, 0.6B", arc1_deltas.STAGES["recomputed"]] == 17.68
    assert deltas["MCAS, judged", arc1_deltas.STAGES["corrected"]] == -1.28
