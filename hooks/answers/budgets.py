"""What an answer would have been with a smaller token budget: greedy decoding is nested, so it is a prefix.

An answer that ended in time is the same answer; any other is its first tokens, with stop LENGTH.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from hooks.answers.batch import answer_text
from hooks.answers.chat import stop_strings
from hooks.backend.decoding import find_stop
from interp.errors import InputError
from interp.records.answers import Generation, StopReason

# One log-probability a token is not kept, so what it is for a prefix is not known.
LOST = ("mean_logprob", "min_logprob")


def at_budget(generation: Generation, budget: int, tokenizer: Any, raw: bool = False) -> Generation:
    """Return the generation that a budget of `budget` tokens would have given.

    Args:
        generation: an answer of the same model to the same prompt, made with a larger or equal budget.
        budget: the smaller budget, in tokens.
        tokenizer: the tokenizer of the model.
        raw: whether the answer was made as a raw continuation.

    Raises:
        InputError: the budget is none, or above the one that the answer was made with.
    """
    if not 1 <= budget <= generation.max_new_tokens:
        raise InputError(
            f"Answer {generation.id} was made with {generation.max_new_tokens} tokens and cannot tell what {budget} "
            "would have given; take a budget from 1 to that."
        )
    if budget == generation.max_new_tokens or _ended_by(generation, budget, tokenizer, raw):
        return dataclasses.replace(generation, max_new_tokens=budget)
    kept = generation.tokens[:budget]
    return dataclasses.replace(
        generation,
        tokens=kept,
        text=answer_text(tokenizer, kept, raw),
        stop=StopReason.LENGTH,
        max_new_tokens=budget,
        mean_logprob=None,
        min_logprob=None,
        unrecorded=(*generation.unrecorded, *LOST),
    )


def _ended_by(generation: Generation, budget: int, tokenizer: Any, raw: bool) -> bool:
    """Whether the token that ended the answer came within the budget; it may be the last content token itself."""
    content = len(generation.tokens)
    if generation.stop is StopReason.STOP_STRING and content == budget:
        text = tokenizer.decode(list(generation.tokens), skip_special_tokens=True)
        return find_stop(text, stop_strings(tokenizer, raw)) is not None
    return generation.stop is not StopReason.LENGTH and content < budget
