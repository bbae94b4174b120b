"""A letter or a number that is a whole wording is matched as it is written, and by no article, pronoun or unit."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from made_answers import generation

from interp.errors import InputError
from interp.labels.of_answers import label_all
from interp.language.grammar import parse
from interp.language.matching import find
from interp.prompts.sets import load_file
from interp.records.prompts import Claim, Prompt, Split
from interp.runs.rows import row_text

GIVEN = [
    (
        "A",
        [
            "A",
            "A.",
            "(A)",
            "A)",
            "**A**",
            "a",
            "a)",
            "(a)",
            "[A]",
            "A:",
            "A!",
            '"A"',
            "'A'",
            "`A`",
            "\\boxed{A}",
            "$A$",
            "<answer>A</answer>",
            "The answer is A.",
            "The answer is A",
            "The correct answer is A.",
            "The answer is: A",
            "Answer: A",
            "Answer: A.",
            "Answer: (A)",
            "Answer: **A**",
            "**Answer: A**",
            "A) Paris",
            "A. Paris",
            "(A) Paris",
            "A: Paris",
            "**A) Paris**",
            "**A.** Paris",
            "A - Paris",
            "Option A",
            "Option A.",
            "option a.",
            "Option A is right.",
            "Option A: Paris",
            "I choose A.",
            "I'd pick A because it is right.",
            "A, because Paris is the capital.",
            "A is correct.",
            "A is the correct answer",
            "A because it is right",
            "The answer is A, not B.",
            "The answer is A because Paris is the capital.",
            "It's A.",
            "Definitely A!",
            "The answer is (A) Paris.",
            "The answer is A) Paris.",
            "B is tempting, but the answer is A.",
            "The answer is not B but A.",
            "Vitamin A",
            "vitamin A deficiency",
            "So the answer is A. B is wrong.",
            "The answer is A. It is Paris.",
            "The answer is A.\nB is wrong.",
            "A\n\nParis is the capital.",
            "The answer: A",
            "Final answer: A",
            "Answer - A",
            "ANSWER: A",
            "Choice A",
            "The letter A",
            "A.\n",
            "  A  ",
            "Correct: A",
            "{A}",
            "The answer is\n\nA",
            "Answer:\nA) Paris",
            "The answer to the question is A.",
            "A / Paris",
        ],
    ),
    (
        "I",
        [
            "I",
            "I.",
            "(I)",
            "I)",
            "**I**",
            "The answer is I.",
            "Option I",
            "Answer: I",
            "The symbol is I.",
            "The symbol of iodine is I, from the Greek.",
            "option I.",
        ],
    ),
    (
        "B",
        [
            "B",
            "b",
            "b.",
            "(b)",
            "B)",
            "B) Lyon",
            "b) Lyon",
            "The answer is B.",
            "the answer is b",
            "Option B",
            "Plan B",
            "Vitamin B",
            "B is right",
            "I choose B",
            "The answer is B. Lyon is large.",
            "**B**",
            "B, since",
        ],
    ),
    ("C", ["C", "C.", "Option C", "The answer is C"]),
    (
        "3",
        [
            "3",
            "3.",
            "(3)",
            "3)",
            "3) Paris",
            "3. Paris",
            "Option 3",
            "The answer is 3.",
            "three",
            "The answer is three.",
            "Answer: 3",
            "**3**",
            "There are 3 cats",
            "[3]",
        ],
    ),
    ("1", ["1", "1.", "one", "1) Paris", "The answer is 1"]),
    ("1969", ["1969", "in 1969", "It was July 20, 1969.", "1969."]),
]
NOT_GIVEN = [
    (
        "A",
        [
            "a cat sat",
            "A cat sat.",
            "A possible reason is",
            "It is a cat.",
            "Paris is a city.",
            "A Tale of Two Cities",
            "The film is A Beautiful Mind.",
            "B",
            "B.",
            "(B)",
            "The answer is B.",
            "B) Lyon",
            "an A-level exam",
            "Not A.",
            "The answer is not A.",
            "The answer isn't A.",
            "It is not A.",
            "Is it A?",
            "A or B",
            "A and B",
            "Either A or B.",
            "A is tempting, but the answer is B.",
            "The answer is B, not A.",
            "A) Paris\nB) Lyon\nThe answer is B.",
            "A) Paris\nB) Lyon\nC) Rome",
            "B. A is wrong.",
            "A is wrong. The answer is B.",
            "U.S.A.",
            "a.m.",
            "A few things matter. B",
            "It's a... cat",
            "A* search",
            "Q: What?\nA: Paris",
            "such a thing",
            "what a day!",
            "THIS IS A CAT",
        ],
    ),
    (
        "I",
        [
            "I think it is B.",
            "I am not sure.",
            "So do I.",
            "He and I.",
            "You and I agree",
            "The answer is I think B.",
            "I'm sure",
            "I'd say B",
            "i think",
            "If I were you",
            "As I said, B.",
            "I don't know",
        ],
    ),
    (
        "B",
        [
            "A",
            "The answer is A.",
            "A or B",
            "not B",
            "B-complex",
            "Harry B. Truman",
            "A) x\nB) y",
            "X",
            "AB",
            "Is it B?",
        ],
    ),
    ("C", ["90 °C", "90 C", "90 degrees C", "C++", "C#", "Vitamin D", "Arthur C. Clarke", "25°C."]),
    (
        "3",
        [
            "13",
            "30",
            "3 million",
            "3-4",
            "3.5",
            "1) x\n2) y\n3) z",
            "not 3",
            "three hundred",
            "Three thousand",
            "3,000",
            "3^2",
            "1/3",
            "-3",
            "The 3rd",
            "33",
        ],
    ),
    (
        "1",
        [
            "one of them",
            "no one",
            "10",
            "1 million",
            "one hundred",
            "the one that",
            "11",
            "one hundred and one",
            "10^1",
        ],
    ),
    ("1969", ["1,969", "19690"]),
]
OTHERS = [
    ("A", "My answer: A", True),
    ("A", "A \u2013 Paris", True),
    ("A", "> A", True),
    ("A", "The final answer is $\\boxed{A}$.", True),
    ("A", "Paris (option A)", True),
    ("A", "A is the best choice among A, B and C.", True),
    ("A", "{'answer': 'A'}", True),
    ("A", "The answer, of course, is A.", True),
    ("A", "I had a, um, cat", False),
    ("A", "B: A cat", False),
    ("A", "Answer: B. A cat sat.", False),
    ("A", "A is what I would have said, but the answer is B.", False),
    ("I", "I, too, think B", False),
    ("I", "What can I say? B", False),
    ("I", "I. First", True),
    ("D", "D-Day", False),
    ("D", "3D", False),
    ("a cat", "A cat sat", True),
    ("the cat", "cat", True),
    ("cat a dog", "cat dog", True),
    ("vitamin A", "vitamin A", True),
    ("vitamin A", "vitamin C", False),
    ("vitamin A", "Vitamin A deficiency", True),
    ("Option A", "option B", False),
    ("Option A", "Option A.", True),
    ("A|B", "B", True),
    ("A|B", "A.", True),
    ("A|B", "a cat", False),
    ("=A", "A", True),
    ("=A", "a", False),
    ("=A", "It is a cat", False),
    ("=I", "I", True),
    ("A) Paris", "Paris", True),
    ("A) Paris", "A) Paris", True),
    ("(A) Paris", "The answer is (A) Paris", True),
    ("B) Lyon", "B) Lyon", True),
    ("3) Lyon", "3) Lyon", True),
    ("J. Child", "J. Child", True),
    ("A", "A) Paris B) Lyon", False),
    ("A", "(A) Paris (B) Lyon", False),
    ("2", "1) Paris 2) Lyon", False),
    ("2", "2) Lyon", True),
    ("2", "(2) Lyon", True),
    ("A", "Which is it. A) Paris B) Lyon C) Rome", False),
    ("A", "A: Paris, B: Lyon. Answer: A", True),
    ("B", "A: Paris, B: Lyon. Answer: A", False),
    ("!A", "The answer is not A.", True),
    ("!A", "The answer is A.", False),
    ("!B", "The answer is not B.", True),
    ("whole a", "whole", True),
    ("a", "A", True),
    ("A", "The answer is A,B", False),
    ("A", "I'd go with A", True),
    ("A", "A is the capital of B", True),
    ("A B", "A, B", True),
    ("A. Paris", "A. Paris", True),
    ("B", "A) Paris B) Lyon", False),
    ("B", "A. Paris B. Lyon C. Rome", False),
    ("B", "(a) Paris (b) Lyon", False),
    ("b", "A) Paris B) Lyon. The answer is B", True),
    ("B", "B) Lyon. It is large.", True),
    ("1", "1) Paris 2) Lyon", False),
    ("B", "1. B", True),
    ("A", "1. A", True),
    ("A", "Answer 5: A", True),
    ("D", "E.g. D.", True),
]


@pytest.mark.parametrize(("wording", "answer"), [(w, answer) for w, answers in GIVEN for answer in answers])
def test_an_option_is_given(wording: str, answer: str) -> None:
    assert find(wording, answer) is not None


@pytest.mark.parametrize(("wording", "answer"), [(w, answer) for w, answers in NOT_GIVEN for answer in answers])
def test_an_option_is_not_given(wording: str, answer: str) -> None:
    assert find(wording, answer) is None


@pytest.mark.parametrize("marked", ["{}", "{}.", "({})", "{})", "{}:", "**{}**", "[{}]", " {} ", "(**{}**)"])
def test_every_mark_of_a_wording_means_the_same(marked: str) -> None:
    for tables, is_met in ((GIVEN, True), (NOT_GIVEN, False)):
        wrong = [
            (w, a) for w, answers in tables for a in answers if (find(marked.format(w), a) is not None) is not is_met
        ]
        assert wrong == []


@pytest.mark.parametrize(("wording", "answer", "is_met"), OTHERS)
def test_letters_inside_wordings_and_lists_of_options(wording: str, answer: str, is_met: bool) -> None:
    assert (find(wording, answer) is not None) is is_met


@pytest.mark.parametrize("wording", ["an|the cat", "the", "the a", "an", "!", "", "()"])
def test_a_wording_without_a_word_is_refused(wording: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        parse(wording)


def test_the_match_is_the_letter_where_it_stands() -> None:
    found = find("A", "B is tempting, but the answer is **A**.")
    assert found is not None and (found.start, found.end, found.quote) == (35, 36, "A")
    line = find("(a)", "A) Paris")
    assert line is not None and (line.start, line.quote) == (0, "A")


def test_a_question_of_several_options_is_asked_and_labelled(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    texts = {
        Split.FIT: "What is the capital of France? A) Paris B) Lyon C) Rome. Answer with A, B or C.",
        Split.FRESH: "Which planet is the largest?\nA) Jupiter\nB) Mars\nC) Venus\nGive the letter.",
    }
    claim = Claim("It is A", ("A",))
    rows = [Prompt(split.value, text, "d", split, (claim,)) for split, text in texts.items()]
    path.write_text("\n".join(row_text(row) for row in rows), encoding="utf-8")
    asked = load_file(path).prompts[0]
    answers = {"A": True, "A) Paris": True, "The answer is A.": True, "B": False, "A cat.": False, "I think B.": False}
    prompts = [dataclasses.replace(asked, id=f"p{i}") for i in range(len(answers))]
    given = [generation(a, id=f"g{i}", prompt_id=f"p{i}") for i, a in enumerate(answers)]
    assert [label.correct for label in label_all(prompts, given)] == list(answers.values())
