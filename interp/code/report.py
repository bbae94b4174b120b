"""What the rows of a HumanEval run add up to: pass@1 with its interval at every budget, and what was cut off."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from interp.code.rows import Status, TaskRow
from interp.records.findings import Estimate
from interp.scores.sets import Conditions, Score, ScoreSet
from interp.stats.rates import rate

METRIC = "pass@1"


def at_budget(rows: Sequence[TaskRow]) -> dict[str, Any]:
    """Return the numbers of one budget.

    `pass_at_1` is over all tasks and takes a cut-off answer by what its code did; `pass_at_1_finished` is over the
    answers that were not cut off; `pass_at_1_at_most` is what all tasks would give if every cut-off answer had passed.
    """
    cut = [row for row in rows if row.status is Status.CUT_OFF]
    done = [row for row in rows if row.status is not Status.CUT_OFF]
    passed = sum(row.passed for row in rows)
    late = sum(row.passed for row in cut)
    return {
        "max_new_tokens": rows[0].max_new_tokens,
        "n": len(rows),
        "pass_at_1": _plain(rate(passed, len(rows))),
        "pass_at_1_finished": _plain(rate(passed - late, len(done))) if done else None,
        "pass_at_1_at_most": (passed + len(cut) - late) / len(rows),
        "cut_off": _plain(rate(len(cut), len(rows))),
        "passed_though_cut_off": late,
        "statuses": {status: sum(row.status is status for row in rows) for status in Status},
        "found": dict(sorted(Counter(row.found for row in rows).items())),
        "errors": dict(sorted(Counter(f"{r.error} at {r.at}" for r in rows if r.error).items())),
    }


def _plain(estimate: Estimate) -> dict[str, Any]:
    return dataclasses.asdict(estimate)


def score_sets(rows: Sequence[TaskRow], conditions: Mapping[int, Conditions]) -> list[ScoreSet]:
    """Return pass@1 task by task, one set a budget; a cut-off answer has the value of its code and is marked."""
    sets = []
    for budget, under in conditions.items():
        scores = tuple(
            Score(row.task_id, METRIC, float(row.passed), None, row.status is Status.CUT_OFF)
            for row in rows
            if row.max_new_tokens == budget
        )
        sets.append(ScoreSet(METRIC, under, (0.0, 1.0), scores))
    return sets


def table(budgets: Sequence[Mapping[str, Any]]) -> str:
    """Return the budgets as a table in Markdown."""
    head = ("new tokens", "tasks", "pass@1, all", "pass@1, finished", "cut off", "of them passed", "failed", "no code")
    lines = [_line(head), _line(["---:"] * len(head))]
    for one in budgets:
        statuses = one["statuses"]
        failed = statuses[Status.FAILED] + statuses[Status.TIMED_OUT]
        shares = [_share(one[name]) for name in ("pass_at_1", "pass_at_1_finished", "cut_off")]
        counts = (one["passed_though_cut_off"], failed, statuses[Status.NO_CODE])
        lines.append(_line([one["max_new_tokens"], one["n"], *shares, *counts]))
    return "\n".join(lines)


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _share(estimate: Mapping[str, Any] | None) -> str:
    if estimate is None:
        return "none finished"
    n = estimate["n_pos"] + estimate["n_neg"]
    return f"{estimate['value']:.3f} [{estimate['lower']:.3f}, {estimate['upper']:.3f}], {estimate['n_pos']} of {n}"


def markdown(result: Mapping[str, Any]) -> str:
    """Return `humaneval.md`."""
    parts = [
        f"# HumanEval: {result['model']['name']}",
        table(result["budgets"]),
        "pass@1 with a 95 % interval (Wilson). Over all tasks a cut-off answer counts by what its code did by then, so "
        "the number is a lower limit wherever answers were cut off. Compare models or edits at equal budgets only, as "
        "`python -m interp.compare` does.",
        _found(result["budgets"]),
        _errors(result["budgets"]),
        _sandbox(result["sandbox"]),
    ]
    return "\n\n".join(parts) + "\n"


def _found(budgets: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"- {b['max_new_tokens']} new tokens: {_counts(b['found'])}" for b in budgets]
    return "## How the code was found\n\n" + "\n".join(lines)


def _errors(budgets: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"- {b['max_new_tokens']} new tokens: {_counts(b['errors']) or 'none'}" for b in budgets]
    return "## Why programs failed\n\nCut-off answers included.\n\n" + "\n".join(lines)


def _counts(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" for name, count in ordered)


def _sandbox(sandbox: Mapping[str, Any]) -> str:
    missing = [f"{name} ({why})" for name, why in sandbox["layers"].items() if why != "active"]
    held = (
        "It held against every attempt" if not sandbox["broken"] else f"It did NOT hold: {', '.join(sandbox['broken'])}"
    )
    return (
        f"## Sandbox\n\n{held}. Active: {', '.join(n for n, why in sandbox['layers'].items() if why == 'active')}. "
        f"Not granted by the kernel: {', '.join(missing) or 'nothing'}."
    )
