"""The page and the screenful of a tempering sweep, and what its reruns on other seeds have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hooks.dose.response import CONTENT, DISPOSITION
from interp.language import delivery

NAMES = {
    CONTENT: "checklist recall",
    DISPOSITION: "asserted",
    "correct": "correct",
    "unscored": "no delivery label",
    "cut_off": "cut off",
    "tokens": "answer tokens",
}


Fields = Mapping[str, Any]


def estimate(fields: Fields | None, digits: int = 3) -> str:
    """Return an estimate with its interval, or that it is unknown."""
    if fields is None:
        return "unknown"
    value, lower, upper = (f"{fields[name]:.{digits}f}" for name in ("value", "lower", "upper"))
    return f"{value} [{lower}, {upper}]"


def summary(full: Fields) -> str:
    """Return the verdict and the chosen heads' numbers at every factor as lines of a terminal."""
    judged = full["judged"]
    lines = [
        f"{full['loaded']['model']['name']} on {full['prompts']['name']}, {full['prompts']['n']} prompts: heads "
        f"{full['sets'][0]['shown']} at factors {', '.join(f'{f:g}' for f in full['factors'])}, beside "
        f"{len(full['sets']) - 1} random sets",
        "",
        f"Tempering: {judged['verdict']}.",
        f"    {judged['reason']}",
        "",
        f"{'factor':>8}  {'checklist recall':26}{'asserted':26}{'correct':26}{'cut off':>8}{'tokens':>8}",
    ]
    for row in full["measured"]:
        if row["set"] == full["sets"][0]["name"]:
            levels = {name: fields["level"] for name, fields in row["measures"].items()}
            shown = "".join(f"{estimate(levels[name]):26}" for name in (CONTENT, DISPOSITION, "correct"))
            cut, tokens = (levels[name]["value"] for name in ("cut_off", "tokens"))
            lines.append(f"{row['factor']:8g}  {shown}{cut:8.2f}{tokens:8.1f}")
    return "\n".join([*lines, "", *(f"note: {note}" for note in judged["notes"])])


def markdown(full: Fields) -> str:
    """Return the page of one sweep."""
    judged, loaded = full["judged"], full["loaded"]
    parts = [
        f"# Tempering {full['sets'][0]['shown']} of {loaded['model']['name']}\n",
        f"**{judged['verdict'].capitalize()}.** {judged['reason'][:1].upper()}{judged['reason'][1:]}\n",
        f"{full['prompts']['n']} prompts of {full['prompts']['name']} ({full['prompts']['split']} split), greedy, "
        f"{full['max_new_tokens']} new tokens; backend {loaded['backend']}, hook proof {loaded['proof']}. "
        "The disposition is delivery (the rate of asserted answers), the content is checklist recall; both are judged "
        f"at the factor farthest from 1, {full['factors'][-1]:g}.\n",
        *(f"- {note}" for note in judged["notes"]),
        f"- Delivery is labelled by {full['instruments']}; {delivery.AGREEMENT}.\n",
        "## Sets of heads\n",
        *(f"- {one['name']}: {one['shown']}" for one in full["sets"]),
        f"\nWhere the chosen heads come from: {_source(full['heads'])}.\n",
        *_against_random(full),
        *_trends(full),
        "\n## Every set and factor\n\nDifferences are paired, to factor 1; in brackets 95 % intervals.\n",
        *_table(full),
        "\n## Delivery by correctness, stop reasons, answers that became unknown\n",
        *_counts(full),
        "\n## The rule\n",
        *(f"- {name.replace('_', ' ')}: {value:g}" for name, value in full["rule"].items()),
    ]
    return "\n".join(parts) + "\n"


def _source(heads: Fields) -> str:
    if heads["kind"] == "list":
        return "a list on the command line"
    survive = heads["surviving"] or "none of them"
    return (
        f"the {heads['contrast']} contrast of an attribution (sha256 {heads['sha256'][:12]}; there: "
        f"{heads['outcome']}; of these heads survive: {survive})"
    )


def _against_random(full: Fields) -> list[str]:
    rows = [(m, found) for m, found in full["judged"]["random"].items() if found is not None]
    if not rows:
        return ["No random sets were run, or too few of their answers are scored.\n"]
    return [
        "| effect at the strongest factor | random sets | at least as far | p (smallest possible) | excess over mean |",
        "|---|---|---|---|---|",
        *(
            f"| {NAMES[m]} | {', '.join(f'{e:+.3f}' for e in found['effects'])} | {found['as_far']} of "
            f"{len(found['effects'])} | {found['p']:.3f} ({found['smallest_p']:.3f}) | {estimate(found['excess'])} |"
            for m, found in rows
        ),
    ]


def _trends(full: Fields) -> list[str]:
    words = {1: "rises", -1: "falls", 0: "does not move"}
    lines = ["\nTrend along the factors (Page's L with a permutation null, two-sided), chosen heads:\n"]
    for measure, found in full["judged"]["trends"].items():
        said = "unknown: too few prompts are known at every factor"
        if found is not None:
            said = f"{words[found['direction']]}, p = {found['p']:.4f}; {found['n_moving']} of {found['n_prompts']} "
            said += "prompts are not the same at all factors"
        lines.append(f"- {NAMES[measure]}: {said}")
    return lines


def _table(full: Fields) -> list[str]:
    head = "| set | factor | " + " | ".join(f"{name} | difference" for name in NAMES.values()) + " |"
    lines = [head, "|---" * (2 + 2 * len(NAMES)) + "|"]
    for row in full["measured"]:
        cells = [row["set"], f"{row['factor']:g}"]
        for measure in NAMES:
            fields = row["measures"][measure]
            digits = 1 if measure == "tokens" else 3
            cells += [estimate(fields["level"], digits)]
            cells += ["" if row["factor"] == 1 else f"{estimate(fields['difference'], digits)}, n = {fields['pairs']}"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _counts(full: Fields) -> list[str]:
    lines = [
        "| set | factor | asserted and right | asserted and wrong | hedged and right | hedged and wrong | unknown | "
        "stops | recall lost | delivery lost |",
        "|---" * 10 + "|",
    ]
    for row in full["measured"]:
        lost = [_reasons(row["became_unknown"][m]) for m in (CONTENT, DISPOSITION)]
        cohorts = [str(row["cohorts"][name]) for name in ("cr", "cw", "hr", "hw", "unknown")]
        lines.append(
            "| " + " | ".join([row["set"], f"{row['factor']:g}", *cohorts, _reasons(row["stops"]), *lost]) + " |"
        )
    return lines


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items()) or "0"
