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
from typing import ClassVar

from interp.errors import InputError
from interp.judges import forms
from interp.judges.forms import Form
from interp.judges.protocol import Judge
from interp.language.thinking import final_answer
from interp.language.words import normalise, read
from interp.records.judgements import Answer, Question
from interp.records.prompts import Claim, Prompt

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


def writer_stamp(writer: Judge) -> str:
    """Return what `Checklist.writer` records."""
    return f"{WRITE.stamp} by {writer.version}"


def write_checklists(writer: Judge, prompts: Sequence[Prompt], tested: Sequence[str], seed: int = 0) -> list[Checklist]:
    """Return one checklist a prompt, in order.

    Args:
        writer: the model that writes: a judge, asked without a menu.
        prompts: prompts of all splits, none of them with claims.
        tested: every name of the model under test.
        seed: of the order in which the prompts are put.

    Raises:
        InputError: the writer is the model under test, or some prompts have claims already.
    """
    refuse_same(writer, tested)
    refuse_mixture(prompts)
    asked = [request(p) for p in prompts]
    got = {a.question_id: a for a in forms.replies(writer.ask, forms.in_random_order(asked, seed))}
    made = [_read(got[question.id]) for question in asked]
    name = writer_stamp(writer)
    return [Checklist(p.id, claims, name, reason) for p, (claims, reason) in zip(prompts, made, strict=True)]


def _read(answer: Answer) -> tuple[tuple[str, ...], str | None]:
    """Return the claims of an answer, or none with the judge's own reason or that of the reply's form."""
    return ((), answer.reason) if answer.reason is not None else parse(answer.raw)


def request(prompt: Prompt) -> Question:
    """Return what the writer is asked about a prompt."""
    return WRITE.fill(prompt=prompt.text)


def refuse_same(writer: Judge, tested: Sequence[str]) -> None:
    """Raise InputError where the writer is the model under test: it would mark what it knows as what there is to know.

    Names are compared without case and without the organisation before the last slash.
    """
    model = model_of(writer.version)
    if bare_name(model) in {bare_name(name) for name in tested}:
        raise InputError(
            f"{model} would write the checklists that its own answers are marked by; expected another model as "
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


def model_of(version: str) -> str:
    """Return the model in a judge's version: `org/name` of `chat:org/name at host (...)`."""
    return version.removeprefix("chat:").partition(" at ")[0]


def bare_name(name: str) -> str:
    """Return a model's name without its organisation and its case."""
    return name.strip().rstrip("/").rpartition("/")[2].casefold()


def parse(reply: str) -> tuple[tuple[str, ...], str | None]:
    """Return the claims of a reply, or none and why it is refused."""
    lines = [line.strip() for line in (final_answer(reply) or "").splitlines() if line.strip()]
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


def with_checklists(prompts: Sequence[Prompt], checklists: Sequence[Checklist]) -> list[Prompt]:
    """Return the prompts with the claims that were written for them; a prompt whose checklist was refused has none.

    Raises:
        InputError: checklists of more than one writer or wording, or none for a prompt.
    """
    writers = sorted({c.writer for c in checklists})
    if len(writers) > 1:
        raise InputError(
            f"These checklists are by {' and '.join(writers)}; fit and fresh need one writer and one wording: have all "
            "of them written by one."
        )
    claims = {c.prompt_id: tuple(Claim(text, ()) for text in c.claims) for c in checklists}
    missing = next((p.id for p in prompts if p.id not in claims), None)
    if missing is not None:
        raise InputError(f"No checklist was written for prompt {missing!r}; write the checklists of these prompts.")
    return [dataclasses.replace(p, claims=claims[p.id]) for p in prompts]
