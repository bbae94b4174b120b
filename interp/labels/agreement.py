"""How far two sets of labels of the same answers agree, beyond chance."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interp.errors import InputError
from interp.labels.of_answers import label_all
from interp.labels.rubric import AXIS_POSITIVE
from interp.records.answers import Generation
from interp.records.findings import Estimate
from interp.records.judgements import Label
from interp.records.prompts import Prompt
from interp.records.shown import Shown
from interp.runs.directory import verify
from interp.runs.files import canonical_json
from interp.runs.rows import parse_row, read_rows
from interp.stats.effects import cohens_kappa
from interp.stats.rates import rate

SCHEMA = 1


CLAIMS_NOTE = "Claims of one answer are taken for independent, so the interval of `claim` is too narrow."


Rating = bool | None


@dataclass(frozen=True, slots=True)
class Agreement(Shown):
    """Two raters on one question.

    Attributes:
        what: the question: `claim`, `correct`, `asserted`, or an axis from 4 up.
        kappa: agreement beyond chance over the items that both scored; None with a `reason`.
        agreed: the share of those items that they agree on.
        table: how often each pair of ratings occurs, as `a yes, b no`.
        only_a: items that a alone scored.
        only_b: items that b alone scored.
        neither: items that nobody scored.
    """

    what: str
    kappa: Estimate | None
    agreed: Estimate | None
    table: Mapping[str, int]
    only_a: int
    only_b: int
    neither: int
    reason: str = ""


def compare(a: Sequence[Rating], b: Sequence[Rating], what: str) -> Agreement:
    """Compare two ratings of each item, None where a side gave none."""
    pairs = list(zip(a, b, strict=True))
    both = [(x, y) for x, y in pairs if x is not None and y is not None]
    table = Counter(f"a {_word(x)}, b {_word(y)}" for x, y in both)
    only_a, only_b = (
        sum(y is None and x is not None for x, y in pairs),
        sum(x is None and y is not None for x, y in pairs),
    )
    kappa, reason = _kappa(both)
    same = sum(x == y for x, y in both)
    agreed = rate(same, len(both)) if both else None
    return Agreement(
        what,
        kappa,
        agreed,
        dict(sorted(table.items())),
        only_a,
        only_b,
        len(pairs) - len(both) - only_a - only_b,
        reason,
    )


def _kappa(both: Sequence[tuple[bool, bool]]) -> tuple[Estimate | None, str]:
    if not both:
        return None, "no item is scored by both"
    if len({rating for pair in both for rating in pair}) == 1:
        return (
            None,
            f"both say {_word(both[0][0])} of all {len(both)} items, so there is nothing beyond chance to agree on",
        )
    return cohens_kappa([x for x, _ in both], [y for _, y in both]), ""


def _word(rating: bool) -> str:
    return "yes" if rating else "no"


def compare_labels(a: Sequence[Label], b: Sequence[Label]) -> list[Agreement]:
    """Compare two sets of labels of the same answers, question by question.

    Raises:
        InputError: they label different answers.
    """
    theirs = {x.generation_id: x for x in b}
    _same_answers({x.generation_id for x in a}, set(theirs))
    pairs = [(x, theirs[x.generation_id]) for x in a]
    questions: dict[str, Callable[[Label], Rating]] = {
        "correct": lambda x: x.correct,
        "asserted": lambda x: x.asserted,
    }
    for axis in sorted({axis for pair in pairs for x in pair for axis in x.axes}):
        questions[f"{axis} >= {AXIS_POSITIVE}"] = lambda x, axis=axis: _positive(x, axis)  # type: ignore[misc]
    claims = [ratings for x, y in pairs for ratings in _claims(x, y)]
    found = [compare([x for x, _ in claims], [y for _, y in claims], "claim")] if claims else []
    return found + [compare([f(x) for x, _ in pairs], [f(y) for _, y in pairs], what) for what, f in questions.items()]


def _claims(a: Label, b: Label) -> list[tuple[Rating, Rating]]:
    """Pair the claims of one answer; a side that had no checklist scored none of them."""
    n = max(len(a.claims_met), len(b.claims_met))
    x, y = (label.claims_met or (None,) * n for label in (a, b))
    if len(x) != len(y):
        raise InputError(
            f"Answer {a.generation_id!r} was judged by {len(x)} claims on one side and by {len(y)} on the other; "
            "compare labels that were made with the same prompts."
        )
    return list(zip(x, y, strict=True))


def _positive(label: Label, axis: str) -> Rating:
    score = label.axes.get(axis)
    return None if score is None else score >= AXIS_POSITIVE


def _same_answers(a: set[str], b: set[str]) -> None:
    if a != b:
        raise InputError(
            f"{len(a - b)} answers are labelled on the first side alone and {len(b - a)} on the second alone; "
            "agreement compares two labels of the same answers."
        )


@dataclass(frozen=True, slots=True)
class Side:
    """One set of labels, and the prompts and answers behind it where they are at hand."""

    name: str
    labels: Sequence[Label]
    prompts: Sequence[Prompt] | None = None
    generations: Sequence[Generation] | None = None

    @property
    def judge(self) -> str:
        """The instruments that made the labels."""
        return " | ".join(sorted({x.judge for x in self.labels}))


def read_side(path: Path) -> Side:
    """Read a finished run, or a file of labels."""
    if not path.is_dir():
        return Side(path.name, read_rows(path, Label))
    files = verify(path)["files"]
    if not {"labels.jsonl", "generations.jsonl", "prompts.jsonl"} <= set(files):
        raise InputError(
            f"{path} holds no labelled answers; expected a run of python -m probes.fit, or a file of labels."
        )
    return Side(
        path.resolve().name,
        read_rows(path / "labels.jsonl", Label),
        read_rows(path / "prompts.jsonl", Prompt),
        read_rows(path / "generations.jsonl", Generation),
    )


def offline(side: Side) -> Side:
    """Return the answers of a run as the offline checklist and lexicon label them."""
    if side.prompts is None or side.generations is None:
        raise InputError(f"{side.name} is a file of labels without the answers; give a second one, or a finished run.")
    return Side("offline", label_all(side.prompts, side.generations, skip_bare=True), side.prompts, side.generations)


def agree(a: Side, b: Side) -> dict[str, Any]:
    """Return what two sides agree on as plain JSON values.

    Raises:
        InputError: they label different answers, or answers with other texts.
    """
    if a.generations is not None and b.generations is not None:
        texts = {g.id: g.text for g in b.generations}
        other = next((g.id for g in a.generations if texts.get(g.id, g.text) != g.text), None)
        if other is not None:
            raise InputError(
                f"Answer {other!r} is another text in {b.name} than in {a.name}; compare the same answers."
            )
    rows = compare_labels(a.labels, b.labels)
    sides = [{"name": side.name, "judge": side.judge} for side in (a, b)]
    return {"schema": SCHEMA, "n": len(a.labels), "sides": sides, "agreement": [dataclasses.asdict(r) for r in rows]}


def table(found: Mapping[str, Any]) -> str:
    """Return the agreement as text: who, and two lines a question."""
    lines = [f"{key}: {side['name']} ({side['judge']})" for key, side in zip("ab", found["sides"], strict=True)]
    lines += [f"{found['n']} answers", ""]
    for row in found["agreement"]:
        read = parse_row(Agreement, canonical_json(row), "agreement")
        lines += [f"{row['what']}: {headline(read)}", f"  {_counts(row)}"]
    if any(row["what"] == "claim" for row in found["agreement"]):
        lines += ["", CLAIMS_NOTE]
    return "\n".join(lines) + "\n"


def headline(agreement: Agreement) -> str:
    """Return kappa with its interval and the share that agrees, or why there is none."""
    kappa = f"no kappa: {agreement.reason}" if agreement.kappa is None else f"kappa {agreement.kappa}"
    share = agreement.agreed
    return kappa if share is None else f"{kappa}; {share.n_pos} of {share.n_pos + share.n_neg} agree"


def _counts(row: Mapping[str, Any]) -> str:
    cells = ", ".join(f"{n} {cell}" for cell, n in row["table"].items())
    alone = f"scored by a alone {row['only_a']}, by b alone {row['only_b']}, by neither {row['neither']}"
    return f"{cells}; {alone}" if cells else alone
