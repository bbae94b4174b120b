from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from interp.errors import InputError
from interp.records.shown import Shown
from interp.results.schema import Result, read_result, write_result
from interp.runs.files import read_json, write_json


@dataclass(frozen=True, slots=True)
class Inner(Shown):
    """Something nested."""

    share: float
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Small(Result):
    """A result of a schema that is neither the first nor the last."""

    SCHEMA: ClassVar[int] = 2

    n: int
    inner: Inner | None
    by_name: Mapping[str, Inner]


GOOD = Small(2, 7, Inner(1 / 3, ("a", "b")), {"x": Inner(0.0)})


def written(path: Path, **changes: object) -> Path:
    """A file that differs from a good one by these keys; None removes one."""
    content = dataclasses.asdict(GOOD) | changes
    write_json(path, {key: value for key, value in content.items() if value is not None})
    return path


def test_a_result_comes_back_as_it_was_and_is_the_same_bytes_again(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    write_result(one, GOOD)
    again = read_result(one, Small)
    assert again == GOOD
    write_result(two, again)
    assert one.read_bytes() == two.read_bytes()
    assert read_json(one)["schema"] == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": 1}, "the schema 1, but this version reads 2: it was made by an older version"),
        ({"schema": 3}, "the schema 3, but this version reads 2: it was made by another version"),
        ({"schema": "2"}, "the schema '2', but this version reads 2: it was made by another version"),
        ({"schema": None}, "the schema None, but this version reads 2: it was made by another version"),
        ({"schema": 2.0}, "schema"),
        ({"colour": "red"}, "colour"),
        ({"n": None}, "n: "),
        ({"n": "7"}, "n: "),
        ({"n": 7.5}, "n: "),
        ({"n": True}, "n: "),
        ({"inner": {"share": 0.5, "names": [], "colour": "red"}}, "inner.colour"),
        ({"inner": {"names": []}}, "inner.share"),
        ({"inner": {"share": "0.5", "names": []}}, "inner.share"),
        ({"by_name": {"x": {"share": 0.5, "names": "ab"}}}, "by_name.x.names"),
    ],
)
def test_what_is_no_such_result_is_refused_in_one_sentence(
    changes: dict[str, object], said: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "small.json", **changes)
    with pytest.raises(InputError) as caught:
        read_result(path, Small)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{path} ") and "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("content", [[], 7, None, "words"])
def test_json_that_is_no_object_is_refused(content: object, tmp_path: Path) -> None:
    write_json(tmp_path / "small.json", content)
    with pytest.raises(InputError, match="holds no Small; expected the JSON object"):
        read_result(tmp_path / "small.json", Small)


def test_a_missing_and_a_broken_file_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"small\.json is missing"):
        read_result(tmp_path / "small.json", Small)
    (tmp_path / "small.json").write_text("{")
    with pytest.raises(InputError, match=r"small\.json is not valid JSON"):
        read_result(tmp_path / "small.json", Small)


def test_a_number_that_json_does_not_have_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_result(tmp_path / "small.json", dataclasses.replace(GOOD, inner=Inner(float("nan"))))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("was", "made", "said"),
    [
        ('"n": 7', '"n": 7, "n": 8', "has the key 'n' twice"),
        ('"share": 0.0', '"share": 0.0, "share": 1.0', "has the key 'share' twice"),
        ('"share": 0.0', '"share": NaN', "is not valid JSON .*not JSON compliant"),
        ('"share": 0.0', '"share": -Infinity', "is not valid JSON .*not JSON compliant"),
        ('"share": 0.0', '"share": 1e999', "is not valid JSON .*not JSON compliant"),
        ('"n": 7', f'"n": {"9" * 5000}', "is not valid JSON"),
        ('"share": 0.0', f'"share": {"9" * 400}', "a number that"),
        ('"names": []', '"x": []', "is not a valid Small"),
        ('"schema": 2', '"schema": 2.0', "has the schema 2.0"),
        ('"schema": 2', '"schema": true', "has the schema True"),
    ],
)
def test_a_file_that_was_changed_by_hand_is_one_sentence_and_never_another_number(
    was: str, made: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "small.json"
    write_result(path, GOOD)
    text = " ".join(path.read_text().split()).replace("[ ]", "[]")
    assert was in text
    path.write_text(text.replace(was, made, 1))
    with pytest.raises(InputError) as caught:
        read_result(path, Small)
    assert said in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 500


def test_a_field_that_has_a_default_may_not_be_left_out_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    write_result(path, GOOD)
    path.write_text(path.read_text().replace(',\n   "names": []', "").replace('"names": [],\n', ""))
    text = path.read_text()
    assert text.count('"names"') == 1
    with pytest.raises(InputError, match="leaves out a field of Small"):
        read_result(path, Small)
