"""Bare text and what goes on from it, in the families' own tokens: read back letter by letter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from family_asking import fetched, own_tokens
from tried_families import FAMILIES, PACKAGED

from hooks.answers.batch import answer_text
from hooks.answers.chat import encode
from interp.code.tasks import load
from interp.language.thinking import final_answer

pytestmark = pytest.mark.slow
LOST = "\ufffd"
Opened = Callable[[str], Any]
PROMPTS = ("def f(x):\n", "The capital of France is", "你好", "x = 1\n\n", "🙂", "a ")
ANSWERS = (
    "    return x + 1\n",
    " Paris",
    "Paris",
    "\n\n",
    "你好",
    " 你好。",
    "🙂",
    " 👩‍🚀 and 🗼",
    " ",
    "  ",
    "\n    if x :\n        return  x\n",
    "\t\treturn x\r\n",
    "don't , it 's . fine !",  # what a clean-up of spaces would change
    " é ñ ü €",
)


@pytest.mark.parametrize("name", PACKAGED)
@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_continuation_is_read_back_letter_by_letter(name: str, prompt: str, opened: Opened) -> None:
    tokenizer = opened(name)
    ids = encode(tokenizer, prompt, raw=True)
    for answer in ANSWERS:
        tokens = own_tokens(name, answer)
        assert answer_text(tokenizer, ids, tokens, raw=True) == answer
        whole = tokenizer.decode([*ids, *tokens], skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert whole.lstrip(" ") == (prompt + answer).lstrip(" ")
        for count in range(len(tokens)):  # cut at any token, it is how the whole began
            begun = answer_text(tokenizer, ids, tokens[:count], raw=True).rstrip(LOST)
            assert answer.startswith(begun)


@pytest.mark.parametrize("name", PACKAGED)
def test_every_reference_solution_of_humaneval_comes_back_letter_by_letter(name: str, opened: Opened) -> None:
    tokenizer = opened(name)
    wrong = []
    for task in load():
        ids = encode(tokenizer, task.prompt, raw=True)
        tokens = own_tokens(name, task.canonical_solution)
        if answer_text(tokenizer, ids, tokens, raw=True) != task.canonical_solution:
            wrong.append(task.id)
    assert wrong == []


@pytest.mark.parametrize("name", FAMILIES)
def test_answers_keep_no_space_around_them_and_no_special_token(name: str, opened: Opened) -> None:
    tokenizer, vocabulary = opened(name), fetched(name).vocabulary
    ids = encode(tokenizer, "Hi")
    tokens = own_tokens(name, " Paris, 你好 🙂.\n")
    assert answer_text(tokenizer, ids, [*tokens, vocabulary[FAMILIES[name].ends[0]]]) == "Paris, 你好 🙂."


THOUGHT = ("<|channel|>", "analysis", "<|message|>", "London? No.", "<|end|>", "<|start|>", "assistant")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (THOUGHT, None),
        (("<|channel|>", "final", "<|message|>", "Paris."), "Paris."),
        (("<|channel|>", "final", "<|message|>", "**Paris**"), "**Paris**"),
        (("<|channel|>", "final", "<|message|>", "你好"), "你好"),
        (("<|channel|>", "final", "<|message|>", "```python\nx = 1\n```"), "```python\nx = 1\n```"),
        ((*THOUGHT, "<|channel|>", "final", "<|message|>", "**Paris**"), "**Paris**"),
    ],
)
def test_the_final_channel_of_gpt_oss_is_the_answer(said: tuple[str, ...], answer: str | None, opened: Opened) -> None:
    tokenizer: Any = opened("gptoss-harmony")
    tokens = [token for piece in said for token in own_tokens("gptoss-harmony", piece)]
    text = answer_text(tokenizer, encode(tokenizer, "Hi"), tokens)
    assert "<|" not in text
    assert final_answer(text) == answer
