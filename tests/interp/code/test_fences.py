"""Fenced blocks are what CommonMark has for fenced blocks, wherever they stand, and come back exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp.code.extraction import Found, from_answer
from interp.code.fences import Block, fenced_blocks

CODE = "def f(x):\n    return x\n"
TWO_LINES = "def f(x):\n\n    return x\n"
SHOWN = 'def f(x):\n    """\n    ```\n    f(1)\n    ```\n    """\n    return x\n'


def block(code: str, language: str = "", *, closed: bool = True, torn: bool = False) -> Block:
    return Block(language, code, closed, torn)


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        # The examples of CommonMark 0.31, section 4.5, that turn on where a block begins, ends, and what stands in it.
        ("```\n<\n >\n```", [block("<\n >\n")]),
        ("``\nfoo\n``", []),
        ("```\naaa\n~~~\n```", [block("aaa\n~~~\n")]),
        ("~~~\naaa\n```\n~~~", [block("aaa\n```\n")]),
        ("````\naaa\n```\n``````", [block("aaa\n```\n")]),
        ("```", [block("", closed=False)]),
        ("`````\n\n```\naaa", [block("\n```\naaa", closed=False)]),
        ("> ```\n> aaa\n\nbbb", [block("aaa\n", closed=False, torn=True)]),
        ("```\n\n  \n```", [block("\n  \n")]),
        ("```\n```", [block("")]),
        (" ```\n aaa\naaa\n```", [block("aaa\naaa\n")]),
        ("  ```\naaa\n  aaa\naaa\n  ```", [block("aaa\naaa\naaa\n")]),
        ("   ```\n   aaa\n    aaa\n  aaa\n   ```", [block("aaa\n aaa\naaa\n")]),
        ("    ```\n    aaa\n    ```", []),
        ("```\naaa\n  ```", [block("aaa\n")]),
        ("   ```\naaa\n  ```", [block("aaa\n")]),
        ("```\naaa\n    ```", [block("aaa\n    ```", closed=False)]),
        ("``` ```\naaa", []),
        ("~~~~~~\naaa\n~~~ ~~", [block("aaa\n~~~ ~~", closed=False)]),
        ("foo\n```\nbar\n```\nbaz", [block("bar\n")]),
        ("foo\n---\n~~~\nbar\n~~~\n# baz", [block("bar\n")]),
        ("~~~~    ruby startline=3 $%@#$\ndef foo(x)\n~~~~~~~", [block("def foo(x)\n", "ruby")]),
        ("````;\n````", [block("")]),
        ("``` aa ```\nfoo", []),
        ("~~~ aa ``` ~~~\nfoo\n~~~", [block("foo\n", "aa")]),
        ("```\n``` aaa\n```", [block("``` aaa\n")]),
    ],
)
def test_the_examples_of_the_standard_are_read_as_it_says(text: str, blocks: list[Block]) -> None:
    assert fenced_blocks(text) == blocks


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("Here:\n\u200b```python\nx = 1\n\u200b```\nDone.", "x = 1\n"),
        (f"```python\n{SHOWN}```", SHOWN),  # fences at 4 spaces in a docstring
        (f"````python\n{SHOWN.replace('    ```', '```')}````", SHOWN.replace("    ```", "```")),
        (f"~~~python\n{SHOWN.replace('    ```', '```')}~~~", SHOWN.replace("    ```", "```")),
        ("1. Write it:\n\n   ```python\n   def f(x):\n       return x\n   ```\n\n2. Call it.", CODE),
        ("1. Write it:\n   ```python\n   def f(x):\n\n       return x\n   ```", TWO_LINES),
        ("10. Write it:\n\n    ```python\n    def f(x):\n        return x\n    ```", CODE),
        ("- ```python\n  def f(x):\n      return x\n  ```", CODE),
        ("1) a\n   * b\n\n     ```py\n     def f(x):\n         return x\n     ```\n", CODE),
        ("+ a\n\n\t```python\n\tdef f(x):\n\t    return x\n\t```", CODE),
        ("> ```python\n> def f(x):\n>     return x\n> ```", CODE),
        (">```python\n>def f(x):\n>    return x\n>```", "def f(x):\n   return x\n"),  # one space belongs to the mark
        ("> ```python\n> def f(x):\n>\n>     return x\n> ```", TWO_LINES),
        ("> - a\n>   > ```\n>   > def f(x):\n>   >     return x\n>   > ```", CODE),
        ("Look:\n   ```python\n   def f(x):\n       return x\n   ```", CODE),
        ("# Answer\n```python\ndef f(x):\n    return x\n```\n---", CODE),
        ("**Answer**:\n```python  \ndef f(x):\n    return x\n```   ", CODE),
        ("\ufeff```python\ndef f(x):\n    return x\n```", CODE),
        ("```python\r\ndef f(x):\r\n    return x\r\n```\r\n", CODE),
        ("<answer>\n```python\ndef f(x):\n\n    return x\n```\n</answer>", TWO_LINES),
        ("<details>\n<summary>Code</summary>\n```python\ndef f(x):\n\n    return x\n```\n</details>", TWO_LINES),
        ("````markdown\nSee:\n```python\ndef f(x):\n    return x\n```\n````", CODE),
        ("````\n```python\ndef f(x):\n    return x\n```\n````", CODE),
        ("```markdown\nSee:\n```python\ndef f(x):\n    return x\n```\n```", CODE),
        ("Use `f`, not ``` ``f`` ```.\n\n```python\ndef f(x):\n    return x\n```", CODE),
        ("```python\ndef f(x):\n    return '\0\x0c\u2028'\n```", "def f(x):\n    return '\0\x0c\u2028'\n"),
        ("```diff\n- def f(x):\n```\n```python\ndef f(x):\n    return x\n```", CODE),
        ("- a\n  ```bash\n  ls\n  ```\n- b\n  ```python\n  def f(x):\n      return x\n  ```", CODE),
        ("- " * 12 + "```python\n" + "".join(f"{'  ' * 12}{line}\n" for line in [*CODE.splitlines(), "```"]), CODE),
    ],
)
def test_a_block_is_read_wherever_markdown_lets_it_stand(answer: str, code: str) -> None:
    taken = from_answer(answer, "f")
    assert (taken.code, taken.found) == (code, Found.FENCED)


@pytest.mark.parametrize(
    "info",
    ["", "python", "Python3", "py", "py3", "PYTHON", "python3.11", "python title=f.py", "python:f.py", "python,norun"]
    + ["{python}", "{.python .numberLines}", "{code-cell} ipython3", "ipython", "src/f.py", "{python, echo=FALSE}"],
)
def test_an_info_string_may_say_python_in_many_ways(info: str) -> None:
    assert from_answer(f"~~~ {info}\n{CODE}~~~", "f").code == CODE


@pytest.mark.parametrize("info", ["bash", "pycon", "js", "{bash}", "{.r}", "text", "pytb", "c++", "python-repl"])
def test_a_block_in_another_language_is_no_program(info: str) -> None:
    assert from_answer(f"```{info}\n{CODE}```", "f").found is Found.NONE


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("```python\ndef f(x):\n    retu", "def f(x):\n    retu"),
        ("```python\ndef f(x):\n    return x\n", CODE),
        ("```python\ndef f(x):\n    return x\n\n", CODE + "\n"),
        ("```python\ndef f(x):\n    return x\n``", CODE + "``"),
        ("````python\ndef f(x):\n    return x\n```", CODE + "```"),
        ("1. a\n   ```python\n   def f(x):\n       return x\n   ", CODE),
        ("1. a\n   ```python\n   def f(x):\n       ret", "def f(x):\n    ret"),
        ("- ```python\n  def f(x):\n      return x\n ", CODE),
        ("> ```python\n> def f(x):\n>     return x\n>", CODE),
        ("> ```python\n> def f(x):\n>     return x", CODE.removesuffix("\n")),
        ("````markdown\n```python\ndef f(x):\n    return x\n", CODE),
    ],
)
def test_a_block_that_the_budget_cut_off_is_told_as_unclosed(answer: str, code: str) -> None:
    taken = from_answer(answer, "f")
    assert (taken.code, taken.found) == (code, Found.UNCLOSED_FENCE)


@pytest.mark.parametrize(
    ("answer", "code", "found"),
    [
        ("1. Code:\n   ```python\ndef f(x):\n    return x\n   ```\nIt is x.", CODE, Found.OUTDENTED_FENCE),
        ("1. A\n   - B\n     ```python\ndef f(x):\n    return x\n     ```\n", CODE, Found.OUTDENTED_FENCE),
        ("- Code:\n\n  ```python\ndef f(x):\n  return x\n  ```", "def f(x):\n  return x\n", Found.OUTDENTED_FENCE),
        ("- Code:\n  ```python\ndef f(x):\n    retu", "def f(x):\n    retu", Found.UNCLOSED_FENCE),
    ],
)
def test_code_that_is_not_indented_like_its_list_item_is_read_and_said(answer: str, code: str, found: Found) -> None:
    taken = from_answer(answer, "f")
    assert (taken.code, taken.found) == (code, found)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (f"Here is the code:```python\n{CODE}```", Found.GLUED_FENCE),
        (f"Here is the code: ```python\n{CODE}```\nIt is x.", Found.GLUED_FENCE),
        (f"Sure! ```\n{CODE}```", Found.GLUED_FENCE),
        (f"<answer>```python\n{CODE}```</answer>", Found.GLUED_FENCE),
        (f"<answer>\n```python\n{CODE}```</answer>", Found.GLUED_FENCE),
        (f"The code:```python\r\n{CODE}```", Found.GLUED_FENCE),
        (f"The code:```python\n{CODE}", Found.UNCLOSED_FENCE),
        (f"Write `x`.\n\n```python\n{CODE}```", Found.FENCED),
    ],
)
def test_a_fence_that_shares_its_line_with_words_or_a_tag(answer: str, found: Found) -> None:
    taken = from_answer(answer, "f")
    assert (taken.code, taken.found) == (CODE, found)


def test_a_fence_in_a_program_is_left_in_it() -> None:
    code = 'def f(x):\n    """Example:```python\n    f(1)\n    ```</answer>\n    """\n    return x\n'
    assert from_answer(f"~~~python\n{code}~~~", "f").code == code


def test_a_list_that_holds_its_code_together_is_never_read_without_the_list() -> None:
    answer = "- a\n  ```python\n  x = 1\nnot in it\n\n```python\ndef f(x):\n    return x\n```"
    assert from_answer(answer, "f").found is Found.FENCED


# --- any program, in any nesting

_NAMES = st.sampled_from(["a", "b", "x"])
_SIMPLE = st.sampled_from(
    ["x = 1", "a = [\n1,\n\n  2]", "pass", "return x", "b = '''\n- one\n> two\n   ```\n1. three\n'''"]
)
_DOC = st.sampled_from(['"""doc"""', '"""\n```\nf(1)\n```\n"""', '"""\n    ~~~\n    f(1)\n    ~~~~\n\n\n> quote"""'])
_HEADS = st.sampled_from(["if x:", "while a:", "for b in x:", "with x as a:", "def g(a):"])
_INDENTS = st.sampled_from(["    ", "  ", "\t", " "])


@st.composite
def _bodies(draw: st.DrawFn, indent: str, depth: int = 0) -> list[str]:
    """Statements; those that span lines are one string, whose further lines stand as they are."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        if depth < 3 and draw(st.booleans()):
            lines += [draw(_HEADS), *(f"{indent}{line}" for line in draw(_bodies(indent, depth + 1)))]
        else:
            lines.append(draw(_SIMPLE))
        lines += draw(st.lists(st.sampled_from(["", "  ", "# - a"]), max_size=1))
    return lines


@st.composite
def _programs(draw: st.DrawFn) -> str:
    indent = draw(_INDENTS)
    lines = ["def f(x):", f"{indent}{draw(_DOC)}", f"{indent}x = 0", *(indent + s for s in draw(_bodies(indent)))]
    return "\n".join(lines) + "\n"


def _inside(lines: list[str], container: str) -> list[str]:
    """Put lines into a block quote or a list item."""
    if container.startswith(">"):
        return [f"{container}{line}" for line in lines]
    first, *others = lines
    return [container + first, *(" " * len(container) + line if line else "" for line in others)]


@given(
    code=_programs(),
    containers=st.lists(st.sampled_from(["> ", "- ", "* ", "+ ", "1. ", "12) ", "-  ", "100.  "]), max_size=5),
    mark=st.sampled_from("`~"),
    more=st.integers(0, 2),
    before=st.sampled_from([[], ["Here it is:"], ["# Code", ""], ["- item", "", "text", ""], ["> said", ""]]),
    after=st.sampled_from([[], ["", "That is all."], ["***"], ["", "1. more"], ["```bash", "ls", "```"]]),
)
def test_any_program_in_any_nesting_of_lists_and_quotes_comes_back_exactly(
    code: str, containers: list[str], mark: str, more: int, before: list[str], after: list[str]
) -> None:
    compile(code, "program", "exec")
    longest = max(len(run) for run in _runs(code, mark))
    fence = mark * (max(3, longest + 1) + more)
    lines = [*before, f"{fence}python", *code.removesuffix("\n").split("\n"), fence, *after]
    for container in containers:
        lines = _inside(lines, container)
    for end in ("", "\n"):
        taken = from_answer("\n".join(lines) + end, "f")
        assert (taken.code, taken.found) == (code, Found.FENCED)


def _runs(code: str, mark: str) -> list[str]:
    kept = "".join(ch if ch == mark else " " for ch in code)
    return [*kept.split(), ""]


@given(st.text(alphabet="`~>-+*1.) \t\n\r#def f(x):ab\"'{}<>\0\u2028", max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    taken = from_answer(text, "f")
    assert (taken.code is None) == (taken.found is Found.NONE)
