"""What a caller may pass as prompts: a text is one prompt, a sequence is several, anything else is one sentence."""

from __future__ import annotations

from collections import UserDict, deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hooks.answers.ask import capture, generate, read
from hooks.answers.batch import as_prompts
from hooks.backend.base import HookedModel
from interp.errors import InputError
from interp.records.prompts import Prompt, Split

ONE = Prompt("mine", "Why?", "", Split.FIT, ())


class Column:
    """As a column of a table behaves: values in order, labels under `keys`, and no columns of its own."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def keys(self) -> range:
        return range(len(self.values))

    def __iter__(self) -> Any:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)


class Table(Column):
    """As a table behaves: iterating over it gives the names of its columns."""

    @property
    def columns(self) -> list[Any]:
        return self.values


class Text(str):
    """A string of another class."""


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        ("What is 2 plus 3?", ["What is 2 plus 3?"]),
        (Text("Why?"), ["Why?"]),
        (np.str_("Why?"), ["Why?"]),
        (ONE, ["Why?"]),
        (["Hi"], ["Hi"]),
        (["Hi", "Why?"], ["Hi", "Why?"]),
        (("Hi", ONE), ["Hi", "Why?"]),
        (np.array(["Hi", "Why?"]), ["Hi", "Why?"]),
        (np.array(["Hi", "Why?"], dtype=object), ["Hi", "Why?"]),
        (Column(["Hi", "Why?"]), ["Hi", "Why?"]),
        (deque(["Hi"]), ["Hi"]),
        ((text for text in ("Hi", "Why?")), ["Hi", "Why?"]),
        ({"a": "Hi"}.values(), ["Hi"]),
        ([], []),
    ],
)
def test_a_text_is_one_prompt_and_a_sequence_several(given: Any, texts: list[str]) -> None:
    made = as_prompts(given)
    assert [prompt.text for prompt in made] == texts and all(type(prompt.text) is str for prompt in made)
    assert len({prompt.id for prompt in made}) == len(made)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"question": "Hi"}, "from a dict.*list"),
        (UserDict({"question": "Hi"}), "from a UserDict"),
        (Table(["question", "answer"]), "from a Table: pass one column"),
        (SimpleNamespace(column_names=["question"]), "pass one column"),
        (b"Hi", "not bytes"),
        (bytearray(b"Hi"), "not bytearray"),
        ({"Hi", "Why?"}, "an order"),
        (frozenset({"Hi"}), "an order"),
        (None, "from a NoneType"),
        (5, "from a int"),
        (2.5, "from a float"),
        (np.array("Hi"), "from a ndarray"),
        (np.float64(1), "from a float64"),
        ([None], "Prompt 1 is no text but a NoneType"),
        (["Hi", None], "Prompt 2 is no text but a NoneType"),
        (["Hi", float("nan")], r"Prompt 2 is no text but a float \(nan\)"),
        (["Hi", 5], "Prompt 2 is no text but a int"),
        ([b"Hi"], "no text but a bytes"),
        ([["Hi"]], "no text but a list"),
        ([{"role": "user", "content": "Hi"}], "no text but a dict"),
        (np.array([["Hi"]]), "no text but a ndarray"),
        (np.array([1, 2]), "no text but a int64"),
        ([ONE, ONE], "'mine'"),
        (["Hi", Prompt("prompt-0", "Why?", "", Split.FIT, ())], "'prompt-0'"),
    ],
)
def test_what_is_no_prompt_is_refused_in_one_sentence(given: Any, told: str) -> None:
    with pytest.raises(InputError, match=told) as refusal:
        as_prompts(given)
    assert "\n" not in str(refusal.value) and str(refusal.value).endswith(".")


def test_asking_a_model_takes_a_text(opened: Callable[..., HookedModel]) -> None:
    model = opened("gemma3")
    (answer,) = generate(model, "What is 2 plus 3?", max_new_tokens=3)
    assert answer.id == "prompt-0" and answer == generate(model, ["What is 2 plus 3?"], max_new_tokens=3)[0]
    assert all(len(features.generation_ids) <= 1 for features in capture(model, "Hi", max_new_tokens=2))
    for ask in (generate, capture):
        with pytest.raises(InputError, match="from a dict"):
            ask(model, {"question": "Hi"})
    with pytest.raises(InputError, match="no text but a NoneType"):
        read(model, None, ["ln_final"])
