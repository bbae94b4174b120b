from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from interp.records.arrays import Features, Site
from probes.fitting.folds import TooFew
from probes.fitting.readings import Reading, Readings
from probes.report.markdown import body
from probes.simulate.design import Design, World, power_law
from probes.simulate.studies import draw
from probes.verdict.analysis import Records, Second, analyse, fit_target, samples

CS = (0.1, 0.01)


def records(auroc: float = 0.5, seed: int = 0, n: int = 80, noise: int = 1, **planted: float) -> Records:
    """A simulated run whose last reading carries the signal; `noise` readings before it carry nothing."""
    rates = {"rate_fit": 0.5, "rate_fresh": 0.5}
    design = Design(n_fit=n, n_fresh=n, auroc=auroc, d_model=40, **(rates | planted))  # type: ignore[arg-type]
    drawn = draw(World(design, power_law(25, 1.0)), np.random.default_rng(seed))
    both = (drawn.fit, drawn.fresh)
    x = np.concatenate([drawn.fit_x.x, drawn.fresh_x.x])
    blind = np.random.default_rng(seed + 1).standard_normal((2 * n, noise, 40)).astype(np.float32)
    ids = tuple(i for s in both for i in s.ids)
    places = (*(Reading(Site.RESID_POST, i) for i in range(noise)), Reading(Site.LN_FINAL, noise))
    stacked = Features(
        ids,
        Site.LN_FINAL,
        tuple(range(noise + 1)),
        drawn.fit_x.position,
        np.concatenate([blind, x], axis=1),
    )
    return Records(
        [p for s in both for p in s.prompts],
        [g for s in both for g in s.generations],
        [x for s in both for x in s.labels],
        Readings(places, stacked),
    )


def found(run: Records, **options: Any) -> dict[str, Any]:
    numbers: dict[str, Any] = analyse(run, targets=("correct",), cs=CS, **options).numbers
    return numbers


@pytest.fixture(scope="module")
def handle() -> dict[str, Any]:
    return found(records(0.96, n=120, noise=3))


def test_the_reading_that_carries_the_signal_is_chosen_and_makes_the_headline(handle: dict[str, Any]) -> None:
    correct = handle["targets"]["correct"]
    assert correct["headline"]["site"] == "ln_final"
    assert correct["headline"]["fresh"] == correct["study_reading"]["fresh"]
    assert len(correct["readings"]) == 4
    assert correct["verdict"]["failure"] == "none" and correct["verdict"]["handle"] is True


def test_every_step_control_null_and_reliability_is_there_and_survives_json(handle: dict[str, Any]) -> None:
    again = json.loads(json.dumps(handle, allow_nan=False))
    correct = again["targets"]["correct"]
    names = ["cross_validation", "fresh_prompts", "axis_sweep", "layer_pooling", "cross_model"]
    assert [s["step"] for s in correct["verdict"]["steps"]] == names
    assert [row["name"] for row in correct["nulls"]["rows"]] == [
        "label permutation",
        "random direction",
        "shuffled features",
    ]
    assert "4 readings and 2 C" in correct["nulls"]["rows"][0]["statistic"]
    assert all(row["p_value"] <= 0.05 for row in correct["nulls"]["rows"])
    assert correct["nulls"]["control_task"]["selectivity"]["lower"] > 0
    assert correct["reliability"]["aurc"]["value"] < correct["reliability"]["risk"]["value"]
    assert len(correct["gate"]["curve"]) == 10
    assert again["gates"]["fresh_auroc"] == 0.63


def test_the_same_records_and_seed_give_the_same_numbers() -> None:
    a, b = (found(records(0.8, n=60)) for _ in "ab")
    assert json.dumps(a) == json.dumps(b)


def test_the_page_shows_the_nulls_and_the_calibration(handle: dict[str, Any]) -> None:
    told = {**handle, "config": {}}
    page = body(told)
    for words in ("Where there is nothing to find", "label permutation", "selectivity", "(ECE)", "AURC", "Threats"):
        assert words in page


def test_noise_is_no_handle_and_its_nulls_say_so() -> None:
    correct = found(records(0.5, seed=5))["targets"]["correct"]
    assert correct["verdict"]["failure"] != "none"
    assert max(row["p_value"] for row in correct["nulls"]["rows"]) > 0.05


def test_a_second_run_of_the_same_prompts_is_the_fifth_step_and_one_of_others_is_not() -> None:
    mine, theirs = records(0.9), records(0.9, seed=7)
    steps = found(mine, second=Second("other", theirs))["targets"]["correct"]["verdict"]["steps"]
    assert steps[-1]["step"] == "cross_model" and steps[-1]["auroc"] is not None
    assert steps[-1]["detail"].startswith("other: AUROC")
    moved = [dataclasses.replace(p, text=f"{p.text}?") for p in theirs.prompts]
    others = dataclasses.replace(theirs, prompts=moved)
    last = found(mine, second=Second("other", others))["targets"]["correct"]["verdict"]["steps"][-1]
    assert last["auroc"] is None and "run the same prompts" in last["detail"]


def test_a_second_run_with_too_few_positives_says_so() -> None:
    poor = records(0.9, seed=3, rate_fit=0.01)
    last = found(records(0.9), second=Second("poor", poor))["targets"]["correct"]["verdict"]["steps"][-1]
    assert last["outcome"] == "unresolved" and "a probe needs 5 of each" in last["detail"]


def test_without_features_texts_and_labels_are_still_audited() -> None:
    run = dataclasses.replace(records(rate_fit=0.7, rate_fresh=0.2), readings=None)
    correct = found(run)["targets"]["correct"]
    assert correct["headline"] is None and correct["nulls"] is None
    assert correct["verdict"]["failure"] == "unresolved"
    assert "base_rate_shift" in {t["name"] for t in correct["verdict"]["threats"]}
    assert "keeps no h_last" in correct["verdict"]["steps"][1]["detail"]


def test_stored_steps_stand_in_for_features_that_were_not_published() -> None:
    auroc = {"value": 0.5, "lower": 0.42, "upper": 0.58, "method": "stored", "n_pos": 40, "n_neg": 40}
    rows = [{"step": step, "auroc": auroc, "source": "a file"} for step in ("cross_validation", "fresh_prompts")]
    run = dataclasses.replace(records(), readings=None, stored={"correct": rows})
    verdict = found(run)["targets"]["correct"]["verdict"]
    assert verdict["failure"] == "single_output_distribution"
    assert [s["outcome"] for s in verdict["steps"]] == ["fail", "fail"]


def test_fresh_answers_of_one_class_leave_fresh_parts_unmeasured() -> None:
    run = records(0.9)
    labels = [dataclasses.replace(x, correct=False) if x.generation_id.startswith("fresh") else x for x in run.labels]
    correct = found(dataclasses.replace(run, labels=labels))["targets"]["correct"]
    assert correct["gate"] is None and correct["reliability"] is None and correct["controls"] == []
    assert [row["name"] for row in correct["nulls"]["rows"]] == ["label permutation"]
    assert correct["headline"]["fresh"] is None


def test_too_few_positives_on_fit_are_counted_before_anything_is_fitted() -> None:
    run = records(rate_fit=0.01)
    with pytest.raises(TooFew, match="a probe needs 5 of each"):
        fit_target(run, *samples(run, "correct"), CS, 5, 0)
