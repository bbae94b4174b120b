"""How an estimate is written, and the one table in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from interp.records.findings import Estimate

NOT_MEASURED = "not measured"


def interval(estimate: Estimate | None, digits: int = 3) -> str:
    """Show an estimate as `0.519 [0.320, 0.720]`, or say that there is none."""
    if estimate is None:
        return NOT_MEASURED
    return f"{estimate.value:.{digits}f} [{estimate.lower:.{digits}f}, {estimate.upper:.{digits}f}]"


def counted(estimate: Estimate | None) -> str:
    """Show an estimate with its counts, `0.519 [0.320, 0.720], 9 of 193`, or say that there is none."""
    if estimate is None:
        return NOT_MEASURED
    return f"{estimate}, {estimate.n_pos} of {estimate.n_pos + estimate.n_neg}"


def table(header: Sequence[str], rows: Sequence[Sequence[object]], *, right: bool = False) -> str:
    """Return a table; a bar inside a cell is escaped. `right` sets every column flush right."""
    rule = "|" + ("---:|" if right else "---|") * len(header)
    return "\n".join([_line(header), rule, *(_line(row) for row in rows)])


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
