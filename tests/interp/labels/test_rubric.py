from __future__ import annotations

from collections.abc import Callable
from typing import Any

from made_answers import generation

from interp.labels import rubric
from interp.labels.instruments import AxisJudge
from interp.labels.of_answers import label_all
from interp.labels.rubric import AXES, CLASSES, JudgedRubric
from interp.records.answers import Generation, StopReason
from interp.records.judgements import Label, Question
from interp.records.prompts import Claim, Prompt, Split
from interp.runs.rows import read_rows, write_rows

CLAIMS = (Claim("France", ("France",)),)
PROMPTS = [
    Prompt("p0", "Where is Paris?", "geo", Split.FIT, CLAIMS),
    Prompt("p1", "Will it rain in Paris in a year?", "geo", Split.FIT, CLAIMS),
    Prompt("p2", "Where is it?", "geo", Split.FRESH, CLAIMS),
    Prompt("p3", "Gibberish?", "geo", Split.FRESH, CLAIMS),
]
ANSWERS = ["In France, a proud answer.", "Nobody can say whether it will in France.", "France.", "Whatever."]
KINDS = {"Where is Paris": "CERTAIN", "rain": "UNCERTAIN", "Where is it": "AMBIGUOUS"}
Make = Callable[[Callable[[Question], str | None]], Any]


def rule(question: Question) -> str | None:
    """Classes by the question's words; 5 for a proud answer, 2 for others, nothing on the completeness of `France.`"""
    if question.menu == tuple(CLASSES):
        return next((kind for words, kind in KINDS.items() if words in question.user), None)
    if "\nFrance.\n" in question.user and AXES["completeness"][0] in question.system:
        return None
    return "5" if "proud" in question.user else "2"


def generations(stop: StopReason = StopReason.EOS) -> list[Generation]:
    return [
        generation(text, id=f"g{i}", prompt_id=f"p{i}", model="secret-model", stop=stop)
        for i, text in enumerate(ANSWERS)
    ]


def labels(judge: Any, answers: list[Generation]) -> list[Label]:
    return label_all(PROMPTS, answers, axes=JudgedRubric(judge))


def test_the_first_pass_never_sees_an_answer_and_comes_first(rule_judge: Make) -> None:
    judge = rule_judge(rule)
    labels(judge, generations())
    first, second = judge.asked
    assert {q.menu for q in first} == {("CERTAIN", "UNCERTAIN", "AMBIGUOUS")}
    assert not [q for q in first for text in ANSWERS if text in q.user or text in q.system]
    assert {q.menu for q in second} == {("1", "2", "3", "4", "5")}
    assert len(first) == 4 and len(second) == 3 * 5


def test_the_second_pass_is_told_the_class_and_not_to_reward_length(rule_judge: Make) -> None:
    judge = rule_judge(rule)
    labels(judge, generations())
    for question in judge.asked[1]:
        assert "Length is neither a merit nor a fault" in question.system
        kind = next(kind for words, kind in KINDS.items() if words in question.user)
        assert f"Questions of this class ({kind}): {CLASSES[kind]}." in question.user


def test_scores_fill_the_axes_and_what_is_missing_has_its_reason(rule_judge: Make) -> None:
    proud, plain, short, lost = labels(rule_judge(rule), generations())
    assert proud.axes == dict.fromkeys(AXES, 5) and proud.reasons == {}
    assert plain.axes == dict.fromkeys(AXES, 2)
    assert short.axes == dict.fromkeys(AXES, 2) | {"completeness": None}
    assert short.reasons == {"axes.completeness": "unscored"}
    assert lost.axes == dict.fromkeys(AXES) and set(lost.reasons.values()) == {"unclassified"}
    assert list(lost.reasons) == [f"axes.{axis}" for axis in AXES]


def test_cut_off_and_empty_answers_are_not_scored_and_cost_no_question(rule_judge: Make) -> None:
    judge = rule_judge(rule)
    made = labels(judge, generations(StopReason.LENGTH))
    assert judge.asked == []
    assert all(x.axes == dict.fromkeys(AXES) and x.reasons["axes"] == "cut_off" for x in made)
    empty = generation(" ", prompt_id="p0", tokens=())
    (silent,) = labels(judge, [empty])
    assert (silent.axes, silent.reasons["axes"]) == (dict.fromkeys(AXES), "empty")


def test_labels_name_the_rubric_and_survive_the_store(rule_judge: Make, tmp_path: Any) -> None:
    made = labels(rule_judge(rule), generations())
    assert made[0].judge.endswith(f"; {rubric.stamp()} by rule-1")
    write_rows(tmp_path / "labels.jsonl", made)
    assert read_rows(tmp_path / "labels.jsonl", Label) == made


def test_the_stamp_changes_with_one_word_of_either_pass(monkeypatch: Any) -> None:
    before = rubric.stamp()
    measure, worst, best = AXES["completeness"]
    form = rubric._axis_form("completeness")
    monkeypatch.setattr(rubric, "AXES", {**AXES, "completeness": (measure, worst, f"{best} at all")})
    monkeypatch.setattr(rubric, "FORMS", {**rubric.FORMS, "completeness": rubric._axis_form("completeness")})
    assert rubric.FORMS["completeness"].stamp != form.stamp
    assert rubric.stamp() != before
    after = rubric.stamp()
    monkeypatch.setattr(rubric, "CLASSES", {**CLASSES, "CERTAIN": "everybody knows"})
    assert rubric.stamp() != after


def test_it_is_an_axis_judge_with_the_axes_of_the_paper(rule_judge: Make) -> None:
    judged: AxisJudge = JudgedRubric(rule_judge(rule))
    assert judged.axes == (
        "factual_accuracy",
        "hedging_appropriateness",
        "pedagogical_framing",
        "self_verification",
        "completeness",
    )
