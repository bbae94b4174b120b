from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from made_up import finished, simulated

from interp.records.findings import FailureMode, Step
from interp.results.evidence import TargetReport
from interp.results.fit import FitReport
from interp.results.reading import read_report
from interp.runs.arrays import read_probes
from interp.runs.files import canonical_json
from interp.runs.rows import row_text
from probes.evidence.gather import gather, gather_run
from probes.fitting.recipe import Recipe
from probes.report.assemble import probes, target_report, target_reports
from probes.report.markdown import body
from probes.verdict.judgement import judge, judge_run

RECIPE = Recipe(cs=(0.1, 0.01))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished(tmp_path_factory.mktemp("runs"), "strong", simulated(0.96, n=120, noise=3), RECIPE)


@pytest.fixture(scope="module")
def report(run: Path) -> FitReport:
    return read_report(run)


@pytest.fixture(scope="module")
def correct(report: FitReport) -> TargetReport:
    assert report.targets.correct is not None
    return report.targets.correct


def test_the_chosen_place_makes_the_headline(correct: TargetReport) -> None:
    assert correct.headline is not None
    assert correct.headline.at == correct.study_reading == correct.layers[-1]
    assert correct.headline.at.place == "ln_final"
    assert len(correct.layers) == 4
    fresh = next(step for step in correct.verdict.steps if step.step is Step.FRESH_PROMPTS)
    assert fresh.auroc is not None and correct.headline.fresh_p == fresh.auroc.p_value
    assert dataclasses.replace(fresh.auroc, p_value=None) == correct.headline.at.fresh
    assert correct.headline.nested_cv == correct.verdict.steps[0].auroc


def test_every_part_is_written_and_comes_back_as_it_was(report: FitReport, correct: TargetReport, run: Path) -> None:
    records = simulated(0.96, n=120, noise=3)
    evidence = gather_run(records, ("correct",), RECIPE)
    assert report.targets == target_reports(evidence, judge_run(evidence, RECIPE))
    assert (report.answers, report.labels, report.delivery) == (evidence.answers, evidence.labels, evidence.delivery)
    assert report.thresholds == RECIPE.thresholds and report.targets.asserted is None
    assert correct.verdict.failure is FailureMode.NONE
    for part in ("layers", "baselines", "nulls", "reliability", "sidecar"):
        assert getattr(correct, part), part
    (probe,) = probes(evidence)
    saved = read_probes(run / "probe.safetensors")["correct"]
    assert (saved.w == probe.w).all() and (saved.b, saved.c, saved.layer) == (probe.b, probe.c, probe.layer)


def test_the_same_records_and_seed_give_the_same_numbers() -> None:
    run = simulated(0.8, n=60)
    a, b = (gather(run, "correct", RECIPE) for _ in "ab")
    one, other = (row_text(target_report(evidence, judge(evidence, RECIPE))) for evidence in (a, b))
    assert one == other
    again = gather(run, "correct", dataclasses.replace(RECIPE, seed=1))
    assert row_text(target_report(again, judge(again, RECIPE))) != one


def test_a_target_without_a_probe_says_so_and_holds_nothing_else() -> None:
    evidence = gather_run(dataclasses.replace(simulated(), layers=None), ("correct",), RECIPE)
    found = target_reports(evidence, judge_run(evidence, RECIPE)).correct
    assert found is not None and probes(evidence) == ()
    assert (found.headline, found.study_reading, found.nulls, found.sidecar, found.reliability) == (None,) * 5
    assert (found.layers, found.baselines, found.relations) == ((), (), ())
    assert (found.n.fit.n_pos + found.n.fit.n_neg, found.verdict.failure) == (80, FailureMode.UNRESOLVED)
    assert canonical_json(dataclasses.asdict(found))


def test_the_page_shows_the_nulls_and_the_calibration(report: FitReport) -> None:
    page = body(report)
    for words in ("Where there is nothing to find", "label permutation", "selectivity", "(ECE)", "AURC", "Threats"):
        assert words in page
