"""The same sweep on other seeds: whether verdict and signs repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hooks.dose.page import NAMES, Fields, estimate
from hooks.dose.response import CONTENT, DISPOSITION


def replication(reruns: Sequence[Fields]) -> dict[str, Any]:
    """Compare sweeps of one configuration on several seeds: do the verdict and the signs of the effects repeat?

    Args:
        reruns: per run `directory`, `manifest_sha256`, `seed`, `prompt_ids` and `temper` (its temper.json).
    """
    first = set(reruns[0]["prompt_ids"])
    rows = [
        {
            **{name: run[name] for name in ("directory", "manifest_sha256", "seed")},
            "prompts": len(run["prompt_ids"]),
            "prompts_shared_with_the_first": len(first & set(run["prompt_ids"])),
            "verdict": run["temper"]["judged"]["verdict"],
            **{
                NAMES[m]: run["temper"]["judged"][key]
                for m, key in ((DISPOSITION, "disposition"), (CONTENT, "content"))
            },
        }
        for run in reruns
    ]
    signs = {name: [_sign(row[name]) for row in rows] for name in (NAMES[DISPOSITION], NAMES[CONTENT])}
    return {
        "runs": rows,
        "verdict_repeats": len({row["verdict"] for row in rows}) == 1,
        "signs": signs,
        "signs_repeat": {name: _repeats(found) for name, found in signs.items()},
    }


def _repeats(signs: Sequence[int | None]) -> bool | None:
    """Return whether all runs show one and the same clear change; None where none of them shows any."""
    return len(set(signs)) == 1 if any(signs) else None


def _sign(fields: Fields | None) -> int | None:
    """Return the sign of a change: 0 where its interval holds 0."""
    if fields is None:
        return None
    return int(fields["lower"] > 0) - int(fields["upper"] < 0)


def replication_lines(found: Fields) -> list[str]:
    """Return the comparison of the reruns as lines."""
    lines = []
    for row in found["runs"]:
        lines.append(
            f"- seed {row['seed']}: {row['verdict']}; delivery {estimate(row['asserted'])}, checklist recall "
            f"{estimate(row['checklist recall'])}; {row['prompts_shared_with_the_first']} of {row['prompts']} prompts "
            "are the first run's"
        )
    said = "repeats" if found["verdict_repeats"] else "does not repeat"
    words = {True: "repeats", False: "does not repeat", None: "is clear in no run"}
    signs = ", ".join(
        f"{name} {words[same]} ({', '.join(_mark(s) for s in found['signs'][name])})"
        for name, same in found["signs_repeat"].items()
    )
    return [*lines, f"- The verdict {said}. The sign of the change (0: not clear): {signs}."]


def _mark(sign: int | None) -> str:
    return "unknown" if sign is None else {1: "+", -1: "-", 0: "0"}[sign]
