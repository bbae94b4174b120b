"""A run's numbers in words: a screenful for the terminal, a page in Markdown. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence

from interp.language.delivery import AGREEMENT
from interp.runs.report import QUESTIONS, VERDICTS
from probes.report import tables
from probes.report.tables import Numbers, ReportTable, interval, number


def summary(report: Numbers) -> str:
    """Return a screenful: what was run, both verdicts, and the numbers behind them."""
    lines = [title(report), ""]
    for split in tables.SPLITS:
        lines.append(f"{split:5}  {tables.answers(report, split)}")
    lines.append("")
    for target, found in targets(report):
        verdict = found["verdict"]
        lines += [f"{QUESTIONS[target]}  {VERDICTS[verdict['failure']]}.", f"  {verdict['reason']}"]
        if found["headline"]:
            lines.append(f"  headline: {headline(found['headline'])}")
            lines.append(f"  gate: {gate(found['gate'])}")
        warnings = dict.fromkeys(t["name"] for t in verdict["threats"] if t["severity"] != "note")
        if warnings:
            lines.append(f"  threats: {', '.join(warnings)}")
        lines.append("")
    lines.append(f"delivery asymmetry on fresh: {tables.asymmetry(report, 'fresh')}")
    return "\n".join(lines) + "\n"


def markdown(report: Numbers) -> str:
    """Return the whole report as Markdown."""
    made = tables.provenance(report)
    return "\n".join([f"# {title(report)}\n", body(report), f"## {made.title}\n", table(made), ""])


def body(report: Numbers) -> str:
    """Return what an analysis found as Markdown: verdicts, answers, and each target's tables."""
    parts = [_target(target, found) for target, found in targets(report)]
    return "\n".join([GLOSSARY, _verdicts(report), _data(report), *parts])


def targets(report: Numbers) -> list[tuple[str, Numbers]]:
    """Return the targets that a report tells of, correctness first."""
    return [(target, report["targets"][target]) for target in QUESTIONS if target in report["targets"]]


def title(report: Numbers) -> str:
    """Return what a report is about."""
    model, config = report["loaded"]["model"], report["config"]
    return f"{model['name']} on {config['prompts']['name']}: h_last at the {config['position']} position"


def headline(row: Numbers) -> str:
    """Return the chosen reading and what it is worth, in one sentence."""
    p = row.get("fresh_p")
    said = f", p = {p:.2g}" if p is not None else ""
    return (
        f"{tables.place(row)}, C = {row['c']:g} (chosen on fit): nested cross-validation {interval(row['nested_cv'])}, "
        f"fresh AUROC {number(row['fresh'])}{said}"
    )


def gate(found: Numbers | None) -> str:
    """Return what the gate does on fresh, in one sentence."""
    if found is None:
        return "not judged (fresh holds one class only)"
    if found["asymmetry"] is None:
        return f"not judged ({found['reason']})"
    return (
        f"threshold {found['threshold']:.2f} (chosen on fit): asymmetry on fresh {interval(found['asymmetry'])}, "
        f"P(assert | positive) {number(found['p_assert_correct'])}; oracle (upper bound) "
        f"{interval(found['oracle_asymmetry'])}"
    )


GLOSSARY = """\
*h_last* is the model's hidden state at the last token of its answer. A *probe* is a linear classifier on it, fitted on
the **fit** prompts and judged on the **fresh** ones, which were asked in another form. AUROC is the chance that a
positive answer scores above a negative one: 0.5 is a coin, 1 is perfect. Every number carries a 95 % interval and its
counts (positives of all). *Unresolved* means that the data could not tell: neither yes nor no. Cut-off answers are
neither right nor wrong and are in no rate.
"""


def _verdicts(report: Numbers) -> str:
    lines = ["## Verdict\n"]
    for target, found in targets(report):
        verdict = found["verdict"]
        lines.append(f"**{QUESTIONS[target]}** {VERDICTS[verdict['failure']]}. {verdict['reason']}\n")
    if lexicon(report):
        lines.append(f"{lexicon(report)}\n")
    lines.append(f"**Does delivery carry correctness?** {delivery(report)}\n")
    return "\n".join(lines)


def lexicon(report: Numbers) -> str:
    """Return how far the hedging lexicon can be trusted; nothing where another instrument told delivery."""
    told = "delivery-lexicon" in report["config"].get("instruments", "")
    return f"Asserted and hedged are told apart by a hedging lexicon: {AGREEMENT}." if told else ""


def delivery(report: Numbers) -> str:
    """Return the assertion asymmetry of both splits, in one sentence."""
    return (
        f"P(assert | wrong) - P(assert | correct) is {tables.asymmetry(report, 'fit')} on fit and "
        f"{tables.asymmetry(report, 'fresh')} on fresh; negative is good."
    )


def _data(report: Numbers) -> str:
    first, *others = tables.data_tables(report)
    lines = [f"## {first.title}\n", table(first)]
    for made in others:
        lines += [f"\n{made.title}:\n", table(made)]
    return "\n".join([*lines, ""])


def _target(target: str, found: Numbers) -> str:
    verdict = found["verdict"]
    lines = [f"## {QUESTIONS[target]}\n", f"{VERDICTS[verdict['failure']]}. {verdict['reason']}\n"]
    lines.append(table(tables.steps(found)))
    if found["headline"]:
        lines += [f"\nHeadline: {headline(found['headline'])}.\n", f"Gate: {gate(found['gate'])}.\n"]
        lines.append(f"{study_reading(found)}\n")
    if found["controls"]:
        lines += _section(tables.controls(found))
    if found.get("nulls"):
        lines += _section(tables.nulls(found))
    if found.get("reliability"):
        lines += [
            "\n### Calibration and abstaining, on fresh\n",
            *(f"- {s}" for s in tables.reliability(found["reliability"])),
        ]
        if found["gate"] and found["gate"].get("curve"):
            lines.append("\n" + table(tables.abstaining(found["gate"])))
    if found["relations"]:
        lines += _section(tables.relations(found))
    if found.get("axes"):
        lines += _section(tables.axes(found))
    if verdict["threats"]:
        lines.append("\n### Threats\n")
        lines += [f"- **{t['name'].replace('_', ' ')}** ({t['severity']}): {t['sentence']}" for t in verdict["threats"]]
    if found["readings"]:
        lines += _section(tables.layers(found))
    return "\n".join([*lines, ""])


def study_reading(found: Numbers) -> str:
    """Return what the study's own reading is worth, in one sentence."""
    return f"The study's own reading, ln_final: fresh AUROC {number(found['study_reading']['fresh'])}."


def _section(made: ReportTable) -> list[str]:
    note = [f"\n{made.note}"] if made.note else []
    return [f"\n### {made.title}\n", table(made), *note]


def table(made: ReportTable) -> str:
    """Return a table as Markdown."""
    return "\n".join([_row(made.header), "|" + "---|" * len(made.header), *(_row(row) for row in made.rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
