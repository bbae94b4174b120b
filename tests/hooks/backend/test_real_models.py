"""The two real models: right answers, h_last against a second forward, a base model's one-line answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from hooks.answers.batch import as_prompts, generate_batch
from hooks.answers.chat import encode
from hooks.backend.base import HookedModel
from interp.records.answers import StopReason
from interp.records.arrays import Position, Site

pytestmark = pytest.mark.weights
QUESTIONS = ("What is the capital of France?", "Name the capital city of Japan, please.")


def final_states(model: HookedModel, ids: list[int]) -> np.ndarray:
    with torch.no_grad():
        return model.hf(torch.tensor([ids]), output_hidden_states=True).hidden_states[-1][0].numpy()


@pytest.mark.parametrize(("name", "stop"), [("smollm2-135m", StopReason.EOS), ("gemma-3-270m", StopReason.STOP_STRING)])
def test_answers_and_their_last_states(real: Callable[..., HookedModel], name: str, stop: StopReason) -> None:
    model = real(name)
    assert model.proof == "passed" and model.model_id.source == "embedded"
    prompts = as_prompts(QUESTIONS)
    generations, features = generate_batch(model, prompts, max_new_tokens=24)
    content, end = (
        next(f for f in features if (f.site, f.position) == (Site.LN_FINAL, position)) for position in Position
    )
    assert content.generation_ids == end.generation_ids == ("prompt-0", "prompt-1")
    for row, (generation, prompt) in enumerate(zip(generations, prompts, strict=True)):
        assert generation.stop is stop
        expected = final_states(model, [*encode(model.tokenizer, prompt.text), *generation.tokens])[-1]
        assert np.abs(content.x[row, 0] - expected).max() < 1e-4 * np.abs(expected).max()
        assert not np.array_equal(content.x[row], end.x[row])
    assert "Paris" in generations[0].text and "\n" not in generations[0].text


def test_the_smollm2_prompt_has_the_template_of_its_tokenizer(real: Callable[..., HookedModel]) -> None:
    tokenizer = real("smollm2-135m").tokenizer
    text = tokenizer.decode(encode(tokenizer, "Hi"))
    assert text.startswith("<|im_start|>system") and text.endswith("<|im_end|>\n<|im_start|>assistant\n")


def test_the_gemma_prompt_has_one_bos(real: Callable[..., HookedModel]) -> None:
    tokenizer = real("gemma-3-270m").tokenizer
    ids = encode(tokenizer, "Hi")
    assert ids.count(tokenizer.bos_token_id) == 1 and ids[0] == tokenizer.bos_token_id
