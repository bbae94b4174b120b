from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.records.arrays import Position, Site
from interp.records.findings import FailureMode, Step, StepResult
from interp.results.evidence import TargetReport
from interp.results.fit import FalsifyReport
from interp.results.schema import read_result
from interp.runs.arrays import read_features, write_features
from interp.runs.directory import close_run, open_run, read_run, verify
from interp.runs.layout import FEATURES, GENERATIONS, LABELS, PROMPTS
from interp.study import runs
from interp.study.data import Study
from probes.falsify import PROG, Falsify, falsify_run, main, output_directory


@pytest.fixture(scope="module")
def study(paper_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(paper_dir, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def smollm(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runs.as_run("smollm2-1.7b", tmp_path_factory.mktemp("runs"), study)


@pytest.fixture(scope="module")
def report(smollm: Path) -> FalsifyReport:
    return falsify_run(Falsify(smollm, target="correct"))


@pytest.fixture(scope="module")
def found(report: FalsifyReport) -> TargetReport:
    return correct(report)


def correct(report: FalsifyReport) -> TargetReport:
    assert report.targets.correct is not None
    return report.targets.correct


def step_of(found: TargetReport, step: Step) -> StepResult:
    return next(taken for taken in found.verdict.steps if taken.step is step)


@pytest.mark.parametrize(
    ("c", "auroc", "asymmetry", "threshold"),
    [(1.0, 0.518719806763285, -0.16062801932367143, 0.06), (0.1, 0.5048309178743962, -0.1878019323671497, 0.16)],
)
def test_the_studys_recipe_on_its_features_gives_its_numbers(
    report: FalsifyReport, c: float, auroc: float, asymmetry: float, threshold: float
) -> None:
    row = next(r for r in report.study_recipe.correct or () if r.c == c)
    assert row.asymmetry is not None
    assert row.fresh.value == pytest.approx(auroc, abs=1e-9)
    assert row.asymmetry.value == pytest.approx(asymmetry, abs=1e-9)
    assert row.threshold == pytest.approx(threshold, abs=1e-9)
    assert report.study_recipe.asserted is None


def test_smollm2_is_a_capability_cliff_whose_asymmetry_is_imbalance(found: TargetReport) -> None:
    verdict = found.verdict
    assert verdict.failure is FailureMode.CAPABILITY_CLIFF
    assert "9 of 193" in verdict.reason and "class imbalance" in verdict.reason
    assert {"imbalance", "base_rate_shift", "feature_shift", "prompt_shift"} <= {t.name for t in verdict.threats}


def test_the_nulls_do_not_call_smollm2s_probe_a_find(found: TargetReport) -> None:
    assert found.nulls is not None
    assert [row.name for row in found.nulls.rows] == ["label permutation", "random direction", "shuffled features"]
    assert all(row.p_value is not None and row.p_value > 0.05 for row in found.nulls.rows)
    selectivity = found.nulls.control_task.selectivity
    assert selectivity is not None and selectivity.lower < 0 < selectivity.upper


def test_what_was_never_published_is_not_measured(found: TargetReport) -> None:
    baselines = {row.name: row for row in found.baselines}
    assert baselines["answer length"].fresh is None
    assert "not kept" in baselines["answer length"].reason
    assert baselines["TF-IDF of the prompt"].fresh is not None


def test_texts_and_stored_numbers_are_enough_for_gemma(study: Study, tmp_path: Path) -> None:
    gemma = runs.as_run("gemma-4-e2b", tmp_path, study)
    report = falsify_run(Falsify(gemma, target="correct"))
    found = correct(report)
    outcomes = {s.step: s.outcome for s in found.verdict.steps}
    assert outcomes == {"cross_validation": "pass", "fresh_prompts": "fail", "layer_pooling": "unresolved"}
    cut = [t for t in found.verdict.threats if t.name == "cut_off_answers"]
    assert [t.evidence["cut"] for t in cut] == [82, 147]
    assert found.headline is None and report.study_recipe.made() == ()


def again(run: Path, root: Path, scale: float, **model: str) -> Path:
    """Write a run once more as another model's: its configuration, and its features times `scale`."""
    was = read_run(run)
    with open_run(root, "again", {**was.config, "model": {**was.config["model"], **model}}) as copy:
        for name in (PROMPTS, GENERATIONS, LABELS):
            shutil.copy(run / name, copy.path / name)
        held = read_features(run / FEATURES, Site.LN_FINAL, Position.CONTENT)
        write_features(copy.path / FEATURES, [dataclasses.replace(held, x=held.x * np.float32(scale))])
        close_run(copy)
    return copy.path


OWN = {"source": "hub", "repo": "org/model", "commit": "a" * 40}


def test_a_second_run_supplies_the_fifth_step(
    smollm: Path, report: FalsifyReport, found: TargetReport, tmp_path: Path
) -> None:
    other = again(smollm, tmp_path, 2.0, name="another")
    both = falsify_run(Falsify(smollm, second=other, target="correct"))
    step, fresh = step_of(correct(both), Step.CROSS_MODEL), step_of(found, Step.FRESH_PROMPTS)
    assert step.auroc is not None and fresh.auroc is not None
    assert step.auroc.value == pytest.approx(fresh.auroc.value, abs=1e-3)  # features times 2 tell the same
    assert step.detail.startswith("another: ")
    assert both.run == report.run and report.second is None
    assert both.second is not None and (both.second.model, both.second.directory) == ("another", other.name)
    assert step_of(found, Step.CROSS_MODEL).auroc is None


def test_a_run_is_not_its_own_second_model(
    smollm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(smollm, tmp_path / "copy"))
    for second in (smollm, copy):
        monkeypatch.setattr(sys, "argv", ["probes.falsify", str(smollm), "--second", str(second)])
        assert run_command(Falsify, main, PROG) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and "is no second model: it was made with the same weights" in said


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_second_models_are_told_by_commit_never_by_name(smollm: Path, tmp_path: Path, scale: float) -> None:
    first = again(smollm, tmp_path, 1.0, name="one", **OWN)
    renamed = again(smollm, tmp_path, scale, name="other", **(OWN | {"repo": "/elsewhere", "source": "directory"}))
    with pytest.raises(InputError, match="made with the same weights"):
        falsify_run(Falsify(first, second=renamed, target="correct"))
    namesake = again(smollm, tmp_path, 2.0, name="one", **(OWN | {"commit": "a" * 39 + "b"}))
    assert falsify_run(Falsify(first, second=namesake, target="correct")).second is not None


def test_a_second_run_with_the_same_features_is_refused_under_any_commit(smollm: Path, tmp_path: Path) -> None:
    first = again(smollm, tmp_path, 1.0, name="one", **OWN)
    relabelled = again(smollm, tmp_path, 1.0, name="two", **(OWN | {"commit": "b" * 40}))
    with pytest.raises(InputError, match=r"its features\.safetensors is that of .*, byte for byte"):
        falsify_run(Falsify(first, second=relabelled, target="correct"))


def test_the_command_names_the_run_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["probes.falsify"])
    assert run_command(Falsify, main, PROG) == 2
    assert capsys.readouterr().err.startswith("error: Required but missing: RUN;")


def test_the_command_prints_the_verdict_and_leaves_the_run_as_it_was(
    smollm: Path, report: FalsifyReport, tmp_path: Path
) -> None:
    before = {p.name: p.stat().st_mtime_ns for p in smollm.iterdir()}
    command = [
        sys.executable,
        "-m",
        "probes.falsify",
        str(smollm),
        "--target",
        "correct",
        "--output-dir",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "capability cliff" in done.stdout
    assert done.stdout.rstrip().endswith(str(tmp_path / "falsify.md"))
    assert read_result(tmp_path / "falsify.json", FalsifyReport) == report
    assert report.run.directory == smollm.name
    page = (tmp_path / "falsify.md").read_text()
    html = (tmp_path / "falsify.html").read_text()
    assert "No handle: capability cliff" in html and "falsify.json <code>" in html
    assert "The study&#39;s own recipe" in html and "report.json" not in html
    assert "0.519 [" in page and "selectivity" in page and "Brier" in page
    assert {p.name: p.stat().st_mtime_ns for p in smollm.iterdir()} == before
    verify(smollm)


def test_a_finished_run_is_never_written_into(smollm: Path) -> None:
    assert output_directory(Falsify(smollm)) == smollm.parent / f"{smollm.name}-falsify"
    with pytest.raises(InputError, match="whose files are hashed"):
        main(Falsify(smollm, output_dir=smollm))


def test_an_unfinished_run_and_one_without_answers_are_refused(study: Study, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a finished run"):
        falsify_run(Falsify(tmp_path))
    with pytest.raises(InputError, match=r"holds no prompts\.jsonl"):
        falsify_run(Falsify(runs.as_run("arc-1", tmp_path, study)))


@pytest.mark.parametrize(("options", "said"), [({"folds": 1}, "--folds is 1"), ({"seed": -1}, "--seed -1")])
def test_numbers_that_cannot_be_are_refused_before_the_run_is_read(
    options: dict[str, int], said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        falsify_run(Falsify(tmp_path, **options))
