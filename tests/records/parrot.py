"""A model that says what it was taught: a tiny Llama whose next token depends on the newest one alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from hooks.models.loading import quiet


def parrot(tokenizer: Any, chains: Sequence[Sequence[int]], directory: Path) -> Path:
    """Write a model, and its tokenizer, that goes on from the first token of each chain with the others, in turn.

    A token has one successor, so no token may stand in two places with different ones after it.
    """
    after: dict[int, int] = {}
    for chain in chains:
        for now, then in zip(chain, chain[1:], strict=False):
            assert after.setdefault(now, then) == then, f"{now} is followed by {after[now]} and {then}"
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=96,
        intermediate_size=8,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=4096,
        tie_word_embeddings=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        words = torch.nn.functional.normalize(torch.randn(len(tokenizer), 96), dim=-1)
        model.model.embed_tokens.weight.copy_(words)
        model.lm_head.weight.zero_()
        for now, then in after.items():
            model.lm_head.weight[then] += 8 * words[now]
    with quiet():
        model.save_pretrained(directory)
        tokenizer.save_pretrained(directory)
    return directory
