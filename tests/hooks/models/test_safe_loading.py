"""No code of a checkpoint is run, and no tensor of it is dropped: it is loaded whole, or refused in one sentence."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from hooks.models.catalogue import locate, resolve
from hooks.models.loading import open_backend
from hooks.models.tensors import surplus_keys
from interp.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
OWN_CODE = """
from pathlib import Path
Path({mark!r}).write_text("it ran")
class Own: pass
"""
Q = "model.layers.0.self_attn.q_proj"


@pytest.fixture
def model(specimen: Callable[..., Path], tmp_path: Path) -> Path:
    """A whole small checkpoint of its own."""
    return Path(shutil.copytree(specimen("qwen3"), tmp_path / "model"))


def change_json(path: Path, **entries: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def change_weights(model: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    weights = load_file(model / "model.safetensors")
    change(weights)
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})


def refusal(model: Path) -> str:
    with pytest.raises(InputError) as caught:
        open_backend(model, prove=False)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def plant_code(model: Path, kind: str) -> Path:
    """Put code beside a checkpoint that asks for it; return the file that it would write."""
    mark = model.parent / "mark"
    for name in ("configuration_own", "modeling_own", "tokenization_own"):
        (model / f"{name}.py").write_text(OWN_CODE.format(mark=str(mark)))
    classes = {"AutoConfig": "configuration_own.Own", "AutoModelForCausalLM": "modeling_own.Own"}
    if kind in ("model", "both"):
        change_json(model / "config.json", model_type="own", auto_map=classes)
    if kind in ("tokenizer", "both"):
        own = {"AutoTokenizer": ["tokenization_own.Own", "tokenization_own.Own"]}
        change_json(model / "tokenizer_config.json", auto_map=own, tokenizer_class="OwnTokenizer")
    if kind == "beside a known class":
        change_json(model / "config.json", auto_map=classes)
    return mark


@pytest.mark.parametrize("kind", ["model", "both"])
def test_a_checkpoint_that_needs_its_own_code_is_refused(
    model: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = plant_code(model, kind)
    answers = io.StringIO("y\n" * 9)
    monkeypatch.setattr(sys, "stdin", answers)
    assert "it needs Python code of its own, which is never run here. Pass a checkpoint of" in refusal(model)
    assert not mark.exists() and answers.tell() == 0


@pytest.mark.parametrize("kind", ["tokenizer", "beside a known class"])
def test_a_checkpoint_that_brings_code_without_need_is_opened_without_it(
    model: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = plant_code(model, kind)
    answers = io.StringIO("y\n" * 9)
    monkeypatch.setattr(sys, "stdin", answers)
    assert type(open_backend(model, prove=False).hf).__module__.startswith("transformers.")
    assert not mark.exists() and answers.tell() == 0


def test_yes_on_standard_input_changes_nothing(model: Path, tmp_path: Path) -> None:
    mark = plant_code(model, "both")
    words = ["--model", str(model), "--max-new-tokens", "2", "--limit", "1", "--output-dir", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "hooks.answer", *words],
        input="y\n" * 9,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "HF_HOME": str(tmp_path / "hf")},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "it needs Python code of its own" in done.stderr and "[y/N]" not in done.stderr
    assert not mark.exists()


def test_every_call_of_from_pretrained_forbids_code_explicitly() -> None:
    calls = [
        (file.relative_to(ROOT), text)
        for package in ("interp", "hooks", "probes", "figures")
        for file in (ROOT / package).rglob("*.py")
        for text in re.findall(r"\.from_pretrained\((.*?)\n?\s*\)\n", file.read_text(), re.DOTALL)
    ]
    assert len(calls) >= 4
    assert [place for place, text in calls if "trust_remote_code=False" not in text and "**SAFELY" not in text] == []


def lora(weights: dict[str, torch.Tensor]) -> None:
    weights[f"{Q}.lora_A.weight"] = torch.ones(2, 64)


def lora_in_place(weights: dict[str, torch.Tensor]) -> None:
    weights[f"{Q}.base_layer.weight"] = weights.pop(f"{Q}.weight")
    weights[f"{Q}.lora_B.default.weight"] = torch.ones(128, 2)


def saved_by_peft(weights: dict[str, torch.Tensor]) -> None:
    for name in list(weights):
        weights[f"base_model.model.{name}"] = weights.pop(name)


@pytest.mark.parametrize("change", [lora, lora_in_place, saved_by_peft])
def test_tensors_of_an_adapter_in_the_file_are_refused(
    model: Path, change: Callable[[dict[str, torch.Tensor]], None]
) -> None:
    change_weights(model, change)
    said = refusal(model)
    assert "tensors of an adapter" in said and "Merge the adapter into the model first" in said


@pytest.mark.parametrize(
    "name",
    [
        *(f"{Q}.bias", "model.layers.0.self_attn.q_norm_new.weight", "model.layers.28.mlp.up_proj.weight"),
        *("model.norm.bias", "lm_head.bias", "v_head.summary.weight", "soft_prompt.weight", "encoder.layers.0.weight"),
        *("vision_tower.weight", f"{Q}.weight_scale", "transformer.h.0.attn.c_attn.weight", "model.visual.norm.weight"),
    ],
)
def test_a_tensor_that_the_model_has_no_place_for_is_refused_by_name(model: Path, name: str) -> None:
    change_weights(model, lambda weights: weights.update({name: torch.ones(3)}))
    said = refusal(model)
    assert "hold 1 tensors that Qwen3ForCausalLM as its config.json describes it has no place for" in said
    assert f"the first being {name!r}" in said


def test_layers_beyond_the_number_in_the_configuration_are_refused(model: Path) -> None:
    layers = json.loads((model / "config.json").read_text())["layer_types"][:20]
    change_json(model / "config.json", num_hidden_layers=20, layer_types=layers)
    assert "hold 88 tensors" in refusal(model)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("model.layers.0.self_attn.rotary_emb.inv_freq", {}),
        ("model.rotary_emb.inv_freq", {}),
        ("model.embeddings.position_ids", {}),
        ("mtp.layers.0.weight", {}),
        ("model.mtp_layers.0.weight", {}),
        ("model.layers.28.eh_proj.weight", {"num_nextn_predict_layers": 1}),
        ("model.visual.blocks.0.norm.weight", {"vision_config": {}}),
        ("vision_tower.layers.0.weight", {"vision_config": {}}),
        ("multi_modal_projector.linear.weight", {"vision_config": {}}),
        ("audio_tower.layers.0.weight", {"audio_config": {}}),
    ],
)
def test_a_tensor_that_may_be_left_is_left(model: Path, name: str, config: dict[str, object]) -> None:
    change_weights(model, lambda weights: weights.update({name: torch.ones(3)}))
    change_json(model / "config.json", **config)
    assert open_backend(model, prove=False).model_id.commit == locate(resolve(str(model))).commit


def test_an_adapter_on_what_may_be_left_is_refused_all_the_same() -> None:
    tree = torch.nn.ModuleDict({"model": torch.nn.ModuleDict({"layers": torch.nn.ModuleList([torch.nn.Linear(2, 2)])})})
    config = {"vision_config": {}, "num_hidden_layers": 1, "num_nextn_predict_layers": 1}
    left = {"model.visual.a.weight", "model.layers.1.weight", "mtp.a.weight"}
    kept = {
        "model.visual.a.lora_A.weight",
        "model.layers.1.lora_A.weight",
        "mtp.lora_B.weight",
        "model.layers.2.weight",
    }
    assert surplus_keys(left | kept, tree, config) == sorted(kept)
    assert surplus_keys(left, tree, {}) == ["model.layers.1.weight", "model.visual.a.weight"]


def test_a_mask_that_old_versions_saved_is_no_surplus() -> None:
    from transformers import GPTNeoConfig, GPTNeoForCausalLM

    sizes = {"hidden_size": 16, "num_layers": 2, "num_heads": 2, "vocab_size": 20, "max_position_embeddings": 8}
    model = GPTNeoForCausalLM(GPTNeoConfig(**sizes, attention_types=[[["global", "local"], 1]]))  # type: ignore[arg-type]
    masks = {f"transformer.h.0.attn.attention.{name}" for name in ("bias", "masked_bias")}
    assert surplus_keys(masks, model, {}) == []


def test_weights_of_another_shape_or_architecture_are_refused(model: Path) -> None:
    change_weights(model, lambda weights: weights.update({f"{Q}.weight": torch.ones(5, 7)}))
    assert f"{Q + '.weight'!r} is 5x7 in the file and 128x64 in the model" in refusal(model)
    change_json(model / "config.json", model_type="gpt2", architectures=["GPT2LMHeadModel"])
    assert "lacks 340 of its weights" in refusal(model)


def test_an_output_layer_of_its_own_is_kept_where_the_configuration_says_that_there_is_none(model: Path) -> None:
    change_json(model / "config.json", tie_word_embeddings=True)
    hf = open_backend(model, prove=False).hf
    weights = load_file(model / "model.safetensors")
    assert torch.equal(hf.lm_head.weight, weights["lm_head.weight"])
    assert torch.equal(hf.model.embed_tokens.weight, weights["model.embed_tokens.weight"])


@pytest.mark.parametrize("method", ["gptq", "bitsandbytes", "awq", "no-such-method"])
def test_quantized_weights_that_cannot_be_loaded_are_refused_by_their_method(model: Path, method: str) -> None:
    def quantize(weights: dict[str, torch.Tensor]) -> None:
        del weights[f"{Q}.weight"]
        weights[f"{Q}.qweight"] = torch.ones(8, 8, dtype=torch.int32)

    change_weights(model, quantize)
    change_json(model / "config.json", quantization_config={"quant_method": method, "bits": 4, "group_size": 32})
    assert f"Its config.json says that they are quantized (method: {method})." in refusal(model)
