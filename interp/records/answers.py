"""What was answered: a model's generations, why each stopped, and what was edited meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from interp.records.shown import Shown


class StopReason(StrEnum):
    """Why the model stopped. LENGTH means that the answer was cut off at the token budget."""

    EOS = "eos"
    LENGTH = "length"
    STOP_STRING = "stop_string"


@dataclass(frozen=True, slots=True)
class HeadScale(Shown):
    """Multiply the slice of `o_proj`'s input that belongs to each (layer, head) by `factor`; 0 is ablation."""

    heads: tuple[tuple[int, int], ...]
    factor: float


@dataclass(frozen=True, slots=True)
class Generation(Shown):
    """One answer.

    Log-probabilities are natural logarithms of the chosen tokens over `tokens`; None where there are none. `unrecorded`
    names the fields that the source of a published answer did not keep: they hold "", () or 0 where their type has no
    None, and must not be read.

    Attributes:
        id: the prompt's id, and the edit where there is one.
        prompt_id: which prompt it answers.
        model: the model's short name.
        text: what the answer says, without special tokens, without what stands around it and cannot be seen, and
            without the stop string and what follows it; all of it where the model continued the prompt's bare text.
        tokens: the content tokens, those of `text`: from the first one to the last one that bears visible text. What
            comes after that and is not of the text (line breaks, special tokens, the end of the turn) is left out, so
            an answer of nothing else has none, and is empty. A bare continuation keeps its white space in text and
            tokens.
        n_prompt_tokens: tokens before the answer.
        prompt_sha256: the sha256 of the prompt's token ids, each as 4 bytes, unsigned, the lowest first, one after the
            other in the order of the prompt, without padding; in hexadecimal.
        n_generated: how many tokens the model said until it stopped: `tokens`, what was left out after them, and the
            token that ended the answer.
        stop: why it stopped.
        max_new_tokens: the token budget.
        mean_logprob: the mean over `tokens`.
        min_logprob: the lowest of `tokens`.
        edit: heads that were scaled meanwhile.
        unrecorded: fields that must not be read.
    """

    id: str
    prompt_id: str
    model: str
    text: str
    tokens: tuple[int, ...]
    n_prompt_tokens: int
    prompt_sha256: str
    n_generated: int
    stop: StopReason | None
    max_new_tokens: int
    mean_logprob: float | None
    min_logprob: float | None
    edit: HeadScale | None = None
    unrecorded: tuple[str, ...] = ()
