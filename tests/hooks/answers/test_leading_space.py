"""Answers of tokenizers that drop the first space of what they decode (Llama 1 and 2, Metaspace): none is lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from parrot import parrot
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from hooks.answers.batch import answer_text, as_prompts, generate_batch
from hooks.answers.budgets import at_budget
from hooks.answers.chat import encode
from hooks.backend.decoding import said
from hooks.models.loading import open_backend
from interp.code.tasks import as_prompts as as_tasks
from interp.code.tasks import load
from interp.records.answers import StopReason

SPECIALS = ("<unk>", "<s>", "</s>")
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
LETTERS = [chr(code) for code in range(33, 127)]
PIECES = [
    "▁",
    "▁▁",
    "▁▁▁▁",
    "▁return",
    "▁x",
    "▁=",
    "return",
    "▁def",
    "def",
    "ab",
    "▁ab",
    "▁Paris",
    "Paris",
    "▁.",
    "▁the",
]


def tokenizer(kind: str) -> Any:
    """A small tokenizer: llama decodes with Strip, first and always with Metaspace; the others drop no space."""
    vocab = {piece: i for i, piece in enumerate(dict.fromkeys([*SPECIALS, *BYTES, *LETTERS, *PIECES]))}
    if kind == "byte-level":
        from hooks.agreement import specimens

        return specimens.tokenizer(template=False, adds_bos=True)
    if kind == "wordpiece":
        pieces = [*LETTERS, *(f"##{letter}" for letter in LETTERS)]
        words = {piece: i for i, piece in enumerate(dict.fromkeys([*SPECIALS, *pieces]))}
        inner = Tokenizer(models.WordPiece(words, unk_token="<unk>", max_input_chars_per_word=999))
        inner.pre_tokenizer, inner.decoder = pre_tokenizers.WhitespaceSplit(), decoders.WordPiece()
        return PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
    merges = [(a, b) for a, b in (("▁", "▁"), ("▁▁", "▁▁"), ("▁", "x"), ("▁", "="), ("▁", "."), ("a", "b"))]
    merges += [
        (first, piece[len(first) :]) for piece in PIECES for first in (piece[:-1],) if first in vocab and len(piece) > 2
    ]
    merges = [(a, b) for a, b in merges if a in vocab and b in vocab and a + b in vocab]
    inner = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    if kind == "llama":
        inner.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    else:
        inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=kind, split=False)
        steps = [decoders.ByteFallback(), decoders.Metaspace(prepend_scheme=kind, split=False)]
    inner.decoder = decoders.Sequence(steps)
    inner.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", vocab["<s>"])])
    return PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def split(made: Any, prompt: str, answer: str) -> tuple[tuple[int, ...], list[int]]:
    """The prompt's ids, and those that go on from it to say the answer."""
    ids = encode(made, prompt, raw=True)
    whole = made(prompt + answer)["input_ids"]
    for kept in range(len(ids), 0, -1):  # tokens may join where the two meet: the answer then begins inside one
        if tuple(whole[:kept]) == ids[:kept]:
            return tuple(ids[:kept]), whole[kept:]
    raise AssertionError("the prompt's ids do not begin the whole")


CASES = [
    ("def f(x):\n", "    return x\n"),
    ("def f(x):\n    y = 1\n", "    return x = y\n\n"),
    ("def f(x):\n", " return x"),
    ("def f(x):\n", "\n    x = 1 . ab\n"),
    ("The city is", " Paris."),
    ("é", " é ü €"),
    ("x =", " ab . ab , ab"),
    ("x", ""),
]


@pytest.mark.parametrize("kind", ["llama", "first", "always", "byte-level"])
@pytest.mark.parametrize(("prompt", "answer"), CASES)
def test_prompt_and_continuation_are_the_exact_text(kind: str, prompt: str, answer: str) -> None:
    made = tokenizer(kind)
    ids, tokens = split(made, prompt, answer)
    text = answer_text(made, ids, tokens, raw=True)
    before = said(made, (), ids)
    assert (before + text) in (prompt + answer, f" {prompt}{answer}".removeprefix(" "))
    assert (prompt + answer).endswith(text) and (prompt + answer).startswith(before)
    assert answer_text(made, ids, tokens, raw=False).strip() == answer_text(made, ids, tokens, raw=False)


@pytest.mark.parametrize("kind", ["llama", "first", "always", "byte-level"])
def test_every_reference_solution_of_humaneval_comes_back_letter_by_letter(kind: str) -> None:
    made = tokenizer(kind)
    wrong = []
    for task, prompt in zip(load(), as_tasks(load(), chat=False), strict=True):
        ids = encode(made, prompt.text, raw=True)
        tokens = continued(made, prompt.text, task.canonical_solution, ids)
        text = answer_text(made, ids, tokens, raw=True)
        if text != task.canonical_solution:
            wrong.append((task.id, text[:40]))
        compile(task.prompt + text, task.id, "exec")
    assert wrong == []


def continued(made: Any, prompt: str, answer: str, ids: Sequence[int]) -> list[int]:
    """Ids that say the answer behind the prompt's own ids, as a model would that goes on from them."""
    first = "\n"  # a piece that no tokenizer here joins with what follows it
    bare = made(first + answer, add_special_tokens=False)["input_ids"]
    for cut in range(1, 5):
        if said(made, ids, bare[cut:]) == answer:
            return list(bare[cut:])
    raise AssertionError("the answer's own ids were not found")


@pytest.mark.parametrize("kind", ["llama", "first", "always"])
def test_a_model_that_continues_bare_text_keeps_its_indentation_at_every_budget(kind: str, tmp_path: Path) -> None:
    made = tokenizer(kind)
    prompt = "def f(ab):\n"
    ids = encode(made, prompt, raw=True)
    tokens = made.convert_tokens_to_ids(["▁▁▁▁", "return", "▁ab", "▁.", "</s>"])
    model = open_backend(parrot(made, [[ids[-1], *tokens]], tmp_path), prove=False)
    (whole,), _ = generate_batch(model, as_prompts([prompt]), max_new_tokens=8, layers=(), raw=True)
    assert (whole.text, whole.stop) == ("    return ab .", StopReason.EOS)
    for budget, text in enumerate(("    ", "    return", "    return ab", "    return ab ."), 1):
        (direct,), _ = generate_batch(model, as_prompts([prompt]), max_new_tokens=budget, layers=(), raw=True)
        assert at_budget(whole, budget, made, ids, raw=True).text == direct.text == text


def test_words_that_are_pieces_of_words_are_read_behind_their_prompt() -> None:
    made = tokenizer("wordpiece")
    ids = made("do it", add_special_tokens=False)["input_ids"]
    assert said(made, ids[:2], ids[2:]) == " it" and said(made, ids[:1], ids[1:]) == "o it"
