import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp.errors import InputError
from interp.language.grammar import parse
from interp.language.matching import Text, find, first_match, met
from interp.records.prompts import Claim

CASES = [json.loads(line) for line in (Path(__file__).parent / "checklist_cases.jsonl").read_text().splitlines()]
UNRELATED = [
    "The kitchen was quiet that evening.",
    "Serve it with bread!",
    "Good luck with dinner.",
    "My neighbour grows tomatoes.",
    "What a lovely question.",
    "Nobody has time for this.",
    "Please write again.",
]

FOUND = [
    ("whisk", "Whisking helps."),
    ("the whisk", "Whisk it."),
    ("whisk ... cold butter", "Whisk in the very cold butter."),
    ("whisk ... cold butter", "Whisk cold butter in."),
    ("whisk ... butter", "Whisk one two three four five six seven eight butter"),
    ("stir-fry", "Stir fry it."),
    ("stir fry", "A stir-fry."),
    ("ice|iced water|bath", "Into an ice bath."),
    ("beurre noisette", "Make a Beurre Noisette."),
    ("crème fraîche", "Add creme fraiche."),
    ("x-ray|scan", "An X-ray shows it."),
    ("3 parts", "Three parts of oil."),
    ("=Au", "It is Au."),
    ("gold|=Au", "It is Au."),
    ("{79}", "It has 79 protons."),
    ("{79}", "It has seventy-nine protons."),
    ("{-20..-18 C}", "Freeze it at −18 °C."),
    ("{82..85 C}", "Hold it at 82–85 °C."),
    ("{82..85 C}", "Hold it at 181–184 °F."),
    ("{82..85 C}", "Hold it at 84 degrees."),
    ("{82..85 C}", "Hold it at 182 degrees."),
    ("{82..85 C}", "Hold it just under 85 C."),
    ("{85 C}", "It splits above 85 C."),
    ("above {85 C}", "It splits above 85 C."),
    ("above {80..90 C}", "It splits above 85 C."),
    ("over {80..90 C}", "It splits over 85 C."),
    ("{2..3 min}", "For 150 seconds."),
    ("{1 h}", "For 60 minutes."),
    ("{24..48 h}", "For two days."),
    ("{0.5 kg}", "500 g of flour"),
    ("{250 ml}", "a quarter litre: 0.25 l"),
    ("{2 cm}", "20 mm thick"),
    ("{60..70 %}", "60 to 70 percent"),
    ("{3:1}", "3 parts oil to 1 part vinegar"),
    ("{1.5..2:1}", "2:1"),
    ("knead ... {10..15 min}", "It needs a quarter of an hour of kneading, so knead for 15 minutes."),
    ("heat ... {80 C}", "Heat it to 180 °F (80 °C)."),
    ("{30..40 g} ... butter", "40 g of cold butter"),
    ("whisk ... {2..3 min}", "Whisk it for 2 to 3 minutes."),
]

NOT_FOUND = [
    ("whisk ... butter", "Whisk one two three four five six seven eight nine butter"),
    ("whisk butter", "Whisk in butter."),
    ("whisk ... butter", "Whisk it. Add butter."),
    ("cold butter", "It is cold. Butter it."),
    ("=Au", "It is au."),
    ("=Au", "It is AU."),
    ("{79}", "It is 79 °C."),
    ("{79}", "In 1979."),
    ("{79}", "79%"),
    ("{79}", "The 79th."),
    ("{82..85 C}", "Hold it at 80–85 °C."),
    ("{82..85 C}", "Hold it at 82–95 °C."),
    ("{82..85 C}", "Hold it at 82."),
    ("{82..85 C}", "Hold it at 83 °F."),
    ("{82..85 C}", "It splits above 85 C."),
    ("{2..3 min}", "For 2 to 3 hours."),
    ("{2..3 min}", "For 2 to 5 minutes."),
    ("{1 h}", "For 1 hour 30 minutes."),
    ("{30 min}", "For 1 hour 30 minutes."),
    ("{30 g}", "30 mg"),
    ("{30 g}", "130 g"),
    ("knead ... {15 min}", "Knead 2 minutes, rest 15 minutes."),
    ("{3:1}", "1:3"),
    ("{3:1}", "in 3 to 10 minutes"),
    ("{45 C}", "at a 45-degree angle"),
]


@pytest.mark.parametrize(("wording", "text"), FOUND)
def test_found(wording: str, text: str) -> None:
    assert find(wording, text) is not None


@pytest.mark.parametrize(("wording", "text"), NOT_FOUND)
def test_not_found(wording: str, text: str) -> None:
    assert find(wording, text) is None


@pytest.mark.parametrize(
    "wording",
    [
        "",
        "  ",
        "the",
        "!",
        "...",
        "... boil",
        "boil ...",
        "boil ... ... hard",
        "boil...",
        "a||b",
        "|a",
        "a|!b",
        "{82..85 K}",
        "{85..82 C}",
        "{82 ..}",
        "{}",
        "{warm}",
        "{3:0}",
        "{2..1:1}",
        "{82 C",
        "82 C}",
        "{3}eggs",
        "x{3}",
        "={79}",
        "=",
        "=the",
        "?",
        "boil !hard",
    ],
)
def test_bad_syntax_is_refused_in_one_sentence_that_names_the_wording(wording: str) -> None:
    with pytest.raises(InputError) as error:
        parse(wording)
    assert repr(wording) in str(error.value)
    assert "\n" not in str(error.value)


@given(st.text(alphabet="ab |{}=!.:C0123456789%-é "))
def test_any_wording_is_parsed_or_refused_and_can_be_looked_up(wording: str) -> None:
    try:
        parsed = parse(wording)
    except InputError:
        return
    find(parsed, "a b 1 C ab 10%")


def test_a_match_quotes_the_answer_as_it_was_written() -> None:
    text = "Première étape : chauffez à **82–85 °C**, puis fouettez."
    match = find("{82..85 C}", text)
    assert match is not None
    assert match.quote == "82–85 °C"
    assert text[match.start : match.end] == match.quote


def test_the_first_wording_that_is_found_is_reported() -> None:
    match = first_match(Claim("Heat gently", ("!boil", "low heat", "gently")), "Gently, over low heat.")
    assert match is not None
    assert (match.wording, match.quote) == ("low heat", "low heat")


@given(st.text(), st.sampled_from([w for w, _ in FOUND + NOT_FOUND]))
def test_a_match_lies_in_the_answer(text: str, wording: str) -> None:
    match = find(wording, text)
    assert match is None or text[match.start : match.end] == match.quote != ""


def test_text_is_read_once_for_many_wordings() -> None:
    text = Text("Whisk it for two minutes.")
    assert find("whisk", text) is not None
    assert find("{2 min}", text) is not None
    assert find("boil", text) is None


@given(st.sampled_from([c for c in CASES if c["met"]]), st.lists(st.sampled_from(UNRELATED), max_size=3), st.booleans())
def test_adding_unrelated_sentences_never_unmeets_a_claim(
    case: dict[str, object], more: list[str], first: bool
) -> None:
    claim = Claim(case["claim"], tuple(case["accept"]))
    parts = [*more, case["answer"]] if first else [case["answer"], *more]
    assert met(claim, "\n".join(parts))


@given(st.sampled_from([c for c in CASES if not c["met"]]), st.lists(st.sampled_from(UNRELATED), max_size=3))
def test_adding_unrelated_sentences_never_meets_a_claim(case: dict[str, object], more: list[str]) -> None:
    assert not met(Claim(case["claim"], tuple(case["accept"])), "\n".join([case["answer"], *more]))


@given(st.sampled_from(CASES), st.randoms())
def test_the_order_of_the_wordings_does_not_matter(case: dict[str, object], random: object) -> None:
    accept = list(case["accept"])
    random.shuffle(accept)
    assert met(Claim(case["claim"], tuple(accept)), case["answer"]) is case["met"]


@given(st.integers(-30, 260))
def test_celsius_and_fahrenheit_agree_after_rounding(celsius: int) -> None:
    fahrenheit = round(celsius * 1.8 + 32)
    for text in (f"at {celsius} °C", f"at {fahrenheit} °F", f"at {fahrenheit} degrees Fahrenheit"):
        assert find(f"{{{celsius} C}}", text) is not None
    for wrong in (celsius - 2, celsius + 2):
        assert find(f"{{{wrong} C}}", f"at {fahrenheit} °F") is None


@given(st.integers(1, 500), st.sampled_from([("min", "s", 60), ("h", "min", 60), ("kg", "g", 1000), ("l", "ml", 1000)]))
def test_units_of_one_dimension_agree(amount: int, units: tuple[str, str, int]) -> None:
    large, small, factor = units
    for have, want in itertools.permutations(((amount, large), (amount * factor, small))):
        assert find(f"{{{want[0]} {want[1]}}}", f"use {have[0]} {have[1]} of it") is not None
    assert find(f"{{{amount} {small}}}", f"use {amount} {large} of it") is None


@given(st.integers(0, 300), st.integers(0, 40), st.integers(0, 300), st.integers(0, 40))
def test_a_stated_range_counts_where_it_lies_within_the_wanted_one(low: int, more: int, at: int, wide: int) -> None:
    inside = low <= at and at + wide <= low + more
    assert (find(f"{{{low}..{low + more} g}}", f"about {at} to {at + wide} grams") is not None) is inside
