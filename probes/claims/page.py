"""The paper's claims in words: a table for a terminal, and the page that says what differs and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from interp.results.claims import ClaimResult, ClaimsReport, ClaimVerdict
from interp.results.fit import VERDICTS, FalsifyReport
from interp.show import markdown

MEANINGS = {
    ClaimVerdict.REPRODUCED: "recomputed from single answers, items or activations; equal within the paper's rounding",
    ClaimVerdict.DIFFERS: "recomputed, and not what the paper says",
    ClaimVerdict.SUMMARY_ONLY: "equal to a stored number whose raw data was not published",
    ClaimVerdict.NOT_RECOMPUTABLE: "nothing was published that it could be computed from",
}
COLUMNS = ("id", "section", "claim", "paper", "recomputed", "verdict", "from", "recipe", "note")
Audits = Mapping[str, FalsifyReport]  # what the steps and audits say, by the published model


def table(report: ClaimsReport) -> str:
    """Return the claims as lines of a terminal: id, claim, paper's value, recomputed value, verdict."""
    lines = [f"{'id':5}{'claim':42}{'paper':>18}{'recomputed':>24}  verdict"]
    lines += [
        f"{r.id:5}{_cut(r.claim, 40):42}{_cut(r.paper_value, 17):>18}{_cut(numbers(r), 23):>24}  {r.verdict}"
        for r in report.claims
    ]
    return "\n".join([*lines, "", counts_line(report)])


def numbers(result: ClaimResult) -> str:
    """Return the recomputed numbers to six digits, with the interval where there is one."""
    values = " ".join("-" if v is None else f"{v:.6g}" for v in result.recomputed)
    estimate = result.estimate
    return values if estimate is None else f"{values} [{estimate.lower:.4g}, {estimate.upper:.4g}]"


def counts_line(report: ClaimsReport) -> str:
    """Return how many claims have each verdict."""
    parts = (f"{n} {_words(verdict)}" for verdict, n in report.counts.items())
    return f"{len(report.claims)} claims: {', '.join(parts)}."


def page(report: ClaimsReport) -> str:
    """Return the readable page: what differs first, then every claim with its file, recipe and note."""
    parts = [
        "# The paper's claims against its published data\n",
        f"{report.paper}; data: {report.repository} at {report.commit}.\n",
        counts_line(report) + "\n",
        *(f"- **{_words(verdict)}**: {meaning}." for verdict, meaning in MEANINGS.items()),
        "\n## What differs\n",
        differences(report),
        "\n## Every claim\n",
        markdown.table(COLUMNS, [_cells(result) for result in report.claims]),
    ]
    return "\n".join(parts) + "\n"


def _cells(result: ClaimResult) -> tuple[str, ...]:
    files = "<br>".join(f"`{Path(name).name}`" for name in result.files)
    stated = (result.id, result.section, result.claim, result.paper_value)
    return (*stated, numbers(result), _words(result.verdict), files, result.recipe, result.note)


def differences(report: ClaimsReport) -> str:
    """Return the claims that differ as a Markdown list: what the paper says, what the data says, and why."""
    return "\n".join(f"- {_difference(result)}" for result in report.differing)


def _difference(result: ClaimResult) -> str:
    by = ", ".join(f"{d:+.4g}" for d in result.differences)
    return (
        f"{result.id} ({result.section}) {result.claim}: the paper says {result.paper_value}, "
        f"the data {numbers(result)}{f' (difference {by})' if by else ''}. {result.note}"
    )


def audits_page(audits: Audits) -> str:
    """Return what the steps and audits say of each published run: the verdict, the steps, every threat."""
    parts = ["\n## What the audits say of the published runs\n"]
    for name, report in audits.items():
        verdict = report.verdict()
        parts.append(f"### {name}\n\n**{VERDICTS[verdict.failure]}.** {verdict.reason}\n")
        parts += [f"- {_words(step.step)}: {step.outcome}; {step.detail}" for step in verdict.steps]
        parts += [f"- threat ({threat.severity}): {threat.sentence}" for threat in verdict.threats]
        parts.append(f"\nAll numbers: `falsify/{name}.md`.\n")
    return "\n".join(parts)


def verdicts(audits: Audits) -> str:
    """Return one line a published run: the verdict on its correctness probe, and the threats by name."""
    lines = ["The published runs, by the steps and audits of this toolkit:"]
    for name, report in audits.items():
        verdict = report.verdict()
        threats = ", ".join(sorted({threat.name for threat in verdict.threats})) or "none"
        lines.append(f"  {name}: {VERDICTS[verdict.failure]} (threats: {threats})")
    return "\n".join(lines) + "\n"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
