"""Geometry, on families that nobody wrote code for: it is found in the modules, or the model is refused at open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from hooks.agreement.specimens import VOCAB, gemma4_multimodal, qwen3_5_multimodal, tokenizer
from hooks.backend.base import HookedModel
from hooks.backend.geometry import read_geometry
from hooks.backend.hook import HookError
from hooks.backend.torch_hooks import TorchBackend
from hooks.models.loading import quiet
from interp.records.loaded import ModelId

IDENTITY = ModelId("tiny", "directory", "tiny", "0", "float32", "cpu", "sdpa")
SIZES: dict[str, Any] = {
    "vocab_size": VOCAB,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 4,
}
GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4}
LATENT = {"q_lora_rank": 16, "kv_lora_rank": 16, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 12}
EXPERTS = {"n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1, "moe_intermediate_size": 16}


def seeded(make: Callable[[], Any], seed: int = 0) -> Any:
    """A model whose random weights are the same every time."""
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make().eval().float()


def build(family: str, **sizes: Any) -> Any:
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(family, **{**SIZES, **sizes})
    return seeded(lambda: AutoModelForCausalLM.from_config(config))


@pytest.mark.parametrize(
    ("family", "sizes", "d_head"),
    [
        ("gpt2", GPT, 8),
        ("gpt_neox", {}, 8),
        ("bloom", {"n_layer": 2, "n_head": 4}, 8),
        ("falcon", {}, 8),
        ("opt", {"ffn_dim": 48, "word_embed_proj_dim": 32}, 8),
        ("mistral", {"head_dim": 16}, 16),
        ("gemma2", {"head_dim": 16}, 16),
        ("olmo2", {}, 8),
        ("phi", {}, 8),
        ("cohere2", {}, 8),
        ("granite", {"logits_scaling": 4.0}, 8),
        ("deepseek_v3", {**LATENT, **EXPERTS, "num_key_value_heads": 4}, 12),
    ],
)
def test_unknown_families_work_without_new_code(family: str, sizes: dict[str, Any], d_head: int) -> None:
    model = TorchBackend(build(family, **sizes), tokenizer(), IDENTITY)
    model.prove()
    heads = model.geometry.attention
    assert {(h.n_heads, h.d_head) for h in heads.values()} == {(4, d_head)} and len(heads) == 2
    padded = model.forward(np.array([[0, 0, 9, 30], [7, 5, 9, 30]]), np.array([[0, 0, 1, 1], [1, 1, 1, 1]]))
    alone = model.forward(np.array([[9, 30]]), np.array([[1, 1]]))
    assert np.abs(padded.logits[0] - alone.logits[0]).max() < 1e-4 * np.abs(alone.logits).max()


def test_a_name_of_the_heads_that_nests_is_found() -> None:
    """GPT-Neo keeps its attention in an attention."""
    sizes = {"num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]]}
    model = TorchBackend(build("gpt_neo", **sizes), tokenizer(), IDENTITY)
    model.prove()
    assert {(h.path, h.n_heads) for h in model.geometry.attention.values()} == {
        (f"transformer.h.{layer}.attn.attention.out_proj", 4) for layer in range(2)
    }


@pytest.mark.parametrize(
    ("family", "sizes", "sentence"),
    [
        (
            "jetmoe",
            {"kv_channels": 8, "num_local_experts": 4, "num_experts_per_tok": 2},
            r"Layer 0 has heads that cannot be told apart: model\.layers\.0\.self_attention has no output projection "
            ".*; no layer of this model has heads",
        ),
        ("mamba", {"state_size": 8}, "Layer 0 has no attention output projection, it mixes tokens without softmax"),
    ],
)
def test_a_model_without_readable_heads_opens_and_says_why(family: str, sizes: dict[str, Any], sentence: str) -> None:
    model = TorchBackend(build(family, **sizes), tokenizer(), IDENTITY)
    model.prove()
    ids = np.array([[9, 30]])
    assert model.forward(ids, np.ones_like(ids), ["ln_final"]).values
    with pytest.raises(HookError, match=sentence):
        model.forward(ids, np.ones_like(ids), ["z.0"])


@pytest.mark.parametrize(
    ("family", "sizes", "sentence"),
    [
        ("rwkv", {"attention_hidden_size": 32}, "RwkvForCausalLM|the hooks failed|hooks failed their proof"),
        ("xlstm", {"num_blocks": 2, "num_heads": 4}, "takes no attention mask"),
        ("openai-gpt", GPT, "takes no cache under a known name"),
        ("opt", {"ffn_dim": 48, "word_embed_proj_dim": 16, "do_layer_norm_before": False}, "no final norm"),
    ],
)
def test_what_cannot_be_read_rightly_is_refused(family: str, sizes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(HookError, match=sentence):
        TorchBackend(build(family, **sizes), tokenizer(), IDENTITY).prove()


def test_head_widths_may_differ_between_layers(opened: Callable[..., HookedModel]) -> None:
    attention = opened("gemma4").geometry.attention
    assert [attention[layer].d_head for layer in range(10)] == [8, 8, 8, 8, 16] * 2
    assert {heads.n_heads for heads in attention.values()} == {8}


def test_head_width_is_not_the_residual_width_over_heads(opened: Callable[..., HookedModel]) -> None:
    geometry = opened("qwen3").geometry
    assert (geometry.d_model, geometry.attention[0].n_heads, geometry.attention[0].d_head) == (64, 16, 8)


@pytest.mark.parametrize("build_wrapped", [gemma4_multimodal, qwen3_5_multimodal])
def test_a_text_model_inside_its_wrapper_is_found(build_wrapped: Callable[[], Any]) -> None:
    geometry = read_geometry(seeded(build_wrapped))
    assert geometry.decoder == "model.language_model"
    assert all(heads.path.startswith("model.language_model.layers.") for heads in geometry.attention.values())


@pytest.mark.parametrize("seed", [0, pytest.param(12, id="one row ends early")])
def test_the_wrapper_of_qwen3_5_works_as_it_is_and_transformer_lens_refuses_it(seed: int) -> None:
    from hooks.backend.nnsight_trace import NnsightBackend
    from hooks.backend.transformer_lens_bridge import TransformerLensBackend

    model = seeded(qwen3_5_multimodal, seed)
    reference, traced = (kind(model, tokenizer(), IDENTITY) for kind in (TorchBackend, NnsightBackend))
    ids, mask = np.array([[0, 0, 9, 30], [7, 5, 9, 30]]), np.array([[0, 0, 1, 1], [1, 1, 1, 1]])
    for backend in (reference, traced):
        backend.prove()
    expected, given = (backend.decode(ids, mask, max_new_tokens=6) for backend in (reference, traced))
    assert (given.tokens, given.stop, given.logprobs) == (expected.tokens, expected.stop, expected.logprobs)
    with pytest.raises(HookError, match="TransformerLens does not take Qwen3_5ForConditionalGeneration"):
        TransformerLensBackend(model, tokenizer(), IDENTITY)
