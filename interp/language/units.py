"""The units that quantities may have, with their dimension and size."""

from __future__ import annotations

# unit -> (dimension, how many base units it is)
_NAMES: dict[tuple[str, float], str] = {
    ("time", 1.0): "s sec secs second seconds",
    ("time", 60.0): "min mins minute minutes",
    ("time", 3600.0): "h hr hrs hour hours",
    ("time", 86400.0): "day days",
    ("mass", 0.001): "mg milligram milligrams",
    ("mass", 1.0): "g gr gram grams gramme grammes",
    ("mass", 1000.0): "kg kgs kilo kilos kilogram kilograms",
    ("volume", 1.0): "ml millilitre millilitres milliliter milliliters cc",
    ("volume", 10.0): "cl centilitre centilitres centiliter centiliters",
    ("volume", 100.0): "dl decilitre decilitres deciliter deciliters",
    ("volume", 1000.0): "l litre litres liter liters",
    ("length", 1.0): "mm millimetre millimetres millimeter millimeters",
    ("length", 10.0): "cm centimetre centimetres centimeter centimeters",
    ("length", 1000.0): "m metre metres meter meters",
    ("length", 1_000_000.0): "km kilometre kilometres kilometer kilometers",
    ("%", 1.0): "% percent pct",
    ("C", 1.0): "celsius centigrade",
    ("F", 1.0): "fahrenheit",
    ("degrees", 1.0): "° degree degrees deg",
}
UNITS = {name: unit for unit, names in _NAMES.items() for name in names.split()}
