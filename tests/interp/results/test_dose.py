"""The files of a sweep: written and read back whole, and refused where they are of another schema or not whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from interp.errors import InputError
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
    HeadSet,
    HeadSource,
    ListedHeads,
    Measure,
    RankedHeads,
    Replication,
    Rerun,
    SpelledHeadSet,
    Sweep,
    TemperJudgement,
    TemperResult,
    TemperVerdict,
    Trend,
    VerdictRule,
)
from interp.results.identity import RunIdentity
from interp.results.schema import Result, read_result, write_result
from interp.runs.files import read_json, write_json

ESTIMATE = Estimate(-0.1, -0.2, 0.05, "by hand", 30, 30, 0.04)
CHOSEN = SpelledHeadSet("chosen", ((3, 1), (5, 0)), "L3H1,L5H0")
RANKED = RankedHeads(
    CHOSEN.heads, "ab", RunIdentity("d", "0" * 64, "tiny", "facts"), "directional", "no head survives", ""
)


def condition(name: str, factor: float) -> Condition:
    changes = Changes(*(Change(ESTIMATE, None if factor == 1 else ESTIMATE, i, i, 0) for i in range(len(Measure))))
    lost = BecameUnknown({}, {"cut_off": 2}, {"cut_off": 2})
    return Condition(name, factor, 9, changes, lost, CohortCounts(1, 2, 3, 3, 0), {"eos": 9})


def tempered(heads: HeadSource) -> TemperResult:
    trends = ContentAndDisposition(checklist_recall=None, asserted=Trend(-1, 0.01, 9, 4))
    random = ContentAndDisposition(None, AgainstRandom((0.1, 0.0), 0, 1 / 3, 1 / 3, ESTIMATE))
    return TemperResult(
        schema=TemperResult.SCHEMA,
        sets=(CHOSEN, SpelledHeadSet("random 1", ((3, 2), (5, 1)), "L3H2,L5H1")),
        factors=(1.0, 0.5),
        rule=VerdictRule(),
        judged=TemperJudgement(TemperVerdict.STILL, "by hand", ESTIMATE, None, trends, random, ("a note",)),
        measured=tuple(condition(name, factor) for name in ("chosen", "random 1") for factor in (1.0, 0.5)),
        loaded=Loaded(ModelId("m", "hub", "r", "c", "float32", "cpu", "sdpa"), "torch", "passed"),
        prompts=AskedPrompts("facts", "fresh", 9),
        heads=heads,
        max_new_tokens=64,
        instruments="lexicon",
        inputs={"labels.jsonl": "cd"},
    )


SWEEP = Sweep(1, (HeadSet("chosen", CHOSEN.heads),), (1.0, 0.5), 6)
REPLICATION = Replication(
    schema=1,
    runs=(Rerun("run", "ab", 0, 9, 9, TemperVerdict.CLEAN, ESTIMATE, None),),
    verdict_repeats=True,
    signs=ContentAndDisposition(checklist_recall=(None,), asserted=(-1,)),
    signs_repeat=ContentAndDisposition(checklist_recall=None, asserted=True),
)
RESULTS = [tempered(ListedHeads(CHOSEN.heads)), tempered(RANKED), SWEEP, REPLICATION]


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_what_is_written_is_read_back_equal(result: Result, tmp_path: Path) -> None:
    write_result(tmp_path / "r.json", result)
    assert read_result(tmp_path / "r.json", type(result)) == result


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_another_schema_is_refused(result: Result, tmp_path: Path) -> None:
    write_result(tmp_path / "r.json", result)
    write_json(tmp_path / "r.json", read_json(tmp_path / "r.json") | {"schema": result.SCHEMA - 1})
    with pytest.raises(InputError, match="older version of the toolkit; make it again"):
        read_result(tmp_path / "r.json", type(result))


def test_a_measure_that_is_missing_is_named(tmp_path: Path) -> None:
    write_result(tmp_path / "r.json", RESULTS[0])
    content = read_json(tmp_path / "r.json")
    del content["measured"][1]["measures"]["tokens"]
    write_json(tmp_path / "r.json", content)
    with pytest.raises(InputError, match=r"measured\.1\.measures\.tokens: Field required"):
        read_result(tmp_path / "r.json", TemperResult)


def test_heads_that_say_more_or_less_than_their_kind_are_refused(tmp_path: Path) -> None:
    write_result(tmp_path / "r.json", RESULTS[1])
    content = read_json(tmp_path / "r.json")
    del content["heads"]["contrast"]
    write_json(tmp_path / "r.json", content)
    with pytest.raises(InputError, match="is not a valid TemperResult"):
        read_result(tmp_path / "r.json", TemperResult)


def test_a_measure_is_found_by_its_name_and_a_set_by_its_own() -> None:
    result = tempered(RANKED)
    changes = result.measured[0].measures
    assert [changes.of(measure) for measure in Measure] == [
        changes.checklist_recall, changes.asserted, changes.correct, changes.unscored, changes.cut_off, changes.tokens
    ]  # fmt: skip
    assert [(c.set, c.factor) for c in result.along(result.sets[1])] == [("random 1", 1.0), ("random 1", 0.5)]
    assert result.chosen is CHOSEN
