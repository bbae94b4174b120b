"""Tiny models with random weights and the true shapes of their families, for proofs and tests of the hooks.

True are the layer count and pattern, the head counts, the ratio of key-value heads, which layers share keys and values,
per-layer embeddings and the wrapping of the text model; widths are a sixteenth or so. Head widths differ from
d_model / n_heads wherever they do in the family. The tokenizer is byte-level, trained on a few sentences here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from hooks.models.loading import quiet

VOCAB = 320
SPECIALS = ("<pad>", "<bos>", "<eos>", "<|im_start|>", "<|im_end|>", "<image>", "<video>", "<audio>")
PAD, BOS, EOS, IM_START, IM_END, IMAGE, VIDEO, AUDIO = range(len(SPECIALS))
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% if enable_thinking is false %}<think></think>{% endif %}"
    "{% endif %}"
)
TEXT = ("The capital of France is Paris.", "Whisk the yolks slowly over low heat.", "Which metal is liquid at 20 C?")

T = TypeVar("T")
Size = int | float | bool | list[str]  # what a configuration of transformers is given by name
Sizes = Mapping[str, Size]

_INITIALIZER_RANGE = 0.15  # wide enough that greedy answers vary
_COMMON: Sizes = {
    "vocab_size": VOCAB,
    "pad_token_id": PAD,
    "bos_token_id": BOS,
    "eos_token_id": IM_END,
    "initializer_range": _INITIALIZER_RANGE,
    "tie_word_embeddings": False,
}


def _config(kind: Callable[..., T], more: Sizes | None = None, **sizes: Size) -> T:
    """Return a configuration with what all specimens share, and sizes of its own, which come first."""
    return kind(**{**_COMMON, **(more or {}), **sizes})


def llama() -> Any:
    """SmolLM2-1.7B: 24 layers, 32 heads, as many key-value heads."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = _config(
        LlamaConfig,
        hidden_size=128,
        intermediate_size=192,
        num_hidden_layers=24,
        num_attention_heads=32,
        num_key_value_heads=32,
        head_dim=4,
    )
    return LlamaForCausalLM(config)


def qwen3() -> Any:
    """Qwen3-0.6B: 28 layers, 16 heads over 8 key-value heads, twice as wide together as the residual stream."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = _config(
        Qwen3Config,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=28,
        num_attention_heads=16,
        num_key_value_heads=8,
        head_dim=8,
    )
    return Qwen3ForCausalLM(config)


_QWEN3_5: Sizes = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 24,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "linear_num_key_heads": 16,
    "linear_num_value_heads": 16,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
}


def qwen3_5() -> Any:
    """Qwen3.5-0.8B, text model: 24 layers, full attention (8 gated heads) at every fourth, else Gated DeltaNet."""
    from transformers import Qwen3_5ForCausalLM, Qwen3_5TextConfig

    return Qwen3_5ForCausalLM(_config(Qwen3_5TextConfig, _QWEN3_5))


def qwen3_5_multimodal() -> Any:
    """Qwen3.5-0.8B inside its image-and-text wrapper."""
    from transformers import Qwen3_5Config, Qwen3_5ForConditionalGeneration

    vision = {"depth": 1, "hidden_size": 32, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 64}
    wrapper: Any = Qwen3_5Config
    config = wrapper(
        text_config={**_COMMON, **_QWEN3_5},
        vision_config={**vision, "num_position_embeddings": 16},
        image_token_id=IMAGE,
        video_token_id=VIDEO,
        vision_start_token_id=VIDEO,
        vision_end_token_id=VIDEO,
        tie_word_embeddings=False,
        initializer_range=_INITIALIZER_RANGE,
    )
    return Qwen3_5ForConditionalGeneration(config)


def gemma3() -> Any:
    """Gemma 3 270M: 18 layers, one in six with full attention, 4 heads over one key-value head, tied embeddings."""
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    config = _config(
        Gemma3TextConfig,
        hidden_size=40,
        intermediate_size=96,
        num_hidden_layers=18,
        num_attention_heads=4,
        num_key_value_heads=1,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=16,
        tie_word_embeddings=True,
    )
    return Gemma3ForCausalLM(config)


_GEMMA4: Sizes = {
    "hidden_size": 48,
    "intermediate_size": 64,
    "num_hidden_layers": 35,
    "layer_types": (["sliding_attention"] * 4 + ["full_attention"]) * 7,
    "num_attention_heads": 8,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "global_head_dim": 16,
    "num_kv_shared_layers": 20,
    "hidden_size_per_layer_input": 8,
    "vocab_size_per_layer_input": VOCAB,
    "sliding_window": 16,
    "use_double_wide_mlp": True,
    "final_logit_softcapping": 30.0,
    "tie_word_embeddings": True,
}


def gemma4() -> Any:
    """Gemma 4 E2B, text model: 35 layers, the last 20 reuse keys and values, every fifth has heads twice as wide."""
    from transformers import Gemma4ForCausalLM, Gemma4TextConfig

    return Gemma4ForCausalLM(_config(Gemma4TextConfig, _GEMMA4))


def gemma4_multimodal() -> Any:
    """Gemma 4 E2B inside its image-and-text wrapper."""
    from transformers import Gemma4Config, Gemma4ForConditionalGeneration

    vision = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Gemma4Config(
        text_config={**_COMMON, **_GEMMA4},
        vision_config={**vision, "num_key_value_heads": 2, "head_dim": 16},
        image_token_id=IMAGE,
        video_token_id=VIDEO,
        audio_token_id=AUDIO,
        boi_token_id=IMAGE,
        eoi_token_id=IMAGE,
        initializer_range=_INITIALIZER_RANGE,
    )
    return Gemma4ForConditionalGeneration(config)


SPECIMENS: Mapping[str, Callable[[], Any]] = {
    "llama": llama,
    "qwen3": qwen3,
    "qwen3.5": qwen3_5,
    "qwen3.5-multimodal": qwen3_5_multimodal,
    "gemma3": gemma3,
    "gemma4": gemma4,
    "gemma4-multimodal": gemma4_multimodal,
}


def tokenizer(*, template: bool = True, adds_bos: bool = False) -> Any:
    """Return a small byte-level tokenizer, with or without a chat template, and with or without a BOS of its own."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB,
        special_tokens=list(SPECIALS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    inner.train_from_iterator(TEXT * 3, trainer)
    if adds_bos:
        inner.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", BOS)])
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", bos_token="<bos>", eos_token="<|im_end|>", padding_side="right"
    )
    made.chat_template = TEMPLATE if template else None
    return made


def save(name: str, directory: Path, *, seed: int = 0, template: bool = True) -> Path:
    """Write the specimen with this name, and its tokenizer, as a model directory."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = SPECIMENS[name]().eval()
    with quiet():
        model.save_pretrained(directory)
        tokenizer(template=template, adds_bos=True).save_pretrained(directory)
    return directory
