"""Generation with h_last in the same pass, held against passes that know nothing of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from hooks.answers.batch import answer_text, generate_batch, plan_batches
from hooks.answers.chat import encode
from hooks.answers.padding import pad_left
from hooks.backend.base import HookedModel
from hooks.backend.hook import HookError
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.arrays import Features, Position, Site
from interp.records.prompts import Prompt

FAMILIES = ("llama", "qwen3", "gemma3")
Opened = Callable[..., HookedModel]


def gap(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max() / np.abs(b).max())


def reference(model: HookedModel, ids: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Residuals (layer pos d), final norm (pos d) and logits (pos vocab) of one unpadded sequence, by transformers."""
    with torch.no_grad():
        out = model.hf(torch.tensor([ids]), output_hidden_states=True, use_cache=False)
    *residuals, final = out.hidden_states[1:]
    return torch.cat(residuals).numpy(), final[0].numpy(), out.logits[0].numpy()


def chosen(features: list[Features], site: Site, position: Position) -> Features:
    return next(f for f in features if (f.site, f.position) == (site, position))


@pytest.fixture
def ends_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[HookedModel, int], None]:
    """Make a token the only end of turn of a model, so that random weights have answers that end."""

    def set_end(model: HookedModel, *tokens: int) -> None:
        monkeypatch.setattr(model, "end_of_turn", frozenset(tokens))

    return set_end


@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_tokens_are_those_of_transformers_generate(opened: Opened, prompts: list[Prompt], family: str) -> None:
    model = opened(family)
    generations, _ = generate_batch(model, prompts, max_new_tokens=16, layers=())
    ids, mask = pad_left([encode(model.tokenizer, p.text) for p in prompts], 0)
    expected = model.hf.generate(
        torch.from_numpy(ids),
        attention_mask=torch.from_numpy(mask),
        max_new_tokens=16,
        do_sample=False,
        pad_token_id=0,
        eos_token_id=sorted(model.end_of_turn),
    )[:, ids.shape[1] :]
    for row, generation in zip(expected.tolist(), generations, strict=True):
        assert row[: len(generation.tokens)] == list(generation.tokens)
        assert generation.stop is (StopReason.EOS if model.end_of_turn.intersection(row) else StopReason.LENGTH)


@pytest.mark.parametrize("family", FAMILIES)
def test_h_last_equals_a_second_unpadded_forward_at_both_positions(
    opened: Opened, prompts: list[Prompt], ends_at: Callable[..., None], family: str
) -> None:
    model = opened(family)
    ends_at(model)
    free, _ = generate_batch(model, prompts, max_new_tokens=12, layers=())
    ends_at(model, free[0].tokens[5], free[2].tokens[2])
    generations, features = generate_batch(model, prompts, max_new_tokens=12)
    assert {g.stop for g in generations} >= {StopReason.EOS}
    for generation, prompt in zip(generations, prompts, strict=True):
        check_row(model, generation, prompt, features)


def check_row(model: HookedModel, generation: Generation, prompt: Prompt, features: list[Features]) -> None:
    ids = [*encode(model.tokenizer, prompt.text), *generation.tokens]
    assert len(ids) == generation.n_prompt_tokens + len(generation.tokens)
    if generation.tokens:
        residuals, final, _ = reference(model, ids)
        content = chosen(features, Site.LN_FINAL, Position.CONTENT).select([generation.id])
        assert gap(content.x[0, 0], final[-1]) < 1e-4
        layers = chosen(features, Site.RESID_POST, Position.CONTENT).select([generation.id])
        assert gap(layers.x[0, : len(residuals)], residuals[:, -1]) < 1e-4
    end = chosen(features, Site.LN_FINAL, Position.END_OF_TURN)
    assert (generation.id in end.generation_ids) == (generation.stop is not StopReason.LENGTH)
    if generation.stop is StopReason.EOS:
        closers = [reference(model, [*ids, token])[1][-1] for token in model.end_of_turn]
        assert min(gap(end.select([generation.id]).x[0, 0], closer) for closer in closers) < 1e-4


@pytest.mark.parametrize("pool", [2, 5, 100])
def test_pooling_is_the_mean_over_the_last_content_tokens(opened: Opened, prompts: list[Prompt], pool: int) -> None:
    model = opened("qwen3")
    generations, features = generate_batch(model, prompts, max_new_tokens=8, pool_tokens=pool)
    content = chosen(features, Site.LN_FINAL, Position.CONTENT)
    assert content.pool_tokens == pool
    assert chosen(features, Site.LN_FINAL, Position.END_OF_TURN).pool_tokens == 1
    for generation, prompt in zip(generations, prompts, strict=True):
        _, final, _ = reference(model, [*encode(model.tokenizer, prompt.text), *generation.tokens])
        kept = min(pool, len(generation.tokens))
        assert gap(content.select([generation.id]).x[0, 0], final[-kept:].mean(0)) < 1e-4


def test_log_probabilities_equal_an_independent_computation(opened: Opened, prompts: list[Prompt]) -> None:
    model = opened("qwen3")
    for generation, prompt in zip(generate_batch(model, prompts, max_new_tokens=8, layers=())[0], prompts, strict=True):
        ids = [*encode(model.tokenizer, prompt.text), *generation.tokens]
        logits = reference(model, ids)[2].astype(np.float64)[generation.n_prompt_tokens - 1 : -1]
        logprobs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        per_token = logprobs[np.arange(len(generation.tokens)), list(generation.tokens)]
        assert generation.mean_logprob == pytest.approx(per_token.mean(), abs=1e-4)
        assert generation.min_logprob == pytest.approx(per_token.min(), abs=1e-4)


def test_an_answer_whose_first_token_ends_the_turn_is_empty(
    opened: Opened, prompts: list[Prompt], ends_at: Callable[..., None]
) -> None:
    model = opened("qwen3")
    free, _ = generate_batch(model, prompts, max_new_tokens=4, layers=())
    ends_at(model, free[1].tokens[0])
    generations, features = generate_batch(model, prompts, max_new_tokens=4)
    empty = generations[1]
    assert (empty.tokens, empty.text, empty.stop) == ((), "", StopReason.EOS)
    assert empty.mean_logprob is None and empty.min_logprob is None
    assert empty.id not in chosen(features, Site.LN_FINAL, Position.CONTENT).generation_ids
    end = chosen(features, Site.LN_FINAL, Position.END_OF_TURN).select([empty.id])
    _, final, _ = reference(model, [*encode(model.tokenizer, prompts[1].text), free[1].tokens[0]])
    assert gap(end.x[0, 0], final[-1]) < 1e-4


def test_cut_off_answers_have_a_content_state_and_no_end(opened: Opened, prompts: list[Prompt]) -> None:
    generations, features = generate_batch(opened("qwen3"), prompts, max_new_tokens=1)
    assert [g.stop for g in generations] == [StopReason.LENGTH] * 3
    assert [len(g.tokens) for g in generations] == [1] * 3
    assert len(chosen(features, Site.LN_FINAL, Position.CONTENT).generation_ids) == 3
    assert chosen(features, Site.LN_FINAL, Position.END_OF_TURN).generation_ids == ()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_padded_batch_gives_what_each_prompt_gives_alone(opened: Opened, prompts: list[Prompt], family: str) -> None:
    model = opened(family)
    together, features = generate_batch(model, prompts, max_new_tokens=10)
    for prompt, generation in zip(prompts, together, strict=True):
        (alone,), single = generate_batch(model, [prompt], max_new_tokens=10)
        assert alone.tokens == generation.tokens
        for one, many in zip(single, features, strict=True):
            assert gap(one.x, many.select(one.generation_ids).x) < 1e-4 if one.generation_ids else True


def test_a_stop_string_ends_the_answer_of_a_model_without_a_chat_template(
    specimen: Callable[..., object], prompts: list[Prompt]
) -> None:
    from hooks.models.loading import open_backend

    model = open_backend(specimen("qwen3", template=False))
    decoded = model.decode(*pad_left([encode(model.tokenizer, p.text) for p in prompts], 0), max_new_tokens=12)
    text = model.tokenizer.decode(decoded.tokens[0])
    visible = text.strip()
    stop = visible[len(visible) // 2 : len(visible) // 2 + 2]
    assert stop.strip(), "the specimen's answer changed; pick another stop string"
    hooks = (model.geometry.check(hook_of(model)),)
    cut = model.decode(
        *pad_left([encode(model.tokenizer, p.text) for p in prompts], 0),
        max_new_tokens=12,
        hooks=hooks,
        stop_strings=[stop],
    )
    assert cut.stop[0] is StopReason.STOP_STRING
    kept = model.tokenizer.decode(cut.tokens[0])
    assert text.startswith(kept) and visible.partition(stop)[0].startswith(kept.strip()[:-1])
    ids = [*encode(model.tokenizer, prompts[0].text), *cut.tokens[0]]
    assert gap(cut.content[0, 0], reference(model, ids)[1][-1]) < 1e-4
    assert np.isfinite(cut.end[0, 0]).all()


def hook_of(model: HookedModel) -> object:
    from hooks.backend.hook import Hook

    return Hook(Site.LN_FINAL, model.geometry.n_layers - 1)


def test_text_ends_at_the_stop_string_and_leading_line_breaks_do_not_stop(
    specimen: Callable[..., object],
) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(specimen("qwen3", template=False))
    ids = tokenizer("\n\n Paris.\nQuestion: What", add_special_tokens=False)["input_ids"]
    assert answer_text(tokenizer, encode(tokenizer, "Where?"), ids) == "Paris."


@pytest.mark.parametrize("backend", ["nnsight", "transformer_lens"])
@pytest.mark.parametrize("family", FAMILIES)
def test_backends_give_the_same_tokens_and_states(
    opened: Opened, prompts: list[Prompt], family: str, backend: str
) -> None:
    attn = "eager" if backend == "transformer_lens" else "sdpa"
    edit = HeadScale(((1, 0), (3, 2)), 0.0)
    for scale in (None, edit):
        expected, states = generate_batch(opened(family, "torch", attn), prompts, max_new_tokens=10, edit=scale)
        given, same = generate_batch(opened(family, backend), prompts, max_new_tokens=10, edit=scale)
        assert given == expected
        for a, b in zip(same, states, strict=True):
            assert a.generation_ids == b.generation_ids
            np.testing.assert_array_equal(a.x, b.x)


def test_an_edit_changes_the_answer_and_is_recorded(opened: Opened, prompts: list[Prompt]) -> None:
    model = opened("qwen3")
    edit = HeadScale(tuple((layer, 0) for layer in range(8)), 0.0)
    plain, _ = generate_batch(model, prompts, max_new_tokens=10, layers=())
    scaled, _ = generate_batch(model, prompts, max_new_tokens=10, layers=(), edit=edit)
    again, _ = generate_batch(model, prompts, max_new_tokens=10, layers=())
    assert [g.tokens for g in scaled] != [g.tokens for g in plain]
    assert again == plain
    assert (
        {g.edit for g in scaled} == {edit} and scaled[0].id != plain[0].id and scaled[0].prompt_id == plain[0].prompt_id
    )


def test_batches_are_sorted_by_length_and_keep_ties_in_order(opened: Opened, prompts: list[Prompt]) -> None:
    model = opened("qwen3")
    batches = plan_batches(model, [*prompts, *prompts], 4)
    assert [len(batch) for batch in batches] == [4, 2]
    assert [p.text for p in batches[0][:2]] == ["Hi", "Hi"]
    lengths = [len(encode(model.tokenizer, p.text)) for batch in batches for p in batch]
    assert lengths == sorted(lengths)
    with pytest.raises(HookError, match="batch size must be at least 1"):
        plan_batches(model, prompts, 0)


def test_layers_choose_what_is_kept(opened: Opened, prompts: list[Prompt]) -> None:
    model = opened("qwen3")
    _, features = generate_batch(model, prompts, max_new_tokens=2, layers=[5, 2])
    assert chosen(features, Site.RESID_POST, Position.CONTENT).layers == (2, 5)
    assert chosen(features, Site.LN_FINAL, Position.CONTENT).layers == (27,)
    with pytest.raises(HookError, match="layers 0 to 27"):
        generate_batch(model, prompts, max_new_tokens=2, layers=[28])
