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
    """One answer. `tokens` are the response's content tokens (no end-of-turn token, nothing after a stop string).

    Log-probabilities are natural logarithms of the chosen tokens over the content tokens; None where there are none.
    `unrecorded` names the fields that the source of a published answer did not keep: they hold "", () or 0 where their
    type has no None, and must not be read.
    """

    id: str
    prompt_id: str
    model: str
    text: str
    tokens: tuple[int, ...]
    n_prompt_tokens: int
    stop: StopReason | None
    max_new_tokens: int
    mean_logprob: float | None
    min_logprob: float | None
    edit: HeadScale | None = None
    unrecorded: tuple[str, ...] = ()
