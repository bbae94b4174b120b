"""How far two sets of labels of the same answers agree, beyond chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from interp.errors import InputError
from interp.labels.of_answers import label_all
from interp.labels.rubric import AXIS_POSITIVE
from interp.records.answers import Generation
from interp.records.findings import Estimate
from interp.records.judgements import Label
from interp.records.prompts import Prompt
from interp.records.shown import Shown
from interp.runs.directory import read_run
from interp.runs.layout import GENERATIONS, LABELS, PROMPTS
from interp.runs.rows import read_rows
from interp.stats.effects import cohens_kappa
from interp.stats.rates import rate

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
    only_a = sum(y is None and x is not None for x, y in pairs)
    only_b = sum(x is None and y is not None for x, y in pairs)
    kappa, reason = _kappa(both)
    return Agreement(
        what=what,
        kappa=kappa,
        agreed=rate(sum(x == y for x, y in both), len(both)) if both else None,
        table=dict(sorted(table.items())),
        only_a=only_a,
        only_b=only_b,
        neither=len(pairs) - len(both) - only_a - only_b,
        reason=reason,
    )


def _kappa(both: Sequence[tuple[bool, bool]]) -> tuple[Estimate | None, str]:
    if not both:
        return None, "no item is scored by both"
    if len({rating for pair in both for rating in pair}) == 1:
        says = f"both say {_word(both[0][0])} of all {len(both)} items"
        return None, f"{says}, so there is nothing beyond chance to agree on"
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
    rows = [compare([x for x, _ in claims], [y for _, y in claims], "claim")] if claims else []
    return rows + [compare([f(x) for x, _ in pairs], [f(y) for _, y in pairs], what) for what, f in questions.items()]


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
class LabelledAnswers:
    """One set of labels, and the prompts and answers behind it where they are at hand."""

    name: str
    labels: Sequence[Label]
    prompts: Sequence[Prompt] | None = None
    generations: Sequence[Generation] | None = None

    @property
    def judge(self) -> str:
        """The instruments that made the labels."""
        return " | ".join(sorted({label.judge for label in self.labels}))


def read_labelled(path: Path) -> LabelledAnswers:
    """Read a finished run, or a file of labels."""
    if not path.is_dir():
        return LabelledAnswers(path.name, read_rows(path, Label))
    if not {LABELS, GENERATIONS, PROMPTS} <= set(read_run(path).files):
        raise InputError(
            f"{path} holds no labelled answers; expected a run of python -m probes.fit, or a file of labels."
        )
    return LabelledAnswers(
        path.resolve().name,
        read_rows(path / LABELS, Label),
        read_rows(path / PROMPTS, Prompt),
        read_rows(path / GENERATIONS, Generation),
    )


def labelled_offline(answers: LabelledAnswers) -> LabelledAnswers:
    """Return the answers of a run as the offline checklist and lexicon label them."""
    if answers.prompts is None or answers.generations is None:
        raise InputError(
            f"{answers.name} is a file of labels without the answers; give a second one, or a finished run."
        )
    labels = label_all(answers.prompts, answers.generations, skip_bare=True)
    return LabelledAnswers("offline", labels, answers.prompts, answers.generations)


def check_same_texts(a: LabelledAnswers, b: LabelledAnswers) -> None:
    """Raise InputError where an answer has another text on the second side."""
    if a.generations is None or b.generations is None:
        return
    texts = {g.id: g.text for g in b.generations}
    other = next((g.id for g in a.generations if texts.get(g.id, g.text) != g.text), None)
    if other is not None:
        raise InputError(f"Answer {other!r} is another text in {b.name} than in {a.name}; compare the same answers.")


def headline(agreement: Agreement) -> str:
    """Return kappa with its interval and the share that agrees, or why there is none."""
    kappa = f"no kappa: {agreement.reason}" if agreement.kappa is None else f"kappa {agreement.kappa}"
    share = agreement.agreed
    return kappa if share is None else f"{kappa}; {share.n_pos} of {share.n_pos + share.n_neg} agree"
