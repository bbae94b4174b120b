"""A tiny model whose random answers end by themselves, and prompts that half of them meet."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hooks.agreement import specimens
from hooks.answers.batch import as_prompts, generate_batch
from hooks.models.loading import open_backend, quiet
from interp.language.matching import Text, met
from interp.records.answers import StopReason
from interp.records.prompts import Claim

N_LAYERS = 6
N = 24  # prompts a split
BUDGET = 12  # new tokens an answer
UNMET = "zebra"  # nothing that the model ever says
LETTERS = "bcdfgk\u0120"  # the last is how byte-level tokenizers write a space
WORD = re.compile(r"[a-z]{2,}")


@dataclass(frozen=True)
class Babble:
    """A model directory, one whose every answer is empty, one that never ends, and rows of prompts with claims."""

    model: Path
    empty: Path
    endless: Path
    rows: tuple[dict[str, Any], ...]
    said: tuple[str, ...]  # a word of each row's answer

    def write(self, path: Path, rows: Sequence[dict[str, Any]] | None = None) -> Path:
        """Write rows (all of them by default) as a prompt file."""
        path.write_text("".join(json.dumps(row) + "\n" for row in (self.rows if rows is None else rows)))
        return path


def make(root: Path) -> Babble:
    """Two of three prompts claim a word of their own answer where it ended, the third a word that never comes."""
    endless = _save(root / "endless")
    texts = [_question(i) for i in range(2 * N)]
    firsts = sorted({tokens[0] for tokens, _ in _answers(endless, texts)})
    model = _save(root / "tiny", ends=True)
    said = tuple(_word(text) for _, text in _answers(model, texts))
    rows = tuple(_row(i, texts[i], said[i] if i % 3 < 2 else UNMET) for i in range(2 * N))
    return Babble(model, _ending_with(_save(root / "empty"), firsts), endless, rows, said)


def _save(directory: Path, ends: bool = False) -> Path:
    """A Qwen3 of six small layers whose heads together are wider than its residual stream.

    Its head knows a few letters and the space only, and the end of the turn where it `ends`: it babbles in words.
    """
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": N_LAYERS, "num_attention_heads": 4}
    ids = {"pad_token_id": specimens.PAD, "bos_token_id": specimens.BOS, "eos_token_id": specimens.IM_END}
    flags = {"tie_word_embeddings": False}
    config = Qwen3Config(
        vocab_size=specimens.VOCAB, **sizes, **ids, **flags, num_key_value_heads=2, head_dim=16, initializer_range=0.5
    )
    tokenizer = specimens.tokenizer(adds_bos=True)
    known = [tokenizer.get_vocab()[letter] for letter in LETTERS] + [specimens.IM_END] * ends
    with torch.random.fork_rng(devices=[]), quiet():
        torch.manual_seed(2)
        model = Qwen3ForCausalLM(config).eval()
        model.lm_head.weight.data[[i for i in range(specimens.VOCAB) if i not in known]] = 0
        model.save_pretrained(directory)
        tokenizer.save_pretrained(directory)
    return directory


def _question(i: int) -> str:
    return f"Which metal has the number {i}?" if i % 2 else f"Name the river that is {i} miles long."


def _answers(directory: Path, texts: list[str]) -> list[tuple[tuple[int, ...], str]]:
    """The tokens of each answer, and its text unless it was cut off."""
    backend = open_backend(directory, prove=False)
    made, _ = generate_batch(backend, as_prompts(texts), max_new_tokens=BUDGET, layers=())
    return [(g.tokens, "" if g.stop is StopReason.LENGTH else g.text) for g in made]


def _ending_with(directory: Path, tokens: list[int]) -> Path:
    file = directory / "generation_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"eos_token_id": [specimens.IM_END, *tokens]}))
    return directory


def _word(answer: str) -> str:
    own = [word for word in WORD.findall(answer) if met(Claim(word, (word,)), Text(answer))]
    return own[0] if own else UNMET


def _row(i: int, text: str, word: str) -> dict[str, Any]:
    return {
        "id": f"p{i}",
        "text": text,
        "split": "fit" if i < N else "fresh",
        "claims": [{"text": word, "accept": [word]}],
        "relation": "metal" if i % 2 else "river",
    }
