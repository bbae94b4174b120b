"""Score sets: what is refused when they are made, and that files are read back as they were written."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from interp.errors import InputError
from interp.records.answers import HeadScale
from interp.records.loaded import ModelId
from interp.scores.sets import Conditions, Score, ScoreSet, model_text, read_scores, write_scores

CONDITIONS = Conditions("p" * 64, "checklist-1", "greedy", 512, HeadScale(((3, 1),), 0.5), "tiny (abc, float32)")
SCORES = (
    Score("a", "correct", 1.0, None, False, "capital"),
    Score("b", "correct", 0.0, None, False),
    Score("c", "correct", None, "cut_off", True),
)


def test_sets_are_read_back_as_they_were_written(tmp_path: Path):
    sets = [
        ScoreSet("correct", CONDITIONS, (0.0, 1.0), SCORES),
        ScoreSet("correct", replace(CONDITIONS, max_new_tokens=1024, edit=None), (0.0, 1.0), SCORES[:2]),
        ScoreSet("words", replace(CONDITIONS, judge=None), None, (Score("a", "words", 71.0, None, None),)),
    ]
    write_scores(tmp_path, sets)
    assert read_scores(tmp_path) == sets


@pytest.mark.parametrize(
    ("score", "says"),
    [
        (Score("d", "passed", 1.0, None, False), "of the metric 'passed' in a set of 'correct'"),
        (Score("d", "correct", None, None, False), "None without a reason"),
        (Score("d", "correct", 1.0, "cut_off", True), "also a reason"),
        (Score("d", "correct", 2.0, None, False), "2 is not a number from 0 to 1"),
        (Score("d", "correct", float("nan"), None, False), "nan is not a number"),
        (Score("a", "correct", 1.0, None, False), "comes twice"),
    ],
)
def test_a_score_that_cannot_be_used_is_refused_by_item(score: Score, says: str):
    with pytest.raises(InputError, match=f"item '{score.item_id}' cannot be used: .*{says}"):
        ScoreSet("correct", CONDITIONS, (0.0, 1.0), (*SCORES, score))


def test_a_set_without_scores_is_refused():
    with pytest.raises(InputError, match="no scores of 'correct'"):
        ScoreSet("correct", CONDITIONS, (0.0, 1.0), ())


@pytest.mark.parametrize("change", ["row", "rows", "sha256", "sets", "conditions"])
def test_changed_files_are_refused(tmp_path: Path, change: str):
    write_scores(tmp_path, [ScoreSet("correct", CONDITIONS, (0.0, 1.0), SCORES)])
    rows, sidecar = tmp_path / "scores.jsonl", tmp_path / "scores.json"
    content = json.loads(sidecar.read_text())
    if change == "row":
        rows.write_text(rows.read_text().replace('"value":0.0', '"value":1.0'))
    elif change == "rows":
        content["sets"][0]["rows"] = 2
    elif change == "conditions":
        content["sets"][0]["conditions"]["budget"] = 3
    else:
        del content[change]
    if change != "row":
        sidecar.write_text(json.dumps(content))
    with pytest.raises(InputError, match="scores.json"):
        read_scores(tmp_path)


def test_an_unknown_key_in_a_row_is_refused_with_its_line(tmp_path: Path):
    write_scores(tmp_path, [ScoreSet("correct", CONDITIONS, (0.0, 1.0), SCORES)])
    rows = tmp_path / "scores.jsonl"
    rows.write_text(rows.read_text().replace('"value":0.0', '"value":0.0,"weight":2'))
    with pytest.raises(InputError, match="scores.jsonl, line 2 is not a valid Score"):
        read_scores(tmp_path)


def test_two_commits_or_dtypes_of_a_model_are_two_models():
    model = ModelId("tiny", "hub", "org/tiny", "0123456789abcdef", "float32", "cpu", "sdpa")
    assert model_text(model) == "tiny (0123456789ab, float32)"
    assert (
        model_text(replace(model, commit="f" * 40)) != model_text(model) != model_text(replace(model, dtype="bfloat16"))
    )


def test_sets_of_another_schema_are_refused(tmp_path: Path):
    write_scores(tmp_path, [ScoreSet("correct", CONDITIONS, (0.0, 1.0), SCORES)])
    sidecar = tmp_path / "scores.json"
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"schema": 1}))
    with pytest.raises(InputError, match="has the schema 1, but this version reads 3"):
        read_scores(tmp_path)
