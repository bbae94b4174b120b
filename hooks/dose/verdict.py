"""From a sweep's numbers to one of five verdicts in words, by a rule whose thresholds stand in one record.

The disposition is delivery (the rate of asserted answers), the content is checklist recall. Both are judged at the
strongest factor, as paired differences to factor 1.0. docs/tempering.md says the rule in prose.
"""

from __future__ import annotations

import numpy as np

from hooks.dose.response import CHOSEN, Doses, against_random, effect, level, trend
from interp.records.findings import Estimate
from interp.results.dose import (
    CONTENT,
    DISPOSITION,
    AgainstRandom,
    ContentAndDisposition,
    Measure,
    TemperJudgement,
    TemperVerdict,
    Trend,
    VerdictRule,
)

Decision = tuple[TemperVerdict, str]  # with the reason


def judge(doses: Doses, rule: VerdictRule | None = None, *, seed: int = 0) -> TemperJudgement:
    """Return the verdict on the chosen heads."""
    rule = rule or VerdictRule()
    moved, content = (effect(doses, m, CHOSEN, doses.strongest) for m in (DISPOSITION, CONTENT))
    trends = ContentAndDisposition(
        checklist_recall=trend(doses, CONTENT, CHOSEN, seed=seed), asserted=trend(doses, DISPOSITION, CHOSEN, seed=seed)
    )
    random = ContentAndDisposition(
        checklist_recall=against_random(doses, CONTENT, seed=seed),
        asserted=against_random(doses, DISPOSITION, seed=seed),
    )
    verdict, reason = (
        _cannot_tell(doses, moved, content, rule)
        or _did_not_move(doses, moved, rule)
        or _may_not_have_moved(doses, moved, trends.asserted, rule)
        or _like_random(moved, random.asserted, rule)
        or _with_content(moved, content, random.asserted, rule)
    )
    notes = _notes(doses, content, random.asserted, rule)
    return TemperJudgement(verdict, reason, moved, content, trends, random, notes)


def _unresolved(why: str) -> Decision:
    return TemperVerdict.UNRESOLVED, why


def _cannot_tell(doses: Doses, moved: Estimate | None, content: Estimate | None, rule: VerdictRule) -> Decision | None:
    """Too few scored answers, or a changed share of unscored ones: those that are left may be another kind."""
    for name, change in (("delivery", moved), ("checklist recall", content)):
        pairs = change.n_pos if change else 0
        if pairs < rule.min_pairs:
            return _unresolved(
                f"{name} is known both at factor 1 and at {doses.strongest:g} for {pairs} prompts only; expected "
                f"{rule.min_pairs} or more."
            )
    for factor in doses.factors:
        shift = float(
            np.mean(doses.at(Measure.UNSCORED, CHOSEN, factor)) - np.mean(doses.at(Measure.UNSCORED, CHOSEN, 1.0))
        )
        if abs(shift) >= rule.max_unscored_shift:
            return _unresolved(
                f"the share of answers without a delivery label (cut off or empty) changes by {shift:+.2f} at factor "
                f"{factor:g}, so the answers that are left cannot be compared; try a larger --max-new-tokens."
            )
    return None


def _did_not_move(doses: Doses, moved: Estimate | None, rule: VerdictRule) -> Decision | None:
    """The interval lies inside the smallest effect (equivalence, not absence of evidence), and no factor disagrees."""
    assert moved is not None
    others = [effect(doses, DISPOSITION, CHOSEN, factor) for factor in doses.factors[:-1] if factor != 1.0]
    disagree = any(e is None or (_side(e) and abs(e.value) >= rule.smallest_effect) for e in others)
    if disagree or max(-moved.lower, moved.upper) >= rule.smallest_effect:
        return None
    return TemperVerdict.STILL, (
        f"at factor {doses.strongest:g} delivery changes by {moved}, whose interval lies within "
        f"{rule.smallest_effect:.2f} of 0, and no weaker factor moves it by as much."
    )


def _may_not_have_moved(
    doses: Doses, moved: Estimate | None, steady: Trend | None, rule: VerdictRule
) -> Decision | None:
    """The change is not clear, not large enough, or not steady along the factors."""
    assert moved is not None
    at = f"delivery changes by {moved} at factor {doses.strongest:g}"
    if _side(moved) == 0:
        return _unresolved(f"{at}: neither clearly moved nor within {rule.smallest_effect:.2f} of no change.")
    if abs(moved.value) < rule.smallest_effect:
        return _unresolved(f"{at}: a change, but not shown to be as large or smaller than {rule.smallest_effect:.2f}.")
    others = [effect(doses, DISPOSITION, CHOSEN, f) for f in doses.factors[:-1] if f != 1.0 and _same_side(doses, f)]
    if any(e is not None and _side(e) == -_side(moved) for e in others):
        return _unresolved(f"{at}, but clearly the other way at a weaker factor: the move is not monotone.")
    if steady is None or steady.p >= rule.alpha or steady.direction != _side(moved):
        p = "no prompt is known at every factor" if steady is None else f"trend p = {steady.p:.3g}"
        return _unresolved(f"{at}, but not steadily along the factors ({p}).")
    return None


def _same_side(doses: Doses, factor: float) -> bool:
    return (factor < 1.0) == (doses.strongest < 1.0)


def _like_random(moved: Estimate | None, random: AgainstRandom | None, rule: VerdictRule) -> Decision | None:
    """Random heads move it as far, or it cannot be told whether they do."""
    if random is None or len(random.effects) < rule.min_random_sets:
        sets = 0 if random is None else len(random.effects)
        return _unresolved(
            f"delivery moved by {moved}, but against {sets} random sets with known effects; expected "
            f"{rule.min_random_sets} or more before a move is ascribed to the chosen heads (--random-heads)."
        )
    assert moved is not None
    among = f"{random.as_far} of {len(random.effects)} random sets moved it at least as far (p = {random.p:.3f}, "
    among += f"smallest possible {random.smallest_p:.3f}), and the excess over their mean is {random.excess}"
    beyond = random.p <= max(rule.alpha, random.smallest_p)
    clear = _side(random.excess) == _side(moved)
    if beyond and clear:
        return None
    if not beyond and not clear:
        return TemperVerdict.RANDOM, f"delivery moved by {moved}, but {among}."
    return _unresolved(f"delivery moved by {moved}; {among}: not clear whether random heads do the same.")


def _with_content(
    moved: Estimate | None, content: Estimate | None, random: AgainstRandom | None, rule: VerdictRule
) -> Decision:
    """The disposition moved, and more than under random heads: what became of the content?"""
    assert content is not None and random is not None
    start = (
        f"delivery moved by {moved} along the factors, farther than under all but {random.as_far} of "
        f"{len(random.effects)} random sets (p = {random.p:.3f}, smallest possible {random.smallest_p:.3f}; excess "
        f"{random.excess}), and checklist recall changed by {content}"
    )
    if content.lower > -rule.content_margin:
        return TemperVerdict.CLEAN, f"{start}: a fall of {rule.content_margin:.2f} is excluded."
    if content.upper < 0:
        return TemperVerdict.DAMAGE, f"{start}: it fell, and a fall of {rule.content_margin:.2f} is not excluded."
    return _unresolved(f"{start}: neither a fall nor its absence is shown.")


def _side(change: Estimate) -> int:
    """Return the sign of an estimate whose interval excludes 0, else 0."""
    return int(change.lower > 0) - int(change.upper < 0)


def _notes(doses: Doses, content: Estimate | None, random: AgainstRandom | None, rule: VerdictRule) -> tuple[str, ...]:
    notes = []
    base = level(doses.at(DISPOSITION, CHOSEN, 1.0))
    if base is not None and not rule.smallest_effect <= base.value <= 1 - rule.smallest_effect:
        way = "fall" if base.value > 0.5 else "rise"
        notes.append(f"At factor 1 the rate of asserted answers is {base}: it could hardly do anything but {way}.")
    if content is not None and _side(content) < 0:
        notes.append(f"Checklist recall fell by {content} at factor {doses.strongest:g}.")
    if random is not None:
        notes.append(
            f"With {len(random.effects)} random sets the smallest possible p is {random.smallest_p:.3f}; the interval "
            "of the excess holds for these sets."
        )
    return tuple(notes)
