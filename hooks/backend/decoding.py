"""Greedy decoding of one batch, with the states of the answer's last tokens read in the same passes.

The state of a token exists only once that token has been fed back, so every answer is followed by one more pass: the
token that ended the turn, or the last token of the budget, is fed too, and what that pass would say next is dropped.

An answer is read behind its prompt: the two are decoded together and the prompt is cut off, because some tokenizers
(those of Llama 1 and 2, others with Metaspace) drop the first space of what they decode.
"""

from __future__ import annotations

import math
import os.path
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from hooks.backend.actions import NOT_FINITE
from hooks.backend.hook import Hook, HookError, Read
from hooks.backend.protocol import Backend, Decoded, Steps
from interp.language.words import visible
from interp.records.answers import StopReason
from interp.records.arrays import Site

CHARACTER = 4  # tokens that one character may be split over: the bytes of UTF-8
LOST = "\ufffd"  # what bytes that are no character, or not yet, are decoded to


@dataclass(slots=True)
class _Row:
    """One answer in the making, behind its prompt.

    Its first `kept` tokens are the answer's; the first `n_content` of these reach its last visible text.
    """

    prompt: list[int]
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    stop: StopReason | None = None
    kept: int = 0
    n_content: int = 0


class _Ring:
    """The newest states of every row, and the two kept states of the rows that ended.

    The last visible text of a row may lie any number of line breaks back: what `pool` tokens up to it gave is put aside
    before it is overwritten. For `lag` tokens it may still turn out to be part of a stop string, or of a character that
    cannot be seen.
    """

    def __init__(self, hooks: tuple[Hook, ...], n_rows: int, d_model: int, pool: int, lag: int) -> None:
        self._hooks, self._pool, self._lag = hooks, pool, lag
        self._ring: list[tuple[int, torch.Tensor] | None] = [None] * (pool + 2 * lag)
        self._aside: list[tuple[int, torch.Tensor] | None] = [None] * n_rows
        self.content = np.full((len(hooks), n_rows, d_model), np.nan, dtype=np.float32)
        self.end = np.full_like(self.content, np.nan)

    def push(self, index: int, values: dict[Read, torch.Tensor]) -> None:
        """Keep the state of every row's token number `index`."""
        if self._hooks:
            states = torch.stack([values[Read(hook)] for hook in self._hooks])
            self._ring[index % len(self._ring)] = index, states

    def put_aside(self, row: int, index: int, n_content: int) -> None:
        """Put aside what a row's first `n_content` tokens end with, once that lies `lag` tokens before `index`."""
        aside = self._aside[row]
        if n_content and index + 1 - n_content >= self._lag and (aside is None or aside[0] != n_content):
            self._aside[row] = n_content, self._pooled(row, n_content)

    def finish(self, row: int, n_content: int, end: int | None) -> None:
        """Take out a row that just ended: its last content tokens, and the token that ended it."""
        if not self._hooks:
            return
        if n_content:
            aside = self._aside[row]
            state = aside[1] if aside is not None and aside[0] == n_content else self._pooled(row, n_content)
            self.content[:, row] = state.cpu().numpy()
        if end is not None:
            self.end[:, row] = self._at(end, row).cpu().numpy()

    def _pooled(self, row: int, n_content: int) -> torch.Tensor:
        tokens = range(max(0, n_content - self._pool), n_content)
        return torch.stack([self._at(i, row) for i in tokens]).mean(0)

    def _at(self, index: int, row: int) -> torch.Tensor:
        kept = self._ring[index % len(self._ring)]
        if kept is None or kept[0] != index:
            raise HookError(f"The state of token {index} is gone: a stop string spanned more tokens than it has bytes.")
        return kept[1][:, row]


def decode(
    model: Steps,
    ids: torch.Tensor,
    mask: torch.Tensor,
    *,
    max_new_tokens: int,
    hooks: tuple[Hook, ...],
    pool_tokens: int,
    stop_strings: tuple[str, ...],
) -> Decoded:
    """Continue every row greedily; see `Backend.decode`."""
    if max_new_tokens < 1 or pool_tokens < 1:
        raise HookError("max_new_tokens and pool_tokens must be at least 1.")
    if any(hook.site is Site.Z for hook in hooks):
        raise HookError("Generation keeps states as wide as the residual stream; read heads with capture_heads.")
    lag = CHARACTER + 1 + max((len(text.encode()) for text in stop_strings), default=0)
    ring = _Ring(hooks, len(ids), model.geometry.d_model, pool_tokens, lag)
    reads = tuple(Read(hook) for hook in hooks)
    rows = [_Row(row[seen].tolist()) for row, seen in zip(ids, mask.bool(), strict=True)]
    follow = _Visible(model.tokenizer)
    filler = pad_id(model)
    given = model.step(ids, mask, use_cache=True)
    for index in range(max_new_tokens):
        chosen, logprobs = _greedy(given.logits[:, -1])
        ending = _take(rows, chosen, logprobs, model, stop_strings, last=index == max_new_tokens - 1)
        fed = [row.tokens[-1] if len(row.tokens) > index else filler for row in rows]
        mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
        given = model.step(ids.new_tensor(fed)[:, None], mask, reads, cache=given.cache, use_cache=True)
        ring.push(index, given.values)
        for number, going in enumerate(rows):
            if hooks and not going.stop:
                going.n_content = follow.after_newest(going)
                ring.put_aside(number, index, going.n_content)
        for row in ending:
            ring.finish(row, rows[row].n_content, None if rows[row].stop is StopReason.LENGTH else index)
        if all(row.stop for row in rows):
            break
    return _result(rows, hooks, ring)


def pad_id(model: Steps | Backend) -> int:
    """Return a token id for masked places; any that has an embedding will do, since nothing attends to them."""
    wanted = (model.tokenizer.pad_token_id, *sorted(model.end_of_turn), 0)
    return next(int(token) for token in wanted if token is not None and 0 <= token < model.n_embeddings)


def _greedy(logits: torch.Tensor) -> tuple[list[int], list[float]]:
    """Return the token with the highest logit, as transformers chooses it, and its log-probability.

    The choice is made on the logits: a log-softmax rounds, and makes ties of what were none. In float32 it also adds up
    a vocabulary one by one, which is 2e-5 off; `sum` adds in pairs.
    """
    logits = logits.float()
    chosen = logits.argmax(-1, keepdim=True)
    others = (logits - logits.gather(-1, chosen)).exp().sum(-1)
    return chosen[:, 0].tolist(), (0 - others.log()).tolist()


def _take(
    rows: list[_Row],
    chosen: list[int],
    logprobs: list[float],
    model: Steps,
    stops: tuple[str, ...],
    *,
    last: bool,
) -> list[int]:
    """Append the chosen tokens to the unfinished rows and return the rows that ended with them."""
    ending = []
    for number, row in enumerate(rows):
        if row.stop:
            continue
        if not math.isfinite(logprobs[number]):  # the highest of logits that are no numbers is the first token
            raise HookError(NOT_FINITE)
        row.tokens.append(chosen[number])
        row.logprobs.append(logprobs[number])
        _judge(row, model, stops, last)
        if row.stop:
            ending.append(number)
    return ending


def _judge(row: _Row, model: Steps, stops: tuple[str, ...], last: bool) -> None:
    """Decide whether the row's newest token ended it, and if so, what of it is the answer."""
    row.kept = len(row.tokens)
    if row.tokens[-1] in model.end_of_turn:
        row.stop, row.kept = StopReason.EOS, len(row.tokens) - 1
    elif stops and (cut := _cut(row, model.tokenizer, stops)) is not None:
        row.stop, row.kept = StopReason.STOP_STRING, cut
    elif last:
        row.stop = StopReason.LENGTH
    if row.stop:
        cut_off = row.stop is StopReason.LENGTH
        row.n_content = count_content(model.tokenizer, row.prompt, row.tokens[: row.kept], stops, cut_off=cut_off)


def _cut(row: _Row, tokenizer: Any, stops: tuple[str, ...]) -> int | None:
    """Return how many tokens begin before the first stop string, or None where there is none yet."""
    text = said(tokenizer, row.prompt, row.tokens)
    at = find_stop(text, stops)
    if at is None:
        return None
    kept = len(row.tokens)
    while kept and said(tokenizer, row.prompt, row.tokens[: kept - 1]).startswith(text[:at]):
        kept -= 1
    return kept


def find_stop(text: str, stops: tuple[str, ...]) -> int | None:
    """Return where the first stop string begins; one before the first visible character does not count."""
    start = next((i for i, char in enumerate(text) if visible(char)), len(text))
    found = [at for stop in stops if (at := text.find(stop, start)) >= 0]
    return min(found, default=None)


def said(tokenizer: Any, prompt: Sequence[int], tokens: Sequence[int]) -> str:
    """Return what tokens say behind a prompt, without special tokens: both are decoded, and the prompt is cut off.

    Where a tokenizer puts the prompt's end otherwise once more follows (half a character), what it leaves alike is cut.
    """
    before, whole = (_decode(tokenizer, ids) for ids in (prompt, [*prompt, *tokens]))
    return whole[len(before) if whole.startswith(before) else len(os.path.commonprefix([before, whole])) :]


def _decode(tokenizer: Any, ids: Sequence[int]) -> str:
    text: str = tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text


def trimmed(text: str) -> str:
    """Return a text without what stands around it and cannot be seen; a mark belongs to the character before it."""
    seen = [i for i, char in enumerate(text) if visible(char)]
    if not seen:
        return ""
    end = seen[-1] + 1
    while end < len(text) and unicodedata.category(text[end]).startswith("M"):
        end += 1
    return text[seen[0] : end]


def content_of(text: str, stops: tuple[str, ...], *, cut_off: bool = False) -> str:
    """Return what of a text is the answer: up to the first stop string, without what stands around and cannot be seen.

    An answer that was cut off inside a character ends before it, whatever unseen follows.
    """
    text = trimmed(text[: find_stop(text, stops)])
    return trimmed(text.removesuffix(LOST)) if cut_off else text


def count_content(
    tokenizer: Any, prompt: Sequence[int], tokens: Sequence[int], stops: tuple[str, ...] = (), *, cut_off: bool = False
) -> int:
    """Return how many of the first tokens it takes to say all of `content_of`; 0 where nothing can be seen.

    The token that completes a character bears it.
    """
    whole = content_of(said(tokenizer, prompt, tokens), stops, cut_off=cut_off)
    enough, missed = len(tokens) if whole else 0, 0
    for count in reversed(range(enough)):
        if content_of(said(tokenizer, prompt, tokens[:count]), stops) == whole:
            enough, missed = count, 0
        elif (missed := missed + 1) == CHARACTER:  # fewer tokens may still do where an invisible character is split
            break
    return enough


class _Visible:
    """Follows where the last visible text of answers ends while they are made; `count_content` decides at the end."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._alone: dict[int, str] = {}

    def after_newest(self, row: _Row) -> int:
        """Return `n_content` of a row that has one token more."""
        newest = row.tokens[-1]
        if newest not in self._alone:
            self._alone[newest] = trimmed(_decode(self._tokenizer, [newest]))
        alone = self._alone[newest]
        if LOST in alone:  # part of a character, which may be one that cannot be seen
            return count_content(self._tokenizer, row.prompt, row.tokens)
        return len(row.tokens) if alone else row.n_content


def _result(rows: list[_Row], hooks: tuple[Hook, ...], ring: _Ring) -> Decoded:
    return Decoded(
        tokens=tuple(tuple(row.tokens[: row.kept]) for row in rows),
        n_content=tuple(row.n_content for row in rows),
        n_generated=tuple(len(row.tokens) for row in rows),
        stop=tuple(row.stop for row in rows if row.stop),
        logprobs=tuple(tuple(row.logprobs[: row.kept]) for row in rows),
        hooks=hooks,
        content=ring.content,
        end=ring.end,
    )
