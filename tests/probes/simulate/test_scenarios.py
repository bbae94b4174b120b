from __future__ import annotations

import pytest

from interp.errors import InputError
from interp.records.findings import FailureMode
from probes.simulate.design import power_law
from probes.simulate.operating import simulate
from probes.simulate.scenarios import SCENARIOS, SimulationOptions, find_n, scenarios, summarise

SMALL = power_law(48, 1.0)


def options(**more: object) -> SimulationOptions:
    return SimulationOptions(**({"n_fit": 40, "n_fresh": 60, "d_model": 48, "studies": 5} | more))  # type: ignore[arg-type]


def test_every_kind_plants_one_thing_and_knows_what_is_right_of_it() -> None:
    kinds = {kind.name: kind for kind in scenarios(options(), SMALL)}
    assert tuple(kinds) == SCENARIOS
    plain = kinds["no_signal"].world.design
    assert (plain.auroc, plain.fit_only, plain.shift, plain.surface) == (0.5, 0.5, 0.5, 0.5)
    assert kinds["signal"].world.design.auroc > 0.8 and kinds["signal"].right is FailureMode.NONE
    assert kinds["cliff"].world.design.rate_fresh == 0.047 and kinds["cliff"].right is FailureMode.CAPABILITY_CLIFF
    assert kinds["single_distribution"].world.design.fit_only == 0.75
    assert kinds["single_distribution"].right is FailureMode.SINGLE_OUTPUT_DISTRIBUTION
    assert (kinds["covariate_shift"].world.design.shift, kinds["covariate_shift"].threat) == (0.95, "feature_shift")
    assert kinds["surface_confound"].world.design.surface == 0.80
    assert [name for name, kind in kinds.items() if kind.features_audited] == ["no_signal", "covariate_shift"]


def test_only_the_kind_that_was_asked_for_is_made() -> None:
    (cliff,) = scenarios(options(scenario="cliff"), SMALL)
    assert cliff.name == "cliff"


def test_a_result_says_how_often_the_right_thing_was_said() -> None:
    (cliff,) = scenarios(options(scenario="cliff"), SMALL)
    counted = simulate(cliff.world, 5, features_audited=False)
    result = summarise(cliff, counted, 0.9)
    assert result.right == counted.verdicts[FailureMode.CAPABILITY_CLIFF]
    assert result.false_handles == counted.verdicts[FailureMode.NONE]
    assert result.right is not None and result.enough == (result.right.value >= 0.9)
    assert result.threat is None and result.threat_raised is None


def test_a_threat_that_was_never_raised_has_a_share_of_zero() -> None:
    (shifted,) = scenarios(options(scenario="covariate_shift", shift=0.5), SMALL)
    result = summarise(shifted, simulate(shifted.world, 3, features_audited=False), 0.9)
    assert result.threat_raised is not None and result.threat_raised.value == 0
    assert (result.threat_raised.n_pos, result.threat_raised.n_neg) == (0, 3)
    assert result.right is None and result.enough is None


def test_power_finds_the_sizes_that_a_weaker_handle_needs() -> None:
    weak = options(auroc=0.75, power=0.6, scenario="signal")
    (signal,) = scenarios(weak, SMALL)
    search = find_n(signal, weak, simulate(signal.world, 5, features_audited=False))
    powers = [tried.power.value for tried in search.tried]
    assert len(powers) >= 2
    assert search.needed is None or search.needed.n_fit in [tried.n_fit for tried in search.tried]
    assert max(powers) > min(powers)


@pytest.mark.parametrize("wrong", [{"studies": 0}, {"seed": -1}, {"power": 1.0}])
def test_numbers_that_no_simulation_can_have_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="Expected --studies"):
        options(**wrong).check()


def test_a_rate_that_no_study_can_have_is_refused() -> None:
    with pytest.raises(InputError, match="rate_fit"):
        scenarios(options(rate_fit=1.5), SMALL)
