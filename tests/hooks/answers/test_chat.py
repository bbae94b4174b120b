"""Prompt text to token ids: the template where there is one, one BOS, no EOS."""

from __future__ import annotations

import pytest

from hooks.agreement import specimens
from hooks.answers.chat import encode, has_template, stop_strings


@pytest.mark.parametrize("template", [True, False])
@pytest.mark.parametrize("adds_bos", [True, False])
def test_one_bos_at_most_whoever_adds_it(template: bool, adds_bos: bool) -> None:
    tokenizer = specimens.tokenizer(template=template, adds_bos=adds_bos)
    ids = encode(tokenizer, "Hi")
    assert ids.count(specimens.BOS) == (1 if template or adds_bos else 0)
    assert ids[0] == specimens.BOS or not (template or adds_bos)


def test_a_template_that_writes_the_bos_twice_is_reduced_to_one() -> None:
    tokenizer = specimens.tokenizer()
    tokenizer.chat_template = "{{ bos_token }}" + specimens.TEMPLATE
    assert encode(tokenizer, "Hi").count(specimens.BOS) == 1


def test_the_template_is_asked_for_an_answer_without_thinking() -> None:
    tokenizer = specimens.tokenizer()
    text = tokenizer.decode(encode(tokenizer, "Hi"))
    assert text == "<bos><|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think></think>"


def test_a_template_that_knows_no_thinking_takes_the_prompt_too() -> None:
    tokenizer = specimens.tokenizer()
    tokenizer.chat_template = "{{ messages[0].content }}|"
    assert tokenizer.decode(encode(tokenizer, "Hi")) == "Hi|"


def test_without_a_template_the_prompt_is_a_question_and_the_answer_one_line() -> None:
    tokenizer = specimens.tokenizer(template=False)
    assert tokenizer.decode(encode(tokenizer, "Hi")) == "Question: Hi\nAnswer:"
    assert not has_template(tokenizer) and stop_strings(tokenizer) == ("\n",)
    assert stop_strings(specimens.tokenizer()) == ()


def test_an_eos_that_the_tokenizer_appends_is_taken_off() -> None:
    from tokenizers import processors

    tokenizer = specimens.tokenizer(template=False)
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <|im_end|>", special_tokens=[("<|im_end|>", specimens.IM_END)]
    )
    assert tokenizer("Hi")["input_ids"][-1] == specimens.IM_END
    assert specimens.IM_END not in encode(tokenizer, "Hi")
