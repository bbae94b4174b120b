from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from enum import Enum

import numpy as np
import pytest
from made_up import simulated

from interp.records.arrays import Site
from interp.records.findings import Estimate, Outcome, StepResult, Verdict
from interp.records.prompts import Split
from interp.results.fit import TARGETS
from probes.evidence.fitted import fit_target, samples
from probes.evidence.gather import TargetEvidence, gather, gather_run
from probes.fitting.cross_validation import CrossValidation, cross_validate
from probes.fitting.folds import TooFew
from probes.fitting.layers import StackedLayers
from probes.fitting.recipe import Recipe
from probes.fitting.records import Records, SecondRun

RECIPE = Recipe(cs=(0.1, 0.01))


def moved(run: Records) -> Records:
    """The same answers to other questions."""
    return dataclasses.replace(run, prompts=[dataclasses.replace(p, text=f"{p.text}?") for p in run.prompts])


def with_pooled_states(run: Records) -> Records:
    assert run.layers is not None
    whole = run.layers.stacked
    last = dataclasses.replace(whole, layers=(0,), x=whole.x[:, -1:], pool_layers=4)
    return dataclasses.replace(run, pooled=StackedLayers(run.layers.places[-1:], last))


def with_an_axis(run: Records) -> Records:
    """An axis that is the target itself, so that h_last tells both."""
    labels = [dataclasses.replace(x, axes={"accuracy": 5 if x.correct else 2}) for x in run.labels]
    return dataclasses.replace(run, labels=labels)


@pytest.fixture(scope="module")
def handle() -> TargetEvidence:
    run = with_an_axis(with_pooled_states(simulated(0.96, n=120, noise=3)))
    return gather(run, "correct", RECIPE, SecondRun("other", simulated(0.96, seed=7, n=120, noise=3)))


def test_the_place_that_carries_the_signal_is_chosen_and_fitted(handle: TargetEvidence) -> None:
    probe = handle.headline.probe
    assert probe is not None and handle.headline.why_not == ""
    assert probe.probe.site is Site.LN_FINAL
    assert [row.place for row in handle.layers] == ["resid_post 0", "resid_post 1", "resid_post 2", "ln_final"]
    assert probe.chosen.best.layer == handle.study == 3
    assert handle.layers[3].c == probe.probe.c == probe.chosen.best.c


def test_every_null_baseline_curve_and_reliability_is_there(handle: TargetEvidence) -> None:
    assert handle.nulls is not None and handle.reliability is not None and handle.sidecar is not None
    rows = handle.nulls.rows
    assert [row.name for row in rows] == ["label permutation", "random direction", "shuffled features"]
    assert "4 readings and 2 C" in rows[0].statistic
    assert all(row.p_value is not None and row.p_value <= 0.05 for row in rows)
    selectivity, aurc = handle.nulls.control_task.selectivity, handle.reliability.aurc
    assert selectivity is not None and selectivity.lower > 0
    assert aurc is not None and aurc.value < handle.reliability.risk.value
    assert len(handle.sidecar.curve) == 10
    assert {row.kind for row in handle.baselines} == {"surface", "confidence"}


def test_noise_has_nulls_that_say_so() -> None:
    gathered = gather(simulated(0.5, seed=5), "correct", RECIPE).nulls
    assert gathered is not None
    assert max(row.p_value for row in gathered.rows if row.p_value is not None) > 0.05


def same_folds(a: CrossValidation, b: CrossValidation) -> bool:
    pairs = zip(a.folds, b.folds, strict=True)
    return all(np.array_equal(x, y) for one, other in pairs for x, y in zip(one, other, strict=True))


@pytest.mark.parametrize("folds", [3, 5])
def test_every_probe_of_a_report_is_cross_validated_by_the_same_recipe(folds: int) -> None:
    run, recipe = with_an_axis(with_pooled_states(simulated(0.9))), dataclasses.replace(RECIPE, folds=folds)
    evidence = gather(run, "correct", recipe, SecondRun("other", simulated(0.9, seed=7)))
    headline, pooled = evidence.headline.probe, evidence.pooled.probe
    other = None if evidence.other is None else evidence.other.attempt.probe
    assert headline is not None and pooled is not None and other is not None and evidence.nulls is not None
    assert {len(probe.chosen.folds) for probe in (headline, pooled, other)} == {folds}
    assert same_folds(headline.chosen, pooled.chosen)
    assert {cell.c for probe in (headline, pooled, other) for cell in probe.chosen.cells} == set(recipe.cs)
    (axis,) = evidence.axes
    alone = cross_validate(headline.fit_x.stacked, headline.fit.y, recipe.cs, headline.fit.groups, folds, recipe.seed)
    assert axis.cv == alone.nested  # the axis is the target, so its folds and C are told by the same number
    assert axis.held_out is not None and np.array_equal(axis.held_out, headline.held_out)


def test_other_folds_and_another_seed_are_other_numbers_of_every_probe() -> None:
    run = with_an_axis(with_pooled_states(simulated(0.9)))
    second = SecondRun("other", simulated(0.9, seed=7))
    three, five, seeded = (gather(run, "correct", r, second) for r in map(recipe_of, ((3, 0), (5, 0), (5, 1))))
    for a, b in ((three, five), (five, seeded)):
        for one, other in zip(cross_validated(a), cross_validated(b), strict=True):
            assert one.value != other.value


def recipe_of(numbers: tuple[int, int]) -> Recipe:
    folds, seed = numbers
    return dataclasses.replace(RECIPE, folds=folds, seed=seed)


def cross_validated(evidence: TargetEvidence) -> list[Estimate]:
    """The nested estimate of the headline, the pooled states, the other model, and the axis."""
    assert evidence.other is not None
    attempts = (evidence.headline, evidence.pooled, evidence.other.attempt)
    found = [attempt.probe.chosen.nested for attempt in attempts if attempt.probe is not None]
    found += [axis.cv for axis in evidence.axes]
    assert len(found) == 4 and None not in found
    return [estimate for estimate in found if estimate is not None]


def test_a_second_run_of_the_same_prompts_is_fitted_and_one_of_others_is_not(handle: TargetEvidence) -> None:
    assert handle.other is not None and handle.other.name == "other" and handle.other.attempt.probe is not None
    mine, theirs = simulated(0.9), moved(simulated(0.9, seed=7))
    other = gather(mine, "correct", RECIPE, SecondRun("other", theirs)).other
    assert other is not None and other.attempt.probe is None
    assert "run the same prompts" in other.attempt.why_not
    assert gather(mine, "correct", RECIPE).other is None


def test_a_second_run_with_too_few_positives_says_so() -> None:
    poor = simulated(0.9, seed=3, rate_fit=0.01)
    other = gather(simulated(0.9), "correct", RECIPE, SecondRun("poor", poor)).other
    assert other is not None and other.attempt.probe is None
    assert "a probe needs 5 of each" in other.attempt.why_not


def test_without_features_texts_and_labels_are_still_audited() -> None:
    run = dataclasses.replace(simulated(rate_fit=0.7, rate_fresh=0.2), layers=None)
    evidence = gather(run, "correct", RECIPE)
    assert evidence.headline.probe is None and "keeps no h_last" in evidence.headline.why_not
    assert evidence.nulls is None and evidence.layers == () and evidence.study is None
    assert "base_rate_shift" in {threat.name for threat in evidence.threats}
    assert evidence.rates is not None and evidence.rates.fit.value > 0.5 > evidence.rates.fresh.value


def test_an_axis_is_swept_even_where_the_target_has_too_few_of_a_class() -> None:
    run = simulated(0.9)
    told = {x.generation_id: 5 if x.correct else 2 for x in run.labels}
    labels = [dataclasses.replace(x, correct=True, axes={"accuracy": told[x.generation_id]}) for x in run.labels]
    evidence = gather(dataclasses.replace(run, labels=labels), "correct", RECIPE)
    assert evidence.headline.probe is None
    (axis,) = evidence.axes
    assert axis.cv is not None and axis.cv.lower > 0.5


def test_fresh_answers_of_one_class_leave_fresh_parts_unmeasured() -> None:
    run = simulated(0.9)
    labels = [dataclasses.replace(x, correct=False) if x.generation_id.startswith("fresh") else x for x in run.labels]
    evidence = gather(dataclasses.replace(run, labels=labels), "correct", RECIPE)
    assert evidence.headline.probe is not None and not evidence.headline.probe.both_classes
    assert evidence.sidecar is None and evidence.reliability is None and evidence.baselines == ()
    assert evidence.nulls is not None and [row.name for row in evidence.nulls.rows] == ["label permutation"]
    assert [row.fresh for row in evidence.layers] == [None, None]


def test_too_few_positives_on_fit_are_counted_before_anything_is_fitted() -> None:
    run = simulated(rate_fit=0.01)
    with pytest.raises(TooFew, match="a probe needs 5 of each"):
        fit_target(run, *samples(run, "correct"), RECIPE)


def test_a_run_is_described_once_and_every_target_gathered() -> None:
    run = simulated(0.9)
    labels = [dataclasses.replace(x, asserted=i % 3 > 0) for i, x in enumerate(run.labels)]
    evidence = gather_run(dataclasses.replace(run, labels=labels), TARGETS, RECIPE)
    assert tuple(evidence.targets) == TARGETS
    for split, counts in evidence.answers.items():
        labelled, table = evidence.labels.of(split), evidence.delivery.of(split).table
        assert counts.n == 80 == table.cr + table.hr + table.cw + table.hw
        for target in TARGETS:
            gathered = evidence.targets[target].fit if split is Split.FIT else evidence.targets[target].fresh
            rate = labelled.of(target).rate
            assert rate is not None and (rate.n_pos, rate.n_neg) == (gathered.n_pos, gathered.n_neg)


def parts(value: object) -> Iterator[object]:
    """A value and everything in it."""
    yield value
    inner: list[object] = []
    if dataclasses.is_dataclass(value):
        inner = [getattr(value, field.name) for field in dataclasses.fields(value)]
    elif isinstance(value, dict):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, tuple | list):
        inner = list(value)
    for part in inner:
        yield from parts(part)


def test_what_is_gathered_holds_no_judgement(handle: TargetEvidence) -> None:
    everything = list(parts(handle))
    assert sum(isinstance(part, Estimate) for part in everything) > 30
    assert sum(isinstance(part, Enum) for part in everything) > 0
    assert [part for part in everything if isinstance(part, Outcome | StepResult | Verdict)] == []
