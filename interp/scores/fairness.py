"""Whether two score sets may be compared at all. What may differ is the thing under test, and nothing else.

Different prompts, instruments, decoding or token budgets are refused with a sentence that names both, and so is a
condition that only one side recorded. What neither side recorded is let through with a threat that says what it means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from interp.errors import InputError
from interp.records.answers import HeadScale
from interp.records.findings import Severity, Threat
from interp.scores.sets import Conditions, ScoreSet

Different = Literal["model", "edit", "both"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition that both sides must share.

    Attributes:
        field: of `Conditions`.
        says: a clause on one side, with a place for its value.
        lacks: the same where the value was not recorded.
        why: what is wrong with comparing across it, and what to do.
        unrecorded: what it means where neither side recorded it.
        severity: of the threat in that case.
    """

    field: str
    says: str
    lacks: str
    why: str
    unrecorded: str
    severity: Severity


RULES = (
    Rule(
        "max_new_tokens",
        "was given {} new tokens an answer",
        "does not record its token budget",
        "answers that were cut off at different lengths cannot be compared (this is how the study's -8.0 points on "
        "HumanEval were first read as +15.3); answer both with the same --max-new-tokens",
        "Neither side records its token budget: the two may have had different ones, and the delta may be nothing else",
        Severity.FATAL,
    ),
    Rule(
        "prompts",
        "answered the prompts with sha256 {}",
        "does not record its prompts",
        "a paired delta needs the same prompts with the same checklists; answer the same prompt set on both sides",
        "Neither side records its prompts: items are paired by name only, and may have been put in different words",
        Severity.WARNING,
    ),
    Rule(
        "judge",
        "was scored by {!r}",
        "does not record what scored it",
        "two instruments, or two versions of one, put different numbers on the same answer; score both sides with one",
        "Neither side records what scored it: the delta may be that of two judges or two judge prompts (the study's "
        "MCAS gain went away under one judge prompt)",
        Severity.WARNING,
    ),
    Rule(
        "decoding",
        "was decoded {!r}",
        "does not record its decoding",
        "a delta would mix the two; decode both sides alike",
        "Neither side records how its tokens were chosen: the delta may be that of two ways of decoding",
        Severity.WARNING,
    ),
)


def check(a: ScoreSet, b: ScoreSet, different: Different | None = None) -> list[Threat]:
    """Return what neither side recorded, as threats; sets that may not be compared raise InputError.

    Args:
        a: the side that is compared with.
        b: the side whose gain is asked for.
        different: what is under test; None means whichever of model and edit differs.
    """
    threats = [threat for rule in RULES if (threat := _apply(rule, a.conditions, b.conditions)) is not None]
    _check_items(a, b)
    if a.scale != b.scale:
        raise InputError(f"A has {a.metric} on the scale {a.scale} and B on {b.scale}; score both sides with one.")
    return threats + _check_difference(a.conditions, b.conditions, different)


def _apply(rule: Rule, a: Conditions, b: Conditions) -> Threat | None:
    x, y = getattr(a, rule.field), getattr(b, rule.field)
    if x is None and y is None:
        evidence: dict[str, str | None] = {"a": None, "b": None}
        return Threat(f"unrecorded_{rule.field}", rule.severity, evidence, f"{rule.unrecorded}.")
    if x != y:
        raise InputError(f"A {_clause(rule, x)} and B {_clause(rule, y)}: {rule.why}.")
    return None


def _clause(rule: Rule, value: object) -> str:
    return rule.lacks if value is None else rule.says.format(value)


def _check_items(a: ScoreSet, b: ScoreSet) -> None:
    of_a, of_b = ({score.item_id for score in side.scores} for side in (a, b))
    if of_a != of_b:
        lone = sorted(of_a ^ of_b)[0]
        side = "A" if lone in of_a else "B"
        raise InputError(
            f"A has {len(of_a)} items and B {len(of_b)}, of which {len(of_a & of_b)} are the same ({lone!r} is only in "
            f"{side}); a paired delta needs the same items on both sides."
        )


def _check_difference(a: Conditions, b: Conditions, different: Different | None) -> list[Threat]:
    """Say what the delta is a delta of: refuse it where that is not what was asked for, or not one thing."""
    changed = {"model": not a.same_model(b), "edit": a.edit != b.edit}
    sides: dict[str, Callable[[Conditions], str]] = {"model": lambda c: c.model, "edit": lambda c: edit_text(c.edit)}
    told = {name: f"A has the {name} {side(a)} and B {side(b)}" for name, side in sides.items()}
    if different is None:
        if all(changed.values()):
            raise InputError(
                f"Model and edit both differ ({told['model']}; {told['edit']}), so the delta would be of neither; "
                "change one of them only, or say --different both."
            )
        return [] if any(changed.values()) else [_nothing(a)]
    wanted = {"model", "edit"} if different == "both" else {different}
    for name, moved in changed.items():
        if moved and name not in wanted:
            raise InputError(f"{told[name]}, but --different {different} lets nothing else differ; make them equal.")
        if not moved and name in wanted:
            raise InputError(f"{told[name]}, but --different {different} asks for two; compare other runs.")
    return []


def edit_text(edit: HeadScale | None) -> str:
    """Return an edit in words: `none`, or the factor and the heads."""
    if edit is None:
        return "none"
    return f"x{edit.factor:g} at {','.join(f'L{layer}H{head}' for layer, head in edit.heads)}"


def _nothing(a: Conditions) -> Threat:
    sentence = (
        f"Nothing under test differs: both sides are {a.model} with the edit {edit_text(a.edit)}; the delta is "
        "what two runs of one thing differ by."
    )
    return Threat("nothing_differs", Severity.NOTE, {"model": a.model}, sentence)
