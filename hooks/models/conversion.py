"""GGUF to safetensors: one directory that transformers loads as it is, in float32, with its tokenizer."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from interp.errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# How byte-level tokenizers cut text before merging, by the GGUF's `tokenizer.ggml.pre`: True cuts single digits out
# first. transformers knows some names and falls back to GPT-2's rule for all others, which gives other tokens where
# white space stands before a number ("\n\n1"). Source: llama.cpp, llama-vocab.cpp, the regular expressions by type.
SINGLE_DIGITS = {"smollm": True, "gpt-2": False}


def convert(gguf: Path, directory: Path) -> None:
    """Write the model and tokenizer of a GGUF file to `directory` as float32 safetensors and JSON.

    Raises:
        InputError: the file lacks weights that the architecture has, holds others, or cuts text by an unknown rule.
    """
    with TemporaryDirectory() as alone:  # nothing that lies beside the file may be read with it
        link = Path(alone) / gguf.name
        link.symlink_to(gguf.resolve())
        model = _load_model(link)
        tokenizer = _load_tokenizer(link)
    del model.hf_quantizer
    del model.config.quantization_config
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    for file in directory.glob("*.safetensors"):  # written for the owner only; a cache may be shared
        file.chmod((directory / "config.json").stat().st_mode)


def _load_model(gguf: Path) -> PreTrainedModel:
    import torch
    from transformers import AutoModelForCausalLM

    auto: Any = AutoModelForCausalLM  # its annotations leave out `output_loading_info`
    model, info = auto.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
    )
    wrong = {kind: sorted(map(str, keys)) for kind, keys in info.items() if keys}
    if wrong:
        kind, keys = next(iter(wrong.items()))
        raise InputError(
            f"{gguf.name} does not fill its model exactly: {len(keys)} {kind.replace('_', ' ')}, the first being "
            f"{keys[0]}; expected every weight, so the file is not used."
        )
    loaded: PreTrainedModel = model
    return loaded


def _load_tokenizer(gguf: Path) -> PreTrainedTokenizerBase:
    from tokenizers import pre_tokenizers
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(
        gguf.parent, gguf_file=gguf.name, local_files_only=True, trust_remote_code=False
    )
    backend = tokenizer.backend_tokenizer
    if isinstance(backend.pre_tokenizer, pre_tokenizers.ByteLevel) and _cuts_single_digits(gguf):
        digits = pre_tokenizers.Digits(individual_digits=True)
        backend.pre_tokenizer = pre_tokenizers.Sequence([digits, backend.pre_tokenizer])
    found: PreTrainedTokenizerBase = tokenizer
    return found


def _cuts_single_digits(gguf: Path) -> bool:
    from gguf import GGUFReader

    field = GGUFReader(gguf).fields.get("tokenizer.ggml.pre")
    rule = str(field.contents()) if field else "none"
    if rule not in SINGLE_DIGITS:
        raise InputError(f"{gguf.name} cuts text by the rule {rule!r}; expected one of {sorted(SINGLE_DIGITS)}.")
    return SINGLE_DIGITS[rule]
