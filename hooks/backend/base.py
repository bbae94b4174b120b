"""What the three backends share: everything but how a hook is attached."""

from __future__ import annotations

import contextlib
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from hooks.backend.actions import Action, build_plan, finite
from hooks.backend.decoding import decode
from hooks.backend.geometry import Geometry, read_geometry
from hooks.backend.hook import Hook, HookError, Read, Reduce, first_pass
from hooks.backend.names import hook_names, parse_hook
from hooks.backend.proof import prove
from hooks.backend.protocol import BackendName, Decoded, Forward, Logits, Parts, Pass, Proof
from hooks.backend.scales import Rows, Scaling, check_scale, combined, multipliers
from hooks.family import anatomy, room
from hooks.family.calling import CACHES, Calling, Inputs
from hooks.family.reach import reach
from hooks.family.settings import end_of_turn, ignored_settings
from interp.records.answers import HeadScale
from interp.records.arrays import Site
from interp.records.loaded import ModelId

log = logging.getLogger(__name__)


class HookedModel(ABC):
    """A transformers model with hooks that exist only while a pass runs, so that nothing can be left behind.

    Scales belong to the thread that opened them. One lock a model: passes of several threads take turns.
    """

    name: BackendName

    def __init__(self, model: torch.nn.Module, tokenizer: Any, model_id: ModelId) -> None:
        self.model_id = model_id
        self.tokenizer = tokenizer
        self.geometry: Geometry = read_geometry(model)
        self.lock = threading.RLock()
        self.proof: Proof = "skipped"
        self.end_of_turn = end_of_turn(model, tokenizer)
        self.ignored = ignored_settings(model)
        self.reach = reach(model)
        embeddings: Any = model.get_input_embeddings()  # type: ignore[operator]
        self.n_embeddings = int(embeddings.weight.shape[0])
        self.device = next(model.parameters()).device
        self.dtype: torch.dtype = next(model.parameters()).dtype
        self.parts = _parts(model, self.geometry)
        self._names = hook_names(self.geometry)
        self.hf = model
        self._calling = _calling(model)
        self._sizes = _sizes(self.geometry)
        self._local = threading.local()
        self._said_long = False
        if self.ignored:
            log.warning(
                "warning: %s asks in its generation configuration for %s; answers here are plain greedy decoding, and "
                "differ from what its generate() would say.",
                model_id.name,
                ", ".join(self.ignored),
            )

    @abstractmethod
    def _call(self, inputs: Inputs, plan: Mapping[Hook, Action]) -> tuple[torch.Tensor, Any]:
        """Run the model once with the plan's actions attached; return its logits and its cache."""

    def _told(self, output: Any) -> tuple[torch.Tensor, Any]:
        """Return the logits and the cache of a model's own output."""
        return output.logits, getattr(output, str(self._calling.cache), None)

    @torch.no_grad()
    def step(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        reads: Sequence[Read] = (),
        *,
        cache: Any = None,
        use_cache: bool = False,
        weights: torch.Tensor | None = None,
        all_logits: bool = False,
        keep_logits: int = 1,
    ) -> Pass:
        """Run the tokens that follow `cache`; `mask` covers the cached positions too.

        The logits are those of the newest `keep_logits` positions, or of all.
        """
        values: dict[Read, torch.Tensor] = {}
        weights = _last_only(ids) if weights is None else weights
        with self.lock:
            plan = build_plan(reads, weights, combined(self._stack(), len(ids)), self.geometry, values)
            kept = ids.shape[1] if all_logits else keep_logits
            inputs = self._calling.inputs(ids, mask, cache, use_cache, kept)
            with room.enough(self.model_id.name, self.device, HookError):
                logits, left = self._call(inputs, plan)
        missed = [read for read in reads if read not in values]
        if missed:
            raise HookError(f"The model never reached {missed[0].hook}; its {self.name} backend cannot read there.")
        return Pass(logits[:, -kept:], self._checked(left) if use_cache else None, values)

    @torch.no_grad()
    def bare(self, ids: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return the last position's logits of the model without any hook, called as `generate` does.

        Without a mask it is given the tokens alone, and counts their positions by itself.
        """
        alone = {"input_ids": ids, "use_cache": False}
        with self.lock:
            logits, _ = self._told(
                self.hf(**(alone if mask is None else self._calling.inputs(ids, mask, None, False, 1)))
            )
        return logits[:, -1:]

    @torch.no_grad()
    def unembed(self, final: torch.Tensor, rows: int) -> torch.Tensor | None:
        """Return float32 logits of the vocabulary's first rows; None where the head is more than one linear layer."""
        head: Any = self.parts.unembedding
        if self.parts.head_reads_further:
            return None
        bias = getattr(head, "bias", None)
        product = final @ head.weight[:rows].T
        return (product if bias is None else product + bias[:rows]).float()

    def watched(self) -> tuple[dict[int, torch.nn.Module], dict[int, torch.nn.Module]]:
        """Return the modules of the blocks, and those whose input is z before any edit, by layer."""
        return dict(enumerate(self.parts.blocks)), dict(self.parts.projections)

    def _checked(self, cache: Any) -> Any:
        """Return the cache that a pass left; HookError where there is none, since the next token would see no past."""
        if cache is None:
            raise HookError(
                f"{type(self.hf).__name__} was asked for its cache ({self._calling.cache}) and returned none, so that "
                "every further token would be computed without the ones before it: it is in training mode with "
                "gradient checkpointing, or keeps its past where no caller can hold it."
            )
        return cache

    def forward(
        self,
        ids: Int[np.ndarray, "row pos"],
        mask: Int[np.ndarray, "row pos"],
        reads: Sequence[Read | str] = (),
        *,
        span: int | Sequence[int] = 1,
        logits: Logits = "last",
    ) -> Forward:
        """Run left-padded token ids once and return the logits and what was read."""
        mask = self._check(ids, mask, logits=ids.shape[1] if logits == "all" else 1)
        given = self.step(
            self.tensor(ids),
            self.tensor(mask),
            self.reads(reads),
            weights=self.tensor(span_weights(mask, span)),
            all_logits=logits == "all",
        )
        values = {read: _array(read, value) for read, value in given.values.items()}
        scores = given.logits if logits == "all" else given.logits[:, -1]
        return Forward(logits=scores.float().cpu().numpy(), values=values)

    def decode(
        self,
        ids: Int[np.ndarray, "row pos"],
        mask: Int[np.ndarray, "row pos"],
        *,
        max_new_tokens: int,
        hooks: Sequence[Hook] = (),
        pool_tokens: int = 1,
        stop_strings: Sequence[str] = (),
    ) -> Decoded:
        """Continue left-padded token ids greedily, reading the states of the answer's last tokens on the way."""
        mask = self._check(ids, mask, max_new_tokens)
        return decode(
            self,
            self.tensor(ids),
            self.tensor(mask),
            max_new_tokens=max_new_tokens,
            hooks=tuple(self.geometry.check(hook) for hook in hooks),
            pool_tokens=pool_tokens,
            stop_strings=tuple(stop_strings),
        )

    def _check(self, ids: np.ndarray, mask: np.ndarray, budget: int = 0, logits: int = 1) -> Int[np.ndarray, "row pos"]:
        """Return the mask of a batch that this model can read, as int64; HookError says what it cannot read."""
        mask = check_batch(ids, mask)
        check_tokens(ids, mask, self.n_embeddings, self.tokenizer)
        lengths = mask.sum(1).tolist()
        self.check_reach(max(lengths), budget)
        self.check_room(lengths, budget, logits=logits)
        return mask

    def check_room(self, lengths: Sequence[int], budget: int, *, logits: int = 1) -> None:
        """Refuse a batch that needs more memory than is free.

        Args:
            lengths: tokens of each prompt of the batch.
            budget: tokens of an answer at most.
            logits: positions whose logits are kept.
        """
        rows, width, eager = len(lengths), max(lengths), self.model_id.attn == "eager"
        padded = min(lengths) < width
        need = room.needed(self.hf, self._sizes, rows, width, budget, eager=eager, padded=padded, logits=logits)
        short = room.shortage(self.model_id.name, self.device, need, rows, width, budget, eager=eager)
        if short is not None:
            raise HookError(short)

    def check_reach(self, n_prompt: int, budget: int) -> None:
        """Refuse a prompt that leaves no room for its answer; say once where a model goes beyond its trained length.

        Args:
            n_prompt: tokens of the longest prompt.
            budget: tokens of the answer at most.
        """
        limit, needed = self.reach.positions, n_prompt + budget
        asked = f"a prompt of {n_prompt} tokens" + (f" and an answer of up to {budget}" if budget else "")
        if self.reach.turns_at is not None and needed > self.reach.turns_at:
            raise HookError(
                f"{self.model_id.name} rotates every position otherwise in texts of more than {self.reach.turns_at} "
                f"tokens, so that a prompt would depend on those beside it; {asked} may need {needed}; shorten the "
                "prompt or lower --max-new-tokens."
            )
        if limit is None or needed <= limit:
            return
        said = f"{self.model_id.name} has {limit} positions, but {asked} need {needed}"
        if self.reach.ends:
            raise HookError(f"{said}; shorten the prompt or lower --max-new-tokens.")
        if not self._said_long:
            log.warning("warning: %s; what it says beyond them is not what it was trained for.", said)
            self._said_long = True

    @contextlib.contextmanager
    def scaled(self, scale: HeadScale | Sequence[HeadScale | None]) -> Iterator[HookedModel]:
        """Scale heads in every pass this thread runs inside the block; blocks may nest, and their factors multiply.

        One HeadScale is for every row of a batch, a sequence for exactly as many rows as it has entries.
        """
        rows: Rows = (scale,) if isinstance(scale, HeadScale) else tuple(scale)
        for row in rows:
            if row is not None:
                check_scale(row, self.geometry)
        outer = self._stack()
        full = torch.promote_types(self.dtype, torch.float32)
        vectors = {layer: v.to(self.device, full) for layer, v in multipliers(rows, self.geometry).items()}
        self._local.stack = (*outer, Scaling(vectors, None if isinstance(scale, HeadScale) else len(rows)))
        try:
            yield self
        finally:
            self._local.stack = outer

    def _stack(self) -> tuple[Scaling, ...]:
        return getattr(self._local, "stack", ())

    def prove(self) -> None:
        """Raise HookError unless reading, scaling, padding and the cache do what they say on this very model."""
        with first_pass(type(self.hf).__name__, f"the {self.name} backend"):
            prove(self)
        self.proof = "passed"

    def n_attached(self) -> int:
        """Return how many hooks hang on the model's modules now."""
        return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in self.hf.modules())

    def reads(self, names: Sequence[Read | str]) -> tuple[Read, ...]:
        """Return reads; a hook name of any dialect becomes a Read of the newest position."""
        return tuple(
            Read(parse_hook(name, self.geometry, self._names)) if isinstance(name, str) else name for name in names
        )

    def path(self, hook: Hook) -> str:
        """Return the module whose output (at Z: whose input) the hook reads."""
        if hook.site is Site.LN_FINAL:
            return self.geometry.norm
        if hook.site is Site.RESID_POST:
            return f"{self.geometry.layers}.{hook.layer}"
        return self.geometry.heads_of(hook.layer).path

    def tensor(self, array: np.ndarray) -> torch.Tensor:
        """Return the array on the model's device."""
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)


def _array(read: Read, value: torch.Tensor) -> np.ndarray:
    array = value.cpu().numpy()
    return array if read.reduce is Reduce.WHOLE else finite(array)  # WHOLE keeps padding, whose states mean nothing


def check_batch(ids: Int[np.ndarray, "row pos"], mask: Int[np.ndarray, "row pos"]) -> Int[np.ndarray, "row pos"]:
    """Return the mask as int64; HookError unless it fits the ids and pads on the left only."""
    mask = np.asarray(mask, dtype=np.int64)
    if mask.shape != ids.shape or ids.ndim != 2 or not ids.size:
        raise HookError(f"Token ids and mask must be two equal non-empty tables, not {ids.shape} and {mask.shape}.")
    if not mask[:, -1].all() or (np.diff(mask, axis=1) < 0).any():
        raise HookError("The batch must be padded on the left: in every row zeros of the mask first, then ones.")
    return mask


def check_tokens(ids: np.ndarray, mask: np.ndarray, n_embeddings: int, tokenizer: Any) -> None:
    """Refuse tokens that have no embedding, and rows that begin with two BOS: each gives numbers that mean nothing."""
    seen = mask.astype(bool)
    outside = np.unique(ids[seen & ((ids < 0) | (ids >= n_embeddings))])
    if outside.size or (ids[~seen] >= n_embeddings).any():
        token = int(outside[0]) if outside.size else int(ids[~seen].max())
        name = tokenizer.convert_ids_to_tokens(token) if token >= 0 else None
        raise HookError(
            f"Token {token}{f' ({name})' if name else ''} has no embedding, the model has {n_embeddings}; give the "
            "model the tokenizer that it was trained with, or take that token out of the prompt or the chat template."
        )
    first = mask.argmax(1)
    rows = np.arange(len(ids))
    long = mask.sum(1) > 1
    second = np.minimum(first + 1, ids.shape[1] - 1)
    twice = long & (ids[rows, first] == ids[rows, second]) & (ids[rows, first] == _bos(tokenizer))
    if twice.any():
        raise HookError(
            f"Row {int(twice.argmax())} of the batch begins with two BOS tokens, as no model was trained; put one."
        )


def _bos(tokenizer: Any) -> int:
    bos = getattr(tokenizer, "bos_token_id", None)
    return -1 if bos is None else int(bos)


def span_weights(mask: Int[np.ndarray, "row pos"], span: int | Sequence[int]) -> Float[np.ndarray, "row tail"]:
    """Return the weight of each of the newest positions: 1/n over a row's last n unmasked ones, n at most its span."""
    spans = np.broadcast_to(np.asarray(span, dtype=np.int64), (len(mask),))
    if (spans < 1).any():
        raise HookError(f"A span must cover at least one token, not {int(spans.min())}.")
    counts = np.minimum(spans, mask.sum(1))
    tail = int(counts.max())
    newest = np.arange(tail)[None, :] >= tail - counts[:, None]
    return (newest / counts[:, None]).astype(np.float32)


def _last_only(ids: torch.Tensor) -> torch.Tensor:
    return torch.ones(len(ids), 1, device=ids.device)


def _sizes(geometry: Geometry) -> room.Sizes:
    layers = geometry.attention.values()
    heads = max((layer.n_heads for layer in layers), default=0)
    d_head = max((layer.d_head for layer in layers), default=0)
    return room.Sizes(len(layers), heads, d_head, geometry.d_model, geometry.vocab)


def _parts(model: Any, geometry: Geometry) -> Parts:
    return Parts(
        blocks=tuple(model.get_submodule(geometry.layers)),
        norm=model.get_submodule(geometry.norm),
        unembedding=model.get_output_embeddings(),
        projections={layer: model.get_submodule(heads.path) for layer, heads in geometry.attention.items()},
        head_reads_further=anatomy.head_reads_further(model, geometry.norm),
        softcap=anatomy.softcap(model),
    )


def _calling(model: torch.nn.Module) -> Calling:
    """Return how the model is called; HookError for one that cannot be answered with in batches, token by token."""
    calling, kind = Calling.of(model), type(model).__name__
    if not calling.masked:
        raise HookError(
            f"{kind} takes no attention mask, so the rows of a batch cannot be told from their padding; choose a model "
            "whose forward takes one."
        )
    if calling.cache is None:
        raise HookError(
            f"{kind} takes no cache under a known name ({', '.join(CACHES)}), so that it cannot answer token by token; "
            "choose another model."
        )
    return calling
