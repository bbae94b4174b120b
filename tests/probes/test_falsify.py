from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.runs.directory import verify
from interp.study import runs
from interp.study.data import Study
from probes.evidence.thresholds import Gates
from probes.falsify import PROG, Falsify, falsify_run, main, output_directory
from probes.fitting.cross_validation import C_GRID
from probes.verdict.analysis import Second, second_step
from probes.verdict.finished import open_finished


@pytest.fixture(scope="module")
def study(paper_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(paper_dir, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def smollm(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runs.as_run("smollm2-1.7b", tmp_path_factory.mktemp("runs"), study)


@pytest.fixture(scope="module")
def found(smollm: Path) -> dict[str, Any]:
    return falsify_run(Falsify(smollm, target="correct"))


@pytest.mark.parametrize(
    ("c", "auroc", "asymmetry", "threshold"),
    [(1.0, 0.518719806763285, -0.16062801932367143, 0.06), (0.1, 0.5048309178743962, -0.1878019323671497, 0.16)],
)
def test_the_studys_recipe_on_its_features_gives_its_numbers(
    found: dict[str, Any], c: float, auroc: float, asymmetry: float, threshold: float
) -> None:
    row = next(r for r in found["study_recipe"]["correct"] if r["c"] == c)
    assert row["fresh"]["value"] == pytest.approx(auroc, abs=1e-9)
    assert row["asymmetry"]["value"] == pytest.approx(asymmetry, abs=1e-9)
    assert row["threshold"] == pytest.approx(threshold, abs=1e-9)


def test_smollm2_is_a_capability_cliff_whose_asymmetry_is_imbalance(found: dict[str, Any]) -> None:
    verdict = found["targets"]["correct"]["verdict"]
    assert verdict["failure"] == "capability_cliff"
    assert "9 of 193" in verdict["reason"] and "class imbalance" in verdict["reason"]
    assert {"imbalance", "base_rate_shift", "feature_shift", "prompt_shift"} <= {t["name"] for t in verdict["threats"]}


def test_the_nulls_do_not_call_smollm2s_probe_a_find(found: dict[str, Any]) -> None:
    nulls = found["targets"]["correct"]["nulls"]
    assert [row["name"] for row in nulls["rows"]] == ["label permutation", "random direction", "shuffled features"]
    assert all(row["p_value"] > 0.05 for row in nulls["rows"])
    selectivity = nulls["control_task"]["selectivity"]
    assert selectivity["lower"] < 0 < selectivity["upper"]


def test_what_was_never_published_is_not_measured(found: dict[str, Any]) -> None:
    controls = {c["name"]: c for c in found["targets"]["correct"]["controls"]}
    assert controls["answer length"]["fresh"] is None
    assert "not kept" in controls["answer length"]["reason"]
    assert controls["TF-IDF of the prompt"]["fresh"] is not None


def test_texts_and_stored_numbers_are_enough_for_gemma(study: Study, tmp_path: Path) -> None:
    gemma = runs.as_run("gemma-4-e2b", tmp_path, study)
    one = falsify_run(Falsify(gemma, target="correct"))["targets"]["correct"]
    outcomes = {s["step"]: s["outcome"] for s in one["verdict"]["steps"]}
    assert outcomes == {"cross_validation": "pass", "fresh_prompts": "fail", "layer_pooling": "unresolved"}
    cut = [t for t in one["verdict"]["threats"] if t["name"] == "cut_off_answers"]
    assert [t["evidence"]["cut"] for t in cut] == [82, 147]
    assert one["headline"] is None


def test_a_second_run_supplies_the_fifth_step(smollm: Path, found: dict[str, Any]) -> None:
    run = open_finished(smollm)
    step = second_step(run.records, Second(run.model, run.records), "correct", C_GRID, 5, 0, Gates())
    fresh = next(s for s in found["targets"]["correct"]["verdict"]["steps"] if s["step"] == "fresh_prompts")
    assert step.step == "cross_model" and step.auroc is not None
    assert step.auroc.value == fresh["auroc"]["value"]
    assert step.detail.startswith("smollm2-1.7b: ")


def test_the_command_names_the_run_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["probes.falsify"])
    assert run_command(Falsify, main, PROG) == 2
    assert capsys.readouterr().err.startswith("error: Required but missing: RUN;")


def test_the_command_prints_the_verdict_and_leaves_the_run_as_it_was(smollm: Path, tmp_path: Path) -> None:
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
    assert json.loads((tmp_path / "falsify.json").read_text())["run"]["directory"] == smollm.name
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
