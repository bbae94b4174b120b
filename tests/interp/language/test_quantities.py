import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp.language.matching import find
from interp.language.quantities import Quantity, find_quantities
from interp.language.words import normalise, read


def quantities(text: str) -> list[Quantity]:
    return find_quantities(read(normalise(text))[0])


def stated(text: str) -> list[tuple[float, float, str]]:
    return [(round(q.low, 6), round(q.high, 6), q.dimension) for q in quantities(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("82 C", (82, 82, "C")),
        ("82°C", (82, 82, "C")),
        ("82 ° C", (82, 82, "C")),
        ("82 ℃", (82, 82, "C")),
        ("82 degrees Celsius", (82, 82, "C")),
        ("180F", (180, 180, "F")),
        ("190 deg F", (190, 190, "F")),
        ("180 degrees fahrenheit", (180, 180, "F")),
        ("85 degrees.", (85, 85, "degrees")),
        ("85°", (85, 85, "degrees")),
        ("a 45-degree angle", (45, 45, "angle")),
        ("-18 °C", (-18, -18, "C")),
        ("82–85 °C", (82, 85, "C")),
        ("82 °C to 85 °C", (82, 85, "C")),
        ("82°–85°C", (82, 85, "C")),
        ("between 82 and 85 degrees Celsius", (82, 85, "C")),
        ("two or three minutes", (120, 180, "time")),
        ("30 seconds to 2 minutes", (30, 120, "time")),
        ("15–20-minute", (900, 1200, "time")),
        ("1½ hours", (5400, 5400, "time")),
        ("an hour and a half", (5400, 5400, "time")),
        ("one and a half hours", (5400, 5400, "time")),
        ("half an hour", (1800, 1800, "time")),
        ("a quarter of an hour", (900, 900, "time")),
        ("1 h 30 min", (5400, 5400, "time")),
        ("two hours and 15 minutes", (8100, 8100, "time")),
        ("2 days", (172800, 172800, "time")),
        ("10,000 g", (10000, 10000, "mass")),
        ("10\u202f000 g", (10000, 10000, "mass")),
        ("1 000 000", (1000000, 1000000, "")),
        ("1.5 million", (1500000, 1500000, "")),
        ("two hundred and five", (205, 205, "")),
        ("1,5 kg", (1500, 1500, "mass")),
        (".5 l", (500, 500, "volume")),
        ("2 dl", (200, 200, "volume")),
        ("2 cm", (20, 20, "length")),
        ("25%", (25, 25, "%")),
        ("60 to 70 per cent", (60, 70, "%")),
        ("a dozen", (12, 12, "")),
        ("half a dozen", (6, 6, "")),
        ("twenty-five to thirty", (25, 30, "")),
        ("two thirds", (0.666667, 0.666667, "")),
        ("79.", (79, 79, "")),
        ("3:1", (3, 3, "ratio")),
        ("3 to 1", (3, 3, "ratio")),
        ("a 3-to-1 ratio", (3, 3, "ratio")),
        ("three parts oil to one part vinegar", (3, 3, "ratio")),
        ("three parts of olive oil, one part vinegar", (3, 3, "ratio")),
        ("1.5-2:1", (1.5, 2, "ratio")),
        ("1.5 to 2 parts water to 1 part rice", (1.5, 2, "ratio")),
        ("a ratio of 1 to 2", (0.5, 0.5, "ratio")),
        ("equal parts", (1, 1, "ratio")),
        ("1 to 2 cloves", (1, 2, "")),
    ],
)
def test_quantities_are_read_as_a_cook_means_them(text: str, expected: tuple[float, float, str]) -> None:
    assert stated(text) == [expected]


@pytest.mark.parametrize(
    "text", ["the 20th century", "the 1980s", "use a third pan", "H2O", "one-off? no", "at 3x speed"]
)
def test_ordinals_decades_and_formulas_are_not_quantities(text: str) -> None:
    assert stated(text) in ([], [(1, 1, "")])


@pytest.mark.parametrize(
    ("text", "open_ended"),
    [
        ("above 85 C", True),
        ("below 85 C", True),
        ("more than 85 C", True),
        ("hotter than 85 C", True),
        ("just below 85 C", False),
        ("no more than 85 C", False),
        ("at least 85 C", False),
        ("up to 85 C", False),
        ("at 85 C", False),
    ],
)
def test_comparisons_open_the_range(text: str, open_ended: bool) -> None:
    assert quantities(text)[0].open_ended is open_ended


def test_two_temperatures_side_by_side_stay_two() -> None:
    assert stated("82 °C (180 °F)") == [(82, 82, "C"), (180, 180, "F")]


def test_a_range_that_runs_backwards_is_two_numbers() -> None:
    assert stated("from 5-3 minutes") == [(5, 5, ""), (180, 180, "time")]


@given(st.text(alphabet="0123456789 .,-/:°CFghalfmintoparsequ½dn\n"))
def test_reading_ends_and_quantities_do_not_overlap(text: str) -> None:
    found = quantities(text)
    assert all(q.low <= q.high and q.start < q.end for q in found)
    assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))


@given(st.floats(min_value=0, max_value=1e5).map(lambda x: round(x, 2)))
def test_digits_are_read_back(value: float) -> None:
    assert stated(f"it weighs {value:.2f} grams") == [(value, value, "mass")]
    assert stated(f"it weighs {value:,.2f} grams") == [(value, value, "mass")]


@pytest.mark.parametrize(
    ("amount", "answer", "stated"),
    [
        ("2", "2 squared", False),
        ("4", "2 squared is four", True),
        ("1000", "10 ** 3", True),
        ("10", "10 ** 3", False),
        ("3", "3 bn", False),
        ("3000000000", "3 bn people", True),
        ("500000", "5 lakh", True),
        ("5", "5 lakh", False),
        ("1", "1{,}000", False),
        ("1000", "$1{,}000$", True),
        ("1", r"\frac{1}{2}", False),
        ("0.5", r"$\frac{1}{2}$", True),
        ("5 g", "5 g/L", False),
        ("5 g", "5 g per litre", False),
        ("5 g", "5 g per person", True),
        ("3:1", "3:1:1", False),
        ("50%", r"50\%", True),
        ("83 C", r"$83^\circ$C", True),
        ("83 C", r"$83^{\circ}\text{C}$", True),
        ("90 min", "1h30m", True),
        ("90 min", "1 h 30 m", True),
        ("1", "One is the atomic number of hydrogen.", True),
        ("180 C", "180 °C/350 °F", True),
    ],
)
def test_a_quantity_is_read_whole_or_not_at_all(amount: str, answer: str, stated: bool) -> None:
    assert (find("{" + amount + "}", answer) is not None) is stated


@pytest.mark.parametrize(
    ("answer", "is_given"),
    [("one hundred eighteen", True), ("118.", True), ("1,18", False), ("118 °C", False), ("July 118", True)],
)
def test_a_number_alone_is_a_number_in_digits_or_words(answer: str, is_given: bool) -> None:
    assert (find("118", answer) is not None) is is_given


def test_the_day_of_a_date_is_no_number() -> None:
    assert find("14", "July 14, 1789") is None
