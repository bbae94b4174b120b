"""A HumanEval run in words: `humaneval.md`, and the table that the command prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from interp.code.report import BudgetReport, HumanEvalReport
from interp.code.rows import Status
from interp.records.findings import Estimate
from interp.sandbox.proof import Proof
from interp.show import markdown

COLUMNS = ("new tokens", "tasks", "pass@1, all", "pass@1, finished", "cut off", "of them passed", "failed", "no code")
HOW_TO_READ = (
    "pass@1 with a 95 % interval (Wilson). Over all tasks a cut-off answer counts by what its code did by then, so "
    "the number is a lower limit wherever answers were cut off. Compare models or edits at equal budgets only, as "
    "`python -m interp.compare` does."
)


def page(report: HumanEvalReport) -> str:
    """Return `humaneval.md`."""
    parts = [
        f"# HumanEval: {report.model.name}",
        table(report.budgets),
        HOW_TO_READ,
        _found(report.budgets),
        _errors(report.budgets),
        _sandbox(report.sandbox),
    ]
    return "\n\n".join(parts) + "\n"


def table(budgets: Sequence[BudgetReport]) -> str:
    """Return the budgets as a table in Markdown."""
    return markdown.table(COLUMNS, [_row(budget) for budget in budgets], right=True)


def _row(budget: BudgetReport) -> tuple[object, ...]:
    shares = (budget.pass_at_1, budget.pass_at_1_finished, budget.cut_off)
    failed = budget.statuses[Status.FAILED] + budget.statuses[Status.TIMED_OUT]
    counts = (budget.passed_though_cut_off, failed, budget.statuses[Status.NO_CODE])
    return (budget.max_new_tokens, budget.n, *map(_share, shares), *counts)


def _share(estimate: Estimate | None) -> str:
    return "none finished" if estimate is None else markdown.counted(estimate)


def _found(budgets: Sequence[BudgetReport]) -> str:
    lines = [f"- {budget.max_new_tokens} new tokens: {_counts(budget.found.items())}" for budget in budgets]
    return "## How the code was found\n\n" + "\n".join(lines)


def _errors(budgets: Sequence[BudgetReport]) -> str:
    lines = [f"- {budget.max_new_tokens} new tokens: {_counts(budget.errors.items()) or 'none'}" for budget in budgets]
    return "## Why programs failed\n\nCut-off answers included.\n\n" + "\n".join(lines)


def _counts(counts: Iterable[tuple[str, int]]) -> str:
    """Return counts in words, the largest first."""
    ordered = sorted(counts, key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" for name, count in ordered)


def _sandbox(proof: Proof) -> str:
    missing = [f"{name} ({why})" for name, why in proof.layers.items() if why != "active"]
    held = f"It did NOT hold: {', '.join(proof.broken)}" if proof.broken else "It held against every attempt"
    return (
        f"## Sandbox\n\n{held}. Active: {', '.join(proof.active)}; no program was run without all of them. "
        f"Not granted by the kernel: {', '.join(missing) or 'nothing'}."
    )
