"""The real models in batches of every size, scaled or not, against `generate` of transformers, prompt by prompt."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

from hooks.agreement.reference import scale_weights
from hooks.answers.batch import generate_batch
from hooks.answers.chat import encode
from hooks.backend.base import HookedModel
from hooks.models.catalogue import locate, resolve
from hooks.models.loading import load
from interp.prompts import sets
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.arrays import Features, Position, Site
from interp.records.prompts import Prompt

pytestmark = [pytest.mark.slow, pytest.mark.weights]
BUDGET = 32
EDIT = HeadScale(((3, 1), (10, 0), (10, 2)), 0.4)


@dataclasses.dataclass(frozen=True)
class Reference:
    """What transformers alone says to one prompt: greedy tokens to the budget, their log-probabilities, the states."""

    tokens: list[int]
    logprobs: np.ndarray
    states: np.ndarray  # (layer, pos, d_model), of every block
    final: np.ndarray  # (pos, d_model), behind the final norm


def refer(model: HookedModel, name: str, prompts: Sequence[Prompt], edit: HeadScale | None) -> list[Reference]:
    plain, _ = load(locate(resolve(name)).directory, model.dtype, model.model_id.attn, model.device)
    if edit:
        scale_weights(plain, model.geometry, edit)
    plain.generation_config.eos_token_id = None
    made, last = [], []
    plain.model.layers[-1].register_forward_hook(lambda _, __, given: last.append(given))
    with torch.no_grad():
        for prompt in prompts:
            ids = torch.tensor([encode(model.tokenizer, prompt.text)])
            said = plain.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=BUDGET,
                do_sample=False,
                pad_token_id=0,
                output_logits=True,
                return_dict_in_generate=True,
            )
            whole = said.sequences
            seen = plain(whole, output_hidden_states=True, use_cache=False)
            start = ids.shape[1]
            chosen = torch.stack(said.logits)[:, 0].double().log_softmax(-1)
            logprobs = chosen.gather(-1, whole[0, start:, None])[:, 0]
            states = torch.stack([*seen.hidden_states[1:-1], last[-1]])[:, 0]
            final = seen.hidden_states[-1][0]
            made.append(Reference(whole[0, start:].tolist(), logprobs.numpy(), states.numpy(), final.numpy()))
    return made


@pytest.fixture(scope="module")
def prompts() -> list[Prompt]:
    return list(sets.load("facts").fresh[:16])


@pytest.fixture(scope="module")
def expected(real: Callable[..., HookedModel], prompts: list[Prompt]) -> Callable[..., list[Reference]]:
    made: dict[tuple[str, bool], list[Reference]] = {}

    def get(name: str, scaled: bool) -> list[Reference]:
        if (name, scaled) not in made:
            made[name, scaled] = refer(real(name), name, prompts, EDIT if scaled else None)
        return made[name, scaled]

    return get


def check(model: HookedModel, made: Sequence[Generation], wanted: Sequence[Reference]) -> None:
    for generation, reference in zip(made, wanted, strict=True):
        n = generation.n_generated
        ended = [place for place, token in enumerate(reference.tokens) if token in model.end_of_turn]
        if generation.stop is StopReason.EOS:
            assert n == ended[0] + 1
        else:
            assert not ended or ended[0] >= n
            assert n == BUDGET or generation.stop is StopReason.STOP_STRING
        assert list(generation.tokens) == reference.tokens[: len(generation.tokens)]
        assert generation.tokens and generation.mean_logprob is not None and generation.min_logprob is not None
        chosen = reference.logprobs[: len(generation.tokens)]
        # One token beside padding; the passes of transformers with and without its cache are 1.6e-5 apart themselves.
        assert abs(generation.mean_logprob - chosen.mean()) < (1e-5 if len(chosen) > 1 else 2e-5)
        assert abs(generation.min_logprob - chosen.min()) < 2e-5


def check_states(
    features: Sequence[Features], made: Sequence[Generation], wanted: Sequence[Reference]
) -> set[Position]:
    by_id = {generation.id: place for place, generation in enumerate(made)}
    seen = set()
    for array in features:
        seen.add(array.position)
        for x, id_ in zip(array.x, array.generation_ids, strict=True):
            generation, reference = made[by_id[id_]], wanted[by_id[id_]]
            last = len(generation.tokens) if array.position is Position.CONTENT else generation.n_generated
            at = generation.n_prompt_tokens + last - 1
            states = (
                reference.states[list(array.layers), at] if array.site is Site.RESID_POST else [reference.final[at]]
            )
            for layer, state in enumerate(states):
                apart = np.abs(x[layer] - state).max() / np.abs(state).max()
                assert apart < 1e-5, (id_, array.site, array.position, array.layers[layer])
    return seen


@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "scaled"])
@pytest.mark.parametrize("size", [1, 3, 16])
@pytest.mark.parametrize("name", ["smollm2-135m", "gemma-3-270m"])
def test_batches_equal_generate_prompt_by_prompt(
    real: Callable[..., HookedModel],
    prompts: list[Prompt],
    expected: Callable[..., list[Reference]],
    name: str,
    size: int,
    scaled: bool,
) -> None:
    model, wanted, positions = real(name), expected(name, scaled), set()
    for start in range(0, len(prompts), size):
        made, features = generate_batch(
            model, prompts[start : start + size], max_new_tokens=BUDGET, edit=EDIT if scaled else None
        )
        check(model, made, wanted[start : start + size])
        positions |= check_states(features, made, wanted[start : start + size])
    assert positions == set(Position)
