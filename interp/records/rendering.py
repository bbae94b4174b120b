"""How prompts are put to a model, besides its tokenizer: enough to put the same ones to it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from interp.records.shown import Shown


@dataclass(frozen=True, slots=True)
class Rendering(Shown):
    """What a chat template is given beside the prompt. Without a template, or with a bare text, there is nothing.

    Attributes:
        date: the day that the template sees, as YYYY-MM-DD; None where it reads none.
        system: the text of the system message before every prompt; None where there is none.
        variables: template variable to value: the switches of thinking that it knows, `date_string` where it is given.
        parts: whether messages are lists of text parts, as the template wants them, and not strings.
    """

    date: str | None
    system: str | None
    variables: Mapping[str, bool | str]
    parts: bool
