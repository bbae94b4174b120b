"""A real handle on a real model: capitals are found, and the same features with permuted labels are not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from interp.records.findings import FailureMode, Outcome
from interp.records.prompts import Split
from interp.stats.auroc import auroc_values
from probes.evidence.thresholds import Gates
from probes.fit import Fit, run_fit
from probes.fitting.cross_validation import C_GRID, fold_scores
from probes.fitting.folds import split_folds
from probes.fitting.readings import Readings
from probes.fitting.samples import Samples
from probes.verdict import steps
from probes.verdict.analysis import Records, analyse, fit_target, samples
from probes.verdict.finished import open_finished

PERMUTATIONS = 200


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    options = Fit("smollm2-135m", relations="capital", target="correct", output_dir=tmp_path_factory.mktemp("results"))
    return open_finished(run_fit(options).path).records


def permuted(records: Records, seed: int) -> Records:
    """Permute the labels among the scored answers of each split that have features; base rates stay."""
    rng = np.random.default_rng(seed)
    fit, fresh = samples(records, "correct")
    new = {}
    for split in (fit, fresh):
        new |= dict(zip(split.ids, rng.permutation(split.y), strict=True))
    labels = [
        dataclasses.replace(x, correct=bool(new[x.generation_id])) if x.generation_id in new else x
        for x in records.labels
    ]
    return dataclasses.replace(records, labels=labels)


def chosen(readings: Readings, fit: Samples) -> tuple[int, float]:
    """The reading and C that cross-validation chooses, without the nested one beside it."""
    folds = split_folds(fit.y, fit.groups)
    ys = np.repeat(fit.y[None], len(C_GRID), axis=0)
    x = readings.select(fit.ids).stacked.x
    scores = [fold_scores(x[:, layer], ys, np.array(C_GRID), folds) for layer in range(x.shape[1])]
    aurocs = np.concatenate([auroc_values(ys, each) for each in scores])
    best = int(np.argmax(aurocs))
    return best // len(C_GRID), C_GRID[best % len(C_GRID)]


def claims_a_handle(records: Records) -> bool:
    """Whether the verdict is NONE. That needs a passed fresh step, so the rest is computed only where it passes."""
    fit, fresh = samples(records, "correct")
    assert records.readings is not None
    index, c = chosen(records.readings, fit)
    probe = records.readings.select(fit.ids).probe(index, fit.y, c, "correct")
    scores = records.readings.select(fresh.ids).stacked.x[:, index].astype(np.float64) @ probe.w + probe.b
    if steps.fresh_prompts(fresh.y, scores, Gates()).outcome is not Outcome.PASS:
        return False
    found = analyse(records, targets=("correct",), cs=C_GRID).numbers["targets"]["correct"]
    return bool(found["verdict"]["failure"] == FailureMode.NONE)


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.timeout(3600)
def test_capitals_end_with_a_handle_that_beats_the_best_surface_baseline(records: Records) -> None:
    found = analyse(records, targets=("correct",), cs=C_GRID).numbers["targets"]["correct"]
    assert found["verdict"]["failure"] == FailureMode.NONE
    surface = [c for c in found["controls"] if c["kind"] == "surface" and c["margin"] is not None]
    best = max(surface, key=lambda c: c["fresh"]["value"])
    assert best["margin"]["lower"] > 0
    assert all(row["p_value"] <= 0.01 for row in found["nulls"]["rows"])
    fit, fresh = samples(records, "correct")
    fitted = fit_target(records, fit, fresh, C_GRID, 5, 0)
    assert records.readings is not None
    assert chosen(records.readings, fit) == (fitted.found.best.layer, fitted.found.best.c)
    assert {x.split for x in (fit, fresh)} == set(Split)


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.timeout(7200)
def test_the_same_features_with_permuted_labels_never_end_with_a_handle(records: Records) -> None:
    assert sum(claims_a_handle(permuted(records, seed)) for seed in range(PERMUTATIONS)) == 0
