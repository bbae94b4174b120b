"""Ablation of every head, against weights with the head's columns set to zero."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from hooks.ablate import Config, main
from hooks.agreement.reference import scale_weights
from hooks.answers.chat import encode
from hooks.backend.base import HookedModel
from hooks.heads.ablation import ablate_heads
from hooks.models.loading import open_backend
from interp.errors import InputError
from interp.records.answers import HeadScale
from interp.records.prompts import Prompt


def test_each_head_is_ablated_once_and_moves_what_zeroed_weights_move(
    opened: Callable[..., HookedModel], specimen: Callable[..., Path], prompts: list[Prompt]
) -> None:
    model = opened("gemma3")
    found = list(ablate_heads(model, prompts))
    assert [(one.layer, one.head) for one in found] == [(layer, head) for layer in range(18) for head in range(4)]
    edited = open_backend(specimen("gemma3"))
    scale_weights(edited.hf, edited.geometry, HeadScale(((7, 2),), 0.0))
    kl, change = [], []
    for prompt in prompts:
        ids = torch.tensor([encode(model.tokenizer, prompt.text)])
        whole, without = (m.hf(ids).logits[0, -1].double().log_softmax(-1) for m in (model, edited))
        kl.append(float((whole.exp() * (whole - without)).sum()))
        change.append(float((without - whole)[whole.argmax()]))
    one = next(one for one in found if (one.layer, one.head) == (7, 2))
    assert one.kl == pytest.approx(np.mean(kl), rel=1e-3, abs=1e-6)
    assert one.logprob_change == pytest.approx(np.mean(change), rel=1e-3, abs=1e-5)
    assert max(o.kl for o in found) > 1e-3


def test_the_command_writes_a_table_a_measure_and_overwrites_nothing(
    specimen: Callable[..., Path], tmp_path: Path
) -> None:
    config = Config(model=str(specimen("gemma3")), prompts=2, output=tmp_path / "ablation.json")
    assert main(config) == 0
    written = json.loads(config.output.read_text())
    assert [len(row) for row in written["kl"]] == [4] * 18 and len(written["prompt_ids"]) == 2
    assert written["proof"] == "passed" and written["layers"] == list(range(18))
    with pytest.raises(InputError, match="exists already; name another file with --output"):
        main(config)
