"""h_last is read at the last token that bears visible text, and an answer without any has no such row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from parrot import parrot

from hooks.agreement import specimens
from hooks.answers.batch import as_prompts, generate_batch
from hooks.answers.budgets import at_budget
from hooks.answers.chat import encode
from hooks.backend.base import HookedModel
from hooks.backend.decoding import count_content, trimmed
from hooks.models.loading import open_backend
from interp.records.answers import Generation, StopReason
from interp.records.arrays import Features, Position, Site

LAST = specimens.IM_END  # ends the turn
# What is said, and what of it can be seen. A name in <> is a special token; \xNN is one byte of a character.
CASES: dict[str, tuple[list[str], str]] = {
    "line breaks": (["P", "a", "r", "i", "s", "\n", "\t"], "Paris"),
    "a special token": (["P", "a", "r", "i", "s", "<image>"], "Paris"),
    "several special tokens": (["P", "a", "<image>", "<video>", "<audio>"], "Pa"),
    "special tokens and white space": (["P", "a", "\n", "<image>", " ", "<video>", "\t"], "Pa"),
    "a full stop": (["P", "a", "."], "Pa."),
    "white space first": (["\n", " ", "P", "a"], "Pa"),
    "white space inside": (["P", " ", "a", "\n"], "P a"),
    "a letter of two bytes": (["P", "\\xc3", "\\xa9"], "Pé"),
    "a letter of two bytes and a line break": (["P", "\\xc3", "\\xa9", "\n"], "Pé"),
    "a sign of three bytes": (["2", "\\xe2", "\\x82", "\\xac", "\n"], "2€"),
    "an emoji of four bytes": (["o", "\\xf0", "\\x9f", "\\x98", "\\x80", " "], "o😀"),
    "no-break space, which has two bytes": (["P", "a", "\\xc2", "\\xa0"], "Pa"),
    "zero width space, which has three bytes": (["P", "a", "\\xe2", "\\x80", "\\x8b"], "Pa"),
    "byte order mark": (["P", "a", "\\xef", "\\xbb", "\\xbf", "\n"], "Pa"),
    "white space, then a zero width space": (["P", "\n", " ", "\t", "\r", "\\xe2", "\\x80", "\\x8b"], "P"),
    "carriage returns and form feeds": (["P", "\r", "\n", "\x0c", "\x0b"], "P"),
    "white space alone": (["\n", " ", "\t"], ""),
    "special tokens alone": (["<image>", "<video>"], ""),
    "invisible characters alone": (["\\xe2", "\\x80", "\\x8b"], ""),
    "nothing": ([], ""),
    "one letter": (["P"], "P"),
    "punctuation alone": (["?"], "?"),
}


def ids_of(said: list[str]) -> list[int]:
    tokenizer = specimens.tokenizer()
    found = []
    for item in said:
        if item.startswith("<"):
            found.append(tokenizer.convert_tokens_to_ids(item))
        else:
            byte = bytes([int(item[2:], 16)]) if item.startswith("\\x") else item.encode()
            (sign,) = byte
            found += tokenizer.convert_tokens_to_ids([BYTES[sign]])
    assert len(set(found)) == len(found) and None not in found
    return found


def byte_signs() -> dict[int, str]:
    """How byte-level tokenizers write each byte (GPT-2)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    return {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(rest)}


BYTES = byte_signs()


def taught(said: list[str], directory: Path, end: bool = True) -> HookedModel:
    tokenizer = specimens.tokenizer()
    start = encode(tokenizer, "Hi")[-1]
    return open_backend(parrot(tokenizer, [[start, *ids_of(said), *([LAST] if end else [])]], directory), prove=False)


def states(model: HookedModel, ids: list[int]) -> np.ndarray:
    with torch.no_grad():
        return model.hf(torch.tensor([ids]), output_hidden_states=True).hidden_states[-1][0].numpy()


def content(features: list[Features]) -> Features:
    return next(f for f in features if (f.site, f.position) == (Site.LN_FINAL, Position.CONTENT))


def seen_by_hand(said: list[str], text: str) -> int:
    """How many tokens it takes to say the text: by bytes, without a tokenizer."""
    data, wanted = b"", text.encode()
    for count, item in enumerate(said, 1):
        special = item.startswith("<")
        data += b"" if special else bytes([int(item[2:], 16)]) if item.startswith("\\x") else item.encode()
        if wanted and data.strip().endswith(wanted):
            return count
    return 0


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("pool", [1, 3])
def test_content_is_the_last_token_that_bears_visible_text(name: str, pool: int, tmp_path: Path) -> None:
    said, text = CASES[name]
    model = taught(said, tmp_path)
    prompts = as_prompts(["Hi", "Why is it so?"])  # a batch, padded on the left
    generations, features = generate_batch(model, prompts, max_new_tokens=16, pool_tokens=pool)
    count = seen_by_hand(said, text)
    for prompt, generation in zip(prompts, generations, strict=True):
        assert generation.text == text and generation.stop is StopReason.EOS
        assert generation.tokens == tuple(ids_of(said)[:count]) and generation.n_generated == len(said) + 1
        assert (generation.mean_logprob is None) == (count == 0)
        rows = content(features)
        if not count:
            assert generation.id not in rows.generation_ids
            continue
        whole = states(model, [*encode(model.tokenizer, prompt.text), *generation.tokens])
        kept = whole[-min(pool, count) :].mean(0)
        np.testing.assert_allclose(rows.select([generation.id]).x[0, 0], kept, rtol=1e-4, atol=1e-5)


def test_a_long_run_of_white_space_does_not_lose_the_state_of_the_text(tmp_path: Path) -> None:
    blanks = [c for c in "\n\t\r\x0b\x0c \x1c\x1d\x1e\x1f\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x11\x12\x13"]
    model = taught(["o", "k", *blanks], tmp_path)
    (made,), features = generate_batch(model, as_prompts(["Hi"]), max_new_tokens=40, pool_tokens=2)
    assert (made.text, len(made.tokens), made.n_generated) == ("ok", 2, len(blanks) + 3)
    whole = states(model, [*encode(model.tokenizer, "Hi"), *made.tokens])
    np.testing.assert_allclose(content(features).x[0, 0], whole[-2:].mean(0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_a_smaller_budget_gives_what_answering_with_it_gives(name: str, tmp_path: Path) -> None:
    said, _ = CASES[name]
    model = taught(said, tmp_path)
    asked = as_prompts(["Hi"])
    ids = encode(model.tokenizer, "Hi")
    (whole,), _ = generate_batch(model, asked, max_new_tokens=20, layers=())
    for budget in range(1, 21):
        (made,), features = generate_batch(model, asked, max_new_tokens=budget)
        cut = at_budget(whole, budget, model.tokenizer, ids)
        facts = ("text", "tokens", "stop", "n_generated", "max_new_tokens", "prompt_sha256")
        assert [getattr(cut, f) for f in facts] == [getattr(made, f) for f in facts], budget
        if made.tokens:
            expected = states(model, [*ids, *made.tokens])[-1]
            np.testing.assert_allclose(content(features).x[0, 0], expected, rtol=1e-4, atol=1e-5)


def test_an_answer_that_is_cut_off_inside_a_character_ends_before_it(tmp_path: Path) -> None:
    model = taught(["o", "\\xf0", "\\x9f", "\\x98", "\\x80"], tmp_path)
    (made,), _ = generate_batch(model, as_prompts(["Hi"]), max_new_tokens=3, layers=())
    assert (made.text, made.stop, len(made.tokens), made.n_generated) == ("o", StopReason.LENGTH, 1, 3)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (" Paris.\n", "Paris."),
        ("\ufeffParis\u200b \u2028", "Paris"),
        ("a\u00a0", "a"),
        ("\u3164\u2800", ""),
        ("e\u0301 ", "e\u0301"),
        ("❤\ufe0f\n", "❤\ufe0f"),
        ("", ""),
        ("\x00x\x1b", "x"),
    ],
)
def test_what_cannot_be_seen_is_trimmed_and_what_belongs_to_a_letter_is_not(text: str, left: str) -> None:
    assert trimmed(text) == left


def test_a_raw_continuation_keeps_all_of_its_tokens(tmp_path: Path) -> None:
    said = ["p", "a", "s", "\n", "<image>"]
    tokenizer = specimens.tokenizer(template=False)
    chain = [*tokenizer("x", add_special_tokens=False)["input_ids"], *ids_of(said), LAST]
    model = open_backend(parrot(tokenizer, [chain], tmp_path), prove=False)
    (made,), features = generate_batch(model, as_prompts(["def f(): x"]), max_new_tokens=9, raw=True)
    assert (made.text, made.tokens) == ("pas\n", tuple(ids_of(said)))
    whole = states(model, [*encode(tokenizer, "def f(): x", raw=True), *made.tokens[:3]])
    np.testing.assert_allclose(content(features).x[0, 0], whole[-1], rtol=1e-4, atol=1e-5)


def test_counting_stops_at_a_stop_string() -> None:
    tokenizer = specimens.tokenizer(template=False)
    ids = tokenizer("Paris \nQ", add_special_tokens=False)["input_ids"]
    kept = count_content(tokenizer, (), ids, ("\n",))
    assert tokenizer.decode(ids[:kept]).strip() == "Paris"


def test_generations_are_what_they_say(tmp_path: Path) -> None:
    model = taught(["o", "k", "\n"], tmp_path)
    (made,), _ = generate_batch(model, as_prompts(["Hi"]), max_new_tokens=9, layers=())
    assert isinstance(made, Generation) and len(made.prompt_sha256) == 64
