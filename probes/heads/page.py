"""An attribution in words: the verdict, the first heads, the nulls, and what the study's number would claim."""

from __future__ import annotations

from collections.abc import Sequence

from interp.records.findings import Estimate
from interp.runs.attribution import CONTRASTS, Attribution, Contrast, HeadEffect, Intervention, Matched

SHOWN = 10  # heads in a table
NAMES = {"magnitude": "How loud (magnitude)", "directional": "Which way (directional)"}
COHORTS = {
    "cr": "asserted and right",
    "cw": "asserted and wrong",
    "hr": "hedged and right",
    "hw": "hedged and wrong",
}


def summary(found: Attribution) -> str:
    """Return the verdict of each contrast, with what matching and intervention add to it."""
    lines = [_what(found), ""]
    for name, contrast in found.contrasts.items():
        lines += [f"{NAMES.get(name, name)}: {contrast.outcome}.", f"  {contrast.reason}"]
        lines += [f"  Alike in {m.by}: {m.outcome}. {m.reason}" for m in contrast.matched.values()]
    if found.intervention is not None:
        lines += ["", *_agreement(found.intervention)]
    return "\n".join(lines) + "\n"


def page(found: Attribution) -> str:
    """Return `attribution.md`."""
    parts = [f"# Which heads differ? {_what(found)}\n", "## Verdict\n", *_verdicts(found)]
    for name, contrast in found.contrasts.items():
        parts += [f"\n## {NAMES.get(name, name)}\n", contrast.method + ".\n", *_contrast(found, name, contrast)]
    if found.intervention is not None:
        parts += ["\n## What zeroing a head does\n", *_intervention(found.intervention)]
    parts += ["\n## Where this comes from\n", *(f"- {key}: {value}" for key, value in sorted(found.source.items()))]
    parts += [f"- {key}: {value}" for key, value in sorted(found.settings.items()) if value is not None]
    return "\n".join(parts) + "\n"


def _what(found: Attribution) -> str:
    c = found.cohorts
    return (
        f"{found.model['name']}: {c.n_a} answers {COHORTS[c.a]} ({c.a}) against {c.n_b} {COHORTS[c.b]} ({c.b}), "
        f"at the last {found.last_tokens} tokens"
    )


def _verdicts(found: Attribution) -> list[str]:
    lines = []
    for name, contrast in found.contrasts.items():
        lines.append(f"- **{NAMES.get(name, name)}: {contrast.outcome}.** {contrast.reason}")
        lines += [f"  - Alike in {m.by}: **{m.outcome}**. {m.reason}" for m in contrast.matched.values()]
    lines.append(
        "\nA head that differs between cohorts is a correlate: the cohorts also differ in what was asked and in how "
        "long the answers are. What remains on pairs that are alike in both is the stronger evidence, and only "
        "changing a head shows what it does."
    )
    return lines


def _contrast(found: Attribution, name: str, contrast: Contrast) -> list[str]:
    if not contrast.ranking:
        return [contrast.reason]
    lines = _table(contrast, name == "directional")
    lines += ["", *_nulls(name, contrast)]
    if name == "directional" and any(h.d_in_sample is not None for h in contrast.heads):
        lines += ["", _claim(contrast)]
    for matched in contrast.matched.values():
        if matched.heads:
            lines += ["", f"### Pairs alike in {matched.by}\n", *_matched(matched)]
    return lines


def _table(contrast: Contrast, directional: bool) -> list[str]:
    head = "| head | mean a | mean b | d [95 %] | p | family-wise p | survives |"
    rule = "|---|---|---|---|---|---|---|"
    if directional:
        head, rule = f"{head} d in-sample | shuffled | cosine |", f"{rule}---|---|---|"
    return [head, rule, *(_row(h, directional) for h in first(contrast, SHOWN))]


def first(contrast: Contrast, n: int) -> list[HeadEffect]:
    """Return the first heads of a contrast's ranking."""
    by_place = {(h.layer, h.head): h for h in contrast.heads}
    return [by_place[place] for place in contrast.ranking[:n]]


def _row(head: HeadEffect, directional: bool) -> str:
    cells = [f"L{head.layer}H{head.head}", _number(head.mean_a), _number(head.mean_b), _estimate(head.d)]
    cells += [_p(head.p), _p(head.p_family), "yes" if head.survives else "no"]
    if directional:
        cells += [_number(head.d_in_sample), _number(head.d_in_sample_null), _number(head.cosine)]
    return f"| {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _estimate(value: Estimate | None) -> str:
    return "not measured" if value is None else f"{value.value:.2f} [{value.lower:.2f}, {value.upper:.2f}]"


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
        f"The in-sample number would have claimed d = {best.d_in_sample:.2f} for L{best.layer}H{best.head}, and "
        f"d > 0.5 for {sum((h.d_in_sample or 0) > 0.5 for h in known)} of {len(known)} heads. With shuffled labels the "
        f"same arithmetic gives {sum(shuffled) / len(shuffled):.2f} for the average head; cross-fitted, "
        f"L{best.layer}H{best.head} has {_estimate(best.d)}."
    )


def _matched(matched: Matched) -> list[str]:
    lines = ["| head | d [95 %] | p | family-wise p | survives |", "|---|---|---|---|---|"]
    ordered = sorted(matched.heads, key=lambda h: h.p_family if h.p_family is not None else 1.0)
    lines += [
        f"| L{h.layer}H{h.head} | {_estimate(h.d)} | {_p(h.p)} | {_p(h.p_family)} | {'yes' if h.survives else 'no'} |"
        for h in ordered[:SHOWN]
    ]
    return lines


def _agreement(found: Intervention) -> list[str]:
    words = {"logprob": "the answer's log-probability", "score": "the probe's score"}
    lines = [
        f"Rank correlation of the {name} contrast with the effect of zeroing a head on {words[effect]}: {value} "
        f"({value.n_pos} heads)."
        for name, by_effect in found.rank_correlation.items()
        for effect, value in by_effect.items()
    ]
    if found.reason:
        lines.append(f"The probe's score was not measured: {found.reason}.")
    return lines


def _intervention(found: Intervention) -> list[str]:
    lines = [f"{len(found.generation_ids)} answers, teacher-forced, one head zeroed at a time.\n"]
    lines += [f"- {line}" for line in _agreement(found)]
    lines += ["", "| head | log-probability, nats a token [95 %] | probe's score, log-odds [95 %] |", "|---|---|---|"]
    strongest = sorted(found.heads, key=lambda h: -abs(h.logprob.value))[:SHOWN]
    return [*lines, *(_shift(h.layer, h.head, (h.logprob, h.score)) for h in strongest)]


def _shift(layer: int, head: int, effects: Sequence[Estimate | None]) -> str:
    cells = ["not measured" if e is None else str(e) for e in effects]
    return f"| L{layer}H{head} | {' | '.join(cells)} |"
