from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from interp.errors import InputError
from interp.records.findings import FailureMode, Outcome
from interp.stats.auroc import auroc
from probes.simulate.calibration import calibrated, expected_auroc
from probes.simulate.design import Design, World, power_law, separation, spectrum_of
from probes.simulate.operating import simulate
from probes.simulate.studies import draw

SMALL = power_law(40, 1.0)


def world(**planted: float) -> World:
    return World(dataclasses.replace(Design(d_model=64), **planted), SMALL)  # type: ignore[arg-type]


def test_separation_and_auroc_belong_together() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([False, True], 20000)
    score = rng.standard_normal(40000) + separation(0.8) * y
    assert auroc(y, score).value == pytest.approx(0.8, abs=0.01)
    assert separation(0.5) == pytest.approx(0)


def test_the_spectrum_of_drawn_features_is_the_one_asked_for() -> None:
    drawn = draw(world(n_fit=3000, n_fresh=3000), np.random.default_rng(0))
    found = spectrum_of(drawn.fit_x.x[:, 0], drawn.fresh_x.x[:, 0])
    scale = drawn.fit_x.x[:, 0].std(axis=0).mean()
    assert found[:5] * scale**2 == pytest.approx(SMALL[:5], rel=0.35)
    assert len(found) == 40


def test_base_rates_and_lengths_are_as_planted() -> None:
    drawn = draw(world(n_fit=4000, n_fresh=4000, surface=0.8), np.random.default_rng(0))
    assert drawn.fit.y.mean() == pytest.approx(0.58, abs=0.03)
    assert drawn.fresh.y.mean() == pytest.approx(0.285, abs=0.03)
    length = np.array([len(g.text.split()) for g in drawn.fresh.generations])
    assert auroc(drawn.fresh.y, length).value == pytest.approx(0.8, abs=0.02)


def test_one_seed_gives_one_study_and_another_another() -> None:
    a, b, c = (draw(world(), np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert a.fit_x.fingerprint() == b.fit_x.fingerprint() != c.fit_x.fingerprint()


def test_calibration_makes_the_fitted_probe_expect_what_was_asked() -> None:
    found = calibrated(world(), 0.75, studies=30)
    assert expected_auroc(found, 0.01, 30) == pytest.approx(0.75, abs=0.005)
    assert found.design.auroc > 0.75  # what the best direction has, a fitted probe has not
    fresh = simulate(found, 12, features_audited=False).mean_auroc
    assert fresh == pytest.approx(0.75, abs=0.05)


def test_an_auroc_that_no_probe_of_these_sizes_reaches_is_refused() -> None:
    with pytest.raises(InputError, match="however clear the signal"):
        calibrated(World(Design(n_fit=12, d_model=400), np.ones(300)), 0.99999, studies=5)


@pytest.mark.parametrize("wrong", [{"rate_fit": 0.0}, {"auroc": 0.4}, {"n_fit": 5}])
def test_designs_that_no_study_can_have_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="xpected"):
        simulate(world(**wrong), 1)


def test_a_study_with_too_few_positives_is_unresolved_or_a_cliff_but_never_an_error() -> None:
    found = simulate(world(rate_fit=0.005, rate_fresh=0.02), 5)
    assert found.verdicts[FailureMode.NONE].value == 0
    assert found.cv_outcomes[Outcome.UNRESOLVED].value == 1
