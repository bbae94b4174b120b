"""The proof that the sandbox holds on this machine, made once; a report with every part of it filled."""

from __future__ import annotations

import sys

import pytest

from interp.labels.agreement import Agreement
from interp.records.arrays import Position, Site
from interp.records.findings import Estimate, FailureMode, Outcome, Severity, Step, StepResult, Threat, Verdict
from interp.records.loaded import Loaded, ModelId
from interp.results.evidence import (
    AxisAuroc,
    AxisCounts,
    BaselineResult,
    BySplit,
    ClassCounts,
    ControlTask,
    CurvePoint,
    Headline,
    LayerAuroc,
    Null,
    Nulls,
    RelationAuroc,
    Reliability,
    SidecarResult,
    TargetReport,
    Thresholds,
)
from interp.results.fit import (
    About,
    AnswerCounts,
    CohortTable,
    DeliveryTable,
    FitReport,
    LabelRate,
    LabelRates,
    PromptsId,
    TargetReports,
)
from interp.sandbox.proof import Proof


@pytest.fixture(scope="session")
def holding() -> Proof:
    """The proof that the sandbox holds on this machine; skips, and says why, where it does not."""
    from interp.sandbox import proof as sandbox_proof

    if sys.platform != "linux":
        pytest.skip("the sandbox is built on Linux")
    proof = sandbox_proof.prove()
    if proof.broken:
        pytest.skip(f"the sandbox does not hold here: {proof.broken}, {dict(proof.layers)}")
    return proof


A = Estimate(0.7, 0.6, 1 / 3 + 0.5, "AUROC, some interval", 31, 60, 0.01)
B = Estimate(-0.2, -0.3, -0.1, "difference of rates", 40, 50)


def _target() -> TargetReport:
    """Every part is there, and of each part one that was not measured."""
    layers = (LayerAuroc(Site.RESID_POST, 3, 0.1, A, None), LayerAuroc(Site.LN_FINAL, 5, 1.0, A, A))
    counts = BySplit(AxisCounts(5, 6, 7), AxisCounts(1, 2, 0))
    axes = (AxisAuroc("a", A, A, counts, Outcome.PASS), AxisAuroc("b", None, None, counts, Outcome.UNRESOLVED, "few"))
    baselines = (BaselineResult("x", "surface", A, A, B), BaselineResult("y", "confidence", None, None, None, "lost"))
    rows = (Null("n", "s", 0.7, 0.5, 0.6, 0.001, 1000, 0), Null("m", "s", None, None, None, None, 0, 0, "none"))
    steps = (
        StepResult(Step.CROSS_VALIDATION, A, B, Outcome.PASS, "detail"),
        StepResult(Step.CROSS_MODEL, None, None, Outcome.UNRESOLVED, "no second model"),
    )
    threats = (Threat("imbalance", Severity.WARNING, {"split": "fresh", "n": 3, "share": 0.5, "none": None}, "few"),)
    return TargetReport(
        n=BySplit(ClassCounts(31, 60, {"cut_off": 2}), ClassCounts(9, 184, {})),
        headline=Headline(layers[1], A, 0.01),
        study_reading=layers[1],
        layers=layers,
        axes=axes,
        baselines=baselines,
        nulls=Nulls(rows, ControlTask(0.7, 0.5, B, 0.9, 12, 20, 0)),
        reliability=Reliability(A, A, A, 0.2, None, A, "one class"),
        sidecar=SidecarResult(0.4, B, A, A, 0.5, B, "", (CurvePoint(0.5, 0.4, A), CurvePoint(1.0, 0.1, A))),
        relations=(RelationAuroc("capital", 5, 6, A), RelationAuroc("currency", 1, 9, None)),
        verdict=Verdict(steps, threats, FailureMode.UNRESOLVED, "a reason"),
    )


def _unfitted() -> TargetReport:
    """Nothing could be fitted."""
    n = BySplit(ClassCounts(0, 91, {}), ClassCounts(0, 0, {"empty": 193}))
    verdict = Verdict((), (), FailureMode.UNRESOLVED, "too few")
    return TargetReport(n, None, None, (), (), (), None, None, None, (), verdict)


@pytest.fixture
def fit_report() -> FitReport:
    """A report with every part filled: correctness was fitted, delivery was not."""
    rate, table = LabelRate(A, {"cut_off": 1}), CohortTable(1, 2, 3, 4)
    return FitReport(
        schema=FitReport.SCHEMA,
        about=About("a model", "facts", Position.CONTENT, "checklist; lexicon"),
        thresholds=Thresholds(),
        answers=BySplit(AnswerCounts(100, {"eos": 99, "length": 1}, 0, 12.5), AnswerCounts(193, {}, None, None)),
        labels=BySplit(LabelRates(rate, rate), LabelRates(rate, LabelRate(None, {"empty": 193}))),
        delivery=BySplit(DeliveryTable(table, B, ""), DeliveryTable(table, None, "no answer is scored")),
        targets=TargetReports(_target(), _unfitted()),
        loaded=Loaded(ModelId("a model", "hub", "org/model", "abc", "float32", "cpu", "sdpa"), "torch", "passed"),
        prompts=PromptsId("facts", "0" * 64, 12),
        seed=3,
        versions={"python": "3"},
        inputs={"labels.jsonl": "1" * 64},
        agreement=(Agreement("correct", A, A, {"a yes, b yes": 3}, 1, 2, 3),),
    )
