"""Answers that are numbers, through the whole path from the built-in prompts to the label."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import pytest
from made_answers import generation

from interp.labels.of_answers import label_all
from interp.prompts import sets
from interp.records.prompts import Claim, Prompt, Split

SMALL = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen"""
ONES = SMALL.split()
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SENTENCES = (
    "{0}",
    "{0}.",
    "The atomic number of that element is {0}, as far as I know.",
    "It has {0} protons, which is the number you asked for.",
    "Every atom of it holds exactly {0} protons; that is what makes it the element it is.",
    "**{0}**",
    "If I remember rightly, the answer is {0} (from the periodic table).",
)


def in_words(n: int, link: str) -> str:
    """Return 0 to 9999 in English; `link` is " and " in Britain and " " in America."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10 - 2] + (f"-{ONES[n % 10]}" if n % 10 else "")
    size, name = (1000, "thousand") if n >= 1000 else (100, "hundred")
    rest = n % size
    small = link if 0 < rest < 100 else " "
    return f"{in_words(n // size, link)} {name}" + (small + in_words(rest, link) if rest else "")


def forms(n: int) -> Iterator[str]:
    yield str(n)
    for link in (" and ", " "):
        words = in_words(n, link)
        yield from (words, words.capitalize(), words.upper(), words.replace("-", " "))
    if n >= 100:
        yield re.sub("^one", "a", in_words(n, " and "))


def real_numbers() -> dict[int, Prompt]:
    """Every built-in prompt whose answer is a number."""
    found = {}
    for prompt in sets.load("facts").prompts:
        for wording in prompt.claims[0].accept:
            if number := re.fullmatch(r"\{(\d+)\}", wording):
                found[int(number[1])] = prompt
    return found


REAL = real_numbers()
ELEMENTS = {
    n: REAL.get(n) or Prompt(f"n{n}", "Which number is it?", "facts", Split.FIT, (Claim(f"It is {n}", (f"{{{n}}}",)),))
    for n in range(1, 119)
}


def labels(answers: list[tuple[Prompt, str]]) -> list[bool | None]:
    """Label answers, each to a prompt of its own id."""
    asked = [dataclasses.replace(prompt, id=f"q{i}") for i, (prompt, _) in enumerate(answers)]
    given = [generation(text, id=f"g{i}", prompt_id=f"q{i}") for i, (_, text) in enumerate(answers)]
    return [made.correct for made in label_all(asked, given)]


def wrongly_labelled(cases: list[tuple[int, int]], truth: bool, every: int) -> list[str]:
    """Return the answers, `said` where `n` is right, that are not labelled `truth`.

    Every `every`-th of all forms in all sentences is tried, beginning elsewhere for each case.
    """
    answers = []
    for turn, (n, said) in enumerate(cases):
        texts = [s.format(form) for form in forms(said) for s in SENTENCES]
        answers += [(n, text) for text in texts[turn % every :: every]]
    found = labels([(ELEMENTS[n], text) for n, text in answers])
    return [f"{n}: {text}" for (n, text), made in zip(answers, found, strict=True) if made is not truth]


def test_the_numbers_in_this_test_are_those_of_the_built_in_prompts() -> None:
    assert len(REAL) == sum("{" in a for p in sets.load("facts").prompts for c in p.claims for a in c.accept) == 80
    assert [in_words(118, " and "), in_words(1180, " ")] == [
        "one hundred and eighteen",
        "one thousand one hundred eighty",
    ]


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 23])
def test_the_right_number_is_right_however_it_is_written(every: int) -> None:
    assert wrongly_labelled([(n, n) for n in ELEMENTS], True, every) == []


@pytest.mark.parametrize("every", [pytest.param(3, marks=pytest.mark.slow), 71])
def test_another_number_is_wrong_however_it_is_written(every: int) -> None:
    cases = [(n, other) for n in ELEMENTS for other in (n - 1, n + 1, n * 10, n + 100, n // 10)]
    assert wrongly_labelled(cases, False, every) == []


def test_a_part_of_a_number_is_not_the_number() -> None:
    some = range(3, 119, 9)
    linked = [(n, link) for n in some for link in (" ", " and ")]
    parts = [(n, f"{in_words(n, link)} {name}") for n, link in linked for name in ("thousand", "million")]
    parts += [(n, in_words(m, link)) for m, link in linked if m > 100 for n in (1, 100, m - 100)]
    tails = (".5", ",000", " 000", "^6", "⁶", "e6", " x 10^6", "th", ".1.2", "/4/2020", " million")
    parts += [(n, f"{n}{tail}") for n in some for tail in tails]
    found = labels([(ELEMENTS[n], f"The answer is {text}.") for n, text in parts])
    assert [part for part, made in zip(parts, found, strict=True) if made is not False] == []
