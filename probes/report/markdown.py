"""A run's numbers in words: a screenful for the terminal, a page in Markdown. Nothing is computed here."""

from __future__ import annotations

from interp.language.delivery import AGREEMENT
from interp.records.findings import Severity
from interp.records.prompts import Split
from interp.results.evidence import Headline, SidecarResult, TargetReport
from interp.results.fit import QUESTIONS, VERDICTS, FitReport, ProbeReport, Target
from interp.show.markdown import counted, interval
from interp.show.markdown import table as markdown_table
from interp.show.text import words
from probes.report import tables
from probes.report.tables import ReportTable

GLOSSARY = """\
*h_last* is the model's hidden state at the last token of its answer. A *probe* is a linear classifier on it, fitted on
the **fit** prompts and judged on the **fresh** ones, which were asked in another form. AUROC is the chance that a
positive answer scores above a negative one: 0.5 is a coin, 1 is perfect. Every number carries a 95 % interval and its
counts (positives of all). *Unresolved* means that the data could not tell: neither yes nor no. Cut-off answers are
neither right nor wrong and are in no rate.
"""


def summary(report: FitReport) -> str:
    """Return a screenful: what was run, both verdicts, and the numbers behind them."""
    lines = [title(report), ""]
    lines += [f"{split:5}  {tables.answers(report, split)}" for split in Split]
    lines.append("")
    for target, found in report.targets.asked():
        lines += [f"{QUESTIONS[target]}  {VERDICTS[found.verdict.failure]}.", f"  {found.verdict.reason}"]
        if found.headline:
            lines.append(f"  headline: {headline(found.headline)}")
            lines.append(f"  gate: {gate(found.sidecar)}")
        warnings = dict.fromkeys(t.name for t in found.verdict.threats if t.severity is not Severity.NOTE)
        if warnings:
            lines.append(f"  threats: {', '.join(warnings)}")
        lines.append("")
    lines.append(f"delivery asymmetry on fresh: {tables.asymmetry(report, Split.FRESH)}")
    return "\n".join(lines) + "\n"


def markdown(report: FitReport) -> str:
    """Return the whole report as Markdown."""
    origin = tables.provenance(report)
    return "\n".join([f"# {title(report)}\n", body(report), f"## {origin.title}\n", table(origin), ""])


def body(report: ProbeReport) -> str:
    """Return what an analysis found as Markdown: verdicts, answers, and each target's tables."""
    parts = [_target(target, found) for target, found in report.targets.asked()]
    return "\n".join([GLOSSARY, _verdicts(report), _data(report), *parts])


def title(report: ProbeReport) -> str:
    """Return what a report is about."""
    return f"{report.about.title}: h_last at the {report.about.position} position"


def headline(found: Headline) -> str:
    """Return the chosen place and what it is worth, in one sentence."""
    said = f", p = {found.fresh_p:.2g}" if found.fresh_p is not None else ""
    return (
        f"{found.at.place}, C = {found.at.c:g} (chosen on fit): nested cross-validation {interval(found.nested_cv)}, "
        f"fresh AUROC {counted(found.at.fresh)}{said}"
    )


def gate(sidecar: SidecarResult | None) -> str:
    """Return what the threshold does on fresh, in one sentence."""
    if sidecar is None:
        return "not judged (fresh holds one class only)"
    if sidecar.asymmetry is None:
        return f"not judged ({sidecar.reason})"
    return (
        f"threshold {sidecar.threshold:.2f} (chosen on fit): asymmetry on fresh {sidecar.asymmetry}, "
        f"P(assert | positive) {counted(sidecar.p_assert_correct)}; oracle (upper bound) "
        f"{interval(sidecar.oracle_asymmetry)}"
    )


def _verdicts(report: ProbeReport) -> str:
    lines = ["## Verdict\n"]
    for target, verdict in report.verdicts.items():
        lines.append(f"**{QUESTIONS[target]}** {VERDICTS[verdict.failure]}. {verdict.reason}\n")
    if lexicon(report):
        lines.append(f"{lexicon(report)}\n")
    lines.append(f"**Does delivery carry correctness?** {delivery(report)}\n")
    return "\n".join(lines)


def lexicon(report: ProbeReport) -> str:
    """Return how far the hedging lexicon can be trusted; nothing where another instrument told delivery."""
    told = "delivery-lexicon" in report.about.instruments
    return f"Asserted and hedged are told apart by a hedging lexicon: {AGREEMENT}." if told else ""


def delivery(report: ProbeReport) -> str:
    """Return the assertion asymmetry of both splits, in one sentence."""
    return (
        f"P(assert | wrong) - P(assert | correct) is {tables.asymmetry(report, Split.FIT)} on fit and "
        f"{tables.asymmetry(report, Split.FRESH)} on fresh; negative is good."
    )


def _data(report: ProbeReport) -> str:
    first, *others = tables.data_tables(report)
    lines = [f"## {first.title}\n", table(first)]
    for other in others:
        lines += [f"\n{other.title}:\n", table(other)]
    return "\n".join([*lines, ""])


def _target(target: Target, report: TargetReport) -> str:
    verdict = report.verdict
    lines = [f"## {QUESTIONS[target]}\n", f"{VERDICTS[verdict.failure]}. {verdict.reason}\n"]
    lines.append(table(tables.steps(report)))
    if report.headline:
        lines += [f"\nHeadline: {headline(report.headline)}.\n", f"Gate: {gate(report.sidecar)}.\n"]
        lines.append(f"{study_reading(report)}\n")
    if report.baselines:
        lines += _section(tables.baselines(report))
    if report.nulls:
        lines += _section(tables.nulls(report.nulls))
    if report.reliability:
        lines.append("\n### Calibration and abstaining, on fresh\n")
        lines += [f"- {sentence}" for sentence in tables.reliability(report.reliability)]
        if report.sidecar and report.sidecar.curve:
            lines.append("\n" + table(tables.abstaining(report.sidecar)))
    if report.relations:
        lines += _section(tables.relations(report))
    if report.axes:
        lines += _section(tables.axes(report))
    if verdict.threats:
        lines.append("\n### Threats\n")
        lines += [f"- **{words(t.name)}** ({t.severity}): {t.sentence}" for t in verdict.threats]
    if report.layers:
        lines += _section(tables.layers(report))
    return "\n".join([*lines, ""])


def study_reading(report: TargetReport) -> str:
    """Return what the study's own reading is worth, in one sentence."""
    fresh = None if report.study_reading is None else report.study_reading.fresh
    return f"The study's own reading, ln_final: fresh AUROC {counted(fresh)}."


def _section(sheet: ReportTable) -> list[str]:
    note = [f"\n{sheet.note}"] if sheet.note else []
    return [f"\n### {sheet.title}\n", table(sheet), *note]


def table(sheet: ReportTable) -> str:
    """Return a table as Markdown."""
    return markdown_table(sheet.header, sheet.rows)
