"""A GGUF file becomes a directory that gives the same model, or is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hooks.models.conversion import convert
from interp.errors import InputError


@pytest.fixture(scope="module")
def converted(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("converted")
    convert(tiny_gguf, directory)
    return directory


@pytest.fixture(scope="module")
def tokenizer(converted: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(converted, local_files_only=True)


def test_converted_model_gives_the_logits_of_the_gguf(tiny_gguf: Path, converted: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    auto: Any = AutoModelForCausalLM
    theirs = auto.from_pretrained(tiny_gguf.parent, gguf_file=tiny_gguf.name, dtype=torch.float32)
    ours, info = auto.from_pretrained(converted, local_files_only=True, output_loading_info=True)
    ids = torch.arange(20).reshape(2, 10)
    with torch.no_grad():
        assert torch.equal(ours(ids).logits, theirs(ids).logits)
    assert ours.dtype == torch.float32
    assert not any(info.values())


def test_converted_config_names_its_architecture_and_no_quantization(converted: Path) -> None:
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(converted, local_files_only=True)
    assert config.architectures == ["LlamaForCausalLM"]
    assert not hasattr(config, "quantization_config")
    assert not list(converted.glob("*.gguf"))


def test_converted_generation_config_ends_at_the_ggufs_end_of_turn(converted: Path, tokenizer: Any) -> None:
    from transformers import GenerationConfig

    assert GenerationConfig.from_pretrained(converted, local_files_only=True).eos_token_id == 2
    assert tokenizer.eos_token == "<|im_end|>"


def test_converted_tokenizer_keeps_the_chat_template(tokenizer: Any) -> None:
    text = tokenizer.apply_chat_template([{"role": "user", "content": "hi"}], tokenize=False)
    assert text == "<|im_start|>user\nhi<|im_end|>\n"


@pytest.mark.parametrize("text", ["plain words", "É 北 🙂", "a  12\n\n1. x\t", "<|im_start|>user\n1990<|im_end|>"])
def test_converted_tokenizer_round_trips(tokenizer: Any, text: str) -> None:
    ids = tokenizer(text, add_special_tokens=False).input_ids
    assert tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text


@pytest.mark.parametrize(
    ("text", "tokens"), [("\n\n1", ["ĊĊ", "1"]), ("  12", ["ĠĠ", "1", "2"]), ("\n\na", ["Ċ", "Ċ", "a"])]
)
def test_digits_are_cut_out_before_white_space_is_merged(tokenizer: Any, text: str, tokens: list[str]) -> None:
    assert tokenizer.tokenize(text) == tokens


def test_gpt2_rule_is_left_as_transformers_builds_it(write_gguf: Callable[..., None], tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    write_gguf(tmp_path / "tiny.gguf", pre="gpt-2")
    convert(tmp_path / "tiny.gguf", tmp_path / "converted")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "converted", local_files_only=True)
    assert tokenizer.tokenize("\n\n1") == ["Ċ", "Ċ", "1"]


def test_gguf_that_lacks_a_weight_is_refused(write_gguf: Callable[..., None], tmp_path: Path) -> None:
    write_gguf(tmp_path / "tiny.gguf", without="blk.1.attn_q.weight")
    with pytest.raises(InputError, match=r"1 missing keys, the first being model\.layers\.1\.self_attn\.q_proj"):
        convert(tmp_path / "tiny.gguf", tmp_path / "converted")
    assert not (tmp_path / "converted").exists()


def test_gguf_that_cuts_text_by_an_unknown_rule_is_refused(write_gguf: Callable[..., None], tmp_path: Path) -> None:
    write_gguf(tmp_path / "tiny.gguf", pre="never-heard-of")
    with pytest.raises(InputError, match="rule 'never-heard-of'"):
        convert(tmp_path / "tiny.gguf", tmp_path / "converted")
