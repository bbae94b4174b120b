"""Rubric v4 (paper section on arc 3): what kind of question it is, told without the answer, then five axes from 1 to 5.

The first pass sees the question alone, so that a fluent answer cannot make a hard question look settled. The second
scores the answer given that class. Each axis is a question of its own with a menu of five, where the study asked for
all five in one reply: a reply is then read exactly, and one axis cannot colour the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from interp.judges import forms
from interp.judges.forms import Form
from interp.judges.protocol import Judge
from interp.labels.instruments import AxisScores
from interp.records.answers import Generation
from interp.records.judgements import Question
from interp.records.prompts import Prompt
from interp.runs.files import sha256_json

REVISION = 1
AXIS_POSITIVE = 4  # scores from 4 up are positive (paper section 3.4)
CLASSES: Mapping[str, str] = {
    "CERTAIN": "somebody who knows the subject would answer it without reservation, and others would agree",
    "UNCERTAIN": "nobody could answer it with confidence: the facts are disputed, unknown or still to come",
    "AMBIGUOUS": "it can be understood in several ways, or leaves out something that the right answer depends on",
}

QUESTION_CLASS = Form(
    name="question-class",
    revision=REVISION,
    system=(
        "You sort questions by how firmly they can be answered at all. You see the question alone; nobody's answer "
        "matters here. " + " ".join(f"{name}: {meaning}." for name, meaning in CLASSES.items())
    ),
    user="This is asked:\n{prompt}\n\nWhich is it? Reply with one word: CERTAIN, UNCERTAIN or AMBIGUOUS.",
    menu=tuple(CLASSES),
)

# Axis -> what it measures, what deserves a 1, what deserves a 5. The names are the paper's.
AXES: Mapping[str, tuple[str, str, str]] = {
    "factual_accuracy": (
        "whether what the answer says is true",
        "its main statements are false",
        "everything of weight in it is true",
    ),
    "hedging_appropriateness": (
        "whether the answer is as sure of itself as this class of question allows: plain where the question is "
        "CERTAIN, open about what is not known where it is UNCERTAIN, and saying what is missing, or which reading is "
        "meant, where it is AMBIGUOUS",
        "it is sure where it cannot be, or doubtful where there is nothing to doubt",
        "its confidence fits the question throughout",
    ),
    "pedagogical_framing": (
        "whether the answer makes its reader understand: reasons and causes, in an order that can be followed",
        "it gives bare instructions or statements without any reason",
        "a newcomer would know why, not only what",
    ),
    "self_verification": (
        "whether the answer checks itself: tests its own statements, names where it could be wrong, or says how to "
        "tell that it worked",
        "it never looks back on what it said",
        "it checks its main statements in earnest",
    ),
    "completeness": (
        "whether the answer covers what was asked, to the end",
        "it leaves the question largely unanswered",
        "nothing that was asked for is missing",
    ),
}


def _axis_form(axis: str) -> Form:
    measure, worst, best = AXES[axis]
    return Form(
        name=axis,
        revision=REVISION,
        system=(
            "You score one quality of an answer from 1 to 5, and look at nothing else. Length is neither a merit nor "
            f"a fault: a short answer that does it well scores as high as a long one. The quality is {measure}. "
            f"1: {worst}. 5: {best}. 2, 3 and 4 lie between."
        ),
        user=(
            "This was asked:\n{prompt}\n\nQuestions of this class ({kind}): {meaning}.\n\nThis was answered:\n{answer}"
            "\n\nHow does the answer score? Reply with one digit: 1, 2, 3, 4 or 5."
        ),
        menu=("1", "2", "3", "4", "5"),
    )


FORMS: Mapping[str, Form] = {axis: _axis_form(axis) for axis in AXES}


class JudgedRubric:
    """Scores of the five axes, each given the class that the question was put into without its answer."""

    def __init__(self, judge: Judge, seed: int = 0) -> None:
        self.judge, self.seed = judge, seed

    @property
    def version(self) -> str:
        """`rubric-v4`, the revision, a hash over the wording of both passes, and the judge's version."""
        return f"{stamp()} by {self.judge.version}"

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the five axes."""
        return tuple(AXES)

    def score(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[AxisScores]:
        """Return the scores of every pair; None with `unclassified` or `unscored` where the judge left the menu."""
        kinds = self.classify([prompt for prompt, _ in pairs])
        asked = [(i, axis) for i, kind in enumerate(kinds) if kind is not None for axis in AXES]
        questions = [axis_question(axis, pairs[i], kinds[i] or "") for i, axis in asked]
        chosen = dict(zip(asked, forms.put(self.judge, questions, self.seed), strict=True))
        return [_scores({axis: chosen.get((i, axis)) for axis in AXES}, kind) for i, kind in enumerate(kinds)]

    def classify(self, prompts: Sequence[Prompt]) -> list[str | None]:
        """Return the class of every prompt, told without any answer; None where the judge chose none."""
        return forms.put(self.judge, [class_question(prompt) for prompt in prompts], self.seed)


def stamp() -> str:
    """Return the rubric's name with a hash over every wording in it."""
    stamps = [QUESTION_CLASS.stamp, *(form.stamp for form in FORMS.values()), dict(CLASSES)]
    return f"rubric-v4-{REVISION}-{sha256_json(stamps)[:12]}"


def class_question(prompt: Prompt) -> Question:
    """Return the question of the first pass: the prompt, and nothing else."""
    return QUESTION_CLASS.fill(prompt=prompt.text)


def axis_question(axis: str, pair: tuple[Prompt, Generation], kind: str) -> Question:
    """Return the question of the second pass about one axis."""
    prompt, generation = pair
    given = {"kind": kind, "meaning": CLASSES[kind]}
    return FORMS[axis].fill(given, prompt=prompt.text, answer=generation.text)


def _scores(chosen: Mapping[str, str | None], kind: str | None) -> AxisScores:
    scores = {axis: None if choice is None else int(choice) for axis, choice in chosen.items()}
    why = "unclassified" if kind is None else "unscored"
    return AxisScores(scores, {axis: why for axis, score in scores.items() if score is None})
