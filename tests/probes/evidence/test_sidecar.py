from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hooks.agreement import specimens
from hooks.answers.batch import as_prompts, generate_batch
from hooks.backend.base import HookedModel
from hooks.models.loading import open_backend
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import Position, Probe, Site
from interp.records.prompts import Prompt
from interp.runs.arrays import read_features
from interp.runs.directory import close_run, open_run
from interp.runs.files import read_json
from interp.runs.rows import read_rows
from probes.evidence.live_gate import HEDGE, Gate, open_gate
from probes.evidence.sidecar import judge_gate
from probes.evidence.thresholds import Gates
from probes.fitting import readings
from probes.fitting.linear import probability

QUESTION = "What is the capital of France?"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> HookedModel:
    return open_backend(specimens.save("llama", tmp_path_factory.mktemp("llama")), prove=False)


@pytest.fixture(scope="module")
def probe(model: HookedModel) -> Callable[..., Probe]:
    def make(**changes: object) -> Probe:
        w = np.random.default_rng(0).standard_normal(model.geometry.d_model) / 200
        first = Probe(w, 0.1, "correct", Site.RESID_POST, 5, Position.CONTENT, 1, 0.1, "made up")
        return dataclasses.replace(first, **changes)  # type: ignore[arg-type]

    return make


def test_the_score_is_the_probes_on_what_the_answer_captured(model: HookedModel, probe: Callable[..., Probe]) -> None:
    for one in (probe(), probe(site=Site.LN_FINAL, layer=23), probe(pool_tokens=3)):
        generations, captured = generate_batch(
            model, as_prompts([QUESTION]), max_new_tokens=8, pool_tokens=one.pool_tokens
        )
        read = next(f for f in captured if f.site is one.site and f.position is Position.CONTENT)
        found = Gate(one, 0.5, model, max_new_tokens=8).answer(QUESTION)
        assert found.score == pytest.approx(float(probability(one.score(read))[0]), abs=1e-6)
        assert found.text.endswith(generations[0].text)


def test_a_probe_on_averaged_hidden_states_scores_that_average(model: HookedModel, probe: Callable[..., Probe]) -> None:
    one = probe(site=Site.LN_FINAL, layer=23, pool_layers=4)
    _, captured = generate_batch(model, as_prompts([QUESTION]), max_new_tokens=8)
    residual, final = (
        next(f for f in captured if f.site is site and f.position is Position.CONTENT)
        for site in (Site.RESID_POST, Site.LN_FINAL)
    )
    x = readings.pooled(residual, final, 4).stacked.x[0, 0]
    score = Gate(one, 0.5, model, max_new_tokens=8).answer(QUESTION).score
    assert score == pytest.approx(1 / (1 + np.exp(-(x @ one.w + one.b))), abs=1e-5)


def test_only_below_the_threshold_a_hedge_comes_before_the_untouched_content(
    model: HookedModel, probe: Callable[..., Probe]
) -> None:
    plain = generate_batch(model, as_prompts([QUESTION]), max_new_tokens=8, layers=())[0][0].text
    score = Gate(probe(), 0.5, model, max_new_tokens=8).answer(QUESTION).score
    assert score is not None and plain
    for threshold, hedged in ((score - 1e-6, False), (score, True), (score + 1e-6, True)):
        found = Gate(probe(), threshold, model, max_new_tokens=8).answer(QUESTION)
        assert (found.text, found.hedged) == ((HEDGE + plain, True) if hedged else (plain, False))


def test_an_answer_that_cannot_be_read_is_not_vouched_for(model: HookedModel, probe: Callable[..., Probe]) -> None:
    cut_off = Gate(probe(position=Position.END_OF_TURN), 0.0, model, hedge="Perhaps: ", max_new_tokens=2)
    found = cut_off.answer(QUESTION)
    assert found.score is None and found.hedged
    assert found.text.startswith("Perhaps: ")


def test_a_threshold_that_is_no_probability_is_refused(model: HookedModel, probe: Callable[..., Probe]) -> None:
    with pytest.raises(InputError, match="probability"):
        Gate(probe(), 1.5, model)


def test_a_run_without_a_probe_has_no_gate(model: HookedModel, tmp_path: Path) -> None:
    with open_run(tmp_path, "bare", {"model": {"name": "tiny"}}) as run:
        close_run(run)
    with pytest.raises(InputError, match="no probe"):
        open_gate(run.path, "correct", model)


def test_the_gate_of_a_finished_run_scores_as_its_probe_did(
    fit_tiny: Callable[..., Any], babble: Any, tmp_path: Path
) -> None:
    run = fit_tiny().run
    backend = open_backend(babble.model, prove=False)
    gate = open_gate(run, "correct", backend)
    assert gate.threshold == read_json(run / "report.json")["targets"]["correct"]["gate"]["threshold"]
    prompt = read_rows(run / "prompts.jsonl", Prompt)[-1]
    generation = read_rows(run / "generations.jsonl", Generation)[-1]
    read = read_features(run / "features.safetensors", gate.probe.site, gate.probe.position)
    found = gate.answer(prompt)
    assert found.text.removeprefix(HEDGE) == generation.text
    index = list(read.generation_ids).index(generation.id)
    expected = probability(gate.probe.score(read))[index]
    assert found.score == pytest.approx(float(expected), abs=1e-3)  # answered alone, not in a batch
    with pytest.raises(InputError, match="no gate for 'asserted'"):
        open_gate(run, "asserted", backend)


def scored(shift: float, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.5
    return y, rng.standard_normal(n) + shift * (y - 0.5)


def test_the_threshold_never_sees_fresh_and_the_oracle_does_no_worse() -> None:
    fit, fresh, other = scored(1.5, 100, 0), scored(1.5, 200, 1), scored(0.5, 200, 2)
    a, b = (judge_gate(*fit, *split, Gates()) for split in (fresh, other))
    assert a.threshold == b.threshold
    assert a.asymmetry is not None and a.oracle_asymmetry is not None
    assert a.asymmetry.value < -0.15
    assert a.p_assert_correct is not None
    if a.p_assert_correct.value >= Gates().assert_floor:
        assert a.oracle_asymmetry.value <= a.asymmetry.value


def test_the_selective_curve_ends_at_the_overall_risk_and_falls_where_scores_tell() -> None:
    y, scores = scored(2.5, 400, 3)
    found = judge_gate(y, scores, y, scores, Gates()).curve
    assert [round(p.coverage, 3) for p in found] == [i / 10 for i in range(1, 11)]
    assert found[-1].risk.value == pytest.approx(1 - y.mean())
    assert found[0].risk.value < found[-1].risk.value - 0.3
    assert [p.threshold for p in found] == sorted((p.threshold for p in found), reverse=True)


def test_one_class_on_fresh_leaves_the_gate_unjudged_and_says_why() -> None:
    fit = scored(1.5, 100, 0)
    found = judge_gate(*fit, np.ones(20, dtype=bool), np.zeros(20), Gates())
    assert found.asymmetry is None and found.reason == "fresh holds one class only"
