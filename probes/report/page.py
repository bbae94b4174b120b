"""A report as one HTML page that needs nothing else: the verdict first, then figures, threats, tables, provenance.

The page is made from the report and the files of its run alone, loads nothing, and is the same bytes each time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from interp.records.findings import Estimate, Severity
from interp.results.evidence import BySplit, ClassCounts, TargetReport, Thresholds
from interp.results.fit import QUESTIONS, VERDICTS, FalsifyReport, ProbeReport, Target
from interp.results.reading import read_report
from interp.results.schema import read_result
from interp.runs.files import sha256_file
from interp.runs.layout import REPORT
from interp.show import markup
from interp.show.markup import Html
from interp.show.signs import SIGNS, STEP_OF_FAILURE
from interp.show.text import words
from probes.report import markdown, tables
from probes.report.tables import ReportTable

if TYPE_CHECKING:
    from figures.inline import InlineFigure

TEMPLATE = "report.html.jinja"
LONG = 12  # rows beyond which a table is folded
FEW = 2  # relations that the head of the page names
DIGEST = 12  # characters of a sha256 that a caption shows
WIDE_BAR = 168  # pixels


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """A number beside the verdict: its name, the number in words, and its bar where it is an AUROC."""

    name: str
    value: str
    interval: str
    counts: str
    marks: str = ""
    bar: Html | None = None


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """One question with its verdict, the numbers behind it, and what each step said."""

    question: str
    failure: str
    glyph: str
    verdict: str
    reason: str
    numbers: tuple[KeyNumber, ...]
    steps: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class SharedThreat:
    """A threat, told once with the questions that it bears on."""

    severity: str
    glyph: str
    name: str
    sentence: str
    bears_on: str


@dataclass(frozen=True, slots=True)
class PageSource:
    """Where the page's numbers lie: the report's file and the run whose files the figures are drawn from."""

    report: Path
    run: Path
    has_probe: bool


def fit_page(run: Path) -> str:
    """Return `report.html` of a fitted run, from its `report.json` and its other files."""
    report = read_report(run)
    return _render(report, PageSource(run / REPORT, run, has_probe=True), (), tables.provenance(report))


def falsify_page(path: Path, run: Path, further: Sequence[ReportTable], origin: ReportTable) -> str:
    """Return `falsify.html`, from `falsify.json` and the run that it judged; `further` tables are shown at the end."""
    return _render(read_result(path, FalsifyReport), PageSource(path, run, has_probe=False), further, origin)


def _render(report: ProbeReport, source: PageSource, further: Sequence[ReportTable], origin: ReportTable) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    drawn, missing = _figures(report, source)
    environment = Environment(
        loader=PackageLoader("probes.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    targets = report.targets.asked()
    return environment.get_template(TEMPLATE).render(
        title=report.about.title,
        facts=_facts(report),
        answered=[_answered(target, found, report.thresholds) for target, found in targets],
        delivery=markdown.delivery(report),
        lexicon=markdown.lexicon(report),
        figures=[(figure, Html(figure.svg), _origins(figure, source)) for figure in drawn],
        missing=[sentence.replace(REPORT, source.report.name) for sentence in missing],
        threats=_threats(targets),
        data=tables.data_tables(report),
        targets=[(QUESTIONS[target], _sentences(found), tables.target_tables(found)) for target, found in targets],
        further=further,
        origin=origin,
        report=(source.report.name, sha256_file(source.report)),
        glossary=_emphasised(markdown.GLOSSARY),
        bar=_bar,
        long=LONG,
    )


def _figures(report: ProbeReport, source: PageSource) -> tuple[list[InlineFigure], list[str]]:
    """Draw what the run can fill; a page that did not fit the run's saved probe leaves out the figures of it."""
    from figures.inline import FROM_THE_PROBE, inline_figures
    from figures.parts.result import DrawnRun

    names = frozenset(p.name for p in source.run.iterdir() if p.is_file())
    result = DrawnRun(source.run, report.about.model, report.about.position, names, report)
    return inline_figures(result, frozenset() if source.has_probe else FROM_THE_PROBE)


def _origins(figure: InlineFigure, source: PageSource) -> list[tuple[str, str]]:
    """Return the files that a figure was drawn from, each with the head of its sha256."""
    files = [source.report if name == REPORT else source.run / name for name in figure.files]
    return [(file.name, sha256_file(file)[:DIGEST]) for file in files]


def _facts(report: ProbeReport) -> list[str]:
    """Return what was read, in a few words each."""
    sizes = " and ".join(f"{counts.n} {split}" for split, counts in report.answers.items())
    facts = [f"{sizes} answers", f"h_last at the {report.about.position} position"]
    relations = {row.relation for _, found in report.targets.asked() for row in found.relations}
    if 0 < len(relations) <= FEW:
        facts.insert(0, " and ".join(sorted(relations)).replace("_", " "))
    layers = max((len(found.layers) for _, found in report.targets.asked()), default=0)
    return [*facts, f"{layers} readings by layer"] if layers > 1 else facts


def _answered(target: Target, report: TargetReport, thresholds: Thresholds) -> AnsweredQuestion:
    verdict = report.verdict
    steps = tuple((words(step.step), step.outcome.value, SIGNS[step.outcome][0]) for step in verdict.steps)
    glyph = SIGNS[STEP_OF_FAILURE[verdict.failure]][0]
    numbers = tuple(_key_numbers(target, report, thresholds))
    return AnsweredQuestion(
        QUESTIONS[target], verdict.failure, glyph, VERDICTS[verdict.failure], verdict.reason, numbers, steps
    )


def _key_numbers(target: Target, report: TargetReport, thresholds: Thresholds) -> list[KeyNumber]:
    headline, numbers = report.headline, []
    if headline:
        fresh, cv = (0.5, thresholds.fresh_auroc), (0.5, thresholds.cv_auroc)
        numbers += [_key("AUROC on fresh prompts", headline.at.fresh, _counted(target), fresh)]
        numbers += [_key("AUROC cross-validated on fit", headline.nested_cv, _counted(target), cv)]
    numbers += [_rates(target, report.n)]
    if report.sidecar and report.sidecar.asymmetry:
        numbers.append(_key("Gate: asymmetry on fresh", report.sidecar.asymmetry, ("negative", "positive")))
    return [number for number in numbers if number is not None]


def _counted(target: Target) -> tuple[str, str]:
    return ("correct", "wrong") if target == "correct" else ("asserted", "hedged")


def _key(name: str, e: Estimate | None, counted: tuple[str, str], marks: tuple[float, ...] = ()) -> KeyNumber | None:
    if e is None:
        return None
    counts = f"{e.n_pos} {counted[0]}, {e.n_neg} {counted[1]}"
    ticks = f"ticks: chance {marks[0]:g}, gate {marks[1]:g}" if marks else ""
    drawn = markup.bar(e, marks=marks, width=WIDE_BAR) if marks else None
    return KeyNumber(name, f"{e.value:.3f}", f"[{e.lower:.3f}, {e.upper:.3f}]", counts, ticks, drawn)


def _rates(target: Target, n: BySplit[ClassCounts]) -> KeyNumber:
    """Return the share of positive answers on both splits, which is what a cliff is told by."""
    name = "Correct answers, fit to fresh" if target == "correct" else "Asserted answers, fit to fresh"
    shares, counts = [], []
    for _, split in n.items():
        k, everything = split.n_pos, split.n_pos + split.n_neg
        shares.append(f"{k / everything:.0%}" if everything else "none")
        counts.append(f"{k} of {everything}")
    return KeyNumber(name, " \N{RIGHTWARDS ARROW} ".join(shares), "", " and ".join(counts))


def _sentences(report: TargetReport) -> list[str]:
    """Return the sentences that stand above a target's tables."""
    sentences = []
    if report.headline:
        sentences = [f"Headline: {markdown.headline(report.headline)}.", f"Gate: {markdown.gate(report.sidecar)}."]
        sentences.append(markdown.study_reading(report))
    return sentences + (tables.reliability(report.reliability) if report.reliability else [])


def _threats(targets: Sequence[tuple[Target, TargetReport]]) -> list[SharedThreat]:
    """Return every threat once, the gravest first."""
    bears_on: dict[tuple[Severity, str, str], list[str]] = {}
    for target, report in targets:
        for threat in report.verdict.threats:
            bears_on.setdefault((threat.severity, threat.name, threat.sentence), []).append(target)
    order = [Severity.FATAL, Severity.WARNING, Severity.NOTE]
    return [
        SharedThreat(severity, SIGNS[severity][0], words(name), sentence, _bears_on(mine, targets))
        for (severity, name, sentence), mine in sorted(bears_on.items(), key=lambda item: order.index(item[0][0]))
    ]


def _bears_on(mine: Sequence[str], targets: Sequence[tuple[Target, TargetReport]]) -> str:
    return "" if len(mine) == len(targets) else " and ".join(mine)


def _bar(estimate: Estimate | None) -> Html | str:
    return "" if estimate is None else markup.bar(estimate)


def _emphasised(text: str) -> Html:
    """Return our own Markdown emphasis as HTML."""
    made = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text.strip()))
    return Html(re.sub(r"\*(.+?)\*", r"<em>\1</em>", made))
