"""Near duplicates: tiny edits count, other subjects in the same form do not, and it is quick."""

from __future__ import annotations

import random
import time

import pytest

from interp.prompts import alike, near_duplicates
from interp.prompts.alike import FORM
from interp.prompts.facts import build
from interp.prompts.near_duplicates import repeats, same
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
    return next(iter(repeats(prompts(a, Split.FIT), prompts(b, Split.FRESH)).pairs), None)


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
    assert [(a.id, b.id) for a, b, _ in repeats(fit, fresh).pairs] == [("fit-2", "fresh-2"), ("fit-1", "fresh-0")]


def test_prompts_of_function_words_only_are_compared_by_them():
    assert overlap(["Who are you?"], ["Who are you?"]) is not None
    assert overlap(["Who are you?"], ["What is it?"]) is None


@pytest.mark.slow
def test_the_facts_are_compared_in_under_a_second():
    rows = build()
    fit = [row for row in rows if row.split is Split.FIT]
    fresh = [row for row in rows if row.split is Split.FRESH]
    repeats(fit[:5], fresh[:5])  # loads the libraries
    times = []
    for _ in range(3):  # the best of three, since other work may hold the machine
        start = time.perf_counter()
        assert repeats(fit, fresh).pairs == ()
        times.append(time.perf_counter() - start)
    assert min(times) < 1


def test_halves_of_a_templated_set_do_not_overlap():
    for split in Split:
        rows = [row for row in build() if row.split is split]
        assert repeats(rows[::2], rows[1::2]).pairs == ()


def compared(fit, fresh):
    """Every pair, compared one by one: the rule without any shortcut."""
    reads = {p.id: near_duplicates._read(p.text) for p in (*fit, *fresh)}
    runs = {i: {run for word in r.content for run in alike._runs_of(word)} for i, r in reads.items()}
    forms = near_duplicates._Forms([reads[p.id].content for p in (*fit, *fresh)])
    repeated = {b.id for b in fresh if any(same(a.text) == same(b.text) for a in fit)}
    found = []
    for b in fresh:
        for a in fit:
            x, y = runs[a.id], runs[b.id]
            index = len(x & y) / len(x | y)
            other = near_duplicates._other_question(reads[a.id], reads[b.id], forms)
            if index >= 0.7 and b.id not in repeated and not other:
                found.append((a.id, b.id))
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("common", "many"), [(50, 500), (6, 6), (8, 20)])
def test_the_shortcuts_find_what_comparing_every_pair_finds(seed, common, many, monkeypatch):
    monkeypatch.setattr(alike, "COMMON", common)
    monkeypatch.setattr(alike, "MANY", many)
    monkeypatch.setattr(alike, "BLOCK", 5000)
    rng = random.Random(seed)
    names = [row.text.split()[-1] for row in build()]
    texts = [row.text for row in rng.sample(build(), 60)]
    texts += [f"What is {rng.randint(0, 12)} plus {rng.randint(0, 12)}?" for _ in range(60)]
    form = "Please tell me which old river flows through the famous northern market town named"
    texts += [f"{form} {rng.choice(names)} {rng.choice(['today', ''])}" for _ in range(60)]
    texts += [" ".join(rng.sample(text.split(), len(text.split()))) for text in rng.sample(texts, 30)]
    texts += [f"{text} briefly" for text in rng.sample(texts, 30)]
    rng.shuffle(texts)
    fit, fresh = prompts(texts[::2], Split.FIT), prompts(texts[1::2], Split.FRESH)
    found = repeats(fit, fresh)
    exact = {b.id for b in fresh if any(same(a.text) == same(b.text) for a in fit)}
    assert [(a.id, b.id) for a, b, _ in found.pairs if b.id not in exact] == compared(fit, fresh)
    assert {b.id for _, b, _ in found.pairs} >= exact
    assert found.unchecked == 0
    assert len(found.pairs) > 5


def test_what_was_not_compared_is_counted(monkeypatch):
    rows = build()
    fit, fresh = rows[::2], rows[1::2]
    monkeypatch.setattr(alike, "BLOCK", 1000)
    monkeypatch.setattr(alike, "MOST", 5000)
    assert 0 < repeats(fit, fresh).unchecked <= len(fresh)
