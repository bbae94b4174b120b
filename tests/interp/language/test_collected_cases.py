"""Answers that were once read wrongly: every row of the collected cases, and hard neighbours of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interp.judges.menus import read_choice
from interp.language.matching import met
from interp.prompts import sets
from interp.records.prompts import Claim

ONES = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["quantities", "negation"])
def test_every_collected_answer_is_read_as_it_is_meant(cases_dir: Path, name: str) -> None:
    wrong = [
        row for row in rows(cases_dir / f"{name}.jsonl") if met(_claim(row["wording"]), row["answer"]) != row["met"]
    ]
    assert wrong == []


def test_every_collected_reply_is_read_as_it_is_meant(cases_dir: Path) -> None:
    collected = rows(cases_dir / "judge_replies.jsonl")
    assert [row for row in collected if read_choice(row["reply"], row["menu"]).choice != row["choice"]] == []


def _claim(wording: str) -> Claim:
    return Claim("what is claimed", (wording,))


def spelt(n: int, joint: str) -> str:
    """A number below a million in words; `joint` stands before what follows a hundred or a thousand."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f"-{ONES[n % 10]}" if n % 10 else "")
    unit, name = (100, "hundred") if n < 1000 else (1000, "thousand")
    rest = n % unit
    between = joint if rest < 100 else " "
    return f"{spelt(n // unit, joint)} {name}" + (f"{between}{spelt(rest, joint)}" if rest else "")


def others(n: int) -> Iterator[int]:
    """Yield numbers that a reader of parts would take for n."""
    for other in (n - 1, n + 1, n + 100, n * 10, n // 10, n % 100, n // 100 * 100, n % 10, n // 1000, n % 1000):
        if other > 0 and other != n:
            yield other


@pytest.mark.parametrize("joint", [" ", " and "], ids=["American", "British"])
def test_a_number_in_words_is_that_number_and_no_part_of_it(joint: str) -> None:
    for n in (7, 15, 21, *range(98, 121), 350, 999, 1001, 1118, 12_345, 118_000):
        answer = f"The answer is {spelt(n, joint)}, as far as I know."
        assert met(_claim(f"{{{n}}}"), answer), answer
        assert [other for other in others(n) if met(_claim(f"{{{other}}}"), answer)] == [], answer


@pytest.mark.parametrize("joint", [" ", " and "], ids=["American", "British"])
def test_every_element_is_labelled_rightly_in_digits_and_in_words(joint: str) -> None:
    asked = [prompt for split in (sets.load("facts").fit, sets.load("facts").fresh) for prompt in split]
    numbered = [p for p in asked if p.relation == "atomic_number" or p.claims[0].accept[0].startswith("{")]
    assert len(numbered) > 50
    for prompt in numbered:
        n = int(prompt.claims[0].accept[0].strip("{}"))
        for said in (str(n), spelt(n, joint), spelt(n, joint).capitalize() + "."):
            assert met(prompt.claims[0], said) and met(prompt.claims[0], f"It has atomic number {said}"), said
        if n > 90:  # below a hundred there is no part that could be taken for the whole
            taken = [other for other in others(n) if met(prompt.claims[0], f"It is {spelt(other, joint)}.")]
            assert taken == [], prompt.text


READ_WHOLE = [
    ("{1000000}", "1e6 of them", True),
    ("{1000000}", "10⁶", True),
    ("{106}", "10⁶", False),
    ("{10}", "10^6", False),
    ("{1500}", "1'500", True),
    ("{1}", "1'500", False),
    ("{2.5}", "two and a half", True),
    ("{2}", "two and a half", False),
    ("{2}", "two fifths", False),
    ("{100}", "the one hundred and eighteenth element", False),
    ("{1}", "one one eight", False),
    ("{12}", "on 12/05/2020", False),
    ("{3}", "version 1.2.3", False),
    ("{19}", "in nineteen sixty", False),
    ("{105}", "one hundred and four and one hundred and five", True),
    ("{24}", "two dozen", True),
    ("{-5}", "negative five", True),
    ("{5}", "negative five", False),
]


@pytest.mark.parametrize(("wording", "answer", "is_met"), READ_WHOLE)
def test_a_number_is_read_whole_or_not_at_all(wording: str, answer: str, is_met: bool) -> None:
    assert met(_claim(wording), answer) is is_met


DENIED = [
    ("I doubt that it is Paris.", False),
    ("No doubt it is Paris.", True),
    ("It is scarcely Paris.", False),
    ("Any city other than Paris.", False),
    ("No other than Paris.", True),
    ("It is far from Paris.", False),
    ("The capital was formerly Paris.", False),
    ("It could be anyone but Paris.", False),
    ("See https://example.org/Paris for more.", False),
    ("Although Paris is commonly named, it is Lyon.", False),
]


@pytest.mark.parametrize(("answer", "is_met"), DENIED)
def test_what_is_denied_or_only_mentioned_is_not_stated(answer: str, is_met: bool) -> None:
    assert met(_claim("Paris"), answer) is is_met


@pytest.mark.parametrize(
    ("reply", "choice"), [("✖ NO", "NO"), ("❎ NO", "NO"), ("ＹＥＳ。", "YES"), ("YES\u2060", "YES"), ("☑️ YES", "YES")]
)
def test_marks_and_wide_letters_do_not_hide_a_choice(reply: str, choice: str) -> None:
    assert read_choice(reply, ["YES", "NO"]).choice == choice


@pytest.mark.parametrize(
    ("wording", "answer", "is_met"),
    [
        ("{1969}", "July 20, 1969", True),
        ("{1969}", "on the 20 July 1969", True),
        ("{20}", "July 20, 1969", False),
        ("{1000000000}", "one thousand million", True),
        ("{1000}", "one thousand million", False),
        ("{2000000000}", "2 thousand million", True),
        ("u.s. dollar", "It is the U.S. Dollar.", True),
        ("u.s. dollar", "It is legal in the U.S. The dollar is not.", False),
        ("A", "A. Paris\nB. Lyon\nC. Nice", False),
        ("A", "A: Paris\nB: Lyon", False),
        ("A", "A. Paris\nB. Lyon\n\n**B**", False),
        ("B", "A. Paris\nB. Lyon\n\n**B**", True),
        ("A", "A. Paris", True),
        ("Paris", "Paris, however, is not the capital.", False),
        ("Paris", "The answer, Paris, is wrong.", False),
        ("Paris", "Paris, of course, is the capital.", True),
        ("Paris", "Paris ain't the capital.", False),
        ("Paris", "Contrary to what many think, the capital is Paris.", True),
        ("Paris", "Many think that it is Lyon, or Paris.", False),
        ("Paris", "👎 Paris", False),
        ("{1 l}", "a liter of milk", True),
        ("{-18 C}", "**-18 °C**", True),
        ("{18 C}", "**-18 °C**", False),
        ("{5}", "Answer: `-5`", False),
        ("{-5}", "\\boxed{-5}", True),
        ("{5}", "minus " * 2000 + "5", False),
        ("{11}", "ten to the power of " * 2000, False),
        ("{10}", "10^" + "9" * 5000, False),
        ("{5}", "5" * 5000, False),
        ("{1 kg}", "a kilo of flour", True),
        ("{1 s}", "a second attempt", False),
        ("Paris", "The capital is Paris, isn't it?", True),
        ("Paris", "Not Paris, right?", False),
        ("Paris", "Is it Paris?", False),
        ("Paris", "Paris cannot be the capital.", False),
        ("Paris", "Paris, no wait, Lyon.", False),
        ("Lyon", "Paris. No, wait, it's Lyon.", True),
        ("Paris", "Paris. No, wait, it's Lyon.", False),
        ("Paris", "Paris: no wait is needed for a visa.", True),
        ("Paris", "Paris (incorrect)", False),
        ("Paris", "Lyon (wrong), Paris (right)", True),
        ("Lyon", "Lyon (wrong), Paris (right)", False),
        ("Paris", "Paris ❌", False),
        ("Paris", "❌ Lyon ✅ Paris", True),
        ("Lyon", "❌ Lyon ✅ Paris", False),
        ("Lyon", "Paris ✅ Lyon ❌", False),
        ("!boil", "❌ Boil the sauce.", True),
        ("!boil", "❌ Do not boil the sauce.", True),
        ("Lyon", "~~Lyon~~ Paris", False),
        ("Lyon", "<del>Lyon</del> Paris", False),
        ("Paris", "~~Lyon~~ Paris, ~~5 km away", True),
    ],
)
def test_what_is_taken_back_or_crossed_out_is_not_stated(wording: str, answer: str, is_met: bool) -> None:
    assert met(_claim(wording), answer) is is_met


@pytest.mark.parametrize(
    ("reply", "choice"),
    [
        ("[THINK]Maybe YES.[/THINK]\n\nNO", "NO"),
        ("◁think▷I lean to: YES.", None),
        ("<seed:think>\nYES\n", None),
        ("<|channel|>analysis<|message|>Let me see. YES", None),
        ('{"YES": false}', None),
        ('{"YES": true}', "YES"),
        ("• YES", "YES"),
        ("-> YES", "YES"),
        ("「YES」", "YES"),
        ("[x] NO", "NO"),
        ("🚫 NO", "NO"),
        ("👎 NO", "NO"),
        ("👍 YES", "YES"),
        ("👎 YES", None),
        ("[/INST] YES", "YES"),
        ("$\\boxed{\\text{NO}}$", "NO"),
    ],
)
def test_thinking_and_marks_neither_hide_a_choice_nor_make_one(reply: str, choice: str | None) -> None:
    assert read_choice(reply, ("YES", "NO")).choice == choice


@pytest.mark.parametrize("reply", [">=4", "<=4", "4..5", "4...5", "–4"])
def test_a_bound_a_range_and_a_negative_number_are_no_score(reply: str) -> None:
    assert read_choice(reply, tuple("12345")).choice is None
