"""A JSON object that has a key twice is refused in one sentence, whoever reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp.errors import InputError
from interp.judges.client import MALFORMED, Failure, read_body
from interp.judges.menus import OFF_MENU, read_choice
from interp.prompts.sets import load_file
from interp.records.judgements import Label
from interp.results.fit import FitReport
from interp.results.reading import is_published
from interp.results.schema import read_result
from interp.runs.directory import verify
from interp.runs.files import DoubledKey, parse_json, read_json
from interp.runs.rows import parse_row, read_rows

DOUBLED = [
    ('{"a": 1, "a": 2}', "a"),
    ('{"a": 1, "a": 1}', "a"),
    ('{"b": 0, "a": 1, "b": 0}', "b"),
    ('{"x": {"a": 1, "a": 2}}', "a"),
    ('[{"a": 1}, {"a": 1, "a": null}]', "a"),
    ('{"a": 1, "\\u0061": 2}', "a"),
    ('{"": 1, "": 2}', ""),
    ('{"x": [[{"é": 1, "\\u00e9": 2}]]}', "é"),
    ('{"files": {"run.json": "0", "run.json": "1"}}', "run.json"),
]
PROMPT = (
    '{"id": "p", "text": "What is the capital of France?", "split": "fit", '
    '"claims": [{"text": "It is Paris", "accept": ["Paris"]}]}'
)


@pytest.mark.parametrize(("text", "key"), DOUBLED)
def test_a_key_that_comes_twice_is_named(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(DoubledKey) as caught:
        parse_json(text)
    assert caught.value.key == key
    path = tmp_path / "some.json"
    path.write_text(text, encoding="utf-8")
    for read in (lambda: read_json(path), lambda: parse_row(Label, text, str(path))):
        assert refusal(read) == refusal(lambda: read_json(path))
        assert f"{path} has the key {key!r} twice" in refusal(read)


def refusal(read: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        read()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        PROMPT.replace('"id": "p"', '"id": "p", "id": "q"'),
        PROMPT.replace('"split": "fit"', '"split": "fit", "split": "fresh"'),
        PROMPT.replace('"accept"', '"accept": [], "accept"'),
        PROMPT.replace('"text": "It is Paris"', '"text": "It is Lyon", "text": "It is Paris"'),
        PROMPT.replace('"id": "p"', '"id": "p", "domain": "a", "domain": "b"'),
    ],
)
def test_a_prompt_with_a_key_twice_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "own.jsonl"
    first = PROMPT.replace('"p"', '"first"')
    path.write_text(f"{first}\n{line}\n", encoding="utf-8")
    assert f"{path}, line 2 has the key" in refusal(lambda: load_file(path))


def test_rows_results_and_manifests_are_refused_alike(tmp_path: Path) -> None:
    rows = tmp_path / "labels.jsonl"
    rows.write_text('{"generation_id": "a", "generation_id": "b"}\n', encoding="utf-8")
    assert "labels.jsonl, line 1 has the key 'generation_id' twice" in refusal(lambda: read_rows(rows, Label))
    for name, read in (
        ("report.json", lambda path: read_result(path, FitReport)),
        ("report.json", is_published),
        ("run.json", lambda path: verify(path.parent)),
    ):
        path = tmp_path / name
        path.write_text('{"schema": 1, "schema": 2, "files": {}}', encoding="utf-8")
        assert f"{name} has the key 'schema' twice" in refusal(lambda: read(path))  # noqa: B023


@pytest.mark.parametrize(
    "reply",
    [
        '{"answer": "YES", "answer": "YES"}',
        '{"answer": "NO", "answer": "YES"}',
        '```json\n{"answer": "YES", "why": "so", "answer": "YES"}\n```',
        'Here it is: {"answer": "YES", "answer": "YES"}',
        '{"result": {"answer": "YES", "answer": "YES"}}',
        '{broken} {"answer": "YES", "answer": "YES"}',
    ],
)
def test_a_reply_with_a_key_twice_is_off_the_menu(reply: str) -> None:
    found = read_choice(reply, ["YES", "NO"])
    assert (found.choice, found.reason) == (None, OFF_MENU)


def test_a_reply_with_each_key_once_is_read() -> None:
    for reply in ('{"answer": "YES"}', '{"why": "it says so", "answer": "YES"}', "{YES}", "{" * 2000 + " YES"):
        assert read_choice(reply, ["YES", "NO"]).choice == "YES", reply[:50]


def test_a_response_body_with_a_key_twice_is_malformed() -> None:
    body = b'{"choices": [{"message": {"content": "YES", "content": "NO"}, "finish_reason": "stop"}], "model": "m"}'
    made = read_body(body)
    assert isinstance(made, Failure) and made.reason == MALFORMED


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_what_has_every_key_once_is_parsed_as_ever(value: object) -> None:
    assert parse_json(json.dumps(value)) == value
