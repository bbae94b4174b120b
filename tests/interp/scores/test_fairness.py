"""What may not be compared, and the sentence that says so; what nobody recorded is a threat, never let through."""

from dataclasses import replace

import pytest

from interp.errors import InputError
from interp.records.answers import HeadScale
from interp.records.findings import Severity
from interp.scores.fairness import check, edit_text
from interp.scores.sets import Conditions, Score, ScoreSet

BASE = Conditions("1" * 64, "checklist-1", "greedy", 512, None, "base (abc, float32)")
TRAINED = replace(BASE, model="trained (def, float32)")
EDIT = HeadScale(((16, 5), (3, 0)), 0.5)


def scored(under: Conditions, ids: str = "abc") -> ScoreSet:
    return ScoreSet("correct", under, (0.0, 1.0), tuple(Score(i, "correct", 1.0, None, False) for i in ids))


REFUSED = {
    "budget": (
        {"max_new_tokens": 1024},
        "A was given 512 new tokens an answer and B was given 1024 new tokens an answer: answers that were cut off at "
        "different lengths cannot be compared (this is how the study's -8.0 points on HumanEval were first read as "
        "+15.3); answer both with the same --max-new-tokens.",
    ),
    "prompts": (
        {"prompts": "2" * 64},
        f"A answered the prompts with sha256 {'1' * 64} and B answered the prompts with sha256 {'2' * 64}: a paired "
        "delta needs the same prompts with the same checklists; answer the same prompt set on both sides.",
    ),
    "judge": (
        {"judge": "claims-1 by gpt"},
        "A was scored by 'checklist-1' and B was scored by 'claims-1 by gpt': two instruments, or two versions of one, "
        "put different numbers on the same answer; score both sides with one.",
    ),
    "decoding": (
        {"decoding": "sampled at 0.7"},
        "A was decoded 'greedy' and B was decoded 'sampled at 0.7': a delta would mix the two; decode both sides "
        "alike.",
    ),
    "budget of one side unknown": (
        {"max_new_tokens": None},
        "A was given 512 new tokens an answer and B does not record its token budget: answers that were cut off at "
        "different lengths cannot be compared (this is how the study's -8.0 points on HumanEval were first read as "
        "+15.3); answer both with the same --max-new-tokens.",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=list(REFUSED))
def test_a_difference_beside_the_thing_under_test_is_refused_with_both_values(change: dict, sentence: str):
    with pytest.raises(InputError) as refusal:
        check(scored(BASE), scored(replace(TRAINED, **change)))
    assert str(refusal.value) == sentence


def test_items_that_only_one_side_has_are_refused_by_name():
    with pytest.raises(InputError, match=r"A has 3 items and B 2, of which 2 are the same \('c' is only in A\)"):
        check(scored(BASE), scored(TRAINED, "ab"))


def test_another_scale_is_refused():
    other = replace(scored(TRAINED), scale=(0.0, 2.0))
    with pytest.raises(InputError, match=r"on the scale \(0.0, 1.0\) and B on \(0.0, 2.0\)"):
        check(scored(BASE), other)


def test_what_neither_side_recorded_is_a_threat_and_an_unknown_budget_a_fatal_one():
    unknown = {"max_new_tokens": None, "judge": None, "decoding": None, "prompts": None}
    found = {t.name: t.severity for t in check(*(scored(replace(c, **unknown)) for c in (BASE, TRAINED)))}
    assert found == {
        "unrecorded_max_new_tokens": Severity.FATAL,
        "unrecorded_prompts": Severity.WARNING,
        "unrecorded_judge": Severity.WARNING,
        "unrecorded_decoding": Severity.WARNING,
    }


def test_one_thing_under_test_is_let_through_without_a_word():
    edited = replace(BASE, edit=EDIT)
    assert check(scored(BASE), scored(TRAINED)) == []
    assert check(scored(BASE), scored(edited)) == []
    assert check(scored(BASE), scored(edited), "edit") == []
    assert check(scored(BASE), scored(TRAINED), "model") == []
    assert check(scored(BASE), scored(replace(TRAINED, edit=EDIT)), "both") == []


def test_two_things_under_test_are_refused_unless_asked_for():
    with pytest.raises(
        InputError, match=r"Model and edit both differ .*base.* and B trained.*none and B x0.5 at L16H5"
    ):
        check(scored(BASE), scored(replace(TRAINED, edit=EDIT)))


@pytest.mark.parametrize(
    ("b", "different", "says"),
    [
        (TRAINED, "edit", "A has the model base .* and B trained .* --different edit lets nothing else differ"),
        (replace(BASE, edit=EDIT), "model", "A has the model base .* and B base .* --different model asks for two"),
        (BASE, "edit", "A has the edit none and B none, but --different edit asks for two"),
    ],
)
def test_what_is_said_to_be_under_test_must_be_what_differs(b: Conditions, different, says: str):
    with pytest.raises(InputError, match=says):
        check(scored(BASE), scored(b), different)


def test_equal_sides_are_compared_with_a_note():
    (note,) = check(scored(BASE), scored(BASE))
    assert (note.name, note.severity) == ("nothing_differs", Severity.NOTE)


def test_an_edit_is_written_with_factor_and_heads():
    assert edit_text(EDIT) == "x0.5 at L16H5,L3H0"
