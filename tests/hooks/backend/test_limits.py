"""What a model cannot do, or would do otherwise by itself, is said: lengths, tokens, settings, attention, caches."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import GenerationConfig

from hooks.agreement import families
from hooks.answers.ask import generate
from hooks.answers.chat import encode
from hooks.backend.base import HookedModel
from hooks.backend.decoding import pad_id
from hooks.backend.hook import HookError
from hooks.family.reach import Reach
from hooks.models.loading import open_backend


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def get(name: str) -> Path:
        if name not in made:
            made[name] = families.save(name, tmp_path_factory.mktemp(name))
        return made[name]

    return get


@pytest.mark.parametrize("name", ["gpt2", "opt", "gptj", "mpt"])
def test_a_table_of_positions_ends_and_what_does_not_fit_is_refused(family: Callable[[str], Path], name: str) -> None:
    model = open_backend(family(name))
    limit = model.reach.positions
    assert limit == 128 and model.reach.ends
    said = f"has {limit} positions, but a prompt of .* tokens and an answer of up to {limit} need .*--max-new-tokens"
    with pytest.raises(HookError, match=said):
        generate(model, "Hi", max_new_tokens=limit)
    with pytest.raises(HookError, match=f"has {limit} positions, but a prompt of {limit + 1} tokens need"):
        model.forward(np.full((1, limit + 1), 40), np.ones((1, limit + 1), dtype=int))
    n_prompt = len(encode(model.tokenizer, "Hi"))
    answer = generate(model, "Hi", max_new_tokens=limit - n_prompt)[0]  # the last of it fits exactly
    assert answer.n_prompt_tokens + answer.max_new_tokens == limit


@pytest.mark.parametrize("name", ["llama", "gpt_neox", "phi", "falcon", "gemma2"])
def test_rotations_go_on_and_the_user_is_told_once(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    row = families.families()[name]
    short = {**row["config"], "max_position_embeddings": 64}
    model = open_backend(families.save_as(row["model_type"], short, tmp_path / name))
    assert model.reach == Reach(64, ends=False)
    ids = np.full((1, 65), 40)
    with caplog.at_level(logging.WARNING):
        model.forward(ids[:, 1:], np.ones_like(ids[:, 1:]))
        assert "positions" not in caplog.text
        for _ in range(2):
            model.forward(ids, np.ones_like(ids))
    assert caplog.text.count("is not what it was trained for") == 1


DYNAMIC = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0}
LONGROPE = {"rope_type": "longrope", "rope_theta": 10000.0, "original_max_position_embeddings": 64}


@pytest.mark.parametrize(("name", "rope"), [("llama", DYNAMIC), ("llama", LONGROPE), ("phi3", LONGROPE)])
def test_where_a_longer_text_turns_every_position_otherwise_it_is_refused(
    tmp_path: Path, name: str, rope: dict[str, Any]
) -> None:
    row = families.families()[name]
    positions = 64 if rope is DYNAMIC else 256
    n_pairs = row["config"].get("head_dim", row["config"]["hidden_size"] // row["config"]["num_attention_heads"]) // 2
    factors = {} if rope is DYNAMIC else {"short_factor": [1.0] * n_pairs, "long_factor": [4.0] * n_pairs}
    config = {**row["config"], "max_position_embeddings": positions, "rope_parameters": {**rope, **factors}}
    if name == "phi3":  # which keeps the length outside
        config["original_max_position_embeddings"] = 64
    model = open_backend(families.save_as(row["model_type"], config, tmp_path / name))
    assert model.reach == Reach(positions, ends=False, turns_at=64)
    n_prompt = len(encode(model.tokenizer, "Hi"))
    whole = generate(model, "Hi", max_new_tokens=64 - n_prompt)[0]
    with pytest.raises(HookError, match="rotates every position otherwise in texts of more than 64 tokens"):
        generate(model, "Hi", max_new_tokens=65 - n_prompt)
    again = generate(model, ["Hi", "Hi, where are you?"], max_new_tokens=4)[0]
    assert again.tokens and again.tokens == whole.tokens[: len(again.tokens)]


@pytest.mark.parametrize("name", ["mamba", "bloom", "falcon_alibi"])
def test_a_family_that_counts_no_positions_has_no_end(family: Callable[[str], Path], name: str) -> None:
    model = open_backend(family(name))
    assert not model.reach.ends
    model.forward(np.full((1, 300), 40), np.ones((1, 300), dtype=int))


def test_tokens_without_an_embedding_are_refused_by_name(family: Callable[[str], Path]) -> None:
    model = open_backend(family("llama"))
    model.tokenizer.add_tokens(["<far>"])
    beyond = len(model.tokenizer) - 1
    model.n_embeddings = beyond  # a model that was never resized
    with pytest.raises(HookError, match=rf"Token {beyond} \(<far>\) has no embedding, the model has {beyond}"):
        generate(model, "Hi <far>", max_new_tokens=2)


def test_a_padding_token_without_an_embedding_is_not_used(family: Callable[[str], Path]) -> None:
    model = open_backend(family("llama"))
    before = generate(model, ["Hi", "Hello there"], max_new_tokens=3)
    model.tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    assert model.tokenizer.pad_token_id >= model.n_embeddings > pad_id(model) >= 0
    assert generate(model, ["Hi", "Hello there"], max_new_tokens=3) == before


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"repetition_penalty": 1.3}, "repetition_penalty=1.3"),
        ({"num_beams": 4}, "num_beams=4"),
        ({"suppress_tokens": [5, 6]}, r"suppress_tokens=\[5, 6\]"),
        ({"min_new_tokens": 8}, "min_new_tokens=8"),
        ({"no_repeat_ngram_size": 3}, "no_repeat_ngram_size=3"),
        ({"forced_eos_token_id": 7}, "forced_eos_token_id=7"),
        ({"do_sample": True, "temperature": 0.6, "top_p": 0.9, "repetition_penalty": 1.1}, "repetition_penalty=1.1"),
    ],
)
def test_what_a_generation_configuration_asks_for_is_said_once_and_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, asked: dict[str, object], said: str
) -> None:
    directory = families.save("llama", tmp_path / "model")
    GenerationConfig(**asked).save_pretrained(directory)
    with caplog.at_level(logging.WARNING):
        model = open_backend(directory)
        generate(model, "Hi", max_new_tokens=2)
    assert len(model.ignored) == 1 and re.fullmatch(said, model.ignored[0])
    assert caplog.text.count("asks in its generation configuration for") == 1


def test_a_plain_generation_configuration_says_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    directory = families.save("llama", tmp_path / "model")
    GenerationConfig(repetition_penalty=1.0, num_beams=1, do_sample=True, top_k=20).save_pretrained(directory)
    with caplog.at_level(logging.WARNING):
        assert open_backend(directory).ignored == ()
    assert caplog.text == ""


@pytest.mark.parametrize(("name", "attn"), [("gemma2", "eager"), ("gpt2", "sdpa")])
def test_a_family_without_sdpa_gets_eager_attention_and_it_is_recorded(
    family: Callable[[str], Path], name: str, attn: str
) -> None:
    assert open_backend(family(name)).model_id.attn == attn
    assert open_backend(family(name), attn="eager").model_id.attn == "eager"


def test_an_attention_that_was_asked_for_is_never_replaced(family: Callable[[str], Path]) -> None:
    with pytest.raises(HookError, match="has no sdpa attention in transformers; write --attn eager, or leave --attn"):
        open_backend(family("gemma2"), attn="sdpa")


@pytest.mark.parametrize("backend", ["torch", "nnsight"])
def test_a_model_in_training_mode_that_keeps_no_cache_is_refused(family: Callable[[str], Path], backend: str) -> None:
    model: HookedModel = open_backend(family("llama"), backend=backend)
    model.hf.train()
    model.hf.gradient_checkpointing_enable()
    with pytest.raises(HookError, match="returned none.*training mode with gradient checkpointing"):
        generate(model, "Hi", max_new_tokens=3)
