"""Answers without a choice: why, how many, and when they are too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from interp.errors import InputError


def check_share(reasons: Counter[str], asked: int, allowed: float, details: Mapping[str, str] | None = None) -> None:
    """Stop where more than the allowed share of the questions asked has no choice.

    Args:
        reasons: how many questions have none, by reason.
        asked: how many questions there are.
        allowed: the share that may have none, 0 to 1.
        details: what was said along with a reason, where anything was.

    Raises:
        InputError: more than that, with the count of each reason.
    """
    missing = reasons.total()
    if missing <= allowed * asked:
        return
    said = details or {}
    counts = ", ".join(
        f"{n} {reason}" + (f" ({said[reason]})" if reason in said else "") for reason, n in reasons.most_common()
    )
    raise InputError(
        f"{missing} of {asked} questions have no answer from the menu, more than the {allowed:.0%} that may lack one: "
        f"{counts}; put right what caused it and run the same command again, which asks only what was not answered."
    )
