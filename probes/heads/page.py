"""An attribution in words: the verdict, the first heads, the nulls, and what the study's number would claim."""

from __future__ import annotations

import dataclasses

from interp.records.findings import Estimate
from interp.results.attribution import CONTRASTS, Attribution, Contrast, HeadEffect, HeadShift, Intervention, Matched
from interp.show import markdown

SHOWN = 10  # heads in a table
NAMES = {"magnitude": "How loud (magnitude)", "directional": "Which way (directional)"}
EFFECTS = {"logprob": "the answer's log-probability", "score": "the probe's score"}
COLUMNS = ("head", "mean a", "mean b", "d [95 %]", "p", "family-wise p", "survives")
IN_SAMPLE = ("d in-sample", "shuffled", "cosine")
MATCHED = ("head", "d [95 %]", "p", "family-wise p", "survives")
SHIFTS = ("head", "log-probability, nats a token [95 %]", "probe's score, log-odds [95 %]")
COHORTS = {
    "cr": "asserted and right",
    "cw": "asserted and wrong",
    "hr": "hedged and right",
    "hw": "hedged and wrong",
}


def summary(attribution: Attribution) -> str:
    """Return the verdict of each contrast, with what matching and intervention add to it."""
    lines = [_what(attribution), ""]
    for name, contrast in attribution.contrasts.items():
        lines += [f"{NAMES.get(name, name)}: {contrast.outcome}.", f"  {contrast.reason}"]
        lines += [f"  Alike in {m.by}: {m.outcome}. {m.reason}" for m in contrast.matched.values()]
    if attribution.intervention is not None:
        lines += ["", *_agreement(attribution.intervention)]
    return "\n".join(lines) + "\n"


def page(attribution: Attribution) -> str:
    """Return `attribution.md`."""
    parts = [f"# Which heads differ? {_what(attribution)}\n", "## Verdict\n", *_verdicts(attribution)]
    for name, contrast in attribution.contrasts.items():
        parts += [f"\n## {NAMES.get(name, name)}\n", contrast.method + ".\n", *_contrast(name, contrast)]
    if attribution.intervention is not None:
        parts += ["\n## What zeroing a head does\n", *_intervention(attribution.intervention)]
    parts += ["\n## Where this comes from\n", *_origin(attribution)]
    return "\n".join(parts) + "\n"


def _origin(attribution: Attribution) -> list[str]:
    """Return the source and the settings as a list, each in the order of its names; what was not set is left out."""
    named: list[tuple[str, object]] = []
    for record in (attribution.source, attribution.settings):
        if record is not None:
            named += sorted(dataclasses.asdict(record).items())
    return [f"- {name}: {value}" for name, value in named if value is not None]


def _what(attribution: Attribution) -> str:
    c = attribution.cohorts
    return (
        f"{attribution.model.name}: {c.n_a} answers {COHORTS[c.a]} ({c.a}) against {c.n_b} {COHORTS[c.b]} ({c.b}), "
        f"at the last {attribution.last_tokens} tokens"
    )


def _verdicts(attribution: Attribution) -> list[str]:
    lines = []
    for name, contrast in attribution.contrasts.items():
        lines.append(f"- **{NAMES.get(name, name)}: {contrast.outcome}.** {contrast.reason}")
        lines += [f"  - Alike in {m.by}: **{m.outcome}**. {m.reason}" for m in contrast.matched.values()]
    lines.append(
        "\nA head that differs between cohorts is a correlate: the cohorts also differ in what was asked and in how "
        "long the answers are. What remains on pairs that are alike in both is the stronger evidence, and only "
        "changing a head shows what it does."
    )
    return lines


def _contrast(name: str, contrast: Contrast) -> list[str]:
    if not contrast.ranking:
        return [contrast.reason]
    lines = [_table(contrast, name == "directional"), "", *_nulls(name, contrast)]
    if name == "directional" and any(h.d_in_sample is not None for h in contrast.heads):
        lines += ["", _claim(contrast)]
    for matched in contrast.matched.values():
        if matched.heads:
            lines += ["", f"### Pairs alike in {matched.by}\n", _matched(matched)]
    return lines


def _table(contrast: Contrast, directional: bool) -> str:
    header = [*COLUMNS, *(IN_SAMPLE if directional else ())]
    return markdown.table(header, [_row(head, directional) for head in first(contrast, SHOWN)])


def first(contrast: Contrast, n: int) -> list[HeadEffect]:
    """Return the first heads of a contrast's ranking."""
    by_place = {(h.layer, h.head): h for h in contrast.heads}
    return [by_place[place] for place in contrast.ranking[:n]]


def _row(head: HeadEffect, directional: bool) -> list[str]:
    cells = [_place(head), _number(head.mean_a), _number(head.mean_b), _d(head.d)]
    cells += [_p(head.p), _p(head.p_family), "yes" if head.survives else "no"]
    if directional:
        cells += [_number(head.d_in_sample), _number(head.d_in_sample_null), _number(head.cosine)]
    return cells


def _place(head: HeadEffect | HeadShift) -> str:
    return f"L{head.layer}H{head.head}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _d(value: Estimate | None) -> str:
    """Show Cohen's d with two decimals."""
    return markdown.NOT_MEASURED if value is None else f"{value.value:.2f} [{value.lower:.2f}, {value.upper:.2f}]"


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _nulls(name: str, contrast: Contrast) -> list[str]:
    lines = []
    if contrast.largest is not None:
        big, size = contrast.largest, CONTRASTS.get(name, "d")
        lines.append(
            f"- Largest {size} over {len(contrast.heads)} heads: {big.observed:.2f}. Where nothing differs: "
            f"{big.expected:.2f} on average, {big.quantile_95:.2f} at the 95 % quantile ({big.method})."
        )
    if contrast.split_half is not None:
        half = contrast.split_half
        lines.append(
            f"- Two halves of the answers rank the heads alike at Spearman {half.rank_correlation} "
            f"(labels shuffled: {half.null}); of the first {half.top} heads of one half, the other shares "
            f"{100 * half.top_shared:.0f} % (shuffled: {100 * half.top_shared_null:.0f} %)."
        )
    return lines


def _claim(contrast: Contrast) -> str:
    known = [h for h in contrast.heads if h.d_in_sample is not None]
    best = max(known, key=lambda h: h.d_in_sample or 0.0)
    shuffled = [h.d_in_sample_null for h in known if h.d_in_sample_null is not None]
    return (
        f"The in-sample number would have claimed d = {best.d_in_sample:.2f} for {_place(best)}, and "
        f"d > 0.5 for {sum((h.d_in_sample or 0) > 0.5 for h in known)} of {len(known)} heads. With shuffled labels the "
        f"same arithmetic gives {sum(shuffled) / len(shuffled):.2f} for the average head; cross-fitted, "
        f"{_place(best)} has {_d(best.d)}."
    )


def _matched(matched: Matched) -> str:
    ordered = sorted(matched.heads, key=lambda head: head.p_family if head.p_family is not None else 1.0)
    rows = [
        (_place(head), _d(head.d), _p(head.p), _p(head.p_family), "yes" if head.survives else "no")
        for head in ordered[:SHOWN]
    ]
    return markdown.table(MATCHED, rows)


def _agreement(intervention: Intervention) -> list[str]:
    lines = [
        f"Rank correlation of the {name} contrast with the effect of zeroing a head on {EFFECTS[effect]}: {value} "
        f"({value.n_pos} heads)."
        for name, by_effect in intervention.rank_correlation.items()
        for effect, value in by_effect.items()
    ]
    if intervention.reason:
        lines.append(f"The probe's score was not measured: {intervention.reason}.")
    return lines


def _intervention(intervention: Intervention) -> list[str]:
    strongest = sorted(intervention.heads, key=lambda head: -abs(head.logprob.value))[:SHOWN]
    rows = [(_place(head), markdown.interval(head.logprob), markdown.interval(head.score)) for head in strongest]
    return [
        f"{len(intervention.generation_ids)} answers, teacher-forced, one head zeroed at a time.\n",
        *(f"- {line}" for line in _agreement(intervention)),
        "",
        markdown.table(SHIFTS, rows),
    ]
