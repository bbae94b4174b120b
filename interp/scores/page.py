"""A comparison in words: a screenful, a page in Markdown, and the rows that the figure of deltas reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Numbers = Mapping[str, Any]
CUT_OFF = "cut_off"  # this metric is the truncation itself
MARKS = {"fatal": "FATAL", "warning": "warning", "note": "note"}
READING = """\
All differences are B - A over items that have a score on both sides; metrics on a scale are in points of 100 of it.
*Finished* is the delta among items that both sides finished within the token budget. *From cut-off items* is the part
of the delta that items cut off on a side contribute. *Worst* and *best* are the deltas with every cut-off answer of B
at the lowest score and of A at the highest, and the reverse: no continuation of the cut-off answers leads outside them.
"""


def summary(content: Numbers) -> str:
    """Return a screenful: each metric with its delta, its truncation and what speaks against it."""
    lines = [title(content), ""]
    for one in content["comparisons"]:
        lines += [f"{name(one)}: {_delta_line(one)}"]
        lines += [f"  {line}" for line in (*_discordant(one), *_truncation(one), *_groups(one))]
        lines += [f"  {MARKS[t['severity']]}: {t['sentence']}" for t in one["threats"]]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def markdown(content: Numbers) -> str:
    """Return the page: how to read it, a table of deltas, a table of truncation, and the threats of each metric."""
    found = content["comparisons"]
    parts = [
        f"# {title(content)}\n",
        READING,
        _table(("metric", "items", "A", "B", "B - A", "p", "only A / only B"), [_row(one) for one in found]),
        "## Truncation\n",
        _table(
            ("metric", "cut off A / B", "only A / only B / both / neither", "finished", "from cut-off items")
            + ("all lowest", "all highest", "worst", "best"),
            [_truncation_row(one) for one in found],
        ),
        *(_details(one) for one in found),
    ]
    return "\n".join(parts)


def deltas(content: Numbers) -> list[dict[str, Any]]:
    """Return the rows of `deltas.json`: metrics on a scale, as measured and where both sides finished."""
    rows = []
    for one in content["comparisons"]:
        if one["scale"] is None:
            continue
        source = f"{content['b']['name']} against {content['a']['name']}"
        finished = (one["numbers"]["truncation"] or {}).get("finished")
        for stage, estimate in (("measured", one["numbers"]["delta"]), ("finished", finished)):
            if estimate is not None:
                rows.append(_delta_row(one, stage, estimate, source))
    return rows


def _delta_row(one: Numbers, stage: str, estimate: Numbers, source: str) -> dict[str, Any]:
    ends = {key: _points(one, estimate[key]) for key in ("value", "lower", "upper")}
    row = {"metric": name(one), "stage": stage, "of": 100.0, "method": estimate["method"], "n_items": estimate["n_pos"]}
    fatal = [threat["name"] for threat in one["threats"] if threat["severity"] == "fatal"]
    return row | ends | {"source": source, "fatal": fatal}


def title(content: Numbers) -> str:
    """Return what is compared."""
    return f"B - A: {content['b']['name']} (B) against {content['a']['name']} (A)"


def name(one: Numbers) -> str:
    """Return the metric, with its token budget where that is recorded."""
    budget = one["a"]["max_new_tokens"]
    return f"{one['metric']}, {budget} new tokens" if budget else str(one["metric"])


def _points(one: Numbers, value: float) -> float:
    """Return a difference in points of 100 of its scale, or as it is."""
    return value if one["scale"] is None else 100 * value / (one["scale"][1] - one["scale"][0])


def _gap(one: Numbers, estimate: Numbers | None) -> str:
    if estimate is None:
        return "not measured"
    value, lower, upper = (_points(one, estimate[key]) for key in ("value", "lower", "upper"))
    return f"{value:+.1f} [{lower:+.1f}, {upper:+.1f}]"


def _level(one: Numbers, estimate: Numbers | None) -> str:
    """Return a side's mean, in points of 100 above the scale's lowest score."""
    if estimate is None:
        return "not measured"
    lowest = one["scale"][0] if one["scale"] else 0.0
    value, lower, upper = (_points(one, estimate[key] - lowest) for key in ("value", "lower", "upper"))
    return f"{value:.1f} [{lower:.1f}, {upper:.1f}]"


def _p(estimate: Numbers | None) -> str:
    return "" if estimate is None or estimate["p_value"] is None else f"{estimate['p_value']:.2g}"


def _delta_line(one: Numbers) -> str:
    n = one["numbers"]
    p = f", p = {_p(n['delta'])}" if _p(n["delta"]) else ""
    means = f"A {_level(one, n['mean_a'])}, B {_level(one, n['mean_b'])}"
    return f"{_gap(one, n['delta'])}{p} ({means}; {n['n_paired']} of {n['n_items']} items)"


def _discordant(one: Numbers) -> Iterator[str]:
    counts = one["numbers"]["discordant"]
    if counts:
        yield _cells(counts)


def _truncation(one: Numbers) -> Iterator[str]:
    cut = one["numbers"]["truncation"] if one["metric"] != CUT_OFF else None
    if cut is None or not any(cut["table"][cell] for cell in ("only_a", "only_b", "both")):
        if cut is not None:
            yield "cut off: none on either side"
        return
    yield f"cut off: A {cut['share_a']['value']:.1%}, B {cut['share_b']['value']:.1%} ({_cells(cut['table'])})"
    yield f"finished on both sides: {_gap(one, cut['finished'])} ({_count(cut['finished'])} items)"
    if cut["least"] is not None:
        yield f"whatever the cut-off answers became: from {_gap(one, cut['least'])} to {_gap(one, cut['most'])}"


def _count(estimate: Numbers | None) -> int:
    return 0 if estimate is None else int(estimate["n_pos"])


def _cells(table: Numbers) -> str:
    names = {"only_a": "only A", "only_b": "only B", "both": "both", "neither": "neither"}
    return ", ".join(f"{name} {table[cell]}" for cell, name in names.items())


def _groups(one: Numbers) -> Iterator[str]:
    for group, estimate in one["numbers"]["groups"].items():
        yield f"{group}: {_gap(one, estimate)} ({_count(estimate)} items)"


def _row(one: Numbers) -> tuple[str, ...]:
    n = one["numbers"]
    counts = n["discordant"]
    return (
        name(one),
        f"{n['n_paired']} of {n['n_items']}",
        _level(one, n["mean_a"]),
        _level(one, n["mean_b"]),
        _gap(one, n["delta"]),
        _p(n["delta"]),
        f"{counts['only_a']} / {counts['only_b']}" if counts else "",
    )


def _truncation_row(one: Numbers) -> tuple[str, ...]:
    cut = one["numbers"]["truncation"]
    if cut is None:
        return (name(one), "unrecorded", *[""] * 7)
    part = "" if cut["part"] is None else f"{_points(one, cut['part']):+.1f} ({cut['n_part']} items)"
    return (
        name(one),
        f"{cut['share_a']['value']:.1%} / {cut['share_b']['value']:.1%}",
        " / ".join(str(cut["table"][cell]) for cell in ("only_a", "only_b", "both", "neither")),
        f"{_gap(one, cut['finished'])} ({_count(cut['finished'])} items)",
        part,
        *(_gap(one, cut[key]) if one["scale"] else "" for key in ("all_lowest", "all_highest", "least", "most")),
    )


def _details(one: Numbers) -> str:
    sides = [f"- {side}: {_conditions(one[key])}" for side, key in (("A", "a"), ("B", "b"))]
    method = one["numbers"]["delta"]["method"] if one["numbers"]["delta"] else "not measured: no item has both scores"
    threats = [f"- {MARKS[t['severity']]}, {t['name']}: {t['sentence']}" for t in one["threats"]]
    groups = [f"- {line}" for line in _groups(one)]
    lines = [*sides, f"- method: {method}", *groups, *(threats or ["- no threat found"])]
    return "\n".join([f"## {name(one)}\n", *lines, ""])


def _conditions(under: Numbers) -> str:
    edit = under["edit"]
    told = {
        "model": under["model"],
        "edit": "none" if edit is None else f"x{edit['factor']:g} at {edit['heads']}",
        "decoding": under["decoding"],
        "new tokens": under["max_new_tokens"],
        "scored by": under["judge"],
        "prompts": under["prompts"] and under["prompts"][:12],
    }
    return "; ".join(f"{key} {value if value is not None else 'unrecorded'}" for key, value in told.items())


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"
