"""Opening a model: what is refused, what is recorded, and what must not happen on the way."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.numpy import load_file, save_file

from hooks.backend.hook import HookError
from hooks.models.loading import load, open_backend
from interp.errors import InputError


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"backend": "jax"}, "'jax' is no backend; write torch, nnsight or transformer_lens"),
        ({"dtype": "int3"}, "'int3' is no known dtype; write auto, float32"),
        ({"device": "toaster"}, "'toaster' is no device; write auto, cpu"),
        ({"device": "xpu"}, "'xpu' is not available here"),
        ({"attn": "psychic"}, "'psychic' is no known attention implementation; write one of eager, sdpa"),
        ({"attn": "sdpa", "backend": "transformer_lens"}, "TransformerLens computes attention eagerly"),
        ({"attn": "flash_attention_2"}, "could not be loaded"),
    ],
)
def test_bad_options_are_refused_with_one_sentence(
    specimen: Callable[..., Path], options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence) as refusal:
        open_backend(specimen("qwen3"), **options)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["llama", "qwen3.5"])
def test_rounding_in_a_half_format_is_no_other_attention(specimen: Callable[..., Path], name: str) -> None:
    model = open_backend(specimen(name), attn="eager", dtype="bfloat16").hf
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}
    plain, _ = load(specimen(name), torch.bfloat16, "eager", torch.device("cpu"))
    pairs = zip(
        (*plain.named_parameters(), *plain.named_buffers()), (*model.parameters(), *model.buffers()), strict=True
    )
    assert [name for (name, a), b in pairs if a.dtype != b.dtype or not torch.equal(a, b)] == []


def test_a_directory_that_lacks_weights_is_refused(specimen: Callable[..., Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(specimen("qwen3"), broken)
    weights = load_file(broken / "model.safetensors")
    del weights["model.layers.3.self_attn.q_proj.weight"]
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(HookError, match=r"lacks 1 of its weights, the first being 'model.layers.3.self_attn.q_proj"):
        open_backend(broken)


def test_what_was_loaded_is_recorded(specimen: Callable[..., Path]) -> None:
    directory = specimen("qwen3")
    model = open_backend(directory, dtype="bfloat16", prove=False)
    assert model.model_id.source == "directory" and model.model_id.repo == str(directory)
    assert (model.model_id.dtype, model.model_id.device, model.model_id.attn) == ("bfloat16", "cpu", "sdpa")
    assert model.proof == "skipped"
    assert open_backend(directory).proof == "passed"


def test_loading_says_nothing_and_leaves_the_notes_of_transformers_as_they_were(
    specimen: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    open_backend(specimen("qwen3"))
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == (level, bars)


@pytest.mark.parametrize("backend", ["torch", "nnsight", "transformer_lens"])
def test_no_gradients_are_kept_and_the_tokenizer_keeps_its_padding_side(
    specimen: Callable[..., Path], backend: str
) -> None:
    import numpy as np

    model = open_backend(specimen("qwen3"), backend=backend)
    side = model.tokenizer.padding_side
    model.forward(np.array([[3, 4]]), np.array([[1, 1]]))
    assert model.tokenizer.padding_side == side == "right"
    assert not any(p.requires_grad for p in model.hf.parameters())


def test_transformer_lens_never_starts_an_installer(
    specimen: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from hooks.backend import transformer_lens_bridge

    asked: list[None] = []
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **_: started.append(args))
    monkeypatch.setattr(transformer_lens_bridge, "_install_nothing", lambda: bool(asked.append(None)))
    open_backend(specimen("gemma4-multimodal"), backend="transformer_lens")
    assert asked and started == []


NNSIGHT_IMPORT = """
import sys
from pathlib import Path
sys.argv = ["host", "-v", "--verbose"]
from hooks.backend.nnsight_trace import import_nnsight
nnsight = import_nnsight()
assert sys.argv == ["host", "-v", "--verbose"]
assert nnsight.CONFIG.APP.DEBUG is False, "the host's -v turned on nnsight's debug mode"
assert not hasattr([], "save"), ".save was mounted on every object"
"""


def test_importing_nnsight_reads_no_arguments_and_mounts_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", NNSIGHT_IMPORT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
