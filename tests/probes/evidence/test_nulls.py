from __future__ import annotations

import numpy as np
import pytest

from interp.results.evidence import Null
from interp.stats import auroc as stats_auroc
from probes.evidence import nulls
from probes.fitting.cross_validation import out_of_fold_scores
from probes.fitting.folds import split_folds
from probes.fitting.linear import fit_probe
from probes.simulate.design import Design, World, power_law
from probes.simulate.studies import SimulatedStudy, draw

CS = (1.0, 0.1, 0.01)


def study(auroc: float, seed: int = 0, n: int = 80) -> SimulatedStudy:
    design = Design(n_fit=n, n_fresh=n, rate_fit=0.5, rate_fresh=0.5, auroc=auroc, d_model=60)
    return draw(World(design, power_law(40, 1.0)), np.random.default_rng(seed))


def null_of(drawn: SimulatedStudy, n: int = 200, seed: int = 0) -> Null:
    return nulls.label_permutation(drawn.fit_x.x, drawn.fit.y, CS, split_folds(drawn.fit.y), n=n, seed=seed)


def test_a_signal_stands_out_of_the_selection_and_noise_does_not() -> None:
    assert null_of(study(0.95)).p_value == pytest.approx(1 / 201)
    p = [null_of(study(0.5, seed)).p_value for seed in range(12)]
    assert min(p) > 0.005 and max(p) > 0.3  # type: ignore[type-var]


def test_the_null_grows_with_what_is_selected_over() -> None:
    drawn = study(0.5)
    rng = np.random.default_rng(1)
    many = np.concatenate([drawn.fit_x.x, rng.standard_normal((80, 9, 60))], axis=1)
    one, ten = (
        nulls.label_permutation(x, drawn.fit.y, CS, split_folds(drawn.fit.y), n=100) for x in (drawn.fit_x.x, many)
    )
    assert one.typical is not None and ten.typical is not None
    assert ten.typical > one.typical + 0.03
    assert "10 readings and 3 C" in ten.statistic


def test_the_one_step_probe_ranks_nearly_as_the_logistic_one() -> None:
    drawn = study(0.9)
    folds = split_folds(drawn.fit.y)
    found = nulls.label_permutation(drawn.fit_x.x, drawn.fit.y, (0.01,), folds, n=5)
    exact = stats_auroc.auroc(drawn.fit.y, out_of_fold_scores(drawn.fit_x.x[:, 0], drawn.fit.y, 0.01)).value
    assert found.observed == pytest.approx(exact, abs=0.03)


def test_where_no_labels_can_trade_places_there_is_no_null_and_it_says_why() -> None:
    y = np.array([True] * 5 + [False] * 10)
    found = nulls.label_permutation(
        np.random.default_rng(0).standard_normal((15, 1, 4)), y, CS, [(np.arange(5), np.arange(5, 15))], n=10
    )
    assert found.p_value is None and "nothing to permute" in found.reason


def test_a_control_task_is_learned_by_heart_where_prompts_repeat() -> None:
    rng = np.random.default_rng(0)
    prompts = np.repeat(np.arange(20), 6)
    x = rng.standard_normal((20, 60))[prompts] + 0.1 * rng.standard_normal((120, 60))
    y = rng.random(20)[prompts] < 0.5
    types = [f"p{i}" for i in prompts]
    repeated = nulls.control_task(x, y, types, 1.0)
    assert repeated.control is not None and repeated.control > 0.95
    assert repeated.selectivity is not None and abs(repeated.selectivity.value) < 0.06
    assert repeated.types == 20


def test_a_control_task_on_prompts_answered_once_is_at_chance_and_the_signal_is_not() -> None:
    drawn = study(0.97)
    found = nulls.control_task(drawn.fit_x.x[:, 0], drawn.fit.y, drawn.fit.groups, 0.01)
    assert found.control == pytest.approx(0.5, abs=0.08)
    assert found.selectivity is not None and found.selectivity.lower > 0.15
    assert found.memorised is not None and found.memorised > 0.75


def test_control_labels_are_one_a_prompt_and_stay_the_same() -> None:
    a, b = (nulls.control_task(study(0.8).fit_x.x[:, 0], study(0.8).fit.y, ["p"] * 79 + ["q"], 0.1) for _ in "ab")
    assert a == b
    assert a.selectivity is None and a.reason  # two prompts: too few of one class


def test_random_directions_and_shuffled_features_show_what_a_signal_is_worth() -> None:
    for auroc, least, most in ((0.97, 0.0, 0.05), (0.5, 0.01, 1.0)):
        drawn = study(auroc, 3)
        x, z = drawn.fit_x.x[:, 0], drawn.fresh_x.x[:, 0]
        probe = fit_probe(drawn.fit_x, 0, drawn.fit.y, 0.01, "correct")
        observed = stats_auroc.auroc(drawn.fresh.y, probe.score(drawn.fresh_x)).value
        directions = nulls.random_directions(x, z, drawn.fresh.y, observed, n=300)
        shuffled = nulls.shuffled_features(x, drawn.fit.y, z, drawn.fresh.y, 0.01, observed, n=49)
        for null in (directions, shuffled):
            assert null.p_value is not None and least <= null.p_value <= most
        assert shuffled.typical == pytest.approx(0.5, abs=0.08)
        assert shuffled.n == 49 and directions.n == 300


def test_features_that_do_not_vary_do_not_break_a_direction() -> None:
    drawn = study(0.5)
    x, z = drawn.fit_x.x[:, 0].copy(), drawn.fresh_x.x[:, 0].copy()
    x[:, 0] = z[:, 0] = 1.0
    found = nulls.random_directions(x, z, drawn.fresh.y, 0.5, n=50)
    assert found.typical is not None and np.isfinite(found.typical)
