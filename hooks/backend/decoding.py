"""Greedy decoding of one batch, with the states of the answer's last tokens read in the same passes.

The state of a token exists only once that token has been fed back, so every answer is followed by one more pass: the
token that ended the turn, or the last token of the budget, is fed too, and what that pass would say next is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from hooks.backend.hook import Hook, HookError, Read
from hooks.backend.protocol import Backend, Decoded, Steps
from interp.records.answers import StopReason
from interp.records.arrays import Site


@dataclass(slots=True)
class _Row:
    """One answer in the making. `n_content` tokens belong to the answer's text."""

    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    stop: StopReason | None = None
    n_content: int = 0


class _Ring:
    """The newest states of every row, and the two kept states of the rows that ended."""

    def __init__(self, hooks: tuple[Hook, ...], n_rows: int, d_model: int, pool: int, depth: int) -> None:
        self._hooks, self._pool = hooks, pool
        self._ring: list[tuple[int, torch.Tensor] | None] = [None] * depth
        self.content = np.full((len(hooks), n_rows, d_model), np.nan, dtype=np.float32)
        self.end = np.full_like(self.content, np.nan)

    def push(self, index: int, values: dict[Read, torch.Tensor]) -> None:
        """Keep the state of every row's token number `index`."""
        if self._hooks:
            states = torch.stack([values[Read(hook)] for hook in self._hooks])
            self._ring[index % len(self._ring)] = index, states

    def finish(self, row: int, n_content: int, end: int | None) -> None:
        """Take out a row that just ended: its last content tokens, and the token that ended it."""
        if not self._hooks:
            return
        if n_content:
            tokens = range(max(0, n_content - self._pool), n_content)
            self.content[:, row] = torch.stack([self._at(i, row) for i in tokens]).mean(0).cpu().numpy()
        if end is not None:
            self.end[:, row] = self._at(end, row).cpu().numpy()

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
    slack = 2 + max((len(text.encode()) for text in stop_strings), default=0)
    ring = _Ring(hooks, len(ids), model.geometry.d_model, pool_tokens, pool_tokens + slack)
    reads = tuple(Read(hook) for hook in hooks)
    rows = [_Row() for _ in range(len(ids))]
    filler = pad_id(model)
    given = model.step(ids, mask, use_cache=True)
    for index in range(max_new_tokens):
        chosen, logprobs = _greedy(given.logits[:, -1])
        ending = _take(rows, chosen, logprobs, model, stop_strings, last=index == max_new_tokens - 1)
        fed = [row.tokens[-1] if len(row.tokens) > index else filler for row in rows]
        mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
        given = model.step(ids.new_tensor(fed)[:, None], mask, reads, cache=given.cache, use_cache=True)
        ring.push(index, given.values)
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

    The choice is made on the logits: a log-softmax rounds, and makes ties of what were none.
    """
    logits = logits.float()
    chosen = logits.argmax(-1, keepdim=True)
    return chosen[:, 0].tolist(), logits.log_softmax(-1).gather(-1, chosen)[:, 0].tolist()


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
        row.tokens.append(chosen[number])
        row.logprobs.append(logprobs[number])
        _judge(row, model, stops, last)
        if row.stop:
            ending.append(number)
    return ending


def _judge(row: _Row, model: Steps, stops: tuple[str, ...], last: bool) -> None:
    """Decide whether the row's newest token ended it."""
    row.n_content = len(row.tokens)
    if row.tokens[-1] in model.end_of_turn:
        row.stop, row.n_content = StopReason.EOS, len(row.tokens) - 1
    elif stops and (cut := _cut(row.tokens, model.tokenizer, stops)) is not None:
        row.stop, row.n_content = StopReason.STOP_STRING, cut
    elif last:
        row.stop = StopReason.LENGTH


def _cut(tokens: list[int], tokenizer: Any, stops: tuple[str, ...]) -> int | None:
    """Return how many tokens begin before the first stop string, or None where there is none yet."""
    text = tokenizer.decode(tokens, skip_special_tokens=True)
    at = find_stop(text, stops)
    if at is None:
        return None
    kept = len(tokens)
    while kept and tokenizer.decode(tokens[: kept - 1], skip_special_tokens=True).startswith(text[:at]):
        kept -= 1
    return kept


def find_stop(text: str, stops: tuple[str, ...]) -> int | None:
    """Return where the first stop string begins; one before the first visible character does not count."""
    start = len(text) - len(text.lstrip())
    found = [at for stop in stops if (at := text.find(stop, start)) >= 0]
    return min(found, default=None)


def _result(rows: list[_Row], hooks: tuple[Hook, ...], ring: _Ring) -> Decoded:
    return Decoded(
        tokens=tuple(tuple(row.tokens[: row.n_content]) for row in rows),
        stop=tuple(row.stop for row in rows if row.stop),
        logprobs=tuple(tuple(row.logprobs[: row.n_content]) for row in rows),
        hooks=hooks,
        content=ring.content,
        end=ring.end,
    )
