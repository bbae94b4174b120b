"""The tables of a report as words in cells, written once for Markdown and for the page. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from interp.labels.agreement import Agreement, headline
from interp.records.findings import Estimate
from interp.records.prompts import Split
from interp.results.evidence import (
    AxisAuroc,
    BaselineResult,
    ControlTask,
    Null,
    Nulls,
    Reliability,
    SidecarResult,
    TargetReport,
)
from interp.results.fit import TARGETS, FitReport, ProbeReport
from interp.show.markdown import NOT_MEASURED, counted, interval
from interp.show.text import words


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table under its title.

    Attributes:
        note: a sentence to read below it.
        drawn: the AUROC of each row that a page draws beside it, or none at all.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    drawn: tuple[Estimate | None, ...] = ()


def answers(report: ProbeReport, split: Split) -> str:
    """Return how many answers a split has, why they stopped, and their rates, in one sentence."""
    counts, labels = report.answers.of(split), report.labels.of(split)
    stops = ", ".join(f"{n} {reason}" for reason, n in counts.stop.items())
    rates = f"correct {counted(labels.correct.rate)}; asserted {counted(labels.asserted.rate)}"
    return f"{counts.n} answers ({stops}); {rates}"


def asymmetry(report: ProbeReport, split: Split) -> str:
    """Return the assertion asymmetry of a split's answers, with the sizes of both groups, or why there is none."""
    delivery = report.delivery.of(split)
    e = delivery.asymmetry
    if e is None:
        return f"{NOT_MEASURED} ({delivery.reason})"
    return f"{e} ({e.n_pos} wrong, {e.n_neg} correct)"


def data_tables(report: ProbeReport) -> list[ReportTable]:
    """Return what the answers are: how many, their delivery against correctness, and what was not scored."""
    header = ("split", "correct, asserted", "correct, hedged", "wrong, asserted", "wrong, hedged", "asymmetry")
    tables = [
        ReportTable("Answers", ("split", "answers"), tuple((split.value, answers(report, split)) for split in Split)),
        ReportTable("Delivery against correctness", header, tuple(_delivery(report, split) for split in Split)),
        ReportTable("Not scored", ("split", "label", "answers left out"), tuple(_left_out(report))),
    ]
    if isinstance(report, FitReport) and report.agreement:
        tables.append(agreement(report.agreement))
    return tables


def _delivery(report: ProbeReport, split: Split) -> tuple[str, ...]:
    table = report.delivery.of(split).table
    counts = (table.cr, table.hr, table.cw, table.hw)
    return (split.value, *map(str, counts), asymmetry(report, split))


def _left_out(report: ProbeReport) -> Iterator[tuple[str, ...]]:
    for split in Split:
        for target in TARGETS:
            reasons = report.labels.of(split).of(target).left_out
            yield split.value, target, ", ".join(f"{n} {why}" for why, n in reasons.items()) or "none"


def agreement(rows: Sequence[Agreement]) -> ReportTable:
    """Return how far the judge agrees with the offline checklist and lexicon, and what only one of them scored."""
    header = ("label", "Cohen's kappa, judge and offline", "scored by the judge alone", "offline alone", "by neither")
    cells = tuple((r.what, headline(r), str(r.only_a), str(r.only_b), str(r.neither)) for r in rows)
    return ReportTable("Judge and offline instruments", header, cells)


def steps(report: TargetReport) -> ReportTable:
    """Return the five steps with their outcomes."""
    rows = report.verdict.steps
    cells = tuple((words(s.step), s.outcome.value, s.detail) for s in rows)
    return ReportTable("Steps", ("step", "outcome", "what was found"), cells, drawn=tuple(s.auroc for s in rows))


def baselines(report: TargetReport) -> ReportTable:
    """Return the baselines beside the probe."""
    header = ("baseline", "kind", "AUROC on fit", "AUROC on fresh", "probe minus baseline, fresh")
    cells = tuple(_baseline(row) for row in report.baselines)
    return ReportTable(
        "Cheaper ways to the same answer", header, cells, drawn=tuple(row.fresh for row in report.baselines)
    )


def _baseline(row: BaselineResult) -> tuple[str, ...]:
    if row.fresh is None:
        return row.name, row.kind, NOT_MEASURED, f"{NOT_MEASURED}: {row.reason}", ""
    return row.name, row.kind, interval(row.cv), interval(row.fresh), interval(row.margin)


def nulls(report: Nulls) -> ReportTable:
    """Return each null beside the number it belongs to, and the control task in a sentence."""
    header = ("null", "what is measured", "here", "typical null", "1 in 20 nulls exceeds", "p", "draws")
    cells = tuple(_null(row) for row in report.rows)
    return ReportTable("Where there is nothing to find", header, cells, _control_task(report.control_task))


def _null(row: Null) -> tuple[str, ...]:
    if row.observed is None:
        return row.name, row.statistic, f"{NOT_MEASURED}: {row.reason}", "", "", "", "0"
    numbers = [f"{value:.3f}" for value in (row.observed, row.typical, row.extreme)]
    p = NOT_MEASURED if row.p_value is None else f"{row.p_value:.2g}"
    return row.name, row.statistic, *numbers, p, str(row.n)


def _control_task(task: ControlTask) -> str:
    if task.selectivity is None:
        return f"Control task: {NOT_MEASURED} ({task.reason})"
    return (
        f"Control task (labels that are a hash of the prompt, {task.types} prompts, {task.tasks} tasks): "
        f"held-out AUROC {task.control:.3f} against {task.real:.3f} for the real labels, selectivity "
        f"{task.selectivity}. On the answers that it was fitted on the probe reaches "
        f"{task.memorised:.3f} even with these meaningless labels: that is how much it can learn by heart."
    )


def abstaining(sidecar: SidecarResult) -> ReportTable:
    """Return how many fail among the answers with the highest scores."""
    header = ("answered, highest scores first", "down to probability", "of these fail")
    cells = tuple((f"{p.coverage:.0%}", f"{p.threshold:.2f}", counted(p.risk)) for p in sidecar.curve)
    return ReportTable("Abstaining", header, cells)


def relations(report: TargetReport) -> ReportTable:
    """Return the fresh AUROC within each relation."""
    rows = report.relations
    cells = tuple((r.relation, str(r.n_pos), str(r.n_neg), interval(r.fresh)) for r in rows)
    header = ("relation", "positive", "negative", "fresh AUROC")
    return ReportTable("Within each relation", header, cells, drawn=tuple(row.fresh for row in rows))


def layers(report: TargetReport) -> ReportTable:
    """Return both AUROCs of every place where h_last was read."""
    rows = report.layers
    cells = tuple((r.place, f"{r.c:g}", interval(r.cv), interval(r.fresh)) for r in rows)
    header = ("reading", "C", "cross-validated AUROC on fit", "AUROC on fresh")
    note = "The best row was chosen among many on fit, so its cross-validated number is optimistic."
    return ReportTable("By layer", header, cells, note, tuple(row.fresh for row in rows))


def axes(report: TargetReport) -> ReportTable:
    """Return both AUROCs of every axis of the rubric; an axis without them says why."""
    header = ("axis", "outcome", "cross-validated AUROC on fit", "AUROC on fresh", "unscored on fit, on fresh", "why")
    cells = tuple(_axis(row) for row in report.axes)
    note = "Positive are scores of 4 and 5."
    return ReportTable("Axes of the rubric", header, cells, note, tuple(row.fresh for row in report.axes))


def _axis(row: AxisAuroc) -> tuple[str, ...]:
    unscored = ", ".join(str(counts.unscored) for _, counts in row.counts.items())
    return words(row.axis), row.outcome.value, counted(row.cv), counted(row.fresh), unscored, row.reason


def target_tables(report: TargetReport) -> list[ReportTable]:
    """Return the tables that belong to one target, in the order in which they are read."""
    tables = [steps(report)]
    if report.baselines:
        tables.append(baselines(report))
    if report.nulls:
        tables.append(nulls(report.nulls))
    if report.sidecar and report.sidecar.curve:
        tables.append(abstaining(report.sidecar))
    if report.relations:
        tables.append(relations(report))
    if report.axes:
        tables.append(axes(report))
    if report.layers:
        tables.append(layers(report))
    return tables


def reliability(report: Reliability) -> list[str]:
    """Return calibration and abstaining in three sentences."""
    return [
        f"Calibration error of the probe's probabilities (ECE): {report.ece} in 10 bins of equal width, "
        f"{report.ece_equal_mass} in 10 bins of equal size.",
        f"Brier score {report.brier}; always saying the base rate would score {report.brier_of_rate:.3f}.",
        f"Risk over coverage (AURC, lower is better): {interval(report.aurc)}; answering everything fails in "
        f"{counted(report.risk)}.",
    ]


def provenance(report: FitReport) -> ReportTable:
    """Return what a fitted run was made from: model, prompts, instruments, versions and inputs."""
    loaded = report.loaded
    rows = [(f.name, str(getattr(loaded.model, f.name))) for f in sorted(fields(loaded.model), key=lambda f: f.name)]
    rows += [("backend", loaded.backend), ("hooks proved", loaded.proof)]
    rows += [("prompts", f"{report.prompts.name}, sha256 {report.prompts.sha256}")]
    rows += [("labels", report.about.instruments), ("seed", str(report.seed))]
    rows += list(report.versions.items())
    rows += [(name, f"sha256 {digest}") for name, digest in report.inputs.items()]
    return ReportTable("Where this comes from", ("what", "value"), tuple(rows))
