"""Twelve faults that gave wrong numbers somewhere, planted on every backend: the check that belongs to it names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hooks.agreement import specimens
from hooks.answers.batch import as_prompts, generate_batch
from hooks.backend.base import HookedModel
from hooks.backend.geometry import Attention
from hooks.backend.hook import Hook, HookError
from hooks.models.loading import open_backend
from interp.records.arrays import Site

BACKENDS = ("torch", "nnsight", "transformer_lens")
Fault = Callable[[HookedModel, pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def phi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Phi: it has biases everywhere, the unembedding included."""
    from hooks.agreement import families

    return families.save("phi", tmp_path_factory.mktemp("phi"))


@pytest.fixture(params=BACKENDS)
def model(request: pytest.FixtureRequest, phi: Path) -> HookedModel:
    return open_backend(phi, backend=request.param)


def actions(model: HookedModel, monkeypatch: pytest.MonkeyPatch, change: Callable[..., Any]) -> None:
    """Let `change(hook, action, seen)` stand in for every action that runs inside a pass."""
    call = model._call

    def changed(inputs: Any, plan: Any) -> Any:
        return call(inputs, {hook: _bound(change, hook, action, inputs) for hook, action in plan.items()})

    monkeypatch.setattr(model, "_call", changed)


def _bound(change: Callable[..., Any], hook: Hook, action: Any, inputs: Any) -> Any:
    return lambda seen: change(hook, action, seen, inputs)


def cache_dropped(model: HookedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step sees one token and no past, as with a cache under a name that nobody passed on."""
    forget = model._calling.inputs

    def inputs(ids: Any, mask: Any, cache: Any, use_cache: bool, kept: int) -> Any:
        return forget(ids, mask, None, use_cache, kept) | {"attention_mask": mask[:, -ids.shape[1] :]}

    monkeypatch.setattr(type(model._calling), "inputs", lambda _self, *args: inputs(*args))


def off_by_one_layer(model: HookedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read after a block is what the block before it gave."""
    kept: dict[int, torch.Tensor] = {}

    def late(hook: Hook, action: Any, seen: torch.Tensor, _inputs: Any) -> Any:
        if hook.site is not Site.RESID_POST or hook.layer == model.geometry.n_layers - 1:
            return action(seen)
        kept[hook.layer] = seen
        return action(kept.get(hook.layer - 1, seen))

    actions(model, monkeypatch, late)


def missing_final_norm(model: HookedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """h_last is read before the final norm, where it is said to be read after it."""
    kept: dict[str, torch.Tensor] = {}

    def change(hook: Hook, action: Any, seen: torch.Tensor, _inputs: Any) -> Any:
        if hook == Hook(Site.RESID_POST, model.geometry.n_layers - 1):
            kept["last"] = seen
        return action(kept["last"] if hook.site is Site.LN_FINAL else seen)

    actions(model, monkeypatch, change)


def right_padding(model: HookedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch is padded on the right, and position -1 is read."""
    inputs = type(model._calling).inputs

    def turned(self: Any, ids: Any, mask: Any, cache: Any, use_cache: bool, kept: int) -> Any:
        if cache is None:
            shifts = (mask == 0).sum(1)
            ids, mask = (torch.stack([r.roll(-int(s)) for r, s in zip(x, shifts, strict=True)]) for x in (ids, mask))
        return inputs(self, ids, mask, cache, use_cache, kept)

    monkeypatch.setattr(type(model._calling), "inputs", turned)


def wrong_head_split(model: HookedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    halves = {
        layer: Attention(heads.n_heads * 2, heads.d_head // 2, heads.path)
        for layer, heads in model.geometry.attention.items()
    }
    monkeypatch.setattr(model, "geometry", _replaced(model.geometry, attention=halves))


def _replaced(record: Any, **fields: Any) -> Any:
    import dataclasses

    return dataclasses.replace(record, **fields)


def in_place_edit(model: HookedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(hook: Hook, action: Any, seen: torch.Tensor, _inputs: Any) -> Any:
        edited = action(seen)
        if edited is None:
            return None
        seen.copy_(edited)
        return seen

    actions(model, monkeypatch, change)


def only_at_prefill(model: HookedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(hook: Hook, action: Any, seen: torch.Tensor, inputs: Any) -> Any:
        if "past_key_values" not in inputs or hook.site is not Site.Z:
            return action(seen)
        action(seen)
        return None

    actions(model, monkeypatch, change)


def rows_swapped(model: HookedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every read gives the rows of a batch in another order, and the edits land in another row."""

    def change(hook: Hook, action: Any, seen: torch.Tensor, _inputs: Any) -> Any:
        edited = action(seen.flip(0))
        return None if edited is None else edited.flip(0)

    actions(model, monkeypatch, change)


def bias_left_out(model: HookedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The logits are ln_final times the unembedding, without the bias that the model has."""
    call, bias = model._call, model.hf.get_output_embeddings().bias  # type: ignore[operator]

    def without(inputs: Any, plan: Any) -> Any:
        logits, cache = call(inputs, plan)
        return logits - bias, cache

    monkeypatch.setattr(model, "_call", without)


def rounded_edit(model: HookedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor of 0.9 acts as 0.8984."""
    monkeypatch.setattr(
        "hooks.backend.actions.scaled", lambda seen, scale: seen * scale.to(torch.bfloat16).to(seen.dtype)
    )


PROVED: list[tuple[Fault, str]] = [
    (cache_dropped, "a step from the cache has other states"),
    (off_by_one_layer, r"what was read at resid_post\.\d is not what block \d gave"),
    (missing_final_norm, "the norm of resid_post is not what was read at ln_final"),
    (right_padding, "other states|changed the logits|had no past|is not what block"),
    (wrong_head_split, "was split into 16 heads, but the configuration counts 8"),
    (in_place_edit, "was edited in place"),
    (only_at_prefill, "acts on a prompt, but not on a step from its cache"),
    (rows_swapped, "the edit of one row of a batch landed in another"),
    (bias_left_out, "reading changed the logits"),
    (rounded_edit, r"was not scaled by 0\.9 but by another factor near it"),
]


@pytest.mark.parametrize(("fault", "sentence"), PROVED, ids=[fault.__name__ for fault, _ in PROVED])
def test_the_proof_names_it(model: HookedModel, monkeypatch: pytest.MonkeyPatch, fault: Fault, sentence: str) -> None:
    model.prove()
    fault(model, monkeypatch)
    with pytest.raises(HookError, match=sentence):
        model.prove()


def test_a_doubled_bos_is_named(model: HookedModel) -> None:
    ids = np.array([[0, specimens.BOS, specimens.BOS, 9, 30], [specimens.BOS, 7, 5, 9, 30]])
    mask = np.array([[0, 1, 1, 1, 1], [1, 1, 1, 1, 1]])
    for run in (lambda: model.forward(ids, mask), lambda: model.decode(ids, mask, max_new_tokens=2)):
        with pytest.raises(HookError, match="Row 0 of the batch begins with two BOS tokens"):
            run()


def test_a_prompt_that_renders_to_nothing_is_named(model: HookedModel) -> None:
    model.tokenizer.chat_template = "{{ '' }}"
    with pytest.raises(HookError, match="every prompt at least one token|does not stand in|render"):
        generate_batch(model, as_prompts(["What is the capital of France?"]), max_new_tokens=2)
