"""A tiny random model of a family with the family's own tokenizer, taught what it says after each of a few tokens.

Its blocks are random and small, so the newest token decides what follows: the rows of its unembedding are zero but for
the tokens that it was taught.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from family_tokenizers import FILES, Published

from hooks.models.loading import quiet

WIDTH = 32
_SIZES = {"hidden_size": WIDTH, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
_HEADS = {"num_key_value_heads": 2, "head_dim": 16}
_EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 16, "n_routed_experts": 4, "n_shared_experts": 1}
_LATENT = {"kv_lora_rank": 16, "q_lora_rank": 24, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 12}
# model_type of transformers -> sizes; head widths differ from hidden_size / heads.
MODELS: Mapping[str, Mapping[str, Any]] = {
    "qwen3": _HEADS,
    "gemma3_text": {**_HEADS, "query_pre_attn_scalar": 16, "sliding_window": 16},
    "llama": _HEADS,
    "gpt_oss": {**_HEADS, "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": 8},
    "deepseek_v3": {**_EXPERTS, **_LATENT, "n_group": 1, "topk_group": 1, "first_k_dense_replace": 1},
}


@dataclass(frozen=True)
class Family:
    """A tokenizer's package, the architecture that it is joined to, and what is known of the family.

    `ends` are the tokens that the family's published generation configuration names; `bos` is what bare text begins
    with. `template` is put beside a tokenizer that has none, or in place of its own: a short one of ours, in the form
    of the family.
    """

    package: str
    model_type: str
    ends: tuple[str, ...]
    bos: str | None
    template: str | None = None
    says: tuple[str, ...] = ("Paris", ".")  # in tokens, as the vocabulary writes them


def save(family: Family, files: Published, directory: Path, chains: Sequence[Sequence[int]]) -> Path:
    """Write the model that goes on from the first token of each chain with the others, and the family's own files."""
    from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

    vocabulary = files.vocabulary
    ends = [vocabulary[token] for token in family.ends]
    ids = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}  # the family's are said elsewhere
    sizes = {**_SIZES, "num_key_value_heads": 4, **MODELS[family.model_type]}
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = AutoConfig.for_model(
            family.model_type, **sizes, **ids, vocab_size=max(vocabulary.values()) + 1, tie_word_embeddings=False
        )
        model: Any = AutoModelForCausalLM.from_config(config, trust_remote_code=False).eval()
        _teach(model, chains)
        model.generation_config = GenerationConfig(eos_token_id=ends)
        model.save_pretrained(directory)
    for name in FILES:
        shutil.copy(files.directory / name, directory)
    if family.template is not None:
        (directory / "chat_template.jinja").write_text(family.template, encoding="utf-8")
    assert json.loads((directory / "generation_config.json").read_text())["eos_token_id"] == ends
    return directory


@torch.no_grad()
def _teach(model: Any, chains: Sequence[Sequence[int]]) -> None:
    after: dict[int, int] = {}
    for chain in chains:
        for now, then in zip(chain, chain[1:], strict=False):
            assert after.setdefault(now, then) == then, f"{now} is followed by {after[now]} and {then}"
    known = sorted({*after, *after.values()})
    assert len(known) <= WIDTH
    words, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    words.copy_(torch.nn.functional.normalize(torch.randn_like(words), dim=-1))
    words[known] = torch.eye(WIDTH)[: len(known)]
    head.zero_()
    for now, then in after.items():
        head[then] += 8 * words[now]
    for name, parameter in model.named_parameters():
        if (
            "post_" in name
            and "feedforward_layernorm" in name
            or ("post_attention" in name and "gemma" in model.config.model_type)
        ):
            parameter.fill_(-0.9)  # Gemma norms what a block adds: 1 + weight is its size
