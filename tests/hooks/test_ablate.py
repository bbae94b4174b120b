"""Ablation of every head, against weights with the head's columns set to zero."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from hooks.ablate import Ablate, main
from hooks.agreement.reference import scale_weights
from hooks.answers.chat import encode
from hooks.backend.base import HookedModel
from hooks.heads.ablation import ablate_heads
from hooks.models.loading import open_backend
from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.records.answers import HeadScale
from interp.records.prompts import Prompt
from interp.results.ablation import AblationTables
from interp.results.schema import read_result


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
    options = Ablate(model=str(specimen("gemma3")), prompts=2, output=tmp_path / "ablation.json")
    assert main(options) == 0
    written = read_result(options.output, AblationTables)
    for table in (written.kl, written.logprob_change, written.flipped):
        assert [len(row) for row in table] == [4] * 18
    assert written.layers == tuple(range(18)) and len(written.prompt_ids) == 2
    assert written.proof == "passed" and written.model.source == "directory"
    with pytest.raises(InputError, match="exists already; name another file with --output"):
        main(options)
    options.output.write_text(json.dumps(json.loads(options.output.read_text()) | {"schema": "ablation-1"}))
    with pytest.raises(InputError, match="has the schema 'ablation-1', but this version reads 3"):
        read_result(options.output, AblationTables)


def test_the_command_loads_the_model_as_its_options_say(
    specimen: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ["--model", str(specimen("gemma3")), "--prompts", "1", "--output", str(tmp_path / "a.json")]
    monkeypatch.setattr(sys, "argv", ["ablate", *given, "--attn", "eager", "--dtype", "float64", "--no-prove"])
    assert run_command(Ablate, main, "python -m hooks.ablate") == 0
    written = read_result(tmp_path / "a.json", AblationTables)
    assert (written.model.attn, written.model.dtype, written.proof) == ("eager", "float64", "skipped")
