"""A comparison in words: a screenful, and a page in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from interp.records.findings import Estimate, Severity
from interp.scores.comparison import Comparison, ComparisonReport
from interp.scores.fairness import edit_text
from interp.scores.of_run import CUT_OFF
from interp.scores.sets import Conditions
from interp.scores.truncation import CrossTable, Truncation
from interp.show.markdown import NOT_MEASURED, table

MARKS = {Severity.FATAL: "FATAL", Severity.WARNING: "warning", Severity.NOTE: "note"}
HOW_TO_READ = """\
All differences are B - A over items that have a score on both sides; metrics on a scale are in points of 100 of it.
*Finished* is the delta among items that both sides finished within the token budget. *From cut-off items* is the part
of the delta that items cut off on a side contribute. *Worst* and *best* are the deltas with every cut-off answer of B
at the lowest score and of A at the highest, and the reverse: no continuation of the cut-off answers leads outside them.
"""
DELTA_COLUMNS = ("metric", "items", "A", "B", "B - A", "p", "only A / only B")
TRUNCATION_COLUMNS = (
    *("metric", "cut off A / B", "only A / only B / both / neither", "finished", "from cut-off items"),
    *("all lowest", "all highest", "worst", "best"),
)


def summary(report: ComparisonReport) -> str:
    """Return a screenful: each metric with its delta, its truncation and what speaks against it."""
    blocks = [_block(comparison) for comparison in report.comparisons]
    return "\n\n".join([title(report), *blocks]).rstrip() + "\n"


def _block(comparison: Comparison) -> str:
    details = (*_discordant(comparison), *_truncation(comparison), *_groups(comparison))
    threats = [f"{MARKS[threat.severity]}: {threat.sentence}" for threat in comparison.threats]
    return "\n  ".join([f"{comparison.title}: {_delta_line(comparison)}", *details, *threats])


def markdown(report: ComparisonReport) -> str:
    """Return the page: how to read it, a table of deltas, a table of truncation, and the threats of each metric."""
    parts = [
        f"# {title(report)}\n",
        HOW_TO_READ,
        table(DELTA_COLUMNS, [_delta_row(comparison) for comparison in report.comparisons]) + "\n",
        "## Truncation\n",
        table(TRUNCATION_COLUMNS, [_truncation_row(comparison) for comparison in report.comparisons]) + "\n",
        *(_section(comparison) for comparison in report.comparisons),
    ]
    return "\n".join(parts)


def title(report: ComparisonReport) -> str:
    """Return what is compared."""
    return f"B - A: {report.b.name} (B) against {report.a.name} (A)"


def _difference(comparison: Comparison, estimate: Estimate | None) -> str:
    if estimate is None:
        return NOT_MEASURED
    value, lower, upper = map(comparison.in_points, (estimate.value, estimate.lower, estimate.upper))
    return f"{value:+.1f} [{lower:+.1f}, {upper:+.1f}]"


def _level(comparison: Comparison, mean: Estimate | None) -> str:
    """Return a side's mean, in points of 100 above the scale's lowest score."""
    if mean is None:
        return NOT_MEASURED
    lowest = comparison.scale[0] if comparison.scale else 0.0
    ends = (mean.value, mean.lower, mean.upper)
    value, lower, upper = (comparison.in_points(end - lowest) for end in ends)
    return f"{value:.1f} [{lower:.1f}, {upper:.1f}]"


def _p(estimate: Estimate | None) -> str:
    return "" if estimate is None or estimate.p_value is None else f"{estimate.p_value:.2g}"


def _delta_line(comparison: Comparison) -> str:
    numbers = comparison.numbers
    p = f", p = {_p(numbers.delta)}" if _p(numbers.delta) else ""
    means = f"A {_level(comparison, numbers.mean_a)}, B {_level(comparison, numbers.mean_b)}"
    items = f"{numbers.n_paired} of {numbers.n_items} items"
    return f"{_difference(comparison, numbers.delta)}{p} ({means}; {items})"


def _discordant(comparison: Comparison) -> Iterator[str]:
    if comparison.numbers.discordant is not None:
        yield _counts(comparison.numbers.discordant)


def _truncation(comparison: Comparison) -> Iterator[str]:
    cut = comparison.numbers.truncation
    if cut is None or comparison.metric == CUT_OFF:  # that metric is the truncation itself
        return
    if not (cut.table.only_a or cut.table.only_b or cut.table.both):
        yield "cut off: none on either side"
        return
    yield f"cut off: A {cut.share_a.value:.1%}, B {cut.share_b.value:.1%} ({_counts(cut.table)})"
    yield f"finished on both sides: {_finished(comparison, cut)}"
    if cut.least is not None:
        ends = f"from {_difference(comparison, cut.least)} to {_difference(comparison, cut.most)}"
        yield f"whatever the cut-off answers became: {ends}"


def _finished(comparison: Comparison, cut: Truncation) -> str:
    return f"{_difference(comparison, cut.finished)} ({_n_items(cut.finished)} items)"


def _n_items(delta: Estimate | None) -> int:
    return 0 if delta is None else delta.n_pos


def _counts(items: CrossTable) -> str:
    return f"only A {items.only_a}, only B {items.only_b}, both {items.both}, neither {items.neither}"


def _groups(comparison: Comparison) -> Iterator[str]:
    for group, delta in comparison.numbers.groups.items():
        yield f"{group}: {_difference(comparison, delta)} ({_n_items(delta)} items)"


def _delta_row(comparison: Comparison) -> tuple[str, ...]:
    numbers = comparison.numbers
    return (
        comparison.title,
        f"{numbers.n_paired} of {numbers.n_items}",
        _level(comparison, numbers.mean_a),
        _level(comparison, numbers.mean_b),
        _difference(comparison, numbers.delta),
        _p(numbers.delta),
        f"{numbers.discordant.only_a} / {numbers.discordant.only_b}" if numbers.discordant else "",
    )


def _truncation_row(comparison: Comparison) -> tuple[str, ...]:
    cut = comparison.numbers.truncation
    if cut is None:
        return (comparison.title, "unrecorded", *[""] * 7)
    limits = (cut.all_lowest, cut.all_highest, cut.least, cut.most)
    return (
        comparison.title,
        f"{cut.share_a.value:.1%} / {cut.share_b.value:.1%}",
        f"{cut.table.only_a} / {cut.table.only_b} / {cut.table.both} / {cut.table.neither}",
        _finished(comparison, cut),
        "" if cut.part is None else f"{comparison.in_points(cut.part):+.1f} ({cut.n_part} items)",
        *(_difference(comparison, limit) if comparison.scale else "" for limit in limits),
    )


def _section(comparison: Comparison) -> str:
    delta = comparison.numbers.delta
    method = delta.method if delta else f"{NOT_MEASURED}: no item has both scores"
    threats = [f"{MARKS[threat.severity]}, {threat.name}: {threat.sentence}" for threat in comparison.threats]
    points = [
        f"A: {_conditions(comparison.a)}",
        f"B: {_conditions(comparison.b)}",
        f"method: {method}",
        *_groups(comparison),
        *(threats or ["no threat found"]),
    ]
    return "\n".join([f"## {comparison.title}\n", *(f"- {point}" for point in points), ""])


def _conditions(conditions: Conditions) -> str:
    told = {
        "model": conditions.model,
        "edit": edit_text(conditions.edit),
        "decoding": conditions.decoding,
        "new tokens": conditions.max_new_tokens,
        "scored by": conditions.judge,
        "prompts": conditions.prompts and conditions.prompts[:12],
    }
    return "; ".join(f"{name} {value if value is not None else 'unrecorded'}" for name, value in told.items())
