"""Facts about the chemical elements, from periodictable (names, symbols and atomic numbers follow IUPAC)."""

from __future__ import annotations

from interp.prompts.fact import Fact

# British spellings and the one other name in use.
ALIASES = {"aluminum": ("aluminium",), "cesium": ("caesium",), "sulfur": ("sulphur",), "tungsten": ("wolfram",)}

# "lead" is an English verb and would be met by "this may lead to".
NAMES_LEFT_OUT = frozenset({"lead"})

# Symbols that are English words, titles or abbreviations when they stand alone in a sentence.
_WORDS = "He Be Ne Al Co As In La Ho Er Re At Ac Pa Am No Md Mt Mc"
SYMBOLS_LEFT_OUT = frozenset(_WORDS.split())

# Smaller numbers turn up for other reasons: 18 groups, 7 periods, list marks.
SMALLEST_NUMBER = 19


def facts() -> list[Fact]:
    """Return element_of_number, number_of_element and symbol_of_element for every element that qualifies."""
    import periodictable

    made = []
    for element in periodictable.elements:
        number, name, symbol = element.number, element.name, element.symbol
        if number < 1:  # periodictable lists the neutron as element 0
            continue
        entity = f"element:{number}"
        if name not in NAMES_LEFT_OUT:
            accept = (name, *ALIASES.get(name, ()))
            claim = f"Element {number} is {name}"
            made.append(Fact("element_of_number", entity, str(number), str(number), claim, accept))
        if number >= SMALLEST_NUMBER:
            claim = f"The atomic number of {name} is {number}"
            made.append(Fact("number_of_element", entity, name, name.title(), claim, (f"{{{number}}}",)))
        if len(symbol) > 1 and symbol not in SYMBOLS_LEFT_OUT:
            claim = f"The symbol of {name} is {symbol}"
            made.append(Fact("symbol_of_element", entity, name, name.title(), claim, (f"={symbol}",)))
    return made
