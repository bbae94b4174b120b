from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up import simulated

import probes.verdict
from interp.records.findings import Estimate, FailureMode, Outcome, Step
from interp.results.evidence import Thresholds
from interp.results.fit import StoredStep
from probes.evidence.gather import TargetEvidence, gather, gather_run
from probes.fitting.recipe import Recipe
from probes.fitting.records import Records, SecondRun
from probes.verdict.judgement import TargetVerdict, judge, judge_run

RECIPE = Recipe(cs=(0.1, 0.01))


def judged(run: Records, second: SecondRun | None = None) -> TargetVerdict:
    return judge(gather(run, "correct", RECIPE, second), RECIPE)


@pytest.fixture(scope="module")
def handle() -> TargetEvidence:
    return gather(simulated(0.96, n=120, noise=3), "correct", RECIPE)


def test_a_signal_is_a_handle_after_five_steps(handle: TargetEvidence) -> None:
    found = judge(handle, RECIPE)
    assert found.verdict.failure is FailureMode.NONE
    assert [step.step for step in found.verdict.steps] == list(Step)
    fresh = found.verdict.steps[1].auroc
    assert fresh is not None and found.fresh_p == fresh.p_value is not None


def test_noise_is_no_handle() -> None:
    assert judged(simulated(0.5, seed=5)).verdict.failure is not FailureMode.NONE


def test_the_same_evidence_is_judged_by_other_thresholds_without_another_fit(handle: TargetEvidence) -> None:
    strict = dataclasses.replace(RECIPE, thresholds=Thresholds(cv_auroc=0.999, fresh_auroc=0.999))
    assert judge(handle, strict).verdict.failure is not FailureMode.NONE
    assert judge(handle, strict).verdict.steps[1].outcome is not Outcome.PASS
    assert judge(handle, RECIPE) == judge(handle, RECIPE)


def test_a_second_run_of_the_same_prompts_is_the_fifth_step_and_one_of_others_is_not() -> None:
    mine, theirs = simulated(0.9), simulated(0.9, seed=7)
    last = judged(mine, SecondRun("other", theirs)).verdict.steps[-1]
    assert last.step is Step.CROSS_MODEL and last.auroc is not None
    assert last.detail.startswith("other: AUROC")
    asked = [dataclasses.replace(p, text=f"{p.text}?") for p in theirs.prompts]
    last = judged(mine, SecondRun("other", dataclasses.replace(theirs, prompts=asked))).verdict.steps[-1]
    assert last.step is Step.CROSS_MODEL and last.auroc is None
    assert last.detail.startswith("other: ") and "run the same prompts" in last.detail


def test_a_second_run_with_too_few_positives_is_an_unresolved_step() -> None:
    last = judged(simulated(0.9), SecondRun("poor", simulated(0.9, seed=3, rate_fit=0.01))).verdict.steps[-1]
    assert last.outcome is Outcome.UNRESOLVED and "a probe needs 5 of each" in last.detail


def test_without_features_the_verdict_is_unresolved_and_says_why() -> None:
    found = judged(dataclasses.replace(simulated(rate_fit=0.7, rate_fresh=0.2), layers=None))
    assert found.verdict.failure is FailureMode.UNRESOLVED
    assert "base_rate_shift" in {threat.name for threat in found.verdict.threats}
    assert "keeps no h_last" in found.verdict.steps[1].detail
    assert found.fresh_p is None


def test_stored_steps_stand_in_for_features_that_were_not_published() -> None:
    auroc = Estimate(0.5, 0.42, 0.58, "stored", 40, 40)
    rows = [StoredStep(step, auroc, "a file") for step in (Step.CROSS_VALIDATION, Step.FRESH_PROMPTS)]
    run = dataclasses.replace(simulated(), layers=None, stored=rows)
    verdict = judged(run).verdict
    assert verdict.failure is FailureMode.SINGLE_OUTPUT_DISTRIBUTION
    assert [step.outcome for step in verdict.steps] == [Outcome.FAIL, Outcome.FAIL]
    asserted = judge(gather(run, "asserted", RECIPE), RECIPE).verdict  # they are of correctness alone
    assert asserted.failure is FailureMode.UNRESOLVED and {step.auroc for step in asserted.steps} == {None}


def test_every_gathered_target_of_a_run_is_judged() -> None:
    evidence = gather_run(simulated(0.9), ("asserted", "correct"), RECIPE)
    verdicts = judge_run(evidence, RECIPE)
    assert {target: judge(gathered, RECIPE) for target, gathered in evidence.targets.items()} == verdicts
    assert set(verdicts) == {"asserted", "correct"}


def imported(source: Path) -> Iterator[str]:
    """Every module and name that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


RECORDS_OF_FITTING = {"probes.fitting.cross_validation.CrossValidation", "probes.fitting.recipe.Recipe"}
RECORDS_OF_EVIDENCE = {"Attempt", "AxisEvidence", "FittedProbe", "OtherModel", "RunEvidence", "TargetEvidence"}


def test_judging_fits_nothing() -> None:
    sources = sorted(Path(probes.verdict.__file__).parent.glob("*.py"))
    names = {name for source in sources for name in imported(source)}
    assert len(sources) >= 5 and names >= RECORDS_OF_FITTING
    assert {name for name in names if name.startswith(("sklearn", "probes.fitting"))} == RECORDS_OF_FITTING
    evidence = {name.rpartition(".")[2] for name in names if name.startswith("probes.evidence")}
    assert evidence - {"largest_correlation"} == RECORDS_OF_EVIDENCE  # a number of scores that are there already


def test_nothing_that_is_gathered_comes_from_judging() -> None:
    root = Path(probes.verdict.__file__).parents[1]
    # The live gate answers through a run that was judged before, and repeats what was said of it.
    gathering = [path for path in (root / "evidence").glob("*.py") if path.name != "live_gate.py"]
    sources = [*gathering, *(root / "fitting").glob("*.py")]
    assert len(sources) > 12
    for source in sources:
        assert [name for name in imported(source) if name.startswith("probes.verdict")] == [], source
        assert not {"Outcome", "StepResult", "Verdict"} & {name.rpartition(".")[2] for name in imported(source)}, source
