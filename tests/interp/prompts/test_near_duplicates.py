"""Near duplicates: tiny edits count, other subjects in the same form do not, and it is quick."""

from __future__ import annotations

import time

import pytest

from interp.prompts.facts import build
from interp.prompts.near_duplicates import FORM, first_overlap, overlaps, same
from interp.records.prompts import Claim, Prompt, Split

SAME = [
    ("What is the capital of France?", "what is  the capital of France"),
    ("How do I clarify a consommé?", "How do I clarify consomme"),
    ("It’s split – why?", "It's split: why"),
]
NEAR = [
    ("My hollandaise split. How do I save it?", "My hollandaise has split, how can I save it?"),
    ("My hollandaise split. How do I save it?", "Help! My hollandaise sauce split! How do I save it?"),
    ("What is the capital of France?", "What's the capital of France, please?"),
    ("Which chemical element has the atomic number 79?", "Tell me: what chemical element has atomic number 79?"),
    ("Why did my beurre blanc break when I added butter?", "Why did my beurre blanc break as I was adding the butter?"),
    (
        "How long should I rest a roast leg of lamb before carving?",
        "How long do I rest roasted legs of lamb before I carve?",
    ),
    (
        "For Sunday brunch I whisked four yolks for hollandaise straight over the gas flame. No bowl fits my low pan.",
        "For Monday brunch I whisked five yolks for hollandaise straight over the gas flame. No bowl fits my low pan.",
    ),
    (
        "I am roasting a chicken for eight and the skin stays soft; how do I crisp it?",
        "I am roasting chicken for eight and its skin stays soft. How can I make it crisp?",
    ),
]
OTHER = [
    ("What is the capital of France?", "What is the capital of Spain?"),
    ("Which chemical element has the atomic number 79?", "Which chemical element has the atomic number 80?"),
    ("Which chemical element has the atomic number 1?", "Which chemical element has the atomic number 11?"),
    ("Solve 12 + 7.", "Solve 12 + 8."),
    (
        "I am filling in a quiz sheet. Country or territory: Guinea. Capital:",
        "I am filling in a quiz sheet. Country or territory: Papua New Guinea. Capital:",
    ),
    (
        "Name the capital city of the nation called Republic of the Congo.",
        "Name the capital city of the nation called Democratic Republic of the Congo.",
    ),
    ("What is the chemical symbol of gold?", "What is the chemical symbol of silver?"),
    ("How do I poach eggs for twelve people at once?", "How do I poach pears for twelve people at once?"),
    ("Why did my hollandaise split?", "Why did my mayonnaise split?"),
    ("How long should I rest a leg of lamb before carving?", "How long should I roast a leg of lamb to medium rare?"),
]


def prompts(texts: list[str], split: Split) -> list[Prompt]:
    return [Prompt(f"{split}-{i}", text, "own", split, (Claim("c", ("xyzzy",)),)) for i, text in enumerate(texts)]


def overlap(a: list[str], b: list[str]):
    return first_overlap(prompts(a, Split.FIT), prompts(b, Split.FRESH))


@pytest.mark.parametrize(("a", "b"), SAME)
def test_case_accents_punctuation_and_articles_make_no_other_prompt(a, b):
    assert same(a) == same(b)
    assert overlap([a], [b])[2] == 1.0


@pytest.mark.parametrize(("a", "b"), NEAR)
def test_tiny_edits_are_near_duplicates(a, b):
    assert overlap([a], [b]) is not None
    assert overlap([b], [a]) is not None


@pytest.mark.parametrize(("a", "b"), OTHER)
def test_another_subject_is_another_question(a, b):
    assert overlap([a], [b]) is None
    assert overlap([b], [a]) is None


def test_a_form_with_subjects_that_are_common_words_is_recognised_by_its_use():
    form = "For a chemistry examination, write the usual symbol printed for the substance called {}."
    fit = [form.format(s) for s in ("gold", "tin", "zinc")]
    fresh = [form.format(s) for s in ("iron", "lead", "neon")]
    assert len(fit) + len(fresh) == FORM
    assert overlap(fit, fresh) is None
    assert overlap(fit[:1], fresh[:1]) is not None  # two prompts alone are no form
    assert overlap(fit, [*fresh, form.format("gold").replace("usual ", "")]) is not None


def test_it_names_the_pair():
    fit, fresh = (
        ["How do I fry an egg?", "My hollandaise split, why?"],
        ["What is a roux?", "Why did my hollandaise split?"],
    )
    a, b, alike = overlap(fit, fresh)
    assert (a.id, b.id) == ("fit-1", "fresh-1")
    assert 0.7 <= alike <= 1


def test_every_pair_is_found_with_the_same_prompts_first():
    fit = prompts(["How do I fry an egg?", "My hollandaise split, why?", "What is a roux?"], Split.FIT)
    fresh = prompts(["Please: why did my hollandaise split?", "What is a poolish?", "What is the roux"], Split.FRESH)
    assert [(a.id, b.id) for a, b, _ in overlaps(fit, fresh)] == [("fit-2", "fresh-2"), ("fit-1", "fresh-0")]


def test_prompts_of_function_words_only_are_compared_by_them():
    assert overlap(["Who are you?"], ["Who are you?"]) is not None
    assert overlap(["Who are you?"], ["What is it?"]) is None


@pytest.mark.slow
def test_the_facts_are_compared_in_under_a_second():
    rows = build()
    fit = [row for row in rows if row.split is Split.FIT]
    fresh = [row for row in rows if row.split is Split.FRESH]
    first_overlap(fit[:5], fresh[:5])  # loads the libraries
    times = []
    for _ in range(3):  # the best of three, since other work may hold the machine
        start = time.perf_counter()
        assert first_overlap(fit, fresh) is None
        times.append(time.perf_counter() - start)
    assert min(times) < 1


def test_halves_of_a_templated_set_do_not_overlap():
    for split in Split:
        rows = [row for row in build() if row.split is split]
        assert first_overlap(rows[::2], rows[1::2]) is None
