"""Options that several commands share, each group written once.

A command takes a group as a field marked `tyro.conf.OmitArgPrefixes`, so that its flags carry no prefix, and hands the
group down whole.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from interp.errors import InputError
from interp.language.words import visible
from interp.prompts import sets
from interp.prompts.sets import PromptSet

LogLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True)
class ModelOptions:
    """How the model is loaded, and what attaches the hooks."""

    backend: Literal["torch", "nnsight", "transformer_lens"] = "torch"
    """What attaches the hooks: plain Hugging Face (torch, the reference), nnsight, or TransformerLens."""
    revision: str | None = None
    """The hub's branch, tag or commit."""
    weights: Literal["embedded", "hub"] | None = None
    """Where smollm2-135m and gemma-3-270m come from: the package registry (default) or the hub."""
    dtype: str = "auto"
    """float32, bfloat16 or float16; auto is float32 on a CPU and bfloat16 on an accelerator."""
    device: str = "auto"
    """cpu, cuda, cuda:1, ...; auto takes an accelerator when there is one."""
    attn: str | None = None
    """The attention implementation: sdpa or eager (TransformerLens always runs eager)."""
    prove: bool = True
    """Prove the hooks when the model is opened."""

    @property
    def identity(self) -> dict[str, str | bool | None]:
        """What a run's identity keeps of them; revision and weights are told by what was located."""
        return {name: getattr(self, name) for name in ("backend", "dtype", "device", "attn", "prove")}


@dataclass(frozen=True)
class PromptOptions:
    """What is asked."""

    domain: Literal["facts", "chef"] = "facts"
    """The built-in prompt set: facts (verifiable questions) or chef (French cuisine)."""
    prompts: Path | None = None
    """A JSONL file of your own prompts, in place of a built-in domain (fields: docs/prompts.md)."""
    relations: str | None = None
    """Only these relations of the domain, separated by commas (facts: capital, currency, ...)."""

    def load(self, *, judged: bool = False, limit: int | None = None) -> PromptSet:
        """Return the prompt set, of each split the first `limit`; prompts that are `judged` by a judge need no claims.

        Raises:
            InputError: a file that cannot be used, or relations that the set does not have.
        """
        wanted = None if self.relations is None else [relation.strip() for relation in self.relations.split(",")]
        if self.prompts is None:
            whole = sets.load(self.domain, relations=wanted)
            return whole if limit is None else whole.first(limit)
        return sets.load_file(self.prompts, relations=wanted, judged=judged, limit=limit)


@dataclass(frozen=True)
class RenderingOptions:
    """How prompts are put to the model by its chat template."""

    thinking: bool = False
    """Let the model think before it answers; off by default, wherever its chat template has a switch for it."""
    system: str | None = None
    """A system message that stands before every prompt."""
    date: str | None = None
    """The day that the chat template sees, as YYYY-MM-DD (default: the day on which the run was begun)."""

    @property
    def identity(self) -> dict[str, str | bool | None]:
        """What a run's identity keeps of them, checked: the date only where it was given.

        Raises:
            InputError: a date that is none, or a system message that says nothing or is no text.
        """
        if self.date is not None and not _is_day(self.date):
            raise InputError(f"--date {self.date!r} is no day; expected one as YYYY-MM-DD, such as 2026-01-31.")
        if self.system is not None and not visible(self.system):
            raise InputError("--system is blank; expected the text of a system message, or leave it out.")
        if self.system is not None and any("\ud800" <= sign <= "\udfff" for sign in self.system):
            raise InputError("--system is not valid UTF-8; expected text.")
        return {"thinking": self.thinking, "system": self.system, "date": self.date}


def _is_day(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


AS_USUAL = RenderingOptions()


@dataclass(frozen=True)
class OutputOptions:
    """Where the files go, and what is said meanwhile."""

    output_dir: Path = Path("results")
    """Where run directories are made; a changed configuration makes a new one."""
    log_level: LogLevel = "warning"
    """How much is said on stderr besides the progress bar."""
