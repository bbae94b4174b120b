"""A falsification in words: a screenful, a page in Markdown, and the study's own numbers. Nothing is computed here."""

from __future__ import annotations

from interp.results.fit import QUESTIONS, VERDICTS, FalsifyReport, StudyNumbers, Target
from interp.show.markdown import counted, interval
from interp.show.text import words
from probes.report import markdown
from probes.report.tables import ReportTable


def summary(report: FalsifyReport) -> str:
    """Return a screenful: each verdict with its reason, its steps and its threats."""
    lines = [report.about.title, ""]
    for target, verdict in report.verdicts.items():
        lines += [f"{QUESTIONS[target]}  {VERDICTS[verdict.failure]}.", f"  {verdict.reason}"]
        lines += [f"  {words(s.step):17}{s.outcome:11}{s.detail}" for s in verdict.steps]
        lines += [f"  threat ({t.severity}): {t.sentence}" for t in verdict.threats]
        lines.append("")
    return "\n".join(lines)


def page(report: FalsifyReport) -> str:
    """Return `falsify.md`."""
    origin = provenance(report)
    parts = [f"# {report.about.title}: what is left of the probe\n", markdown.body(report)]
    for sheet in recipes(report):
        parts.append(f"## {sheet.title}\n\n{sheet.note}\n\n{markdown.table(sheet)}\n")
    return "\n".join([*parts, f"## {origin.title}\n", *(f"- {what}: {value}" for what, value in origin.rows), ""])


def provenance(report: FalsifyReport) -> ReportTable:
    """Return which runs were judged, and how."""
    runs = [("run", report.run), ("second", report.second)]
    rows = [(role, f"{run.directory}, run.json sha256 {run.manifest_sha256}") for role, run in runs if run is not None]
    rows += [("folds", str(report.folds)), ("seed", str(report.seed))]
    return ReportTable("Where this comes from", ("what", "value"), (*rows, *report.versions.items()))


def recipes(report: FalsifyReport) -> list[ReportTable]:
    """Return the study's own numbers of each target that has any."""
    return [_recipe(target, rows) for target, rows in report.study_recipe.made()]


def _recipe(target: Target, rows: tuple[StudyNumbers, ...]) -> ReportTable:
    return ReportTable(
        f"The study's own recipe ({target})",
        ("C", "AUROC on fresh", "best balanced asymmetry", "at threshold"),
        tuple(_row(row) for row in rows),
        "Its reading, C and solver; the threshold is chosen on fresh itself, so the asymmetry is an upper bound.",
        tuple(row.fresh for row in rows),
    )


def _row(row: StudyNumbers) -> tuple[str, ...]:
    threshold = "" if row.threshold is None else f"{row.threshold:.2f}"
    return f"{row.c:g}", counted(row.fresh), interval(row.asymmetry), threshold
