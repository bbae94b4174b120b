"""How the families' own tokenizers and templates are asked, beside what transformers makes of the same messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from family_asking import DAY, asked, fetched, loaded
from tried_families import BEGINS_TURNS, DATED, FAMILIES, TEMPLATED

from hooks.answers.chat import encode, has_template
from hooks.answers.rendering import settle
from interp.cli.groups import RenderingOptions
from interp.errors import InputError

pytestmark = pytest.mark.slow
Files = Callable[[str], Path]
Opened = Callable[[str], Any]
TEXTS = (
    "What is the capital of France?",
    "  Name a city on the Seine.\n",
    "你好, 法国的首都是哪里",
    "Which city 🗼👩‍🚀 has the tower?",
    'Is "2 < 3 & 4" {{ true }}?',
    "def f(x):\n    return x",
    "x",
    "ñ é ﬁ Ⅷ  two  spaces\tand a tab",
)


@pytest.mark.parametrize("name", FAMILIES)
def test_prompts_are_the_ids_that_transformers_renders(name: str, files: Files, opened: Opened) -> None:
    tokenizer = opened(name)
    rendering = settle(tokenizer, RenderingOptions(), DAY)
    for text in TEXTS:
        assert list(encode(tokenizer, text, rendering=rendering)) == asked(files(name), name, text), text


@pytest.mark.parametrize("name", FAMILIES)
def test_one_bos_where_the_family_has_one_and_none_where_it_has_none(name: str, opened: Opened) -> None:
    tokenizer, vocabulary = opened(name), fetched(name).vocabulary
    special = [FAMILIES[name].bos, BEGINS_TURNS.get(name, FAMILIES[name].bos)]
    for raw, bos in zip((True, False), special, strict=True):
        for text in TEXTS:
            ids = encode(tokenizer, text, raw=raw)
            known = [vocabulary[token] for token in _begins(vocabulary)]
            assert [token for token in ids if token in known] == ([] if bos is None else [vocabulary[bos]])
            assert bos is None or ids[0] == vocabulary[bos]


def _begins(vocabulary: dict[str, int]) -> list[str]:
    """Every token of any family that begins a text."""
    names = {family.bos for family in FAMILIES.values()} | {"<|startoftext|>"}
    return [name for name in names if name in vocabulary]


@pytest.mark.parametrize("name", TEMPLATED)
def test_a_system_message_is_rendered_as_transformers_renders_it(name: str, files: Files, opened: Opened) -> None:
    tokenizer = opened(name)
    rendering = settle(tokenizer, RenderingOptions(system="Be brief 简短."), DAY)
    ids = list(encode(tokenizer, TEXTS[0], rendering=rendering))
    assert ids == asked(files(name), name, TEXTS[0], system="Be brief 简短.")
    assert "Be brief 简短." in tokenizer.decode(ids)


def test_gemma_folds_the_system_message_into_the_turn_of_the_user(opened: Opened) -> None:
    tokenizer = opened("gemma3")
    rendering = settle(tokenizer, RenderingOptions(system="Be brief."), DAY)
    said = tokenizer.decode(encode(tokenizer, "Hi", rendering=rendering))
    assert said == "<bos><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\n"


@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in TEMPLATED])
def test_a_tokenizer_without_a_template_refuses_what_only_a_template_can_do(name: str, opened: Opened) -> None:
    tokenizer = opened(name)
    assert not has_template(tokenizer)
    for options in (RenderingOptions(system="Be brief."), RenderingOptions(thinking=True)):
        with pytest.raises(
            InputError, match=r"^--(system|thinking) cannot .* without a chat template; leave it out\.$"
        ):
            settle(tokenizer, options, DAY)


def test_qwen3_thinks_only_where_it_is_asked_to(files: Files, opened: Opened) -> None:
    tokenizer = opened("qwen3")
    for thinking in (False, True):
        rendering = settle(tokenizer, RenderingOptions(thinking=thinking), DAY)
        ids = list(encode(tokenizer, "Hi", rendering=rendering))
        assert ids == asked(files("qwen3"), "qwen3", "Hi", enable_thinking=thinking)
        assert tokenizer.decode(ids).endswith("<think>\n\n</think>\n\n") is not thinking


@pytest.mark.parametrize("name", [name for name in TEMPLATED if name != "qwen3"])
def test_thinking_is_refused_where_the_template_has_no_switch_for_it(name: str, opened: Opened) -> None:
    known = "knows only reasoning_effort" if name == "gptoss-harmony" else "it has no switch"
    with pytest.raises(InputError, match=rf"^--thinking cannot be switched on [^\n]*{known}[^\n]*; leave it out\.$"):
        settle(opened(name), RenderingOptions(thinking=True), DAY)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("given", [None, "2031-12-05"])
def test_the_day_is_the_pinned_one_where_the_template_sees_one(name: str, given: str | None, opened: Opened) -> None:
    tokenizer = opened(name)
    rendering = settle(tokenizer, RenderingOptions(date=given), DAY)
    assert rendering.date == ((given or DAY) if name in DATED else None)
    said = tokenizer.decode(encode(tokenizer, "Hi", rendering=rendering))
    forms = ["05 Dec 2031", "2031-12-05"] if given else ["02 Jan 2025", DAY]
    assert any(form in said for form in forms) is (name in DATED)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_vocabulary_is_the_published_one(name: str, files: Files, opened: Opened) -> None:
    assert loaded(files(name)).get_vocab() == opened(name).get_vocab() == fetched(name).vocabulary
