"""The files of a fitted run's report: the probes, the numbers, and both pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interp.labels.of_run import Judging, agreement
from interp.records.loaded import Loaded
from interp.results.fit import FitReport, PromptsId, Target
from interp.results.schema import write_result
from interp.runs.arrays import write_probes
from interp.runs.directory import Run
from interp.runs.files import canonical_json, read_json, sha256_file, write_text
from interp.runs.layout import (
    FEATURES,
    GENERATIONS,
    LABELS,
    MODEL,
    PROBES,
    PROMPTS,
    REPORT,
    REPORT_PAGE,
    REPORT_TEXT,
)
from interp.runs.rows import parse_row
from probes.evidence.gather import RunEvidence
from probes.fitting.recipe import Recipe
from probes.fitting.records import about
from probes.report.assemble import probes, target_reports
from probes.report.markdown import markdown
from probes.report.page import fit_page
from probes.verdict.judgement import TargetVerdict

INPUTS = (PROMPTS, GENERATIONS, LABELS, FEATURES)


def write_fit(
    run: Run,
    evidence: RunEvidence,
    verdicts: Mapping[Target, TargetVerdict],
    recipe: Recipe,
    judging: Judging | None,
) -> None:
    """Write `probe.safetensors`, `report.json`, `report.md` and `report.html`."""
    if fitted := probes(evidence):
        write_probes(run.path / PROBES, fitted)
    report = fit_report(run, evidence, verdicts, recipe, judging)
    write_result(run.path / REPORT, report)
    write_text(run.path / REPORT_TEXT, markdown(report))
    write_text(run.path / REPORT_PAGE, fit_page(run.path))


def fit_report(
    run: Run,
    evidence: RunEvidence,
    verdicts: Mapping[Target, TargetVerdict],
    recipe: Recipe,
    judging: Judging | None,
) -> FitReport:
    """Return what `report.json` holds."""
    config: Any = run.config
    return FitReport(
        schema=FitReport.SCHEMA,
        about=about(config),
        thresholds=recipe.thresholds,
        answers=evidence.answers,
        labels=evidence.labels,
        delivery=evidence.delivery,
        targets=target_reports(evidence, verdicts),
        loaded=parse_row(Loaded, canonical_json(read_json(run.path / MODEL)), str(run.path / MODEL)),
        prompts=PromptsId(**config["prompts"]),
        seed=recipe.seed,
        versions=config["versions"],
        inputs={name: sha256_file(run.path / name) for name in INPUTS},
        agreement=None if judging is None else agreement(run),
    )
