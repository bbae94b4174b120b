from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from made_answers import generation

from interp.labels.instruments import ClaimJudge, DeliveryJudge
from interp.labels.judged import CLAIM, DELIVERY, JudgedClaims, JudgedDelivery
from interp.labels.of_answers import instruments, label_all
from interp.labels.offline import LexiconDelivery
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.judgements import Question
from interp.records.prompts import Claim, Prompt, Split

MODEL = "secret-model-7b"
EDIT = HeadScale(((3, 1),), 0.5)
PROMPTS = [
    Prompt("cond-a", "Where is Paris?", "geo", Split.FIT, (Claim("It is in France", ()), Claim("It is a city", ()))),
    Prompt("cond-b", "Where is Lyon?", "geo", Split.FRESH, (Claim("It is in France", ()),)),
]


def answer(i: int, text: str, stop: StopReason = StopReason.EOS, prompt: str = "cond-a") -> Generation:
    return generation(text, id=f"{MODEL}/{i}", prompt_id=prompt, model=MODEL, stop=stop, edit=EDIT)


def reads(question: Question) -> str | None:
    """A judge that reads: YES where the claim's last word stands in the answer, and nothing for a mumble."""
    parts = [part.strip() for part in question.user.split("=====")]
    if "mumble" in parts[3]:
        return None
    if question.menu == DELIVERY.menu:
        return "HEDGE" if "perhaps" in parts[3] else "ASSERT"
    return "YES" if parts[5].split()[-1] in parts[3] else "NO"


Make = Callable[[Callable[[Question], str | None]], Any]
ANSWERS = [
    answer(0, "A city in France."),
    answer(1, "In France, perhaps."),
    answer(2, "mumble"),
    answer(3, "", StopReason.EOS),
    answer(4, "A city in France, with many", StopReason.LENGTH),
    answer(5, "France.", prompt="cond-b"),
]


def test_a_claim_is_met_where_the_judge_says_yes(rule_judge: Make) -> None:
    judged: ClaimJudge = JudgedClaims(rule_judge(reads))
    pairs = [(PROMPTS[0], ANSWERS[0]), (PROMPTS[0], ANSWERS[1]), (PROMPTS[0], ANSWERS[2]), (PROMPTS[1], ANSWERS[5])]
    assert judged.claims_met(pairs) == [(True, True), (True, False), (None, None), (True,)]


def test_an_answer_asserts_or_hedges_as_the_judge_says(rule_judge: Make) -> None:
    judged: DeliveryJudge = JudgedDelivery(rule_judge(reads))
    assert judged.asserted([(PROMPTS[0], a) for a in ANSWERS[:3]]) == [True, False, None]


def test_labels_made_by_a_judge_say_why_something_is_unknown(rule_judge: Make) -> None:
    judge = rule_judge(reads)
    made = label_all(PROMPTS, ANSWERS, JudgedClaims(judge), delivery=JudgedDelivery(judge))
    assert [x.checklist_recall for x in made] == [1.0, 0.5, None, None, 1.0, 1.0]
    assert [x.cohort for x in made] == ["cr", "hr", None, None, None, "cr"]
    assert made[2].reasons == dict.fromkeys(("checklist_recall", "correct", "asserted"), "unscored")
    assert set(made[3].reasons.values()) == {"empty"}
    assert made[4].reasons == {"correct": "cut_off", "asserted": "cut_off"}
    assert {x.judge for x in made} == {f"{CLAIM.stamp} by rule-1; {DELIVERY.stamp} by rule-1"}


def test_nothing_is_asked_about_an_empty_answer_and_no_delivery_of_a_cut_off_one(rule_judge: Make) -> None:
    judge = rule_judge(reads)
    label_all(PROMPTS, ANSWERS, JudgedClaims(judge), delivery=JudgedDelivery(judge))
    claims, delivery = judge.asked
    assert len(claims) == 4 * 2 + 1
    assert len(delivery) == 4
    assert not any("with many" in q.user for q in delivery)


def test_the_judge_sees_no_model_condition_or_edit(rule_judge: Make) -> None:
    judge = rule_judge(reads)
    label_all(PROMPTS, ANSWERS, JudgedClaims(judge), delivery=JudgedDelivery(judge))
    for question in (q for batch in judge.asked for q in batch):
        seen = " ".join((question.id, question.system, question.user))
        assert not [word for word in (MODEL, "cond-a", "cond-b", "0.5", "fresh", "L3") if word in seen]


def test_a_published_answer_whose_text_nobody_kept_is_not_judged(rule_judge: Make) -> None:
    lost = Generation("g", "cond-a", "m", "", (), 0, "", 0, None, 0, None, None, unrecorded=("text",))
    judge = rule_judge(reads)
    (made,) = label_all(PROMPTS, [lost], JudgedClaims(judge), delivery=JudgedDelivery(judge))
    assert set(made.reasons.values()) == {"unrecorded"} and made.correct is None
    assert judge.asked == []


def test_a_prompt_whose_checklist_is_missing_leaves_its_answers_without_recall(rule_judge: Make) -> None:
    bare = [Prompt("cond-a", "Where is Paris?", "geo", Split.FIT, ()), PROMPTS[1]]
    judge = rule_judge(reads)
    made = label_all(bare, [ANSWERS[0], ANSWERS[5]], JudgedClaims(judge), skip_bare=True)
    assert made[0].reasons == {"checklist_recall": "no_checklist", "correct": "no_checklist"}
    assert (made[0].asserted, made[1].correct) == (True, True)


@pytest.mark.parametrize(
    ("text", "asserted"), [("Paris lies in France.", True), ("I think it might be in France.", False), ("--", None)]
)
def test_the_lexicon_is_a_delivery_judge_like_any_other(text: str, asserted: bool | None) -> None:
    judged: DeliveryJudge = LexiconDelivery()
    assert judged.asserted([(PROMPTS[0], answer(0, text))]) == [asserted]
    assert judged.version in instruments()


def test_claims_by_a_judge_and_delivery_by_the_lexicon_go_together(rule_judge: Make) -> None:
    (made,) = label_all(PROMPTS, ANSWERS[:1], JudgedClaims(rule_judge(reads)))
    assert made.judge == f"{CLAIM.stamp} by rule-1; {LexiconDelivery().version}"
