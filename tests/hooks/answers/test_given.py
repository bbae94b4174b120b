"""Teacher-forced capture against plain transformers with a hand-made hook, one answer at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch

from hooks.answers.batch import generate_batch
from hooks.answers.chat import encode
from hooks.answers.given import read_given
from hooks.backend.base import HookedModel
from hooks.backend.hook import Hook, HookError, Read, Reduce
from hooks.heads.activations import capture_heads
from interp.records.answers import HeadScale
from interp.records.arrays import Position, Site
from interp.records.prompts import Prompt

Opened = Callable[..., HookedModel]


def inputs_of_o_proj(model: HookedModel, ids: list[int]) -> dict[int, np.ndarray]:
    """Each attention layer's o_proj input, (pos, head, d_head), seen by a hook made here."""
    seen: dict[int, np.ndarray] = {}
    handles = []
    for layer, heads in model.geometry.attention.items():

        def keep(_module: object, args: tuple[torch.Tensor, ...], layer: int = layer, n: int = heads.n_heads) -> None:
            seen[layer] = args[0][0].unflatten(-1, (n, -1)).numpy()

        handles.append(model.hf.get_submodule(heads.path).register_forward_pre_hook(keep))
    with torch.no_grad():
        model.hf(torch.tensor([ids]), use_cache=False)
    for handle in handles:
        handle.remove()
    return seen


@pytest.mark.parametrize("family", ["qwen3", "qwen3.5", "gemma4"])
@pytest.mark.parametrize("last_tokens", [3, 32])
def test_head_norms_and_means_over_the_last_response_tokens(
    opened: Opened, prompts: list[Prompt], family: str, last_tokens: int
) -> None:
    model = opened(family)
    generations, _ = generate_batch(model, prompts, max_new_tokens=7, layers=())
    heads = capture_heads(model, prompts, generations, last_tokens=last_tokens, batch_size=2)
    assert heads.layers == tuple(model.geometry.attention)
    assert heads.generation_ids == tuple(g.id for g in generations)
    for row, (generation, prompt) in enumerate(zip(generations, prompts, strict=True)):
        seen = inputs_of_o_proj(model, [*encode(model.tokenizer, prompt.text), *generation.tokens])
        for i, layer in enumerate(heads.layers):
            tail = seen[layer][-min(last_tokens, len(generation.tokens)) :]
            np.testing.assert_allclose(heads.means[i][row], tail.mean(0), atol=2e-4, rtol=1e-3)
            norms = np.linalg.norm(tail, axis=-1).mean(0)
            np.testing.assert_allclose(heads.norms[i][row], norms, rtol=1e-3)


def test_forced_states_equal_the_states_of_generation(opened: Opened, prompts: list[Prompt]) -> None:
    model = opened("qwen3")
    edit = HeadScale(((2, 1), (9, 4)), 0.5)
    for scale in (None, edit):
        generations, features = generate_batch(model, prompts, max_new_tokens=6, pool_tokens=3, edit=scale)
        for site in (Site.LN_FINAL, Site.RESID_POST):
            seen = next(f for f in features if (f.site, f.position) == (site, Position.CONTENT))
            reads = [Read(Hook(site, layer), Reduce.MEAN) for layer in seen.layers]
            ids, values = read_given(model, prompts, generations, reads, 3, batch_size=2)
            forced = np.stack([values[read] for read in reads], axis=1)
            assert ids == seen.generation_ids and forced.shape == seen.x.shape
            assert np.abs(forced - seen.x).max() < 1e-4 * np.abs(seen.x).max()


def test_empty_answers_have_no_row_and_strangers_are_refused(opened: Opened, prompts: list[Prompt]) -> None:
    model = opened("qwen3")
    generations, _ = generate_batch(model, prompts, max_new_tokens=4, layers=())
    emptied = [dataclasses.replace(generations[0], tokens=()), *generations[1:]]
    heads = capture_heads(model, prompts, emptied)
    assert heads.generation_ids == tuple(g.id for g in generations[1:])
    with pytest.raises(HookError, match="Every answer is empty"):
        capture_heads(model, prompts, emptied[:1])
    with pytest.raises(HookError, match="belongs to no given prompt"):
        capture_heads(model, prompts[1:], generations)
    with pytest.raises(HookError, match=r"other tokens here .* than when it was answered"):
        capture_heads(model, prompts, [dataclasses.replace(generations[0], prompt_sha256="9" * 64)])


@pytest.mark.parametrize("reduce", [Reduce.LAST, Reduce.MEAN, Reduce.NORM, Reduce.WHOLE])
def test_reductions_on_the_device_are_what_numpy_makes_of_the_whole(opened: Opened, reduce: Reduce) -> None:
    model = opened("qwen3")
    ids = np.array([[7, 3, 9, 11, 30, 8], [0, 0, 0, 5, 6, 7]])
    mask = (np.arange(6) >= np.array([[0], [3]])).astype(np.int64)
    for hook in (Hook(Site.Z, 4), Hook(Site.RESID_POST, 11), Hook(Site.ATTN_OUT, 4)):
        values = model.forward(ids, mask, [Read(hook, reduce), Read(hook, Reduce.WHOLE)], span=[4, 4]).values
        whole = values[Read(hook, Reduce.WHOLE)]
        for row, length in ((0, 4), (1, 3)):
            tail = whole[row, -length:]
            expected = {
                Reduce.LAST: tail[-1],
                Reduce.MEAN: tail.mean(0),
                Reduce.NORM: np.linalg.norm(tail, axis=-1).mean(0),
                Reduce.WHOLE: whole[row],
            }[reduce]
            np.testing.assert_allclose(values[Read(hook, reduce)][row], expected, rtol=1e-4, atol=1e-5)
