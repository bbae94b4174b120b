from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from interp.records.arrays import Features, Site
from interp.records.findings import Estimate, Outcome, Step, StepResult
from interp.records.judgements import Label
from interp.results.fit import StoredStep
from interp.stats.rates import balanced_asymmetry
from probes.evidence import axes
from probes.evidence.fitted import fit_on
from probes.evidence.gather import Attempt, OtherModel
from probes.fitting.cross_validation import cross_validate
from probes.fitting.layers import LayerPlace, StackedLayers
from probes.fitting.recipe import Recipe
from probes.fitting.samples import Samples
from probes.simulate.design import Design, World, power_law
from probes.simulate.studies import SimulatedStudy, draw
from probes.verdict import steps

RECIPE = Recipe()
THRESHOLDS = RECIPE.thresholds


def study(auroc: float = 0.5, seed: int = 0, n: int = 120, **planted: float) -> SimulatedStudy:
    design = Design(n_fit=n, n_fresh=n, rate_fit=0.5, rate_fresh=0.5, auroc=auroc, d_model=50)
    world = World(dataclasses.replace(design, **planted), power_law(30, 1.0))  # type: ignore[arg-type]
    return draw(world, np.random.default_rng(seed))


def at_one_place(features: Features) -> StackedLayers:
    return StackedLayers((LayerPlace(Site.LN_FINAL, 0),), features)


def test_cross_validation_passes_a_signal_and_fails_noise() -> None:
    for auroc, outcome in ((0.95, Outcome.PASS), (0.5, Outcome.FAIL)):
        drawn = study(auroc, n=240)
        found = cross_validate(drawn.fit_x, drawn.fit.y, (0.1, 0.01))
        step = steps.cross_validation(found, drawn.fit.y, THRESHOLDS)
        assert step.outcome is outcome
        assert step.auroc == found.nested
        assert "best of 2 cells" in step.detail


def test_fresh_prompts_pass_only_with_both_gates_and_say_what_the_study_would_have_said() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2 == 0
    good = steps.fresh_prompts(y, y + rng.standard_normal(200), THRESHOLDS)
    assert good.outcome is Outcome.PASS and "would pass it" in good.detail
    assert good.auroc is not None and good.auroc.p_value is not None and good.auroc.p_value < 0.001
    bad = steps.fresh_prompts(y, rng.standard_normal(200), THRESHOLDS)
    assert bad.outcome is Outcome.FAIL
    strict = dataclasses.replace(THRESHOLDS, asymmetry=-0.95)
    assert steps.fresh_prompts(y, y + rng.standard_normal(200), strict).outcome is Outcome.UNRESOLVED


def test_too_few_of_a_class_leave_fresh_unresolved_with_the_counts() -> None:
    for n_pos in (0, 4):
        y = np.arange(50) < n_pos
        step = steps.fresh_prompts(y, np.arange(50.0), THRESHOLDS)
        assert step.outcome is Outcome.UNRESOLVED
        assert f"{n_pos} positive and {50 - n_pos} negative" in step.detail
        assert (step.auroc is None) == (n_pos == 0)


def test_an_unresolved_fresh_step_says_what_would_settle_it() -> None:
    rng = np.random.default_rng(1)
    y = np.arange(40) % 4 == 0
    step = steps.fresh_prompts(y, 0.3 * y + rng.standard_normal(40), THRESHOLDS)
    assert step.outcome is Outcome.UNRESOLVED
    assert "would settle it" in step.detail or "no realistic number" in step.detail


def test_the_permutation_p_value_of_noise_is_uniform_and_ties_are_allowed() -> None:
    rng = np.random.default_rng(2)
    y = np.arange(60) % 3 == 0
    p = [steps.label_permutation_p(y, rng.standard_normal(60)) for _ in range(40)]
    assert 0.3 < np.mean(p) < 0.7 and min(p) < 0.2
    tied = np.round(rng.standard_normal(60))
    from scipy.stats import mannwhitneyu

    exact = mannwhitneyu(tied[y], tied[~y], alternative="greater", method="asymptotic").pvalue
    assert steps.label_permutation_p(y, tied) == pytest.approx(exact, abs=0.02)


def with_axes(samples: Samples, scores: dict[str, np.ndarray]) -> Samples:
    labels = tuple(
        dataclasses.replace(x, axes={name: None if s[i] < 0 else int(s[i]) for name, s in scores.items()})
        for i, x in enumerate(samples.labels)
    )
    return dataclasses.replace(samples, labels=labels)


def swept(drawn: SimulatedStudy, fit: Samples, fresh: Samples) -> StepResult:
    return steps.axis_sweep(
        axes.sweep(fit, fresh, at_one_place(drawn.fit_x), at_one_place(drawn.fresh_x), RECIPE), THRESHOLDS
    )


def sweep(drawn: SimulatedStudy, fit: Samples, fresh: Samples) -> str | Outcome:
    return swept(drawn, fit, fresh).outcome


def test_an_axis_that_h_last_tells_passes_the_sweep_unless_another_is_its_copy() -> None:
    drawn = study(0.97, n=160)
    rng = np.random.default_rng(0)
    sides = []
    for samples in (drawn.fit, drawn.fresh):
        real = np.where(samples.y, 5, 2)
        noise = rng.integers(1, 6, len(samples.y))
        sides.append((samples, {"accuracy": real, "framing": noise}, {"accuracy": real, "copy": real}))
    mixed = [with_axes(s, axes) for s, axes, _ in sides]
    copied = [with_axes(s, axes) for s, _, axes in sides]
    step = swept(drawn, *mixed)
    assert step.outcome is Outcome.PASS
    assert "accuracy: pass" in step.detail and "framing: pass" not in step.detail
    assert sweep(drawn, *copied) is Outcome.UNRESOLVED  # two names for one thing


def test_axes_that_nothing_tells_fail_and_absent_axes_say_what_would_supply_them() -> None:
    drawn = study(0.5, n=200)
    rng = np.random.default_rng(0)
    a, b = (with_axes(s, {"framing": rng.integers(1, 6, 200)}) for s in (drawn.fit, drawn.fresh))
    assert sweep(drawn, a, b) is Outcome.FAIL
    step = swept(drawn, drawn.fit, drawn.fresh)
    assert step.outcome is Outcome.UNRESOLVED and "label them with a judge" in step.detail


def test_unscored_axes_are_left_out_of_their_axis() -> None:
    drawn = study(0.97, n=160)
    scores = [np.where(s.y, 5, 2) for s in (drawn.fit, drawn.fresh)]
    for column in scores:
        column[:40] = -1
    a, b = (with_axes(s, {"accuracy": x}) for s, x in zip((drawn.fit, drawn.fresh), scores, strict=True))
    assert sweep(drawn, a, b) is Outcome.PASS


def fitted(drawn: SimulatedStudy) -> Attempt:
    whole = Features(
        drawn.fit.ids + drawn.fresh.ids,
        Site.LN_FINAL,
        (0,),
        drawn.fit_x.position,
        np.concatenate([drawn.fit_x.x, drawn.fresh_x.x]),
    )
    return Attempt(fit_on(at_one_place(whole), drawn.fit, drawn.fresh, RECIPE))


def test_layer_pooling_is_the_fresh_step_of_the_pooled_states() -> None:
    pooled = fitted(study(0.97))
    step = steps.layer_pooling(pooled, THRESHOLDS)
    assert (step.step, step.outcome) == (Step.LAYER_POOLING, Outcome.PASS)
    assert pooled.probe is not None
    fresh = steps.fresh_prompts(pooled.probe.fresh.y, pooled.probe.scores, THRESHOLDS)
    assert step == dataclasses.replace(fresh, step=Step.LAYER_POOLING)
    missing = steps.layer_pooling(Attempt(None, "run with --layers all."), THRESHOLDS)
    assert missing.outcome is Outcome.UNRESOLVED and "--layers all" in missing.detail


def test_the_fifth_step_is_the_fresh_step_of_the_other_model_under_its_name() -> None:
    other = fitted(study(0.97))
    step, pooled = (steps.cross_model(OtherModel("other", other), THRESHOLDS), steps.layer_pooling(other, THRESHOLDS))
    assert (step.step, step.outcome, step.auroc) == (Step.CROSS_MODEL, Outcome.PASS, pooled.auroc)
    assert step.detail == f"other: {pooled.detail}"


def test_without_a_second_model_the_fifth_step_says_what_would_supply_it() -> None:
    step = steps.cross_model(None, THRESHOLDS)
    assert (step.step, step.outcome) == (Step.CROSS_MODEL, Outcome.UNRESOLVED)
    assert "model of another family" in step.detail
    step = steps.cross_model(OtherModel("other", Attempt(None, "too few.")), THRESHOLDS)
    assert (step.step, step.outcome, step.detail) == (Step.CROSS_MODEL, Outcome.UNRESOLVED, "other: too few.")


def test_stored_numbers_can_fail_fresh_but_never_pass_it() -> None:
    def row(step: str, value: float, half: float) -> StoredStep:
        return StoredStep(step, Estimate(value, value - half, value + half, "stored", 55, 138), "a file")

    rows = [row("cross_validation", 0.7, 0.1), row("fresh_prompts", 0.5, 0.1), row("fresh_prompts", 0.9, 0.05)]
    found = steps.stored_steps(rows, THRESHOLDS)
    assert [s.outcome for s in found] == [Outcome.PASS, Outcome.FAIL, Outcome.UNRESOLVED]
    assert all("features behind it were not published" in s.detail for s in found)


def test_the_asymmetry_sweeps_every_threshold_and_so_sees_through_a_shift_of_all_scores() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(100) % 2 == 0
    score = y + rng.standard_normal(100)
    a, b = (steps.fresh_prompts(y, s, THRESHOLDS).asymmetry for s in (score, score + 50))
    assert a is not None and a == b
    grid = balanced_asymmetry(1 / (1 + np.exp(-score)), y)
    assert grid.asymmetry is not None and a.value <= grid.asymmetry.value


def test_an_axis_score_is_positive_from_four_up() -> None:
    labels = [Label(str(s), 1.0, (), True, None, "j", axes={"a": s}) for s in (1, 2, 3, 4, 5)]
    samples = dataclasses.replace(study(n=20).fit, labels=tuple(labels))
    y, keep = axes.labels("a", samples)
    assert y.tolist() == [False, False, False, True, True] and all(keep)
