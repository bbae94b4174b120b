"""What the whole procedure does at the study's sizes: 1,000 simulated studies of each kind (slow), fewer by default."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import Float

from interp.records.findings import FailureMode
from interp.study.data import SMOLLM_FIT_FEATURES, SMOLLM_FRESH_FEATURES, Study
from probes.simulate.calibration import calibrated
from probes.simulate.design import Design, World, spectrum_of
from probes.simulate.operating import Characteristics, simulate

STUDIES = 1000
SEED = 1
NONE, SINGLE, CLIFF = (
    FailureMode.NONE,
    FailureMode.SINGLE_OUTPUT_DISTRIBUTION,
    FailureMode.CAPABILITY_CLIFF,
)
COLLAPSED = Design(rate_fit=0.56, rate_fresh=0.047)  # SmolLM2, paper section 6.7
ONE_STYLE = Design(rate_fit=0.58, rate_fresh=0.285, fit_only=0.75)  # Gemma, sections 6.3 and 6.4
SHIFTED = Design(shift=0.95)
CONFOUNDED = Design(surface=0.80)


@pytest.fixture(scope="module")
def spectrum(paper_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Float[np.ndarray, " r"]:
    study = Study(paper_dir, tmp_path_factory.mktemp("cache"))
    return spectrum_of(*(study.arrays(name)["X"] for name in (SMOLLM_FIT_FEATURES, SMOLLM_FRESH_FEATURES)))


def run(
    design: Design, spectrum: Float[np.ndarray, " r"], studies: int = STUDIES, audited: bool = False
) -> Characteristics:
    return simulate(World(design, spectrum), studies, SEED, features_audited=audited)


def share(found: Characteristics, verdict: FailureMode) -> float:
    return found.verdicts[verdict].value


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_without_a_signal_a_handle_is_claimed_in_one_study_of_a_hundred_at_most(
    spectrum: Float[np.ndarray, " r"],
) -> None:
    found = run(Design(), spectrum)
    assert share(found, NONE) <= 0.01
    assert found.study_cv.value > share(found, NONE)  # the study's gates alone are fooled more often


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_handle_of_fresh_auroc_080_is_found_in_nine_studies_of_ten(spectrum: Float[np.ndarray, " r"]) -> None:
    found = simulate(calibrated(World(Design(), spectrum), 0.80), STUDIES, SEED, features_audited=False)
    assert found.mean_auroc == pytest.approx(0.80, abs=0.015)
    assert share(found, NONE) >= 0.90


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_capability_cliff_is_recognised_in_nine_studies_of_ten(spectrum: Float[np.ndarray, " r"]) -> None:
    found = run(COLLAPSED, spectrum)
    assert share(found, CLIFF) >= 0.90
    assert share(found, SINGLE) <= 0.02
    assert share(found, NONE) <= 0.01


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_single_output_distribution_is_recognised_more_surely_with_more_fresh_prompts(
    spectrum: Float[np.ndarray, " r"],
) -> None:
    at_study_sizes = run(ONE_STYLE, spectrum)
    assert share(at_study_sizes, SINGLE) >= 0.75
    assert share(at_study_sizes, CLIFF) <= 0.02
    assert share(at_study_sizes, NONE) <= 0.01
    three_times = run(dataclasses.replace(ONE_STYLE, n_fresh=3 * 193), spectrum)
    assert share(three_times, SINGLE) >= 0.95
    assert share(three_times, CLIFF) <= 0.02


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_planted_shift_of_features_raises_its_threat_and_no_shift_raises_none(
    spectrum: Float[np.ndarray, " r"],
) -> None:
    assert run(SHIFTED, spectrum, audited=True).threats["feature_shift"].value >= 0.95
    none = run(Design(), spectrum, studies=100, audited=True)
    assert "feature_shift" not in none.threats


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_planted_surface_confound_raises_its_threat_and_is_no_handle(spectrum: Float[np.ndarray, " r"]) -> None:
    found = run(CONFOUNDED, spectrum)
    assert found.threats["surface_confound"].value >= 0.95
    assert share(found, NONE) <= 0.01


def test_a_few_studies_of_each_kind_come_out_as_planted(spectrum: Float[np.ndarray, " r"]) -> None:
    assert share(run(ONE_STYLE, spectrum, 4), NONE) == 0
    assert share(run(COLLAPSED, spectrum, 4), CLIFF) == 1
    strong = simulate(World(Design(auroc=0.97), spectrum), 4, SEED, features_audited=False)
    assert share(strong, NONE) >= 0.75
    both = run(dataclasses.replace(CONFOUNDED, shift=0.97), spectrum, 4, audited=True)
    assert both.threats["surface_confound"].value >= 0.75
    assert both.threats["feature_shift"].value == 1
