"""What zeroing a head does to given answers, against weights whose columns of that head are zero."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from hooks.agreement.reference import scale_weights
from hooks.answers.batch import generate_batch
from hooks.answers.chat import encode
from hooks.answers.given import pair, read_given
from hooks.backend.base import HookedModel
from hooks.backend.hook import Hook, Read, Reduce
from hooks.heads import shifts
from hooks.heads.ablation import each_head_scaled
from hooks.models.loading import open_backend
from interp.records.answers import HeadScale
from interp.records.arrays import Position, Probe, Site
from interp.records.prompts import Prompt

LAYER, HEAD = 5, 2  # of gemma3: a layer of full attention


def probe(d_model: int) -> Probe:
    w = np.random.default_rng(0).standard_normal(d_model)
    return Probe(w, 0.3, "correct", Site.RESID_POST, 9, Position.CONTENT, 2, 1.0, "made up")


@pytest.mark.parametrize("backend", ["torch", "nnsight", "transformer_lens"])
def test_a_zeroed_head_changes_what_zeroed_weights_change(
    opened: Callable[..., HookedModel], specimen: Callable[..., Path], prompts: list[Prompt], backend: str
) -> None:
    model = opened("gemma3", backend)
    answers, _ = generate_batch(model, prompts, max_new_tokens=6, layers=())
    one = probe(model.geometry.d_model)
    answered = list(pair(model, prompts, answers))

    def measure() -> dict[str, np.ndarray]:
        return shifts._measure(model, answered, one, 2)

    found = {head: values for _, head, values in each_head_scaled(model, measure, 0.0, [LAYER])}[HEAD]
    edited = open_backend(specimen("gemma3"), attn=model.model_id.attn)
    scale_weights(edited.hf, edited.geometry, HeadScale(((LAYER, HEAD),), 0.0))
    for row, (answer, prompt) in enumerate(zip(answers, prompts, strict=True)):
        ids = torch.tensor([[*encode(model.tokenizer, prompt.text), *answer.tokens]])
        with torch.no_grad():
            said = edited.hf(ids).logits[0].double().log_softmax(-1)[:-1].gather(1, ids[0, 1:, None])[:, 0]
        assert found["logprob"][row] == pytest.approx(float(said[-len(answer.tokens) :].mean()), abs=1e-4)
    state = Read(Hook(Site.RESID_POST, 9), Reduce.MEAN)
    x = read_given(edited, prompts, answers, [state], 2, batch_size=8)[1][state]
    np.testing.assert_allclose(found["score"], x @ one.w + one.b, atol=1e-2)
    assert np.abs(measure()["logprob"] - [a.mean_logprob for a in answers]).max() < 1e-4  # nothing is left behind


def test_a_probe_of_averaged_hidden_states_is_read_as_it_was_fitted(
    opened: Callable[..., HookedModel], prompts: list[Prompt]
) -> None:
    model = opened("gemma3")
    answers, _ = generate_batch(model, prompts, max_new_tokens=6, layers=())
    last = model.geometry.n_layers - 1
    one = dataclasses.replace(
        probe(model.geometry.d_model), site=Site.LN_FINAL, layer=last, pool_tokens=1, pool_layers=3
    )
    hooks = [Hook(Site.RESID_POST, last - 2), Hook(Site.RESID_POST, last - 1), Hook(Site.LN_FINAL, last)]
    states = [Read(hook, Reduce.MEAN) for hook in hooks]
    pooled = np.mean(list(read_given(model, prompts, answers, states, 1, batch_size=8)[1].values()), axis=0)
    found = shifts._measure(model, list(pair(model, prompts, answers)), one, 3)["score"]
    np.testing.assert_allclose(found, pooled @ one.w + one.b, atol=1e-2)


def test_a_probe_at_the_end_of_turn_says_why_it_cannot_be_read() -> None:
    one = probe(4)
    assert shifts.readable(one) is None
    ended = shifts.readable(dataclasses.replace(one, position=Position.END_OF_TURN))
    assert ended is not None and "ended the turn" in ended
    assert shifts.readable(None) == "the run holds no probe for what tells the cohorts apart"
