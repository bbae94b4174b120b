"""Checklists for prompts that have none: three to five claims each, written by a model that is not under test.

One writer and one wording serve both splits, and every checklist records them: fit and fresh whose claims came from
different hands could not be compared. A reply that is no list of three to five different claims is refused, with the
reason; nothing is repaired.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from interp import forms
from interp.errors import InputError
from interp.forms import Form
from interp.records import Answer, Claim, Prompt, Question
from interp.words import normalise, read

FEWEST, MOST = 3, 5

WRITE = Form(
    name="checklist-writer",
    revision=1,
    system=(
        "You write checklists by which answers will be marked. For a question you list three to five claims that a "
        "right and complete answer makes. Each claim is one sentence that can be found in an answer or not, holds by "
        "itself, says one thing, and does not follow from the question alone or from another claim."
    ),
    user=(
        "This is asked:\n{prompt}\n\nWrite three to five claims of a right answer. Put each on a line of its own, "
        "beginning with its number: 1. 2. 3. and so on. Write nothing else."
    ),
    menu=(),
)

_LINE = re.compile(r"([1-9])[.)]\s+(\S.*)")


@dataclass(frozen=True, slots=True)
class Checklist:
    """Claims that a model wrote for one prompt; none, with the reason, where its reply was no checklist.

    `writer` names the wording of the request and the model, each with its version.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid", "strict": True}  # rows are read as strictly as records are

    prompt_id: str
    claims: tuple[str, ...]
    writer: str
    reason: str | None = None


@runtime_checkable
class Writer(Protocol):
    """Something that writes free text: a chat endpoint, or a recording of one."""

    @property
    def version(self) -> str:
        """Name and version, as it is recorded with every checklist."""
        ...

    @property
    def model(self) -> str:
        """The name of the model that writes."""
        ...

    def write(self, questions: Sequence[Question]) -> list[Answer]:
        """Return one answer a question, in order, its text in `raw` (empty where there is none)."""
        ...


def writer_stamp(writer: Writer) -> str:
    """Return what `Checklist.writer` records."""
    return f"{WRITE.stamp} by {writer.version}"


def write_checklists(
    writer: Writer, prompts: Sequence[Prompt], tested: Sequence[str], seed: int = 0
) -> list[Checklist]:
    """Return one checklist a prompt, in order.

    Args:
        writer: the model that writes.
        prompts: prompts of all splits, none of them with claims.
        tested: every name of the model under test.
        seed: of the order in which the prompts are put.

    Raises:
        InputError: the writer is the model under test, or some prompts have claims already.
    """
    refuse_same(writer, tested)
    refuse_mixture(prompts)
    asked = {p.id: request(p) for p in prompts}
    got = {a.question_id: a for a in forms.replies(writer.write, forms.in_random_order([*asked.values()], seed))}
    made = [parse(got[asked[p.id].id].raw) for p in prompts]
    name = writer_stamp(writer)
    return [Checklist(p.id, claims, name, reason) for p, (claims, reason) in zip(prompts, made, strict=True)]


def request(prompt: Prompt) -> Question:
    """Return what the writer is asked about a prompt."""
    return WRITE.fill(prompt=prompt.text)


def refuse_same(writer: Writer, tested: Sequence[str]) -> None:
    """Raise InputError where the writer is the model under test: it would mark what it knows as what there is to know.

    Names are compared without case and without the organisation before the last slash.
    """
    if _bare(writer.model) in {_bare(name) for name in tested}:
        raise InputError(
            f"{writer.model} would write the checklists that its own answers are marked by; expected another model as "
            "the judge, or prompts with claims."
        )


def refuse_mixture(prompts: Sequence[Prompt]) -> None:
    """Raise InputError where only some prompts have claims: checklists of one run come from one hand."""
    have = sum(bool(p.claims) for p in prompts)
    if have:
        raise InputError(
            f"{have} of {len(prompts)} prompts have claims and the others none; give all of them claims, or none, so "
            "that both splits are marked by checklists of one kind."
        )


def _bare(name: str) -> str:
    return name.strip().rstrip("/").rpartition("/")[2].casefold()


def parse(reply: str) -> tuple[tuple[str, ...], str | None]:
    """Return the claims of a reply, or none and why it is refused."""
    lines = [line.strip() for line in reply.splitlines() if line.strip()]
    if not lines:
        return (), "no_reply"
    found = [_LINE.fullmatch(line) for line in lines]
    if [m and int(m[1]) for m in found] != list(range(1, len(found) + 1)):
        return (), "not_a_numbered_list"
    claims = tuple(m[2] for m in found if m)
    if not FEWEST <= len(claims) <= MOST:
        return (), "too_few_claims" if len(claims) < FEWEST else "too_many_claims"
    return (claims, None) if len({_sense(c) for c in claims}) == len(claims) else ((), "repeated_claims")


def _sense(claim: str) -> tuple[str, ...]:
    """What makes two claims the same: their words, whatever the case, the endings, the articles and the marks."""
    return tuple(word.key for word in read(normalise(claim))[0] if word.key)


def check_writer(checklists: Sequence[Checklist], expected: str) -> None:
    """Raise InputError unless all checklists are by the expected writer and wording."""
    other = sorted({c.writer for c in checklists} - {expected})
    if other:
        raise InputError(
            f"Checklists by {other[0]} lie where {expected} was asked to write; all prompts of a run need one writer "
            "and one wording: delete them to have them written again."
        )


def with_checklists(prompts: Sequence[Prompt], checklists: Sequence[Checklist]) -> list[Prompt]:
    """Return the prompts with the claims that were written for them; a prompt whose checklist was refused has none."""
    claims = {c.prompt_id: tuple(Claim(text, ()) for text in c.claims) for c in checklists}
    missing = next((p.id for p in prompts if p.id not in claims), None)
    if missing is not None:
        raise InputError(f"No checklist was written for prompt {missing!r}; write the checklists of these prompts.")
    return [dataclasses.replace(p, claims=claims[p.id]) for p in prompts]
