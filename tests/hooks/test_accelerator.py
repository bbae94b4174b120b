"""What holds on an accelerator: the reference, the proof, decoding, the memory that is left, and a run's own record.

`pytest -m gpu`; a tiny model of every form, in the format that an accelerator takes by default (bfloat16).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from hooks.agreement.comparison import BACKENDS, QUANTITIES, compare
from hooks.agreement.specimens import SPECIMENS
from hooks.answers import run as answers
from hooks.answers.batch import as_prompts
from hooks.answers.chat import encode
from hooks.backend.hook import HookError
from hooks.cost import Cost, forward, generate, leak, memory
from hooks.family import room
from hooks.models.loading import load, open_backend
from interp.cli.groups import ModelOptions
from interp.records.answers import Generation
from interp.runs.loaded import read_loaded
from interp.runs.rows import read_rows

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no accelerator here"),
]
ASKED = as_prompts(["What is the capital of France?", "Hi", "Which metal is liquid?"])


@pytest.mark.parametrize("family", sorted(SPECIMENS))
def test_every_form_equals_plain_transformers(specimen: Callable[..., Path], family: str) -> None:
    cells = list(compare(family, specimen(family)))
    assert [(c.backend, c.quantity) for c in cells] == [(b, q) for b in BACKENDS for q in QUANTITIES]
    assert {(c.backend, c.quantity): str(c) for c in cells if c.difference != 0.0} == {}


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_greedy_tokens_equal_those_of_generate(specimen: Callable[..., Path], backend: str, dtype: str) -> None:
    model = open_backend(specimen("qwen3"), backend=backend, dtype=dtype)
    plain, _ = load(specimen("qwen3"), model.dtype, model.model_id.attn, model.device)
    assert model.device.type == "cuda" and model.dtype == getattr(torch, dtype)
    for prompt in ASKED:
        ids = np.array([encode(model.tokenizer, prompt.text)])
        ours = model.decode(ids, np.ones_like(ids), max_new_tokens=12).tokens[0]
        given = model.tensor(ids)
        theirs = plain.generate(given, attention_mask=torch.ones_like(given), max_new_tokens=12, do_sample=False)
        assert list(ours) == theirs[0, ids.shape[1] :].tolist()[: len(ours)] and ours


def test_what_does_not_fit_is_refused_before_it_is_tried(specimen: Callable[..., Path]) -> None:
    model = open_backend(specimen("qwen3"), attn="eager")
    left = room.free(model.device)
    assert abs(left - torch.cuda.mem_get_info()[0]) < 2**30
    ids = np.full((64, 60_000), 9)
    with pytest.raises(HookError, match=r"GiB are free on cuda"):
        model.decode(ids, np.ones_like(ids), max_new_tokens=1, hooks=[])


def test_a_pass_that_runs_out_of_memory_is_one_sentence(specimen: Callable[..., Path]) -> None:
    model = open_backend(specimen("qwen3"))
    with (
        pytest.raises(HookError, match=r"\.$"),
        room.enough(model.model_id.name, model.device, HookError),
    ):
        torch.empty(2**50, dtype=torch.uint8, device="cuda")


def test_a_run_records_the_device_and_its_answers(specimen: Callable[..., Path], tmp_path: Path) -> None:
    where = {"output_dir": tmp_path, "name": "three", "at": (6,), "made_by": "x"}
    run = answers.answer(str(specimen("llama")), ModelOptions(), ASKED, batch_size=2, **where)
    model = read_loaded(run.path).model
    assert model.device.startswith("cuda") and model.dtype == "bfloat16"
    assert [row.prompt_id for row in read_rows(run.path / "generations.jsonl", Generation)] == [p.id for p in ASKED]


def test_what_hooks_cost_can_be_measured(specimen: Callable[..., Path]) -> None:
    model, options = open_backend(specimen("llama")), Cost(rounds=3, leak_rounds=20)
    told = forward(model, options) | generate(model, options) | memory(model, options) | leak(model, options)
    assert all(np.isfinite(value) for value in told.values())
    assert told["leak, hooks"] == 0 and told["leak, change of logits"] == 0
