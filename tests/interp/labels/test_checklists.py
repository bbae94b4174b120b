from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from made_answers import generation

from interp.errors import InputError
from interp.judges.protocol import Judge
from interp.labels.checklists import WRITE, Checklist, parse, with_checklists, write_checklists, writer_stamp
from interp.labels.judged import JudgedClaims
from interp.labels.of_answers import label_all
from interp.records.judgements import Answer, Question
from interp.records.prompts import Claim, Prompt, Split
from interp.runs.rows import read_rows, write_rows

GOOD = "1. Yeast eats sugar.\n2. It gives off carbon dioxide.\n3) The gas is held by gluten.\n"
PROMPTS = [
    Prompt("a", "Why does dough rise?", "bread", Split.FIT, ()),
    Prompt("b", "Why is bread brown?", "bread", Split.FRESH, ()),
]


class RuleWriter:
    """A writer whose text is a rule on what it is asked."""

    version = "chat:org/Big-Writer at localhost (temperature 0.0)"

    def __init__(self, rule: Callable[[Question], str]) -> None:
        self.rule, self.asked = rule, list[Question]()

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        self.asked += questions
        return [Answer(q.id, None, self.rule(q), self.version) for q in questions]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (GOOD, None),
        ("\n1. One thing.\n\n2. Another.\n3. A third.\n4. A fourth.\n5. A fifth.", None),
        ("", "no_reply"),
        (" \n ", "no_reply"),
        ("1. One.\n2. Two.", "too_few_claims"),
        ("\n".join(f"{i}. Claim number {i}." for i in range(1, 7)), "too_many_claims"),
        ("Here are the claims:\n" + GOOD, "not_a_numbered_list"),
        (GOOD + "I hope this helps!", "not_a_numbered_list"),
        ("- One.\n- Two.\n- Three.", "not_a_numbered_list"),
        ("1. One.\n3. Two.\n4. Three.", "not_a_numbered_list"),
        ("1. One.\n2.\n3. Three.", "not_a_numbered_list"),
        ("1. The yeast eats sugar.\n2. Gas forms.\n3. Yeast eats sugars!", "repeated_claims"),
    ],
)
def test_a_reply_is_three_to_five_different_claims_or_refused(reply: str, reason: str | None) -> None:
    claims, why = parse(reply)
    assert why == reason
    assert bool(claims) == (reason is None)


def test_claims_are_taken_word_for_word() -> None:
    assert parse(f"<think>1. Bread?</think>\n\n{GOOD}") == parse(GOOD)
    assert parse(f"<think>{GOOD}") == ((), "no_reply")
    assert parse(GOOD)[0] == ("Yeast eats sugar.", "It gives off carbon dioxide.", "The gas is held by gluten.")


def test_every_prompt_gets_a_checklist_from_one_writer_and_one_wording() -> None:
    writer: Judge = RuleWriter(lambda q: GOOD if "dough" in q.user else "No idea.")
    made = write_checklists(writer, PROMPTS, ["smollm2-135m"])
    assert [c.prompt_id for c in made] == ["a", "b"]
    assert [c.reason for c in made] == [None, "not_a_numbered_list"]
    assert {c.writer for c in made} == {writer_stamp(writer)} == {f"{WRITE.stamp} by {RuleWriter.version}"}


def test_the_writer_sees_the_prompt_and_no_answer_model_or_split() -> None:
    writer = RuleWriter(lambda q: GOOD)
    write_checklists(writer, PROMPTS, ["smollm2-135m"])
    assert [q.menu for q in writer.asked] == [(), ()]
    for question in writer.asked:
        seen = question.id + question.system + question.user
        assert not [word for word in ("smollm", "fresh", "Big-Writer", "answer was") if word in seen]
    assert "Why does dough rise?" in "".join(q.user for q in writer.asked)


@pytest.mark.parametrize("tested", ["org/Big-Writer", "Big-Writer", "big-writer", "elsewhere/big-writer"])
def test_a_model_does_not_write_its_own_checklists(tested: str) -> None:
    writer = RuleWriter(lambda q: GOOD)
    with pytest.raises(InputError, match="expected another model as the judge"):
        write_checklists(writer, PROMPTS, ["a name", tested])
    assert writer.asked == []


def test_checklists_of_two_writers_do_not_go_together() -> None:
    rows = [Checklist("a", ("x",), "checklist-writer-1 by m"), Checklist("b", ("x",), "checklist-writer-1 by n")]
    with pytest.raises(InputError, match="by checklist-writer-1 by m and checklist-writer-1 by n; fit and fresh need"):
        with_checklists(PROMPTS, rows)


def test_a_reply_that_failed_leaves_the_judges_own_reason() -> None:
    class Failing(RuleWriter):
        def ask(self, questions: Sequence[Question]) -> list[Answer]:
            return [Answer(q.id, None, "1. Half a", self.version, "cut_off") for q in questions]

    made = write_checklists(Failing(lambda q: ""), PROMPTS, [])
    assert [(c.claims, c.reason) for c in made] == [((), "cut_off")] * 2


def test_prompts_of_which_some_have_claims_are_refused() -> None:
    mixed = [PROMPTS[0], Prompt("c", "?", "bread", Split.FRESH, (Claim("x", ("x",)),))]
    with pytest.raises(InputError, match="1 of 2 prompts have claims and the others none"):
        write_checklists(RuleWriter(lambda q: GOOD), mixed, [])


def test_written_claims_are_judged_like_any_others(rule_judge: Callable[..., Any]) -> None:
    made = write_checklists(RuleWriter(lambda q: GOOD if "dough" in q.user else ""), PROMPTS, [])
    prompts = with_checklists(PROMPTS, made)
    answers = [generation("Yeast eats sugar.", id=i, prompt_id=p) for i, p in (("g0", "a"), ("g1", "b"))]
    judge = rule_judge(lambda q: "YES" if q.user.count("Yeast eats sugar.") == 2 else "NO")
    one, two = label_all(prompts, answers, JudgedClaims(judge), skip_bare=True)
    assert (one.claims_met, one.correct) == ((True, False, False), False)
    assert (two.claims_met, two.correct, two.reasons["correct"]) == ((), None, "no_checklist")


def test_a_prompt_that_nobody_wrote_for_is_named() -> None:
    with pytest.raises(InputError, match="No checklist was written for prompt 'b'"):
        with_checklists(PROMPTS, [Checklist("a", ("x", "y", "z"), "w")])


def test_checklists_survive_the_store_and_unknown_fields_do_not(tmp_path: Path) -> None:
    made = write_checklists(RuleWriter(lambda q: GOOD), PROMPTS, [])
    path = tmp_path / "checklists.jsonl"
    write_rows(path, made)
    assert read_rows(path, Checklist) == made
    path.write_text(path.read_text().replace('"writer"', '"author"'))
    with pytest.raises(InputError, match="not a valid Checklist"):
        read_rows(path, Checklist)
