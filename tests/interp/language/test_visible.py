"""A text of which nothing can be seen is no filled-in text, wherever a user fills one in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interp.errors import InputError
from interp.judges.endpoint import ChatOptions, endpoint
from interp.judges.menus import EMPTY, read_choice
from interp.language.words import visible
from interp.prompts.sets import load_file

BLANK = [
    "",
    " ",
    "\n\t",
    "\u200b",
    "\u200b\u200c\u200d",
    "\ufeff",
    "\u2060",
    "\u00ad",
    "\u2800",
    "\u3164",
    "\u200e",
    "\x00",
    "\ufe0f",
    "\U000e0100",
    "\u00a0 \u200b",
]
SEEN = ["a", ".", "\u200ba", "0", "é", "\U0001f642", "—", "1\u200b", "❤\ufe0f"]
ROW = {"id": "p", "text": "What is the capital of France?", "domain": "d", "split": "fit"}
CLAIM = {"text": "It is Paris", "accept": ["Paris"]}


@pytest.mark.parametrize("text", BLANK)
def test_nothing_of_it_is_seen(text: str) -> None:
    assert not visible(text)


@pytest.mark.parametrize("text", SEEN)
def test_something_of_it_is_seen(text: str) -> None:
    assert visible(text)


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("field", ["id", "text", "domain", "claim"])
def test_a_field_of_a_prompt_that_shows_nothing_is_empty(tmp_path: Path, field: str, blank: str) -> None:
    claim = CLAIM | {"text": blank} if field == "claim" else CLAIM
    row = ROW | {"claims": [claim]} | ({} if field == "claim" else {field: blank})
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"is empty; fill it in\.$"):
        load_file(path)


def test_a_line_that_shows_nothing_is_no_prompt(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text("\u200b\n \n\u2060\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds no prompts"):
        load_file(path)


@pytest.mark.parametrize("blank", BLANK)
def test_a_judge_without_a_visible_name_has_no_model(blank: str) -> None:
    with pytest.raises(InputError, match="The judge has no model"):
        endpoint(blank, ChatOptions(base_url="http://127.0.0.1:1/v1"))


@pytest.mark.parametrize("blank", BLANK)
def test_a_reply_that_shows_nothing_is_empty(blank: str) -> None:
    assert read_choice(blank, ["YES", "NO"]).reason == EMPTY
    assert read_choice(f"<think>YES</think>{blank}", ["YES", "NO"]).reason == EMPTY
