"""A real handle on a real model: capitals are found, and the same features with permuted labels are not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from interp.cli.groups import OutputOptions, PromptOptions
from interp.records.findings import FailureMode, Outcome
from interp.records.prompts import Split
from interp.results.evidence import TargetReport, Thresholds
from interp.stats.auroc import auroc_values
from probes.evidence.fitted import fit_target, samples
from probes.evidence.gather import gather
from probes.fit import Fit, run_fit
from probes.fitting.cross_validation import C_GRID, fold_scores
from probes.fitting.folds import split_folds
from probes.fitting.layers import StackedLayers
from probes.fitting.recipe import Recipe
from probes.fitting.records import Records, open_finished
from probes.fitting.samples import Samples
from probes.report.assemble import target_report
from probes.verdict import steps
from probes.verdict.judgement import judge

PERMUTATIONS = 200
RECIPE = Recipe()


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    output = OutputOptions(tmp_path_factory.mktemp("results"))
    options = Fit("smollm2-135m", PromptOptions(relations="capital"), target="correct", output=output)
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


def chosen(stacked: StackedLayers, fit: Samples) -> tuple[int, float]:
    """The reading and C that cross-validation chooses, without the nested one beside it."""
    folds = split_folds(fit.y, fit.groups)
    ys = np.repeat(fit.y[None], len(C_GRID), axis=0)
    x = stacked.select(fit.ids).stacked.x
    scores = [fold_scores(x[:, layer], ys, np.array(C_GRID), folds) for layer in range(x.shape[1])]
    aurocs = np.concatenate([auroc_values(ys, each) for each in scores])
    best = int(np.argmax(aurocs))
    return best // len(C_GRID), C_GRID[best % len(C_GRID)]


def reported(records: Records) -> TargetReport:
    evidence = gather(records, "correct", RECIPE)
    return target_report(evidence, judge(evidence, RECIPE))


def claims_a_handle(records: Records) -> bool:
    """Whether the verdict is NONE. That needs a passed fresh step, so the rest is computed only where it passes."""
    fit, fresh = samples(records, "correct")
    assert records.layers is not None
    index, c = chosen(records.layers, fit)
    probe = records.layers.select(fit.ids).probe(index, fit.y, c, "correct")
    scores = records.layers.select(fresh.ids).stacked.x[:, index].astype(np.float64) @ probe.w + probe.b
    if steps.fresh_prompts(fresh.y, scores, Thresholds()).outcome is not Outcome.PASS:
        return False
    return reported(records).verdict.failure is FailureMode.NONE


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.timeout(3600)
def test_capitals_end_with_a_handle_that_beats_the_best_surface_baseline(records: Records) -> None:
    found = reported(records)
    assert found.verdict.failure is FailureMode.NONE and found.nulls is not None
    margins = {c.fresh.value: c.margin for c in found.baselines if c.kind == "surface" and c.fresh is not None}
    best = margins[max(margins)]
    assert best is not None and best.lower > 0
    assert all(row.p_value is not None and row.p_value <= 0.01 for row in found.nulls.rows)
    fit, fresh = samples(records, "correct")
    fitted = fit_target(records, fit, fresh, RECIPE)
    assert records.layers is not None
    assert chosen(records.layers, fit) == (fitted.chosen.best.layer, fitted.chosen.best.c)
    assert {x.split for x in (fit, fresh)} == set(Split)


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.timeout(7200)
def test_the_same_features_with_permuted_labels_never_end_with_a_handle(records: Records) -> None:
    assert sum(claims_a_handle(permuted(records, seed)) for seed in range(PERMUTATIONS)) == 0
