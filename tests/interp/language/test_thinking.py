"""What a model thinks before its answer is no part of the answer."""

from __future__ import annotations

import dataclasses

import pytest
from made_answers import generation

from interp.labels.of_answers import label_all
from interp.language.thinking import answered, cut_off, final_answer
from interp.records.answers import StopReason
from interp.records.prompts import Claim, Prompt, Split
from interp.scores.verification import verifies

QUESTION = Prompt("p", "What is the capital of France?", "facts", Split.FRESH, (Claim("Paris", ("Paris",)),))


def said(text: str, stop: StopReason = StopReason.EOS) -> object:
    return dataclasses.replace(generation(), id="a", prompt_id="p", text=text, stop=stop, unrecorded=())


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("It is Paris.", "It is Paris."),
        ("<think>Lyon? No.</think>\n\nIt is Paris.", "It is Paris."),
        ("Lyon? No.\n</think>\nIt is Paris.", "It is Paris."),
        ("<think>a</think>b<think>c</think>\nIt is Paris.", "It is Paris."),
        ("[THINK]Lyon?[/THINK]It is Paris.", "It is Paris."),
        ("[THINKING]Lyon?[/THINKING]It is Paris.", "It is Paris."),
        ("<analysis>Lyon?</analysis>It is Paris.", "It is Paris."),
        ("<think>Lyon?</thinking>It is Paris.", "It is Paris."),
        ("<think>a<reasoning>b</reasoning>It is Paris.", None),
        ("print('<think>')", "print('<think>')"),
        ("<|channel|>analysis<|message|>Lyon?<|end|><|channel|>final<|message|>It is Paris.", "It is Paris."),
        ("analysisThe user asks for Lyon.assistantfinalIt is Paris.", "It is Paris."),
        ("finalIt is Paris.", "It is Paris."),
        ("final**Paris**", "**Paris**"),
        ("final```python\nx = 1\n```", "```python\nx = 1\n```"),
        ("final\u201cParis\u201d", "\u201cParis\u201d"),
        ("final\u00c9vreux", "\u00c9vreux"),
        ("final巴黎。", "巴黎。"),
        ("finalПариж", "Париж"),
        ("final", "final"),
        ("finally, Paris", "finally, Paris"),
        ("final\u0103", "final\u0103"),  # a word of Romanian
        ("final answer: Paris", "final answer: Paris"),
        ("final: Paris", "final: Paris"),
        ("final(Paris)", "final(Paris)"),
        ("<think>Paris", None),
        ("<think>Paris</think>", ""),
        ("A `<think>` tag opens the thinking.", "A `<think>` tag opens the thinking."),
        ("I think it is Paris.", "I think it is Paris."),
    ],
)
def test_the_answer_is_what_follows_the_last_closing_mark(text: str, answer: str | None) -> None:
    assert final_answer(text) == answer
    assert answered(said(text)) == (answer or "") and cut_off(said(text)) is (answer is None)


def test_a_draft_in_the_thinking_is_not_labelled() -> None:
    right, wrong, cut, empty = (
        label_all([QUESTION], [said(text)])[0]
        for text in (
            "<think>Lyon?</think>It is Paris.",
            "<think>Paris?</think>It is Lyon.",
            "<think>It is Paris, surely",
            "<think>Paris</think>",
        )
    )
    assert (right.correct, wrong.correct) == (True, False)
    assert cut.correct is None and cut.asserted is None and set(cut.reasons.values()) == {"cut_off"}
    assert empty.correct is None and set(empty.reasons.values()) == {"empty"}


def test_a_check_in_the_thinking_is_no_self_verification() -> None:
    assert verifies(said("<think>Let me verify that.</think>It is Paris.")) is False


BEHIND_AN_ANSWER: tuple[tuple[str, str | None], ...] = (
    ("The answer is Paris.\n<reasoning>France.</reasoning>", "The answer is Paris."),
    ("The answer is Paris.\n<rationale>x</rationale>", "The answer is Paris."),
    ("I use <think> tags. Paris.", "I use <think> tags. Paris."),
    ("<think>hm</think>Paris", "Paris"),
    ("<think>hm", None),
    ("Sure.\n<think>hm", None),
    ("<reasoning>x</reasoning>\nParis", "Paris"),
    ("Paris.\n<reflection>hm</reflection>\nLyon.", "Lyon."),
    ("I put it in <think> and </think> tags. Paris.", "I put it in <think> and </think> tags. Paris."),
    ("<reasoning>x</reasoning>", ""),
    ("Paris.\n<reasoning>x", None),
    ("Okay <think>x</think>", ""),
)


@pytest.mark.parametrize(("text", "answer"), BEHIND_AN_ANSWER)
def test_reasons_behind_an_answer_and_marks_that_are_spoken_of(text: str, answer: str | None) -> None:
    assert final_answer(text) == answer
