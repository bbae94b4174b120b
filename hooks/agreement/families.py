"""One tiny random model of every architecture that can be asked to answer: what "any other decoder" means here.

`families.json` has a row an architecture: its `model_type` in transformers and the sizes of a model small enough to be
made in a moment. Where a family has an oddity that has gone wrong somewhere (a sliding window shorter than the prompt,
several experts, shared key-value heads, biases, multipliers), its row has it. Norms and biases are moved away from 1
and 0, where trained ones never are and where many mistakes do not show.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from hooks.agreement.specimens import BOS, IM_END, PAD, VOCAB, tokenizer
from hooks.models.loading import quiet
from interp.errors import InputError

_COMMON = {
    "vocab_size": VOCAB,
    "pad_token_id": PAD,
    "bos_token_id": BOS,
    "eos_token_id": IM_END,
    "initializer_range": 0.15,
}
_MOVED = 0.1  # standard deviation of what is added to every norm and bias


@cache
def families() -> Mapping[str, Mapping[str, Any]]:
    """Return name -> {model_type, config} of every architecture of the list, by name."""
    text = (files("hooks.agreement") / "families.json").read_text(encoding="utf-8")
    return dict(sorted(json.loads(text).items()))


def save(name: str, directory: Path, *, seed: int = 0) -> Path:
    """Write a tiny random model of the architecture, and the byte-level tokenizer, as a model directory.

    Raises:
        InputError: the installed transformers cannot make one; the sentence says why.
    """
    row = families()[name]
    return save_as(row["model_type"], row["config"], directory, seed=seed)


def save_as(model_type: str, sizes: Mapping[str, Any], directory: Path, *, seed: int = 0) -> Path:
    """Write a tiny random model of `model_type` with these sizes; see `save`."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            config = AutoConfig.for_model(model_type, **{**_COMMON, **sizes})
            model = AutoModelForCausalLM.from_config(config, trust_remote_code=False).eval()
        except (AttributeError, ImportError, KeyError, RuntimeError, TypeError, ValueError) as error:
            said = " ".join(str(error).split())[:200]
            raise InputError(f"transformers cannot make a tiny {model_type}: {said}") from error
        _move(model)
        model.save_pretrained(directory)
        tokenizer(adds_bos=True).save_pretrained(directory)
    return directory


def _move(model: Any) -> None:
    """Move every norm and bias: the parameters with one axis."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.add_(_MOVED * torch.randn_like(parameter))
