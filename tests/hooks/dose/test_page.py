"""The page and the screenful say every number of the record that they are given, and nothing where there is none."""

from __future__ import annotations

import dataclasses

from hooks.dose.page import NAMES, markdown, summary
from interp.records.findings import Estimate
from interp.records.loaded import Loaded, ModelId
from interp.results.dose import (
    AgainstRandom,
    AskedPrompts,
    BecameUnknown,
    Change,
    Changes,
    CohortCounts,
    Condition,
    ContentAndDisposition,
    Measure,
    RankedHeads,
    SpelledHeadSet,
    TemperJudgement,
    TemperResult,
    TemperVerdict,
    Trend,
    VerdictRule,
)
from interp.results.identity import RunIdentity

LOADED = Loaded(ModelId("tiny", "hub", "r", "c", "float32", "cpu", "sdpa"), "nnsight", "passed")
COHORTS = CohortCounts(cr=4, cw=3, hr=2, hw=1, unknown=5)
NOTHING_LOST = BecameUnknown({}, {}, {})


def estimate(value: float) -> Estimate:
    return Estimate(value, value - 0.25, value + 0.25, "by hand", 5, 5)


def condition(factor: float, lost: BecameUnknown = NOTHING_LOST) -> Condition:
    edited = factor != 1
    changes = {
        m: Change(estimate(factor + i), estimate(-i - 0.5) if edited else None, 15, 10 + i, 0)
        for i, m in enumerate(Measure)
    }
    return Condition("chosen", factor, 15, Changes(**changes), lost, COHORTS, {"eos": 10, "stop_string": 5})


JUDGED = TemperJudgement(
    verdict=TemperVerdict.DAMAGE,
    reason="it fell.",
    disposition=estimate(-0.4),
    content=estimate(-0.3),
    trends=ContentAndDisposition(checklist_recall=None, asserted=Trend(-1, 0.0123, 12, 7)),
    random=ContentAndDisposition(None, AgainstRandom((0.1, -0.2), 1, 2 / 3, 1 / 3, estimate(-0.35))),
    notes=("Mind the ceiling.",),
)
RESULT = TemperResult(
    schema=2,
    sets=(SpelledHeadSet("chosen", ((3, 1),), "L3H1"), SpelledHeadSet("random 1", ((3, 2),), "L3H2")),
    factors=(1.0, 0.5),
    rule=VerdictRule(min_pairs=7),
    judged=JUDGED,
    measured=(condition(1.0), condition(0.5, BecameUnknown({"empty": 2}, {"cut_off": 1, "unscored": 3}, {}))),
    loaded=LOADED,
    prompts=AskedPrompts("facts", "fit", 15),
    heads=RankedHeads(
        ((3, 1),), "ab" * 32, RunIdentity("r", "0" * 64, "tiny", "facts"), "magnitude", "heads survive", "L3H1"
    ),
    max_new_tokens=9,
    instruments="lexicon-1",
    inputs={},
)


def test_the_page_says_verdict_heads_and_rule() -> None:
    page = markdown(RESULT)
    for words in (
        "# Tempering L3H1 of tiny\n",
        "**Moved with content damage.** It fell.\n",
        "15 prompts of facts (fit split), greedy, 9 new tokens; backend nnsight, hook proof passed.",
        "\n- Mind the ceiling.\n",
        "\n- random 1: L3H2\n",
        "the magnitude contrast of an attribution (sha256 abababababab; there: heads survive; "
        "of these heads survive: L3H1)",
        "| asserted | +0.100, -0.200 | 1 of 2 | 0.667 (0.333) | -0.350 [-0.600, -0.100] |",
        "- asserted: falls, p = 0.0123; 7 of 12 prompts are not the same at all factors",
        "- checklist recall: unknown: too few prompts are known at every factor",
        "\n- min pairs: 7\n",
    ):
        assert words in page


def test_every_measure_stands_in_its_own_column_with_its_difference() -> None:
    rows = [line for line in markdown(RESULT).split("\n") if line.startswith("| chosen | 0.5 |")]
    cells = [cell.strip() for cell in rows[0].strip("|").split("|")]
    assert cells[2:] == [
        *("0.500 [0.250, 0.750]", "-0.500 [-0.750, -0.250], n = 10"),
        *("1.500 [1.250, 1.750]", "-1.500 [-1.750, -1.250], n = 11"),
        *("2.500 [2.250, 2.750]", "-2.500 [-2.750, -2.250], n = 12"),
        *("3.500 [3.250, 3.750]", "-3.500 [-3.750, -3.250], n = 13"),
        *("4.500 [4.250, 4.750]", "-4.500 [-4.750, -4.250], n = 14"),
        *("5.5 [5.2, 5.8]", "-5.5 [-5.8, -5.2], n = 15"),
    ]
    assert rows[1] == "| chosen | 0.5 | 4 | 3 | 2 | 1 | 5 | 10 eos, 5 stop string | 2 empty | 1 cut off, 3 unscored |"
    header = "| set | factor | " + " | ".join(f"{name} | difference" for name in NAMES.values()) + " |"
    assert header in markdown(RESULT)


def test_the_screenful_ends_with_the_notes() -> None:
    lines = summary(RESULT).split("\n")
    assert lines[0] == "tiny on facts, 15 prompts: heads L3H1 at factors 1, 0.5, beside 1 random sets"
    shown = " ".join(lines[-3].split())
    assert shown == "0.5 0.500 [0.250, 0.750] 1.500 [1.250, 1.750] 2.500 [2.250, 2.750] 4.50 5.5"
    assert lines[-1] == "note: Mind the ceiling."


def test_what_was_not_measured_is_said_to_be_so() -> None:
    nothing = Change(None, None, 0, 0, 0)
    empty = dataclasses.replace(condition(0.5), measures=Changes(*[nothing] * len(Measure)))
    unknown = dataclasses.replace(
        RESULT, measured=(empty,), judged=dataclasses.replace(JUDGED, random=ContentAndDisposition(None, None))
    )
    assert "| chosen | 0.5 | not measured | not measured, n = 0 |" in markdown(unknown)
    assert "No random sets were run, or too few of their answers are scored." in markdown(unknown)
    assert summary(unknown).split("\n")[-3].split()[-2:] == ["-", "-"]
