"""What an answer would have been with a smaller token budget: greedy decoding is nested, so it is a prefix.

An answer that ended in time is the same answer; any other is its first tokens, with stop LENGTH.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from hooks.answers.batch import answer_text
from hooks.answers.chat import stop_strings
from hooks.answers.given import check_prompt
from hooks.backend.decoding import LOST as SPLIT
from hooks.backend.decoding import count_content
from interp.errors import InputError
from interp.records.answers import Generation, StopReason

# One log-probability a token is not kept, so what it is for a prefix is not known.
LOST = ("mean_logprob", "min_logprob")


def at_budget(
    generation: Generation, budget: int, tokenizer: Any, prompt: Sequence[int], raw: bool = False
) -> Generation:
    """Return the generation that a budget of `budget` tokens would have given.

    Args:
        generation: an answer of the same model to the same prompt, made with a larger or equal budget.
        budget: the smaller budget, in tokens.
        tokenizer: the tokenizer of the model.
        prompt: the token ids of the prompt.
        raw: whether the answer was made as a raw continuation.

    Raises:
        InputError: the budget is none, or above the one that the answer was made with, or the prompt is another one.
    """
    if not 1 <= budget <= generation.max_new_tokens:
        raise InputError(
            f"Answer {generation.id} was made with {generation.max_new_tokens} tokens and cannot tell what {budget} "
            "would have given; take a budget from 1 to that."
        )
    check_prompt(generation, prompt)
    ended = generation.stop is not StopReason.LENGTH and generation.n_generated <= budget
    if budget == generation.max_new_tokens or ended:
        return dataclasses.replace(generation, max_new_tokens=budget)
    begun = dataclasses.replace(generation, stop=StopReason.LENGTH, max_new_tokens=budget, n_generated=budget)
    if len(generation.tokens) <= budget and not raw and not generation.text.endswith(SPLIT):
        return begun  # the text was whole; what was still to come is not of it
    kept = generation.tokens[:budget]
    return dataclasses.replace(
        begun,
        tokens=kept if raw else kept[: count_content(tokenizer, prompt, kept, stop_strings(tokenizer), cut_off=True)],
        text=answer_text(tokenizer, prompt, kept, raw, cut_off=True),
        mean_logprob=None,
        min_logprob=None,
        unrecorded=(*generation.unrecorded, *LOST),
    )
