"""Traps of the libraries underneath that have no other home: number formats, padding, what a wrong mask would give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from hooks.answers.ask import read
from hooks.answers.batch import as_prompts, generate_batch
from hooks.backend.base import HookedModel
from hooks.backend.hook import Hook, HookError, Read
from hooks.models.loading import open_backend
from interp.records.arrays import Site

IDS = np.array([[0, 0, 0, 9, 30], [7, 5, 12, 9, 30]])
MASK = np.array([[0, 0, 0, 1, 1], [1, 1, 1, 1, 1]])


def test_without_its_mask_a_padded_row_would_be_wrong_and_with_it_is_right(opened: Callable[..., HookedModel]) -> None:
    model = opened("gemma4")
    alone = model.forward(IDS[:1, 3:], MASK[:1, 3:]).logits[0]
    unmasked = model.forward(IDS[:1], np.ones_like(MASK[:1])).logits[0]
    masked = model.forward(IDS, MASK).logits[0]
    assert np.abs(masked - alone).max() < 1e-4 * np.abs(alone).max()
    assert np.abs(unmasked - alone).max() > 1e-2 * np.abs(alone).max()


@pytest.mark.parametrize("backend", ["torch", "nnsight", "transformer_lens"])
def test_gemma4_reads_every_position_of_layers_that_share_keys_and_values(
    opened: Callable[..., HookedModel], backend: str
) -> None:
    """Given a number of logits to keep, these layers and the final norm would see the last position only."""
    model = opened("gemma4", backend)
    seen = read(model, "Hi", ["resid_post.14", "resid_post.15", "resid_post.34", "ln_final", "z.20"])
    assert len({len(value) for value in seen.values()}) == 1 and len(seen["ln_final.34"]) > 1


def test_states_that_are_no_numbers_are_refused(
    opened: Callable[..., HookedModel], specimen: Callable[..., Path]
) -> None:
    model = open_backend(specimen("llama"))
    with torch.no_grad():
        model.hf.get_submodule("model.layers.5.mlp.down_proj").weight.fill_(float("nan"))
    with pytest.raises(HookError, match="not finite numbers; load it with another --dtype or --attn"):
        generate_batch(model, as_prompts(["Hi"]), max_new_tokens=2)
    with pytest.raises(HookError, match="not finite"):
        model.forward(IDS, MASK, ["ln_final"])
    with pytest.raises(HookError, match="not finite"):
        model.prove()


@pytest.mark.parametrize("backend", ["torch", "nnsight", "transformer_lens"])
def test_bfloat16_proves_itself_and_gives_float32_results(specimen: Callable[..., Path], backend: str) -> None:
    model = open_backend(specimen("gemma3"), backend=backend, dtype="bfloat16")
    seen = model.forward(IDS, MASK, ["ln_final", "z.3"])
    assert {value.dtype for value in (seen.logits, *seen.values.values())} == {np.dtype(np.float32)}
    exact = open_backend(specimen("gemma3")).forward(IDS, MASK, ["ln_final"])
    final = Read(Hook(Site.LN_FINAL, 17))
    a, b = seen.values[final].ravel(), exact.values[final].ravel()
    assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.99


def test_the_models_own_generation_settings_do_not_matter(specimen: Callable[..., Path]) -> None:
    model = open_backend(specimen("qwen3"))
    prompts = as_prompts(["Hi", "Why is it so?"])
    plain, _ = generate_batch(model, prompts, max_new_tokens=8, layers=())
    model.hf.generation_config.update(do_sample=True, temperature=9.0, repetition_penalty=5.0, max_length=3)
    again, _ = generate_batch(model, prompts, max_new_tokens=8, layers=())
    assert again == plain


def test_every_end_of_turn_token_of_the_model_ends_a_turn(specimen: Callable[..., Path]) -> None:
    model = open_backend(specimen("qwen3"))
    tokenizer = model.tokenizer
    model.hf.generation_config.eos_token_id = [2, 7]
    again = type(model)(model.hf, tokenizer, model.model_id)
    assert again.end_of_turn >= {2, 7, tokenizer.eos_token_id}


def test_a_shared_generation_config_is_not_changed(opened: Callable[..., HookedModel]) -> None:
    model = opened("llama")
    before = model.hf.generation_config.to_dict()
    generate_batch(model, as_prompts(["Hi"]), max_new_tokens=2)
    assert model.hf.generation_config.to_dict() == before


def test_heads_are_not_read_during_generation(opened: Callable[..., HookedModel]) -> None:
    with pytest.raises(HookError, match="read heads with capture_heads"):
        opened("llama").decode(IDS, MASK, max_new_tokens=2, hooks=[Hook(Site.Z, 0)])


@pytest.mark.parametrize("budget", [0, -3])
def test_a_budget_must_allow_a_token(opened: Callable[..., HookedModel], budget: int) -> None:
    with pytest.raises(HookError, match="at least 1"):
        opened("llama").decode(IDS, MASK, max_new_tokens=budget)
