"""Several edits in one batch: factor 1 is the unedited model, factor 0 is ablation by somebody else's means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from hooks.answers.batch import generate_batch
from hooks.answers.chat import encode
from hooks.answers.padding import pad_left
from hooks.backend.base import HookedModel
from hooks.backend.hook import HookError
from hooks.dose import sweep
from hooks.dose.sweep import check_factor_one, collect_sweep, edits, generate_rows, plan_rows, read_sets
from interp.errors import InputError
from interp.records.answers import Generation, HeadScale
from interp.records.prompts import Prompt
from interp.records.rendering import Rendering
from interp.results.dose import HeadSet, Sweep
from interp.results.schema import read_result
from interp.runs.directory import Run, open_run
from interp.runs.layout import GENERATIONS, SWEEP
from interp.runs.rows import read_rows

Opened = Callable[..., HookedModel]
BACKENDS = ("torch", "nnsight", "transformer_lens")
FACTORS = (1.0, 0.5, 0.0)
BUDGET = 8
SETS = (HeadSet("chosen", ((4, 3), (9, 0))), HeadSet("random 1", ((4, 1), (9, 2))))
# Heads to ablate, and how wide they are: in Gemma 4 those of layer 4 are twice as wide, in Qwen3.5 three of four
# layers have none.
ABLATED = {
    "llama": {(2, 5): 4, (17, 31): 4},
    "qwen3": {(0, 15): 8, (20, 0): 8},
    "qwen3.5": {(3, 7): 16, (19, 2): 16},
    "gemma4": {(1, 2): 8, (4, 2): 16, (34, 7): 16},
}


def collected(run: Run, model: HookedModel, prompts: Sequence[Prompt], batch_size: int = 4) -> list[Generation]:
    collect_sweep(run, lambda: model, prompts, lambda _: SETS, FACTORS, batch_size=batch_size, max_new_tokens=BUDGET)
    return read_rows(run.path / GENERATIONS, Generation)


def test_every_edit_comes_once_and_factor_1_once_for_all_sets() -> None:
    made = edits(SETS, FACTORS)
    assert made[0] == HeadScale(SETS[0].heads, 1.0)
    assert [e.factor for e in made[1:]] == [0.5, 0.0, 0.5, 0.0]
    assert [e.heads for e in made[1:]] == [SETS[0].heads] * 2 + [SETS[1].heads] * 2


def test_a_batch_holds_all_edits_of_its_prompts_where_they_fit(opened: Opened, prompts: list[Prompt]) -> None:
    model, made = opened("gemma3"), edits(SETS, FACTORS)
    whole = plan_rows(model, prompts, made, 10)
    assert [len(rows) for rows in whole] == [10, 5]
    assert [[p.id for p, _ in rows[::5]] for rows in whole] == [["prompt-1", "prompt-0"], ["prompt-2"]]  # by length
    assert [len(rows) for rows in plan_rows(model, prompts, made, 3)] == [3, 2] * 3
    orders = [[p.id for rows in plan_rows(model, prompts, made, 5, seed) for p, _ in rows[::5]] for seed in range(5)]
    assert {frozenset(order) for order in orders} == {frozenset(p.id for p in prompts)}
    assert len({tuple(order) for order in orders}) > 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_factor_1_reproduces_the_unedited_tokens_exactly(
    opened: Opened, prompts: list[Prompt], backend: str, tmp_path: Path
) -> None:
    model = opened("qwen3", backend)
    plain, _ = generate_batch(model, prompts, max_new_tokens=BUDGET, layers=())
    with open_run(tmp_path, "m", {}) as run:
        answers = collected(run, model, prompts, batch_size=5)
    ones = {g.prompt_id: g for g in answers if g.edit is not None and g.edit.factor == 1.0}
    assert [ones[g.prompt_id].tokens for g in plain] == [g.tokens for g in plain]
    assert [ones[g.prompt_id].stop for g in plain] == [g.stop for g in plain]
    assert any(g.tokens != ones[g.prompt_id].tokens for g in answers)


def test_in_one_batch_factor_1_is_the_unedited_row_bit_by_bit(opened: Opened, prompts: list[Prompt]) -> None:
    model = opened("qwen3")
    asked = [prompts[0], prompts[2], prompts[0], prompts[1]]
    plain, _ = generate_batch(model, asked, max_new_tokens=BUDGET, layers=())
    one, half = HeadScale(SETS[0].heads, 1.0), HeadScale(SETS[0].heads, 0.5)
    mixed = generate_rows(model, list(zip(asked, (one, one, half, one), strict=True)), BUDGET)
    for row in (0, 1, 3):
        assert mixed[row].tokens == plain[row].tokens
        assert mixed[row].mean_logprob == plain[row].mean_logprob
    assert mixed[2].mean_logprob != plain[2].mean_logprob
    assert [g.edit for g in mixed] == [one, one, half, one]


def zeroed(directory: Path, heads: dict[tuple[int, int], int]) -> torch.nn.Module:
    """The transformers model with the columns of o_proj that read these heads set to zero: no hook, no scale."""
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="sdpa").eval()
    with torch.no_grad():
        for (layer, head), width in heads.items():
            projection = model.get_decoder().layers[layer].self_attn.o_proj
            projection.weight[:, head * width : (head + 1) * width] = 0
    return model


@pytest.mark.parametrize("family", ABLATED)
def test_factor_0_equals_ablation_in_the_weights_in_tokens_and_logits(
    opened: Opened, specimen: Callable[..., Path], prompts: list[Prompt], family: str
) -> None:
    model = opened(family)
    for heads in ({head: width} for head, width in ABLATED[family].items()):
        other, scale = zeroed(specimen(family), heads), HeadScale(tuple(heads), 0.0)
        ids, mask = pad_left([encode(model.tokenizer, p.text) for p in prompts], 0)
        tensors = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        positions = (tensors["attention_mask"].cumsum(-1) - 1).clamp(min=0)
        with torch.no_grad():
            expected = other(**tensors, position_ids=positions, use_cache=False).logits[:, -1].numpy()
        with model.scaled(scale):
            logits = model.forward(ids, mask).logits
        size = np.abs(expected).max()
        assert np.abs(logits - expected).max() <= 1e-5 * size
        assert np.abs(model.forward(ids, mask).logits - expected).max() > 1e-5 * size, "the head does nothing"
        made = other.generate(
            **tensors,
            max_new_tokens=BUDGET,
            do_sample=False,
            pad_token_id=0,
            eos_token_id=sorted(model.end_of_turn),
        )[:, ids.shape[1] :].tolist()
        for row, answer in zip(made, generate_rows(model, [(p, scale) for p in prompts], BUDGET), strict=True):
            assert row[: len(answer.tokens)] == list(answer.tokens)


def test_what_is_collected_stands_prompt_by_prompt_and_edit_by_edit(
    opened: Opened, prompts: list[Prompt], tmp_path: Path
) -> None:
    with open_run(tmp_path, "m", {}) as run:
        answers = collected(run, opened("gemma3"), prompts)
    made = edits(SETS, FACTORS)
    assert [(g.prompt_id, g.edit) for g in answers] == [(p.id, edit) for p in prompts for edit in made]
    assert len({g.id for g in answers}) == len(answers)
    assert read_sets(run.path) == SETS
    assert read_result(run.path / SWEEP, Sweep) == Sweep(1, SETS, FACTORS, 4)


def test_a_sweep_that_was_cut_goes_on_and_answers_no_batch_twice(
    opened: Opened, prompts: list[Prompt], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = opened("gemma3")
    with open_run(tmp_path / "whole", "m", {}) as run:
        collected(run, model, prompts)
    whole, asked = (run.path / GENERATIONS).read_bytes(), []
    answer = generate_rows

    def counted(backend: HookedModel, rows: list[sweep.Row], budget: int, rendering: Rendering) -> list[Generation]:
        asked.append(len(rows))
        if len(asked) == 4:  # two for the first batch
            raise KeyboardInterrupt
        return answer(backend, rows, budget, rendering)

    monkeypatch.setattr(sweep, "generate_rows", counted)
    with pytest.raises(KeyboardInterrupt), open_run(tmp_path / "cut", "m", {}) as run:
        collected(run, model, prompts)
    with open_run(tmp_path / "cut", "m", {}) as run:
        collected(run, model, prompts)
        collected(run, model, prompts)  # nothing is left to do
    assert (run.path / GENERATIONS).read_bytes() == whole
    assert len(asked) == 1 + len(plan_rows(model, prompts, edits(SETS, FACTORS), 4)) + 1


def test_parts_of_another_sweep_are_refused(opened: Opened, prompts: list[Prompt], tmp_path: Path) -> None:
    from hooks.answers.parts import write_part

    model = opened("gemma3")
    with open_run(tmp_path, "m", {}) as run:
        other = generate_rows(model, [(prompts[0], HeadScale(((0, 0),), 0.3))], BUDGET)
        run.part(0).parent.mkdir()
        write_part(run.part(0), other, [])
        with pytest.raises(InputError, match="parts of other prompts or edits"):
            collected(run, model, prompts)


def test_a_backend_in_which_scaling_by_1_changes_an_answer_is_refused(opened: Opened, prompts: list[Prompt]) -> None:
    """The rows that should be unedited were made with a head scaled by 0."""
    model = opened("gemma3")
    made = generate_rows(model, [(p, HeadScale(((0, 0), (5, 1), (9, 2)), 0.0)) for p in prompts], BUDGET)
    rows = [(p, HeadScale(SETS[0].heads, 1.0)) for p in prompts]
    with pytest.raises(HookError, match="Scaling heads by 1 changed the answer to 'prompt-0'"):
        check_factor_one(model, rows, made, SETS, BUDGET)
    check_factor_one(model, rows, generate_rows(model, rows, BUDGET), SETS, BUDGET)


def test_edits_must_fit_the_rows(opened: Opened, prompts: list[Prompt]) -> None:
    with pytest.raises(HookError, match="2 edits were given for 3 prompts"):
        generate_batch(opened("gemma3"), prompts, max_new_tokens=2, layers=(), edit=[None, None])
