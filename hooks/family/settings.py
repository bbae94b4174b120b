"""What a model's generation configuration would change in greedy decoding, and what ends its turns.

Answers here are plain greedy decoding: the token with the highest logit, until the model ends its turn. A generation
configuration may ask for more, and `generate(do_sample=False)` would do it; what is not done is named, never hidden.
"""

from __future__ import annotations

from typing import Any

# Settings that change greedy answers -> the values that change nothing (GenerationConfig of transformers).
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "num_beams": (1,),
    "repetition_penalty": (1.0,),
    "encoder_repetition_penalty": (1.0,),
    "no_repeat_ngram_size": (0,),
    "encoder_no_repeat_ngram_size": (0,),
    "min_length": (0,),
    "min_new_tokens": (0,),
    "suppress_tokens": ([],),
    "begin_suppress_tokens": ([],),
    "bad_words_ids": ([],),
    "force_words_ids": ([],),
    "forced_bos_token_id": (),
    "forced_eos_token_id": (),
    "sequence_bias": ({}, []),
    "exponential_decay_length_penalty": (),
    "guidance_scale": (1.0,),
    "penalty_alpha": (0.0,),
    "dola_layers": (),
    "constraints": ([],),
    "watermarking_config": (),
    "stop_strings": ([],),
    "token_healing": (False,),
    "remove_invalid_values": (False,),
}


def ignored_settings(model: Any) -> tuple[str, ...]:
    """Return, as `name=value`, what the generation configuration asks for and greedy decoding here does not do."""
    config = getattr(model, "generation_config", None)
    asked = {name: getattr(config, name, None) for name in NEUTRAL}
    return tuple(f"{name}={value}" for name, value in asked.items() if value is not None and value not in NEUTRAL[name])


def end_of_turn(model: Any, tokenizer: Any) -> frozenset[int]:
    """Return every token id that ends a turn, by the generation configuration, the configuration and the tokenizer."""
    config = model.config
    found: set[int] = set()
    for source in (getattr(model, "generation_config", None), config, config.get_text_config(decoder=True), tokenizer):
        for name in ("eos_token_id", "eot_token_id"):
            value = getattr(source, name, None)
            found.update(value if isinstance(value, (list, tuple)) else [] if value is None else [value])
    return frozenset(int(token) for token in found)
