"""Cutting an answer to a smaller token budget gives what generating with that budget gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from made_answers import generation

from hooks.agreement import specimens
from hooks.answers.batch import answer_text, generate_batch
from hooks.answers.budgets import LOST, at_budget
from hooks.answers.chat import encode
from hooks.backend.base import HookedModel
from hooks.models.loading import open_backend
from interp.errors import InputError
from interp.records.answers import Generation, StopReason
from interp.records.prompts import Prompt

LARGEST = 14
Opened = Callable[..., HookedModel]


@pytest.fixture(scope="module")
def plain(specimen: Callable[..., object]) -> HookedModel:
    """A tiny model without chat template."""
    return open_backend(str(specimen("llama", False)), prove=False)


def frequent(model: HookedModel, prompts: list[Prompt], raw: bool) -> int:
    """A token that the model says in the middle of an answer, so that it can be made to end there."""
    (first, *_), _ = generate_batch(model, prompts, max_new_tokens=LARGEST, layers=(), raw=raw)
    return first.tokens[6]


def same(cut: Generation, made: Generation) -> bool:
    """Equal in all but the log-probabilities, which a cut answer has only if it ended in time."""
    if cut.unrecorded == LOST:
        assert len(cut.tokens) <= cut.n_generated == cut.max_new_tokens
        made = dataclasses.replace(made, mean_logprob=None, min_logprob=None, unrecorded=LOST)
    return cut == made


def assert_nested(model: HookedModel, prompts: list[Prompt], raw: bool) -> set[StopReason | None]:
    whole, _ = generate_batch(model, prompts, max_new_tokens=LARGEST, layers=(), raw=raw)
    ids = {p.id: encode(model.tokenizer, p.text, raw) for p in prompts}
    seen = set()
    for budget in range(1, LARGEST + 1):
        made, _ = generate_batch(model, prompts, max_new_tokens=budget, layers=(), raw=raw)
        cut = [at_budget(g, budget, model.tokenizer, ids[g.prompt_id], raw) for g in whole]
        assert all(same(a, b) for a, b in zip(cut, made, strict=True)), budget
        seen |= {g.stop for g in cut}
    return seen


@pytest.mark.parametrize(("family", "raw"), [("llama", False), ("llama", True), ("gemma3", False)])
def test_a_cut_answer_is_the_answer_of_that_budget_token_for_token(
    opened: Opened, prompts: list[Prompt], monkeypatch: pytest.MonkeyPatch, family: str, raw: bool
) -> None:
    model = opened(family)
    monkeypatch.setattr(model, "end_of_turn", frozenset())
    monkeypatch.setattr(model, "end_of_turn", frozenset({frequent(model, prompts, raw)}))
    assert assert_nested(model, prompts, raw) == {StopReason.EOS, StopReason.LENGTH}


def test_so_it_is_where_a_line_break_ends_the_answer(
    plain: HookedModel, prompts: list[Prompt], monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, *_), _ = generate_batch(plain, prompts, max_new_tokens=LARGEST, layers=(), raw=True)
    stop = next(ch for ch in first.text[4:] if ch.isascii() and ch.isalpha() and first.text.index(ch) > 3)
    for module in ("hooks.answers.batch", "hooks.answers.budgets"):
        monkeypatch.setattr(f"{module}.stop_strings", lambda tokenizer, raw=False: (stop,))
    monkeypatch.setattr(plain, "end_of_turn", frozenset())
    assert StopReason.STOP_STRING in assert_nested(plain, prompts, raw=False)


def test_a_raw_prompt_is_encoded_as_it_stands_and_its_answer_keeps_its_white_space(
    plain: HookedModel, opened: Opened
) -> None:
    for model in (plain, opened("llama")):
        ids = encode(model.tokenizer, "def f():\n", raw=True)
        assert model.tokenizer.decode(ids, skip_special_tokens=True) == "def f():\n"
        space = model.tokenizer("  a \n", add_special_tokens=False)["input_ids"]
        assert answer_text(model.tokenizer, ids, space, raw=True) == "  a \n"
        assert answer_text(model.tokenizer, ids, space) == "a"


@pytest.mark.parametrize("budget", [0, -1, 10])
def test_a_budget_that_the_answer_cannot_tell_of_is_refused(budget: int) -> None:
    tokenizer = specimens.tokenizer()
    made = generation(stop=StopReason.LENGTH, max_new_tokens=9)
    with pytest.raises(InputError, match="made with 9 tokens"):
        at_budget(made, budget, tokenizer, (1,))
