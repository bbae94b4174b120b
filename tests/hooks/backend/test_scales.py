"""Scaling heads: what it changes, by row, by thread, nested, and that nothing is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from hooks.backend.base import HookedModel
from hooks.backend.hook import Hook, HookError, Read, Reduce
from hooks.backend.names import parse_hook
from hooks.models.loading import open_backend
from interp.records.answers import HeadScale
from interp.records.arrays import Site

Opened = Callable[..., HookedModel]
BACKENDS = ("torch", "nnsight", "transformer_lens")
IDS = np.array([[0, 0, 7, 9, 11], [5, 30, 8, 12, 44], [0, 3, 9, 14, 15]])
MASK = np.array([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1], [0, 1, 1, 1, 1]])


@pytest.mark.parametrize("backend", BACKENDS)
def test_only_the_scaled_head_changes_its_slice(opened: Opened, backend: str) -> None:
    model = opened("qwen3", backend)
    read = Read(parse_hook("z.4", model.geometry), Reduce.WHOLE)
    plain = model.forward(IDS, MASK, [read]).values[read]
    with model.scaled(HeadScale(((4, 3),), 0.5)):
        scaled = model.forward(IDS, MASK, [read]).values[read]
    np.testing.assert_array_equal(scaled[:, :, 3], plain[:, :, 3] * np.float32(0.5))
    np.testing.assert_array_equal(np.delete(scaled, 3, axis=2), np.delete(plain, 3, axis=2))


@pytest.mark.parametrize("backend", BACKENDS)
def test_rows_may_have_scales_of_their_own_in_forwards_and_in_every_step_of_generation(
    opened: Opened, backend: str
) -> None:
    model = opened("qwen3", backend)
    sweep = [None, HeadScale(((4, 3), (9, 0)), 0.0), HeadScale(((2, 1),), 1.5)]
    with model.scaled(sweep):
        together = model.forward(IDS, MASK)
        text = model.decode(IDS, MASK, max_new_tokens=8)
    for row, scale in enumerate(sweep):
        with model.scaled([scale]):
            start = int(MASK[row].argmax())
            ids, mask = IDS[row : row + 1, start:], MASK[row : row + 1, start:]
            alone = model.forward(ids, mask)
            assert model.decode(ids, mask, max_new_tokens=8).tokens[0] == text.tokens[row]
        np.testing.assert_allclose(alone.logits[0], together.logits[row], atol=1e-3)
    assert not np.array_equal(together.logits[1], model.forward(IDS, MASK).logits[1])


@pytest.mark.parametrize("backend", BACKENDS)
def test_scaling_acts_at_every_step_and_not_only_on_the_prompt(opened: Opened, backend: str) -> None:
    """The next tokens after a scaled generation are those of one scaled forward over everything so far."""
    model = opened("qwen3", backend)
    with model.scaled(HeadScale(tuple((layer, 1) for layer in range(10)), 0.0)):
        tokens = model.decode(IDS[1:2], MASK[1:2], max_new_tokens=8).tokens[0]
        for length in range(8):
            ids = np.concatenate([IDS[1:2], np.array([tokens[:length]], dtype=np.int64)], axis=1)
            assert model.forward(ids, np.ones_like(ids)).logits[0].argmax() == tokens[length]
    assert model.decode(IDS[1:2], MASK[1:2], max_new_tokens=8).tokens[0] != tokens


@pytest.mark.parametrize("backend", BACKENDS)
def test_closing_restores_the_logits_bit_by_bit_even_after_an_error(opened: Opened, backend: str) -> None:
    model = opened("qwen3", backend)
    before, attached = model.forward(IDS, MASK).logits, model.n_attached()
    with pytest.raises(RuntimeError, match="on purpose"), model.scaled(HeadScale(((0, 0),), 0.0)):
        model.forward(IDS, MASK)
        raise RuntimeError("on purpose")
    np.testing.assert_array_equal(model.forward(IDS, MASK).logits, before)
    assert model.n_attached() == attached


def test_a_failing_pass_leaves_no_hook(opened: Opened) -> None:
    for backend in BACKENDS:
        model = opened("qwen3", backend)
        attached, before = model.n_attached(), model.forward(IDS, MASK).logits
        too_large = model.tensor(np.full_like(IDS, 10**6))
        with pytest.raises(IndexError):
            model.step(too_large, model.tensor(MASK), model.reads(["z.3", "resid_post.5"]))
        assert model.n_attached() == attached
        np.testing.assert_array_equal(model.forward(IDS, MASK).logits, before)


def test_a_factor_acts_as_it_is_in_every_number_format(opened: Opened, specimen: Callable[..., Path]) -> None:
    """Rounded to bfloat16 before it multiplies, 0.9 would act as 0.8984 and 0.999 as 1."""
    z = Read(Hook(Site.Z, 0))
    for factor in (0.9, 0.999):
        for model in (opened("qwen3"), open_backend(specimen("qwen3"), dtype="bfloat16")):
            plain = model.forward(IDS, MASK, ["z.0"]).values[z][:, 3]
            with model.scaled(HeadScale(((0, 3),), factor)):
                scaled = model.forward(IDS, MASK, ["z.0"]).values[z][:, 3]
            exact = torch.from_numpy(plain * np.float32(factor)).to(model.dtype).float().numpy()
            np.testing.assert_array_equal(scaled, exact)


def test_a_list_of_one_scale_is_for_one_row(opened: Opened) -> None:
    model = opened("qwen3")
    with model.scaled([HeadScale(((4, 3),), 0.5)]), pytest.raises(HookError, match="1 row scales .* 3 rows"):
        model.forward(IDS, MASK)


def test_nested_scales_multiply(opened: Opened) -> None:
    model = opened("qwen3")
    with model.scaled(HeadScale(((4, 3), (5, 0)), 0.5)):
        with model.scaled(HeadScale(((4, 3),), 0.5)):
            nested = model.forward(IDS, MASK).logits
        inner = model.forward(IDS, MASK).logits
    with model.scaled(HeadScale(((4, 3),), 0.25)), model.scaled(HeadScale(((5, 0),), 0.5)):
        np.testing.assert_array_equal(model.forward(IDS, MASK).logits, nested)
    with model.scaled(HeadScale(((4, 3), (5, 0)), 0.5)):
        np.testing.assert_array_equal(model.forward(IDS, MASK).logits, inner)


@pytest.mark.parametrize(
    ("scale", "sentence"),
    [
        (HeadScale(((28, 0),), 0.0), "layers 0 to 27"),
        (HeadScale(((0, 16),), 0.0), "Layer 0 has heads 0 to 15, so there is no head 16"),
        (HeadScale(((0, -1),), 0.0), "no head -1"),
        (HeadScale(((0, 1), (0, 1)), 0.5), r"Head \(0, 1\) is listed twice"),
        (HeadScale(((0, 1),), float("nan")), "finite number"),
    ],
)
def test_scales_that_mean_nothing_are_refused(opened: Opened, scale: HeadScale, sentence: str) -> None:
    with pytest.raises(HookError, match=sentence), opened("qwen3").scaled(scale):
        pass


def test_row_scales_must_fit_the_batch(opened: Opened) -> None:
    model = opened("qwen3")
    rows = [None, HeadScale(((0, 0),), 0.0)]
    with pytest.raises(HookError, match="2 row scales are open, but the batch has 3 rows"), model.scaled(rows):
        model.forward(IDS, MASK)


def test_layers_without_o_proj_refuse_scaling_and_list_the_others(opened: Opened) -> None:
    sentence = r"Layer 2 has no attention output projection.*\[3, 7, 11, 15, 19, 23\]"
    with pytest.raises(HookError, match=sentence), opened("qwen3.5").scaled(HeadScale(((2, 0),), 0.0)):
        pass


@pytest.mark.parametrize("backend", BACKENDS)
def test_threads_share_a_model_without_sharing_their_scales(opened: Opened, backend: str) -> None:
    model = opened("qwen3", backend)
    scales = [None, *(HeadScale(((layer, 0),), 0.0) for layer in (0, 3, 6))]

    def run(scale: HeadScale | None) -> np.ndarray:
        with model.scaled([scale] * 3):
            meet.wait(60)
            return np.stack([model.forward(IDS, MASK, ["resid_post.9"]).logits for _ in range(3)])

    meet = threading.Barrier(1)
    alone = [run(scale) for scale in scales]
    meet = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(run, scales))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(alone[0], alone[1])


@pytest.mark.parametrize(
    ("ids", "mask", "sentence"),
    [
        (IDS, MASK[:, ::-1], "padded on the left"),
        (IDS, np.zeros_like(MASK), "padded on the left"),
        (IDS[:0], MASK[:0], "two equal non-empty tables"),
    ],
)
def test_batches_that_would_read_padding_are_refused(
    opened: Opened, ids: np.ndarray, mask: np.ndarray, sentence: str
) -> None:
    with pytest.raises(HookError, match=sentence):
        opened("qwen3").forward(ids, mask)


def test_a_span_must_cover_a_token(opened: Opened) -> None:
    with pytest.raises(HookError, match="at least one token, not 0"):
        opened("qwen3").forward(IDS, MASK, ["ln_final"], span=0)
