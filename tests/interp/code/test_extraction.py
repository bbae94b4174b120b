"""The program of an answer is found by fixed rules and never repaired."""

from __future__ import annotations

import pytest

from interp.code import tasks
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


STUB = 'def f(x):\n    """Return x.\n\n    >>> f(1)\n    1\n    """\n'


@pytest.mark.parametrize(
    "stub",
    [
        STUB,
        f"import math\n\n{STUB}\n\n",
        STUB + "    # your code here\n",
        "def f(x):\n    'Return x.'\n",
        "def f(\n    x: dict[str, int] = {1: 2}, y=lambda: 0,\n) -> 'int':\n    'Return x.'\n",
        "def f(x): 'Return x.'\n",
        "async def f(x):\n    '''Return x.'''\n",
        "def f(x):\n",
        "def f(x):\n    # TODO\n",
        "def g(x):\n    return x\n\n\n" + STUB,
        STUB + "\n\nprint(f(1))\n",
        'def f(x):\n    r"""Return x: \\d."""\n',
        'def f(x):\n    """Return x: \\d."""\n',
        "class A:\n    def f(self):\n        '''Return x.'''\n\nA()\n",
    ],
)
def test_a_block_that_only_repeats_the_task_is_not_the_answer(stub: str) -> None:
    fenced = f"You gave me:\n\n```python\n{stub}```\n\n"
    answer = f"{fenced}This is the function:\n\n```python\n{CODE}```\n"
    assert from_answer(answer, "f") == Extraction(CODE, Found.FENCED, 2)
    assert from_answer(fenced * 2, "f") == Extraction(None, Found.NONE, 2)
    assert from_answer(stub, "f") == Extraction(None, Found.NONE, 0)
    cut = f"{fenced}```python\n{CODE}"
    assert from_answer(cut, "f") == Extraction(CODE, Found.UNCLOSED_FENCE, 2)


@pytest.mark.parametrize("body", ["pass", "...", "raise NotImplementedError", 'raise NotImplementedError("later")'])
def test_a_stand_in_for_a_body_counts_only_where_there_is_no_other(body: str) -> None:
    stand_in = f"def f(x):\n    '''Return x.'''\n    {body}\n"
    assert from_answer(f"```python\n{stand_in}```\n```python\n{CODE}```", "f").code == CODE
    assert from_answer(f"```python\nx = 1\n```\n```python\n{stand_in}```", "f").code == stand_in


@pytest.mark.parametrize(
    "code",
    [
        STUB + "    return None\n",
        "def f(x): return x\n",
        "def f(x): 'Return x.'; return x\n",
        "def f(x): pass; return x\n",
        "def f(x):\n    'Return x.'\n    def g():\n        pass\n",
        "def f(x):\n    return '''\n",
        STUB + "\n\n" + CODE,
        "def f(x):\n    f'{x}'.upper()\n",
        "def f(x):\n    'a' 'b'.join(x)\n",
        "def f(x):\n    '''Return x.'''\n    if x:\n",
        "def f(x):\n    ''' Retu",
        "def f(x\n",
        "def f(x):\nreturn x\n",
        "def f(x):\n    '''Return x.'''\n  return x\n",
        "class A:\n    def f(self):\n        '''Return x.'''\n\ndef f(x):\n    return x\n",
    ],
)
def test_code_with_a_body_and_broken_code_are_answers_and_not_stubs(code: str) -> None:
    answer = f"```python\n{code}\n```\n```python\ndef f(x):\n    return 2\n```"
    assert from_answer(answer, "f") == Extraction(code + "\n", Found.FENCED, 2)


def test_an_empty_block_is_passed_over() -> None:
    assert from_answer(f"```python\n\n```\n```python\n{CODE}```", "f") == Extraction(CODE, Found.FENCED, 2)


def test_every_task_of_humaneval_repeated_is_no_answer_and_solved_is_one() -> None:
    for task in tasks.load():
        stub, solved = f"```python\n{task.prompt}```\n", task.prompt + task.canonical_solution
        assert from_answer(stub, task.entry_point).code is None, task.id
        lines = solved.removesuffix("\n").split("\n")
        listed = "".join(f"   {line}\n" for line in ["```python", *lines, "```"])
        taken = from_answer(f"{stub}1. Solved:\n\n{listed}", task.entry_point)
        assert (taken.code, taken.found) == ("\n".join(lines) + "\n", Found.FENCED), task.id


@pytest.mark.parametrize(
    "answer",
    [
        "The function:\n\n    def f(x):\n        return x\n",
        "def f(x):\n    '''\n    ```\n    f(1)\n    ```\n    '''\n    return x\n",
        "def f(x):\r\n    return x\r\n",
        "    def f(x):\n        return x",
    ],
)
def test_an_answer_without_a_fence_stays_as_it_is(answer: str) -> None:
    assert from_answer(answer, "f") == Extraction(answer, Found.WHOLE_TEXT, 0)


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
