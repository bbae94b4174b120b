"""Batches saved as parts, and parts merged in the order of the prompts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_answers import generation

from hooks.answers.batch import as_prompts, generate_batch
from hooks.answers.collect import collect
from hooks.answers.parts import merge_features, merge_parts, read_part, write_part
from hooks.backend.base import HookedModel
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import Features, Position, Site
from interp.runs.arrays import read_features, write_arrays
from interp.runs.directory import open_run
from interp.runs.rows import read_rows

CONFIG = {"seed": 0}


def answer(name: str) -> Generation:
    return generation(id=name, prompt_id=name)


def states(names: tuple[str, ...], site: Site = Site.LN_FINAL) -> Features:
    x = np.array([[[float(ord(name)), 1.0]] for name in names], dtype=np.float32).reshape(len(names), 1, 2)
    return Features(names, site, (5,), Position.CONTENT, x)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    write_part(tmp_path / "p.safetensors", [answer("a"), answer("b")], [states(("a",))])
    return tmp_path / "p.safetensors"


def test_a_part_comes_back_as_it_was(part: Path) -> None:
    generations, (one,) = read_part(part)
    assert generations == [answer("a"), answer("b")]
    assert one.fingerprint() == states(("a",)).fingerprint()


def test_any_changed_byte_of_a_part_is_noticed_and_the_part_is_named(part: Path) -> None:
    whole = part.read_bytes()
    for at in range(0, len(whole), 7):
        part.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(InputError, match=r"p\.safetensors.*(damaged|readable).*delete it to make it again"):
            read_part(part)


def test_a_part_without_its_rows_is_refused(part: Path) -> None:
    write_arrays(part, {"x": np.zeros(2, np.float32)})
    with pytest.raises(InputError, match="damaged"):
        read_part(part)


def test_rows_are_merged_in_the_order_of_the_prompts_not_of_the_batches(tmp_path: Path) -> None:
    with open_run(tmp_path, "m", CONFIG) as run:
        run.part(0).parent.mkdir()
        write_part(run.part(0), [answer("c"), answer("a")], [states(("c", "a"))])
        write_part(run.part(1), [answer("b"), answer("d")], [states(("d",))])  # b has no state
        merge_parts(run, 2, ["a", "b", "c", "d"])
    assert [g.id for g in read_rows(run.path / "generations.jsonl", Generation)] == ["a", "b", "c", "d"]
    merged = read_features(run.path / "features.safetensors", Site.LN_FINAL, Position.CONTENT)
    assert merged.generation_ids == ("a", "c", "d")
    assert merged.x[:, 0, 0].tolist() == [ord("a"), ord("c"), ord("d")]


def test_parts_without_any_state_merge_to_none() -> None:
    merged = merge_features([states(()), states(())], [answer("a")])
    assert merged.x.shape == (0, 1, 2)


def test_parts_of_other_prompts_are_refused(tmp_path: Path) -> None:
    with open_run(tmp_path, "m", CONFIG) as run:
        run.part(0).parent.mkdir()
        write_part(run.part(0), [answer("a")], [states(("a",))])
        with pytest.raises(InputError, match="parts of other prompts"):
            merge_parts(run, 1, ["a", "b"])


def test_what_is_collected_equals_the_batches_and_is_not_collected_twice(
    opened: Callable[..., HookedModel], tmp_path: Path
) -> None:
    model = opened("llama")
    prompts = as_prompts(["Hi", "What is the capital of France?", "Why is water wet, and who said so?", "Go"])
    loads: list[Any] = []

    def load() -> HookedModel:
        loads.append(1)
        return model

    with open_run(tmp_path, "m", CONFIG) as run:
        for _ in range(2):
            collect(run, load, prompts, batch_size=2, max_new_tokens=4, pool_tokens=2, layers=[0, 23])
    assert loads == [1]
    got = {g.id: g for g in read_rows(run.path / "generations.jsonl", Generation)}
    assert list(got) == [p.id for p in prompts]
    short, long = [prompts[0], prompts[3]], [prompts[1], prompts[2]]
    for batch in (short, long):
        direct, features = generate_batch(model, batch, max_new_tokens=4, pool_tokens=2, layers=[0, 23])
        assert [got[g.id] for g in direct] == direct
        stored = read_features(run.path / "features.safetensors", Site.RESID_POST, Position.CONTENT)
        one = next(f for f in features if (f.site, f.position) == (Site.RESID_POST, Position.CONTENT))
        assert np.array_equal(stored.select(one.generation_ids).x, one.x)
    assert json.loads((run.path / "model.json").read_text())["proof"] == "passed"


def test_a_run_is_not_continued_on_another_model(opened: Callable[..., HookedModel], tmp_path: Path) -> None:
    prompts = as_prompts(["Hi", "Go"])
    with open_run(tmp_path, "m", CONFIG) as run:
        collect(run, lambda: opened("llama"), prompts, batch_size=2, max_new_tokens=2, layers=[0])
        (run.path / "generations.jsonl").unlink()
        with pytest.raises(InputError, match="begun on another model, device or dtype"):
            collect(run, lambda: opened("qwen3"), prompts, batch_size=2, max_new_tokens=2, layers=[0])
