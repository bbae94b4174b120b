from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp.errors import InputError
from interp.judges import forms
from interp.judges.forms import FRAME, Form
from interp.labels import checklists, judged, rubric
from interp.records.judgements import Answer, Question

FORM = Form("colour", 1, "You name colours.", "Of what colour is {thing}?", ("RED", "BLUE"))
QUESTIONS = [FORM.fill(thing=f"thing {i}") for i in range(40)]
RULE = Callable[[Question], str | None]


def test_material_stands_between_fences_and_the_judge_is_told_so() -> None:
    question = FORM.fill(thing="a rose")
    assert question.user == "Of what colour is =====\na rose\n=====?"
    assert question.system == f"You name colours. {FRAME}"
    assert question.menu == ("RED", "BLUE")


@given(st.text(alphabet="=\n{}a ", max_size=60), st.text(alphabet="=\n{}a ", max_size=60))
def test_no_answer_can_end_its_own_frame_and_braces_are_only_text(a: str, b: str) -> None:
    form = Form("two", 1, "", "{a}|{b}", ("X",))
    user = form.fill(a=a, b=b).user
    fence = user.partition("\n")[0]
    assert set(fence) == {"="}
    assert user.count(fence) == 4
    assert user == f"{fence}\n{a.strip()}\n{fence}|{fence}\n{b.strip()}\n{fence}"


@pytest.mark.parametrize("change", ["system", "user", "menu", "name", "revision"])
def test_the_stamp_changes_with_any_part_of_a_form(change: str) -> None:
    value = {"menu": ("RED", "GREEN"), "revision": 2}.get(change, "other {thing}")
    assert dataclasses.replace(FORM, **{change: value}).stamp != FORM.stamp  # type: ignore[arg-type]


def test_an_id_is_a_hash_of_what_is_asked() -> None:
    ids = [FORM.fill(thing="a rose").id, FORM.fill(thing="the sky").id, FORM.fill(thing="a rose").id]
    assert ids[0] == ids[2] != ids[1]
    assert dataclasses.replace(FORM, menu=("RED",)).fill(thing="a rose").id != ids[0]


def test_questions_go_out_in_a_random_order_that_the_seed_fixes(rule_judge: Callable[[RULE], Any]) -> None:
    judge = rule_judge(lambda q: "RED")
    for questions, seed in ((QUESTIONS, 0), (QUESTIONS[::-1], 0), (QUESTIONS, 1)):
        forms.put(judge, questions, seed)
    first, reversed_, other = ([q.id for q in batch] for batch in judge.asked)
    assert first == reversed_ != other
    assert sorted(first) == sorted(other)
    assert first != [q.id for q in QUESTIONS] and first != sorted(first)


def test_answers_come_back_in_the_order_of_the_questions(rule_judge: Callable[[RULE], Any]) -> None:
    judge = rule_judge(lambda q: "RED" if "thing 7" in q.user else "BLUE")
    assert [i for i, c in enumerate(forms.put(judge, QUESTIONS)) if c == "RED"] == [7]


def test_equal_questions_are_asked_once(rule_judge: Callable[[RULE], Any]) -> None:
    judge = rule_judge(lambda q: "BLUE")
    assert forms.put(judge, [*QUESTIONS[:3], *QUESTIONS[:3]]) == ["BLUE"] * 6
    assert [len(batch) for batch in judge.asked] == [3]


def test_nothing_is_asked_where_there_is_nothing_to_ask(rule_judge: Callable[[RULE], Any]) -> None:
    judge = rule_judge(lambda q: "RED")
    assert forms.put(judge, []) == [] == judge.asked


@pytest.mark.parametrize("said", [None, "red", "RED.", "GREEN", ""])
def test_what_is_not_on_the_menu_is_none(said: str | None, rule_judge: Callable[[RULE], Any]) -> None:
    assert forms.put(rule_judge(lambda q: said), QUESTIONS[:1]) == [None]


class _Confused:
    version = "confused-1"

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        return [Answer("another question", "RED", "RED", self.version) for _ in questions]


def test_answers_to_other_questions_are_refused() -> None:
    with pytest.raises(InputError, match="confused-1 gave 2 answers that do not belong to the 2 questions"):
        forms.put(_Confused(), QUESTIONS[:2])


ALL = {
    "claims": judged.CLAIM,
    "delivery": judged.DELIVERY,
    "question-class": rubric.QUESTION_CLASS,
    "checklist": checklists.WRITE,
    **rubric.FORMS,
}


@pytest.mark.parametrize("name", ALL)
def test_no_form_has_a_place_for_a_model_a_condition_or_an_edit(name: str) -> None:
    import string

    places = {field for _, field, _, _ in string.Formatter().parse(ALL[name].user) if field is not None}
    assert places <= {"prompt", "answer", "claim", "kind", "meaning", "first", "second", "quality"}
    for word in ("model", "condition", "baseline", "tempered", "trained", "scaled", "edit"):
        assert word not in f" {ALL[name].system} {ALL[name].user} ".lower().replace("everything", "")


@pytest.mark.parametrize("name", ALL)
def test_every_option_of_a_menu_stands_in_its_question(name: str) -> None:
    form = ALL[name]
    assert all(option in form.user for option in form.menu)


# What every judge is told. A change of wording needs a new revision, so that labels made with the old wording are not
# taken for new ones.
STAMPS = {
    "claims-1-8b5e27ce1d14",
    "delivery-1-36a2abe324d3",
    "question-class-1-32cf1e68c433",
    "checklist-writer-1-b5ce0cf295a6",
    "factual_accuracy-1-a25661206682",
    "hedging_appropriateness-1-16c4190c3457",
    "pedagogical_framing-1-d4706ac23cd1",
    "self_verification-1-ccf883da8ff5",
    "completeness-1-db9e99968951",
}


def test_no_wording_changes_unnoticed() -> None:
    assert {form.stamp for form in ALL.values()} == STAMPS
    assert rubric.stamp() == "rubric-v4-1-ab8684d8155c"
