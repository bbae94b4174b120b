"""The memory of a batch: estimated within a factor of two; too much is refused in one sentence before any work."""

from __future__ import annotations

import ctypes
import gc
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hooks.agreement import families
from hooks.answers.batch import LONG, plan_batches
from hooks.backend.hook import HookError
from hooks.family import room
from hooks.models.loading import open_backend
from interp.records.prompts import Prompt, Split


def _wide(tmp_path: Path) -> Path:
    """Save a Llama whose attention has much to hold."""
    row = families.families()["llama"]
    wide = {
        **row["config"],
        **{"num_attention_heads": 16, "num_key_value_heads": 16, "hidden_size": 256, "head_dim": 16},
        **{"intermediate_size": 512, "max_position_embeddings": 100_000},
    }
    return families.save_as(row["model_type"], wide, tmp_path / "wide")


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


@pytest.mark.parametrize("attn", ["eager", "sdpa"])
def test_the_estimate_is_near_what_a_batch_takes(tmp_path: Path, attn: str) -> None:
    model = open_backend(_wide(tmp_path), attn=attn)
    rows, width = (1, 2000) if attn == "eager" else (4, 4000)
    ids = np.full((rows, width), 40)
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM begins anew
    before = _status("VmRSS")
    model.decode(ids, np.ones_like(ids), max_new_tokens=1)
    took = _status("VmHWM") - before
    need = room.needed(model.hf, model._sizes, rows, width, 1, eager=attn == "eager", padded=False)
    assert took > 50e6, "too little to tell"
    assert took / 2 < need < took * 2


def test_a_batch_that_does_not_fit_is_refused_before_it_is_tried(tmp_path: Path, monkeypatch: Any) -> None:
    model = open_backend(_wide(tmp_path))
    tried = []
    monkeypatch.setattr(model, "step", lambda *args, **kwargs: tried.append(args))
    monkeypatch.setattr(room, "free", lambda _device: 2**28)
    ids = np.full((2, 30_000), 40)
    ids_mask = np.ones_like(ids)
    with pytest.raises(
        HookError, match=r"needs about .* GiB beside its weights .* 2 prompts, the longest of 30,000 tok"
    ):
        model.decode(ids, ids_mask, max_new_tokens=5)
    with pytest.raises(HookError, match="0.2 GiB are free on cpu; shorten the prompt"):
        model.forward(ids[:1], ids_mask[:1], logits="all")
    assert not tried


def test_running_out_of_memory_all_the_same_is_one_sentence(tmp_path: Path, monkeypatch: Any) -> None:
    model = open_backend(_wide(tmp_path))
    ids = np.full((1, 5), 40)

    def short(*_args: object) -> object:
        return torch.empty(2**58)  # what the allocator really says

    monkeypatch.setattr(model, "_call", short)
    with pytest.raises(HookError, match="ran out of memory on cpu .* lower --batch-size"):
        model.forward(ids, np.ones_like(ids))

    def other(*_args: object) -> object:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(model, "_call", other)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        model.forward(ids, np.ones_like(ids))


def test_a_command_says_so_before_its_first_answer(tmp_path: Path) -> None:
    model = _wide(tmp_path)
    prompts = tmp_path / "long.jsonl"
    rows = [
        {"id": f"p{i}", "text": text, "domain": "d", "split": "fresh" if i else "fit", "claims": []}
        for i, text in enumerate(["Hi", "one two three " * 20_000])
    ]
    prompts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["-m", "hooks.answer", "--model", str(model), "--prompts", str(prompts), "--output-dir", str(tmp_path)]
    options = "--attn eager --batch-size 8 --max-new-tokens 8"
    limited = f"ulimit -v {9 * 2**20}; exec {sys.executable} {' '.join(command)} {options}"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 2, done.stderr
    assert "GiB beside its weights for a prompt of" in done.stderr and "Traceback" not in done.stderr
    assert "--attn sdpa" in done.stderr
    assert not list(tmp_path.glob("*-answers-*"))


def test_a_long_prompt_shares_its_batch_with_few(tmp_path: Path) -> None:
    model = open_backend(_wide(tmp_path))
    short = [Prompt(id=f"s{i}", text=f"{i} a", domain="", split=Split.FRESH, claims=()) for i in range(7)]
    long = [Prompt(id=f"l{i}", text=f"{i} a " * LONG, domain="", split=Split.FRESH, claims=()) for i in range(3)]
    batches = plan_batches(model, [*long, *short], 4, raw=True)
    assert sorted(p.id for batch in batches for p in batch) == sorted(p.id for p in [*short, *long])
    assert [len(batch) for batch in batches[:2]] == [4, 3]
    assert all(len(batch) < 4 for batch in batches[2:])
    assert plan_batches(model, short, 4, raw=True) == batches[:2]
