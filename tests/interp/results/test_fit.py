from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interp.errors import InputError
from interp.records.findings import Estimate, FailureMode
from interp.results.evidence import BySplit, Thresholds
from interp.results.fit import (
    FalsifyReport,
    FitReport,
    ProbeReport,
    PublishedReport,
    RunIdentity,
    StoredAxis,
    StoredStep,
    StudyNumbers,
    StudyRecipe,
    TargetReports,
)
from interp.results.schema import Result, read_result, write_result
from interp.runs.files import read_json, write_json

AUROC = Estimate(0.6, 0.5, 0.7, "stored AUROC", 55, 138)
KINDS: tuple[type[Result], ...] = (FitReport, FalsifyReport, PublishedReport)


@pytest.fixture
def reports(fit_report: FitReport) -> dict[type[Result], Result]:
    """One report of each kind, every part filled."""
    shared = {field.name: getattr(fit_report, field.name) for field in dataclasses.fields(ProbeReport)}
    numbers = StudyNumbers(0.1, AUROC, 0.16, AUROC, AUROC, AUROC, 0.7, "")
    unswept = StudyNumbers(1.0, AUROC, None, None, None, None, 0.7, "no threshold")
    falsified = FalsifyReport(
        **shared,
        run=RunIdentity("a-run", "0" * 64, "a model", "facts"),
        second=RunIdentity("another", "1" * 64, "another model", "facts"),
        folds=5,
        seed=0,
        versions={"python": "3"},
        study_recipe=StudyRecipe(correct=(numbers, unswept)),
    )
    published = PublishedReport(
        schema=2,
        origin="published",
        thresholds=Thresholds(),
        rates=BySplit(AUROC, AUROC),
        steps=(StoredStep("fresh_prompts", AUROC, "a file"),),
        axes=(StoredAxis("completeness", AUROC, AUROC, "a file"),),
    )
    return {FitReport: fit_report, FalsifyReport: falsified, PublishedReport: published}


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_comes_back_as_it_was(kind: type[Result], reports: dict[type[Result], Result], tmp_path: Path) -> None:
    write_result(tmp_path / "report.json", reports[kind])
    again = read_result(tmp_path / "report.json", kind)
    assert again == reports[kind] and type(again) is kind
    assert read_json(tmp_path / "report.json")["schema"] == kind.SCHEMA == 2


@pytest.mark.parametrize("kind", [FitReport, FalsifyReport])
def test_a_report_without_what_was_not_asked_comes_back_too(
    kind: type[Result], reports: dict[type[Result], Result], tmp_path: Path
) -> None:
    bare = dataclasses.replace(reports[kind], targets=TargetReports())  # type: ignore[call-arg]
    optional = {FitReport: {"agreement": None}, FalsifyReport: {"second": None, "study_recipe": StudyRecipe()}}
    bare = dataclasses.replace(bare, **optional[kind])
    write_result(tmp_path / "report.json", bare)
    assert read_result(tmp_path / "report.json", kind) == bare


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("schema", "age"), [(1, "an older"), (3, "another"), (None, "another")])
def test_a_report_of_another_schema_is_one_sentence(
    kind: type[Result], schema: int | None, age: str, reports: dict[type[Result], Result], tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    write_result(path, reports[kind])
    write_json(path, read_json(path) | {"schema": schema})
    with pytest.raises(InputError) as caught:
        read_result(path, kind)
    assert str(caught.value) == (
        f"{path} has the schema {schema!r}, but this version reads 2: it was made by {age} version of the toolkit; "
        "make it again with this one."
    )


def put(*path: str | int, value: object) -> Callable[[Any], None]:
    """Write a value at a place of a report's JSON."""

    def change(content: Any) -> None:
        for key in path[:-1]:
            content = content[key]
        content[path[-1]] = value

    return change


def drop(*path: str | int) -> Callable[[Any], None]:
    """Remove a place of a report's JSON."""

    def change(content: Any) -> None:
        for key in path[:-1]:
            content = content[key]
        del content[path[-1]]

    return change


CORRECT = ("targets", "correct")


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        (FitReport, put("colour", value="red"), "colour"),
        (FitReport, put("targets", "honest", value=None), "targets.honest"),
        (FitReport, put("answers", "fit", "colour", value="red"), "answers.fit.colour"),
        (FitReport, put("labels", "fresh", "correct", "rate", "median", value=0.5), "labels.fresh.correct.rate.median"),
        (FitReport, put(*CORRECT, "layers", 0, "colour", value="red"), "targets.correct.layers.0.colour"),
        (FitReport, put(*CORRECT, "verdict", "handle", value=True), "targets.correct.verdict.handle"),
        (FitReport, drop("about"), "about"),
        (FitReport, drop("delivery", "fresh"), "delivery.fresh"),
        (FitReport, drop(*CORRECT, "headline", "at", "c"), "targets.correct.headline.at.c"),
        (FitReport, put("seed", value="3"), "seed"),
        (FitReport, put("answers", "fit", "n", value="100"), "answers.fit.n"),
        (
            FitReport,
            put(*CORRECT, "headline", "at", "cv", "value", value="0.7"),
            "targets.correct.headline.at.cv.value",
        ),
        (FitReport, put(*CORRECT, "headline", "at", "site", value="embedding"), "targets.correct.headline.at.site"),
        (FitReport, put(*CORRECT, "axes", 0, "outcome", value="maybe"), "targets.correct.axes.0.outcome"),
        (
            FitReport,
            put(*CORRECT, "verdict", "steps", 0, "step", value="sixth"),
            "targets.correct.verdict.steps.0.step",
        ),
        (FitReport, put(*CORRECT, "layers", value=None), "targets.correct.layers"),
        (FitReport, put("loaded", "model", "source", value="pickle"), "loaded.model.source"),
        (FalsifyReport, put("config", value={}), "config"),
        (FalsifyReport, drop("run"), "run"),
        (FalsifyReport, drop("second"), "second"),
        (FalsifyReport, put("folds", value=5.5), "folds"),
        (FalsifyReport, put("study_recipe", "correct", 0, "c", value="1"), "study_recipe.correct.0.c"),
        (PublishedReport, put("gates", value={}), "gates"),
        (PublishedReport, drop("rates", "fit"), "rates.fit"),
        (PublishedReport, put("origin", value="own"), "origin"),
        (PublishedReport, put("steps", 0, "auroc", value=0.5), "steps.0.auroc"),
    ],
)
def test_a_report_with_a_key_too_many_one_missing_or_a_wrong_value_is_one_sentence(
    kind: type[Result],
    change: Callable[[Any], None],
    said: str,
    reports: dict[type[Result], Result],
    tmp_path: Path,
) -> None:
    path = tmp_path / "report.json"
    write_result(path, reports[kind])
    content = read_json(path)
    change(content)
    write_json(path, content)
    with pytest.raises(InputError) as caught:
        read_result(path, kind)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path} is not a valid {kind.__name__} ({said}: ")
    assert "\n" not in sentence and sentence.endswith(".")


def test_a_kind_of_report_is_not_read_as_another(reports: dict[type[Result], Result], tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for kind in KINDS:
        write_result(path, reports[kind])
        for other in set(KINDS) - {kind}:
            with pytest.raises(InputError, match=f"is not a valid {other.__name__}"):
                read_result(path, other)


def test_targets_are_told_correctness_first_and_only_where_they_were_asked(fit_report: FitReport) -> None:
    assert [target for target, _ in fit_report.targets.asked()] == ["correct", "asserted"]
    assert {v.failure for v in fit_report.verdicts.values()} == {FailureMode.UNRESOLVED}
    alone = dataclasses.replace(fit_report, targets=TargetReports(asserted=fit_report.targets.asserted))
    assert list(alone.verdicts) == ["asserted"] and alone.verdict("asserted").reason == "too few"
    with pytest.raises(InputError, match="no verdict on 'correct'; it has asserted"):
        alone.verdict()


def test_what_a_report_is_about_is_its_model_and_prompts(fit_report: FitReport) -> None:
    assert fit_report.about.title == "a model on facts"
