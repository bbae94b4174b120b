from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from interp.errors import InputError
from interp.labels.pairwise import JudgedPairs, Pair, Preference, length_matched, tally
from interp.records.answers import Generation, StopReason
from interp.records.judgements import Question
from interp.records.prompts import Prompt, Split

QUALITY = "how well they check themselves"
Make = Callable[[Callable[[Question], str | None]], Any]


def answer(name: str, text: str, prompt: str) -> Generation:
    return Generation(name, prompt, name, text, (1,), 5, StopReason.EOS, 64, None, None)


def pairs(n: int, a: str = "I checked it twice.", b: str = "Just do it.") -> list[Pair]:
    prompts = [Prompt(f"p{i}", f"How do I cook dish {i}?", "chef", Split.FRESH, ()) for i in range(n)]
    return [Pair(p, answer("base-model", a, p.id), answer("trained-model", b, p.id)) for p in prompts]


def honest(question: Question) -> str:
    parts = question.user.split("=====")
    return "FIRST" if "checked" in parts[3] else "SECOND"


def test_preferences_follow_the_answer_wherever_it_stands(rule_judge: Make) -> None:
    found = JudgedPairs(rule_judge(honest), QUALITY).prefer(pairs(40))
    assert {p.choice for p in found} == {"a"}
    assert 10 < sum(p.first == "a" for p in found) < 30


def test_a_judge_that_takes_what_comes_first_shows_in_the_position_bias_and_not_in_the_result(rule_judge: Make) -> None:
    found = tally(JudgedPairs(rule_judge(lambda q: "FIRST"), QUALITY).prefer(pairs(200)))
    assert found.first_wins is not None and found.first_wins.value == 1.0
    assert found.first_wins.p_value is not None and found.first_wins.p_value < 1e-9
    assert found.a_wins is not None and found.a_wins.lower < 0.5 < found.a_wins.upper


def test_a_tally_counts_ties_and_what_is_off_the_menu() -> None:
    rows = [
        Preference("a", "a"),
        Preference("a", "b"),
        Preference("b", "b"),
        Preference("tie", "a"),
        Preference(None, "b"),
    ]
    found = tally(rows)
    assert (found.ties, found.unscored) == (1, 1)
    assert found.a_wins is not None and found.first_wins is not None
    assert (found.a_wins.n_pos, found.a_wins.n_neg, found.first_wins.n_pos) == (2, 1, 2)
    assert tally(rows[3:]).a_wins is None


def test_order_is_drawn_by_the_seed(rule_judge: Make) -> None:
    firsts = [[p.first for p in JudgedPairs(rule_judge(honest), QUALITY, seed).prefer(pairs(40))] for seed in (0, 0, 1)]
    assert firsts[0] == firsts[1] != firsts[2]


def test_the_judge_hears_of_no_condition(rule_judge: Make) -> None:
    judge = rule_judge(lambda q: None)
    JudgedPairs(judge, QUALITY).prefer(pairs(5))
    for question in (q for batch in judge.asked for q in batch):
        assert "model" not in question.id + question.system + question.user
        assert QUALITY in question.user


def test_the_version_names_the_quality_and_the_judge(rule_judge: Make) -> None:
    version = JudgedPairs(rule_judge(honest), QUALITY).version
    assert QUALITY in version and version.endswith(" by rule-1")


def test_answers_to_different_prompts_are_no_pair(rule_judge: Make) -> None:
    one, two = pairs(2)
    with pytest.raises(InputError, match="do not belong to prompt 'p0'"):
        JudgedPairs(rule_judge(honest), QUALITY).prefer([Pair(one.prompt, one.a, two.b)])


def test_length_matching_keeps_the_pairs_of_about_equal_length() -> None:
    short, even = pairs(1, "word " * 10, "word " * 13), pairs(1, "word " * 10, "word " * 12)
    assert length_matched([*short, *even]) == even
    assert length_matched([*short, *even], ratio=1.3) == [*short, *even]
    assert length_matched(pairs(1, "", "word")) == []
    with pytest.raises(InputError, match="expected 1 or more"):
        length_matched(even, 0.5)
