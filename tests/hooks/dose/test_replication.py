from __future__ import annotations

from hooks.dose.replication import FinishedSweep, compare, replication_lines
from interp.records.findings import Estimate
from interp.records.loaded import Loaded, ModelId
from interp.results.dose import (
    AskedPrompts,
    ContentAndDisposition,
    ListedHeads,
    Replication,
    TemperJudgement,
    TemperResult,
    TemperVerdict,
    VerdictRule,
)

LOADED = Loaded(ModelId("m", "hub", "r", "c", "float32", "cpu", "sdpa"), "torch", "passed")
UNKNOWN = ContentAndDisposition(None, None)


def change(value: float, reach: float = 0.1) -> Estimate:
    return Estimate(value, value - reach, value + reach, "by hand", 50, 50)


def sweep(
    seed: int, verdict: TemperVerdict, delivery: Estimate, recall: Estimate | None, first_prompt: int = 0
) -> FinishedSweep:
    judged = TemperJudgement(verdict, "by hand", delivery, recall, UNKNOWN, UNKNOWN)
    asked = AskedPrompts("facts", "fresh", 4)
    result = TemperResult(2, (), (1.0, 0.5), VerdictRule(), judged, (), LOADED, asked, ListedHeads(()), 9, "i", {})
    ids = tuple(f"p{i}" for i in range(first_prompt, first_prompt + 4))
    return FinishedSweep(seed, f"run-{seed}", "0", ids, result)


def test_a_verdict_and_signs_that_hold_on_every_seed_repeat() -> None:
    clean = TemperVerdict.CLEAN
    compared = compare([sweep(0, clean, change(-0.3), change(0.0)), sweep(1, clean, change(-0.2), None, 2)])
    assert compared.verdict_repeats is True
    assert compared.signs == ContentAndDisposition(asserted=(-1, -1), checklist_recall=(0, None))
    assert compared.signs_repeat == ContentAndDisposition(asserted=True, checklist_recall=None)
    assert [run.prompts_shared_with_the_first for run in compared.runs] == [4, 2]
    text = "\n".join(replication_lines(compared))
    assert "The verdict repeats." in text
    assert "asserted repeats (-, -), checklist recall is clear in no run (0, unknown)" in text
    said = "seed 1: moved cleanly; delivery -0.200 [-0.300, -0.100], checklist recall not measured; 2 of 4 prompts"
    assert said in text


def test_a_change_that_is_clear_on_one_seed_only_does_not_repeat() -> None:
    first = sweep(0, TemperVerdict.CLEAN, change(-0.3), change(0.0))
    compared = compare([first, sweep(1, TemperVerdict.UNRESOLVED, change(0.0), change(0.2))])
    assert compared.verdict_repeats is False
    assert compared.signs_repeat == ContentAndDisposition(asserted=False, checklist_recall=False)
    assert "The verdict does not repeat." in replication_lines(compared)[-1]
    assert isinstance(compared, Replication) and [run.seed for run in compared.runs] == [0, 1]
