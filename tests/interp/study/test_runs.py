from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import Position, Site
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.runs.arrays import read_features
from interp.runs.directory import verify
from interp.runs.rows import read_rows
from interp.study import data, runs
from interp.study.data import Study


@pytest.fixture(scope="module")
def study(paper_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(paper_dir, tmp_path_factory.mktemp("cache"))


def test_gemma_labels_give_the_papers_table_of_delivery_by_correctness(study: Study) -> None:
    run = runs.load("gemma-4-e2b", study)
    assert Counter(label.cohort for label in run.labels) == {"cr": 53, "hr": 5, "cw": 38, "hw": 4, None: 193}


def test_labels_agree_with_the_ones_that_the_study_stored(study: Study) -> None:
    gemma, smollm, qwen = (runs.load(m, study) for m in runs.MODELS)
    stored = [i["correct"] for i in study.json(data.GEMMA_FIT)["items"]]
    stored += [bool(v) for v in study.json(data.GEMMA_FRESH_GOLD)["labels"]]
    assert [label.correct for label in gemma.labels] == stored
    fit = [s["correct"] for s in study.json(data.SMOLLM_FIT)["samples"]]
    assert [label.correct for label in smollm.labels[:100]] == fit
    assert sum(bool(label.correct) for label in smollm.labels[100:]) == 9
    assert sum(bool(label.correct) for label in qwen.labels) == 75


def test_the_two_answers_that_the_judge_failed_on_are_unscored_and_not_low(study: Study) -> None:
    labels = runs.load("gemma-4-e2b", study).labels
    unscored = [label.generation_id for label in labels if label.reasons.get("axes") == "unscored"]
    assert unscored == ["gemma-4-e2b/paper-fit-021", "gemma-4-e2b/paper-fresh-149"]
    assert all(label.axes == {} for label in labels if label.generation_id in unscored)


def test_what_was_not_published_is_named_and_not_filled_in(study: Study) -> None:
    run = runs.load("smollm2-1.7b", study)
    fit, fresh = run.generations[0], run.generations[-1]
    assert (fit.stop, fit.mean_logprob) == (None, None)
    assert "text" not in fit.unrecorded and "tokens" in fit.unrecorded
    assert fresh.text == "" and "text" in fresh.unrecorded
    assert run.labels[-1].asserted is None and run.labels[-1].reasons["asserted"] == "not_published"


def test_features_lie_in_the_order_of_the_labels(study: Study) -> None:
    run = runs.load("smollm2-1.7b", study)
    assert run.features is not None
    fit = study.arrays(data.SMOLLM_FIT_FEATURES)
    assert run.features.generation_ids == tuple(label.generation_id for label in run.labels)
    np.testing.assert_array_equal(run.features.at(23)[:100], fit["X"])
    recalls = [label.checklist_recall for label in run.labels[:100]]
    np.testing.assert_allclose(np.array(recalls, dtype=np.float32), fit["coverage"])


@pytest.mark.parametrize("model", runs.MODELS)
def test_a_published_run_is_a_run_directory_like_any_other(model: str, study: Study, tmp_path: Path) -> None:
    path = runs.as_run(model, tmp_path, study)
    manifest = verify(path)
    records = runs.load(model, study)
    assert tuple(read_rows(path / "prompts.jsonl", Prompt)) == records.prompts
    assert tuple(read_rows(path / "generations.jsonl", Generation)) == records.generations
    assert tuple(read_rows(path / "labels.jsonl", Label)) == records.labels
    assert ("attribution.json" in manifest.files) == (records.heads is not None)
    assert runs.as_run(model, tmp_path, study) == path


def test_a_published_run_keeps_its_features_and_splits(study: Study, tmp_path: Path) -> None:
    path = runs.as_run("smollm2-1.7b", tmp_path, study)
    features = read_features(path / "features.safetensors", Site.LN_FINAL, Position.CONTENT)
    assert features.x.shape == (293, 1, 2048)
    splits = Counter(p.split for p in read_rows(path / "prompts.jsonl", Prompt))
    assert splits == {Split.FIT: 100, Split.FRESH: 193}


def test_a_model_without_a_published_run_is_refused_by_name(study: Study) -> None:
    with pytest.raises(InputError, match=r"no run of 'qwen3-1.7b'; it has gemma-4-e2b, smollm2-1.7b, qwen3.5-0.8b"):
        runs.load("qwen3-1.7b", study)
