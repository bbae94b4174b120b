import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp.language.matching import find
from interp.language.quantities import find_quantities
from interp.language.words import normalise, read


def numbers(text: str) -> list[float]:
    """Return the lower ends of what is stated."""
    return [q.low for q in find_quantities(read(normalise(text))[0])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one hundred eighteen", [118]),
        ("one hundred and eighteen", [118]),
        ("One-hundred-and-eighteen", [118]),
        ("a hundred and five", [105]),
        ("A hundred five", [105]),
        ("two point five", [2.5]),
        ("minus 18", [-18]),
        ("minus eighteen", [-18]),
        ("negative five", [-5]),
        ("-18", [-18]),
        ("twelve hundred", [1200]),
        ("one thousand five hundred", [1500]),
        ("one thousand, five hundred", [1500]),
        ("three and a half", [3.5]),
        ("a dozen", [12]),
        ("two dozen", [24]),
        ("half a dozen", [6]),
        ("10^6", [1000000.0]),
        ("10⁶", [1000000.0]),
        ("1e6", [1000000.0]),
        ("6.02 x 10^23", [6.02e23]),
        ("6 × 10²³", [6e23]),
        ("6.02x10^23", [6.02e23]),
        ("6.02 \\times 10^{23}", [6.02e23]),
        ("10⁻⁶", [1e-06]),
        ("10^-6", [1e-06]),
        ("10**6", [1000000.0]),
        ("1.5e-3", [0.0015]),
        ("6·10²³", [6e23]),
        ("1 500", [1500]),
        ("1\u2009500", [1500]),
        ("1'500", [1500]),
        ("1\u2019500", [1500]),
        ("1_500", [1500]),
        ("1.5 million", [1500000.0]),
        ("1,500", [1500]),
        ("1,500.75", [1500.75]),
        ("1.500,75", [1500.75]),
        ("105, 106 and 107", [105, 106, 107]),
        ("one hundred and four and one hundred and five", [104, 105]),
        ("one hundred four, one hundred five", [104, 105]),
        ("the 118th element", [118]),
        ("the hundred and eighteenth element", [118]),
        ("one hundred four thousand", [104000]),
        ("one hundred and four thousand", [104000]),
        ("two million three hundred thousand and five", [2300005]),
        ("one", [1]),
        ("One.", [1]),
        ("one gram", [1]),
        ("hundred and eighteen", [118]),
        ("a hundred", [100]),
        ("one eighteen", [118]),
        ("one one eight", [118]),
        ("one oh four", [104]),
        ("seventy nine", [79]),
        ("79 (seventy-nine)", [79, 79]),
        ("between one hundred and two hundred", [100]),
        ("between 100 and 120", [100]),
        ("from one hundred to one hundred and twenty", [100]),
        ("between one hundred and one and one hundred and ten", [101]),
        ("10 to the power of 6", [1000000.0]),
        ("1/10", [0.1]),
        ("18 below zero", [-18]),
        ("five degrees above zero", [5]),
        ("-5 to 5", [-5]),
        ("0.2", [0.2]),
        ("0,500", [0.5]),
        ("1,2,3", [1, 2, 3]),
        ("12,34,567", [1234567]),
        ("1,00,000", [100000]),
        ("1 hundred and 18", [118]),
        ("2 thousand 500", [2500]),
        ("3 hundred", [300]),
        ("one hundred and 18", [118]),
        ("three quarters", [0.75]),
        ("one half", [0.5]),
        ("one and three quarters", [1.75]),
        ("one fifth", [0.2]),
        ("two fifths", [0.4]),
        ("half a million", [500000.0]),
        ("a quarter of a million", [250000]),
        ("a million and a half", [1500000.0]),
        ("1 kg 500 g", [1500]),
        ("1 h 30 min", [5400]),
        ("one hundred per cent", [100]),
        ("a hundred and eighteen protons", [118]),
        ("43°C-49°C", [43]),
        ("between 110°F-120°F", [110]),
        ("seventynine", [79]),
        ("a hundred and four, a hundred and five", [104, 105]),
        ("one-oh-six", [106]),
        ("one hundred & six", [106]),
        ("ninety-two-and-a-half", [92.5]),
        ("two and a half million", [2.5e6]),
        ("one and a half thousand", [1500]),
        ("ten to the sixth", [1e6]),
        ("-1.5 million", [-1.5e6]),
        ("-20 to -18 C", [-20]),
        ("-18 to -20 C", [-20]),
        ("1 kg and 500 g", [1000, 500]),
        ("eleven eight", [11, 8]),
        ("100/104", [100 / 104]),
        ("10³", [1000]),
        ("2^10", [1024]),
        ("5 × 3", [5, 3]),
        ("point five", [0.5]),
        ("one hundred and four point five", [104.5]),
        ("two point five million", [2500000.0]),
        ("100 and 4", [100, 4]),
        ("ten minus five", [10, 5]),
        ("Z=79", [79]),
        ("#79", [79]),
        ("~79", [79]),
        ("$79", [79]),
        ("[79]", [79]),
        ("|79|", [79]),
        ("118.", [118]),
        ("118,", [118]),
        ("118;", [118]),
        ("**118**", [118]),
        ("`118`", [118]),
        ("_118_", [118]),
        ("118\n", [118]),
        ("one hundred\nand eighteen", [118]),
        ("ONE HUNDRED AND EIGHTEEN", [118]),
        ("**one hundred** and **eighteen**", [118]),
        ("one hundred and eighteen (118)", [118, 118]),
        ("118 (one hundred eighteen)", [118, 118]),
        ("nineteen eighty-four", [1984]),
        ("nine hundred ninety-nine thousand nine hundred and ninety-nine", [999999]),
        ("zero", [0]),
        ("nought point five", [0.5]),
        ("one million", [1000000.0]),
        ("one hundred million", [100000000.0]),
        ("a hundred thousand", [100000.0]),
        ("atomic number-79", [79]),
        ("element-118", [118]),
        ("Answer:118", [118]),
        ("Og=118", [118]),
        ("the number one hundred eighteen", [118]),
    ],
)
def test_a_number_is_read_whole(text: str, expected: list[float]) -> None:
    assert numbers(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    [
        "the hundred and eighteenth",
        "one hundred and eighteenth",
        "the 118th",
        "twenty-first century",
        "the one hundredth",
        "U-235",
        "118a",
        "104M",
        "AES-256-GCM",
        "v1.2",
        "v2.0",
        "version 3",
        "version 1.2.3",
        "CO2",
        "carbon-14",
        "¹⁹⁷Au",
        "layer_5",
        "the one that",
        "this one",
        "one of them",
        "no one",
        "a few hundred",
        "several thousand",
        "hundreds of",
        "1 h 30",
        "79²",
        "at point five",
        "79th",
        "1980s",
        "nil",
        "a couple",
        "104k",
        "10k",
        "Og-118",
    ],
)
def test_what_only_looks_like_a_number_is_passed_over_as_a_whole(text: str) -> None:
    assert numbers(text) == []


@pytest.mark.parametrize(
    ("wording", "text"),
    [
        ("{104}", "one hundred four thousand"),
        ("{4}", "one hundred four"),
        ("{100}", "one hundred four"),
        ("{100}", "one hundred and four"),
        ("{1}", "10^6"),
        ("{106}", "10⁶"),
        ("{10}", "10⁶"),
        ("{500 g}", "1 500 g"),
        ("{18 C}", "18 degrees below zero"),
        ("{60 min}", "1 h 30"),
        ("{1 kg}", "1 kg 500 g"),
        ("{18}", "one eighteen"),
        ("{118}", "the one hundred and eighteenth"),
        ("{118}", "-118"),
        ("{1}", "the one that has 118 protons"),
    ],
)
def test_a_part_of_a_number_is_not_the_number(wording: str, text: str) -> None:
    assert find(wording, f"It is {text}.") is None


@given(st.integers(min_value=1, max_value=10**9), st.sampled_from([",", " ", "\u00a0", "\u2009", "'", "_"]))
def test_thousands_are_read_with_any_sign_between_them(value: int, sign: str) -> None:
    assert numbers(f"it is {value:,}".replace(",", sign)) == [value]


def test_the_collected_cases_hold(cases_dir: Path) -> None:
    rows = [json.loads(line) for line in (cases_dir / "quantities.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row for row in rows if (find(row["wording"], row["answer"]) is not None) is not row["met"]] == []


PIECES = """one twenty hundred thousand and a the point half thirds dozen oh minus to power of
    10 ^ ** e6 1e400 x × / - , . ⁶ ½ ² 00 000 th %"""


@given(st.lists(st.sampled_from([*PIECES.split(), " ", " ", "\n"]), max_size=12))
def test_any_row_of_pieces_is_read_from_left_to_right_without_overlap(pieces: list[str]) -> None:
    text = normalise("".join(pieces))
    found = find_quantities(read(text)[0])
    assert normalise(text) == text
    assert all(q.low <= q.high and q.start < q.end for q in found)
    assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))


@pytest.mark.parametrize(
    "date",
    [
        *("2020-05-12", "12/05/2020", "12.05.2020", "10/3/2020", "2020/05/12", "May 12, 2020", "12 May 2020"),
        *("12-May-2020", "mid-2020", "early-2020", "in late 2020", "2020"),
    ],
)
def test_a_date_states_its_year_and_neither_its_day_nor_its_month(date: str) -> None:
    assert numbers(f"It was {date} there.") == [2020.0]


@pytest.mark.parametrize("text", ["1.2.1912.4", "99-99-2020", "0-5-2020", "2020-2021-2022", "13-14-15"])
def test_three_numbers_that_are_no_date_state_no_year(text: str) -> None:
    assert numbers(f"It was {text} there.") == []


@pytest.mark.parametrize("word", ["twenty", "one", "hundred and", "nineteen eighty-"])
def test_a_number_word_over_and_over_is_read_in_time_that_grows_with_it(word: str) -> None:
    def seconds(times: int) -> float:
        start = time.process_time()
        numbers(f"{word} " * times)
        return time.process_time() - start

    assert seconds(480) < 8 * 4 * max(min(seconds(60) for _ in range(3)), 0.02)
