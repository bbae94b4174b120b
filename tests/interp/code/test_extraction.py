"""The program of an answer is found by fixed rules and never repaired."""

from __future__ import annotations

import pytest

from interp.code.extraction import Extraction, Found, from_answer, from_continuation

CODE = "def f(x):\n    return x\n"


@pytest.mark.parametrize(
    "answer",
    [
        f"```python\n{CODE}```",
        f"Here it is:\n\n```\n{CODE}```\nIt returns x.",
        f"~~~py\n{CODE}~~~",
        f"````Python3\n{CODE}````\n",
        f"```python title=f.py\n{CODE}```",
        f"First an example:\n```bash\npython f.py\n```\nNow:\n```python\n{CODE}```",
        f"```python\nimport os\n```\n```python\n{CODE}```\n```python\n{CODE * 2}```",
        f"``` python\n{CODE}```",
    ],
)
def test_the_fenced_block_that_defines_the_function_is_taken_as_it_stands(answer: str) -> None:
    taken = from_answer(answer, "f")
    assert (taken.code, taken.found) == (CODE, Found.FENCED)


def test_the_first_block_counts_where_none_defines_the_function() -> None:
    assert from_answer("```python\nx = 1\n```\n```python\ny = 2\n```", "f") == Extraction("x = 1\n", Found.FENCED, 2)


def test_a_function_whose_name_only_begins_the_same_is_not_the_function() -> None:
    assert from_answer(f"```python\ndef f2(x): pass\n```\n```python\n{CODE}```", "f").code == CODE


def test_a_fence_that_is_not_closed_is_said() -> None:
    assert from_answer(f"```python\n{CODE}    # and", "f") == Extraction(CODE + "    # and", Found.UNCLOSED_FENCE, 1)


def test_an_answer_that_is_code_counts_as_a_whole() -> None:
    assert from_answer(CODE, "f") == Extraction(CODE, Found.WHOLE_TEXT, 0)


def test_prose_around_unfenced_code_is_not_cut_away() -> None:
    answer = "Sure!\n" + CODE
    assert from_answer(answer, "f") == Extraction(answer, Found.WHOLE_TEXT, 0)


@pytest.mark.parametrize("answer", ["", "I cannot do that.", "Use f(x).", "```python\n\n```", "```bash\nls\n```"])
def test_without_code_there_is_none(answer: str) -> None:
    taken = from_answer(answer, "f")
    assert (taken.code, taken.found) == (None, Found.NONE)


def test_code_is_not_repaired() -> None:
    broken = "def f(x):\nreturn x\n"
    assert from_answer(f"```python\n{broken}```", "f").code == broken


@pytest.mark.parametrize("stop", ["\nclass A:", "\ndef g():", "\n# next", "\nif True:", "\nprint(f(1))"])
def test_a_continuation_ends_where_it_leaves_the_function(stop: str) -> None:
    taken = from_continuation(f"    return x\n{stop}\n    more")
    assert taken == Extraction("    return x\n", Found.CONTINUATION, 0, ended=True)


def test_a_continuation_that_stays_in_the_function_is_not_over() -> None:
    assert from_continuation("    y = x\n    return") == Extraction("    y = x\n    return", Found.CONTINUATION, 0)


def test_a_continuation_that_leaves_at_once_has_no_code() -> None:
    assert from_continuation("\n\ndef g():\n    pass") == Extraction(None, Found.NONE, 0, ended=True)
