"""A tokenizer that declares a BOS for bare text puts one there, and one only; no other gets one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import processors

from hooks.agreement import specimens
from hooks.agreement.specimens import BOS, IM_START
from hooks.answers.chat import encode
from hooks.models.loading import load_tokenizer

PROCESSORS = {
    "none": None,
    "bytes": processors.ByteLevel(trim_offsets=False),
    "bos": processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", BOS)]),
    "eos": processors.TemplateProcessing(single="$A <|im_end|>", special_tokens=[("<|im_end|>", specimens.IM_END)]),
    "another": processors.TemplateProcessing(single="<|im_start|> $A", special_tokens=[("<|im_start|>", IM_START)]),
}


def saved(directory: Path, processor: str, *, template: bool = False, **declared: Any) -> Any:
    """The tokenizer as loaded from files that have this post-processor and these fields in the configuration."""
    made = specimens.tokenizer(template=template)
    if PROCESSORS[processor] is not None:
        made.backend_tokenizer.post_processor = PROCESSORS[processor]
    made.save_pretrained(directory)
    file = directory / "tokenizer_config.json"
    config = {**json.loads(file.read_text()), **declared}
    file.write_text(json.dumps({name: value for name, value in config.items() if value != "left out"}))
    return load_tokenizer(directory)


@pytest.mark.parametrize(
    ("processor", "declared", "first"),
    [
        ("bytes", True, [BOS]),  # DeepSeek-V3
        ("none", True, [BOS]),
        ("eos", True, [BOS]),
        ("bos", True, [BOS]),  # Llama 2
        ("another", True, [IM_START]),  # it has its own way to begin a text
        ("bytes", False, []),  # Qwen3
        ("bytes", "left out", []),  # gpt-oss
        ("bytes", None, []),
        ("bos", "left out", [BOS]),  # Llama 3.1
        ("none", "left out", []),
    ],
)
def test_bare_text_begins_as_the_files_say(tmp_path: Path, processor: str, declared: Any, first: list[int]) -> None:
    made = saved(tmp_path, processor, add_bos_token=declared)
    text = made("def f():\n", add_special_tokens=False)["input_ids"]
    assert encode(made, "def f():\n", raw=True) == (*first, *text)
    asked = made("Question: Hi\nAnswer:", add_special_tokens=False)["input_ids"]
    assert encode(made, "Hi") == (*first, *asked)


def test_a_template_writes_its_own_and_gets_no_second_one(tmp_path: Path) -> None:
    made = saved(tmp_path, "bytes", template=True, add_bos_token=True)
    assert encode(made, "Hi").count(BOS) == 1 and encode(made, "Hi", raw=True).count(BOS) == 1


def test_a_tokenizer_without_a_bos_gets_none(tmp_path: Path) -> None:
    made = saved(tmp_path, "bytes", add_bos_token=True, bos_token="left out")
    assert made.bos_token is None
    assert list(encode(made, "Hi", raw=True)) == made("Hi", add_special_tokens=False)["input_ids"]
