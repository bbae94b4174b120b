"""What hooks cost on this machine, as ratios to plain transformers in the same run, and what they leave behind.

`python -m hooks.cost` prints one line a measurement. Times are CPU times of one thread, the best of several rounds run
in turns, because a busy machine disturbs those least; on an accelerator they are times on the wall. The base is a model
that no backend has touched.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tyro

from hooks.models.catalogue import resolve
from hooks.models.opening import opener
from interp.cli.front_door import run_command
from interp.cli.groups import LogLevel, ModelOptions
from interp.records.answers import HeadScale
from interp.records.arrays import Site
from interp.records.loaded import Loaded, ModelId

if TYPE_CHECKING:
    from hooks.backend.base import HookedModel

Measured = dict[str, float]
Measure = Literal["forward", "generate", "proof", "ablation", "sweep", "memory", "leak"]
MEASURES: tuple[Measure, ...] = ("forward", "generate", "proof", "ablation", "sweep", "memory", "leak")
MIB = 2**20


@dataclass(frozen=True)
class Cost:
    """Measure what capture and scaling cost against plain transformers."""

    model: str = "smollm2-135m"
    """A short name (qwen3-1.7b, smollm2-135m, ...), a hub id (org/name), or a local directory."""
    measures: tuple[Measure, ...] = MEASURES
    """Which of forward, generate, proof, ablation, sweep, memory and leak."""
    rounds: int = 9
    """How often each side of a ratio runs."""
    leak_rounds: int = 1000
    """Captures and scaled generations of the leak measurement."""
    json: bool = False
    """Print one JSON object instead of lines."""
    loading: tyro.conf.OmitArgPrefixes[ModelOptions] = ModelOptions()
    log_level: LogLevel = "warning"
    """How much is said on stderr."""


def ratio(timed: Callable[[], object], base: Callable[[], object], rounds: int) -> float:
    """Return the best time of `timed` over the best of `base`."""
    taken: dict[Callable[[], object], list[float]] = {base: [], timed: []}
    for number in range(rounds + 1):
        for run, seconds in taken.items():
            start = _now()
            run()
            if number:  # the first round warms up
                seconds.append(_now() - start)
    return min(taken[timed]) / min(taken[base])


def _now() -> float:
    """Return CPU seconds; where there is an accelerator, seconds on the wall once it has done what it was given."""
    import torch

    if not torch.accelerator.is_available():
        return time.process_time()
    torch.accelerator.synchronize()
    return time.perf_counter()


def forward(model: HookedModel, options: Cost) -> Measured:
    """Capture every residual's last token, and scale three heads as well, over 64 tokens."""
    measured: Measured = {}
    for rows in (1, 8):
        ids, mask = _batch(model, rows, 64)
        plain, captured = _plain(model, ids, mask), partial(model.forward, ids, mask, _states(model))
        scaled = partial(_with_scale, model, captured)
        measured[f"forward, {rows} rows, capture"] = ratio(captured, plain, options.rounds)
        measured[f"forward, {rows} rows, capture and scale"] = ratio(scaled, plain, options.rounds)
    return measured


def _with_scale(model: HookedModel, run: Callable[[], object]) -> object:
    with model.scaled(_edit(model)):
        return run()


def generate(model: HookedModel, options: Cost) -> Measured:
    """20 tokens after 64 in 4 rows, against transformers' generate of 21: ours reads the last token's state, too."""
    from hooks.backend.names import parse_hook

    ids, mask = _batch(model, 4, 64)
    hooks = [parse_hook(name, model.geometry) for name in _states(model)]
    plain = _plain_generation(model, ids, mask)
    ends, model.end_of_turn = model.end_of_turn, frozenset()
    captured = partial(model.decode, ids, mask, max_new_tokens=20, hooks=hooks)
    scaled = partial(_with_scale, model, captured)
    rounds = max(1, options.rounds // 3)
    try:
        return {
            "generate, capture": ratio(captured, plain, rounds),
            "generate, capture and scale": ratio(scaled, plain, rounds),
        }
    finally:
        model.end_of_turn = ends


def proof(model: HookedModel, options: Cost) -> Measured:
    """The proof, against one short generation: 21 tokens after a short prompt."""
    from hooks.answers.chat import encode

    ids = np.array([encode(model.tokenizer, "What is the capital of France?")])
    plain = _plain_generation(model, ids, np.ones_like(ids))
    return {"proof, of one short generation": ratio(model.prove, plain, options.rounds)}


def ablation(model: HookedModel, options: Cost) -> Measured:
    """Ablating every head of one layer in five over 16 prompts, against the same number of plain forwards."""
    from hooks.answers.chat import encode
    from hooks.answers.padding import pad_left
    from hooks.heads.ablation import ablate_heads
    from interp.prompts import sets as prompts

    chosen = prompts.load("facts").fresh[:16]
    layers = tuple(sorted(model.geometry.attention))[::5]
    heads = sum(model.geometry.attention[layer].n_heads for layer in layers)
    plain = _plain(model, *pad_left([encode(model.tokenizer, prompt.text) for prompt in chosen], 0))
    sweep = ratio(
        lambda: list(ablate_heads(model, chosen, layers=layers)), lambda: [plain() for _ in range(heads + 1)], 2
    )
    return {f"ablation of {heads} heads, of its forwards": sweep}


def sweep(model: HookedModel, options: Cost) -> Measured:
    """20 tokens of 2 prompts under 10 edits each, saved as a part, against transformers' generate of the same rows."""
    from hooks.answers.chat import encode
    from hooks.answers.padding import pad_left
    from hooks.answers.parts import write_part
    from hooks.dose.sweep import edits, generate_rows, plan_rows
    from interp.prompts import sets as prompts
    from interp.results.dose import HeadSet

    layers = sorted(model.geometry.attention)[:: max(1, len(model.geometry.attention) // 5)][:5]
    sets = [HeadSet(f"set {h}", tuple((layer, h) for layer in layers)) for h in range(3)]
    (rows,) = plan_rows(model, prompts.load("facts").fresh[:2], edits(sets, (1.0, 0.9, 0.8, 0.5)), 20)
    ids, mask = pad_left([encode(model.tokenizer, prompt.text) for prompt, _ in rows], 0)
    plain = _plain_generation(model, ids, mask)
    ends, model.end_of_turn = model.end_of_turn, frozenset()
    try:
        with tempfile.TemporaryDirectory() as folder:
            part = Path(folder) / "part.safetensors"

            def timed() -> None:
                write_part(part, generate_rows(model, rows, 20), [])

            return {f"sweep, {len(rows)} rows of two prompts": ratio(timed, plain, max(1, options.rounds // 3))}
    finally:
        model.end_of_turn = ends


def memory(model: HookedModel, _options: Cost) -> Measured:
    """Peak of tensor bytes with last-token capture of all residuals, against a plain pass."""
    measured = {}
    for length in (64, 512):
        ids, mask = (model.tensor(array) for array in _batch(model, 4, length))
        reads = model.reads(_states(model))
        plain, captured = (peak(partial(model.step, ids, mask, chosen)) for chosen in ((), reads))
        measured[f"peak memory, {length} tokens"] = captured / plain
    return measured


def leak(model: HookedModel, options: Cost) -> Measured:
    """Growth in MiB, hooks left and change of logits after many captures and scaled generations."""
    from hooks.answers.batch import as_prompts, generate_batch

    questions = as_prompts(["Hi", "What is the capital of France?", "Why?"])
    ids, mask = _batch(model, 3, 8)

    def use(rounds: int) -> None:
        for _ in range(rounds):
            generate_batch(model, questions, max_new_tokens=2, edit=_edit(model))

    use(max(1, options.leak_rounds // 20))
    logits, attached, before = model.forward(ids, mask).logits, model.n_attached(), resident()
    use(options.leak_rounds)
    grown = resident() - before
    changed = float(np.abs(model.forward(ids, mask).logits - logits).max())
    return {"leak, MiB": grown / MIB, "leak, hooks": model.n_attached() - attached, "leak, change of logits": changed}


def peak(run: Callable[[], object]) -> int:
    """Return the largest number of tensor bytes alive at once, by the profiler's allocations and releases."""
    import torch

    run()
    activities = [torch.profiler.ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=activities, profile_memory=True, acc_events=True) as profile:
        kept = run()
    level = highest = 0
    for change in _changes(profile):
        level += change
        highest = max(highest, level)
    del kept
    return highest


def _changes(profile: Any) -> Iterator[int]:
    events = [event for event in profile.profiler.kineto_results.events() if event.name() == "[memory]"]
    for event in sorted(events, key=lambda event: event.start_ns()):
        yield event.nbytes()


def resident() -> int:
    """Return resident memory in bytes, after collecting garbage (Linux)."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def _batch(model: HookedModel, rows: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    ids = np.random.default_rng(0).integers(8, model.geometry.vocab, (rows, length))
    return ids, np.ones_like(ids)


def _plain(model: HookedModel, ids: np.ndarray, mask: np.ndarray) -> Callable[[], object]:
    """Return a forward pass of plain transformers."""
    import torch

    hf = _fresh(model)
    inputs = {"input_ids": model.tensor(ids), "attention_mask": model.tensor(mask)}

    @torch.no_grad()
    def run() -> object:
        return hf(**inputs, use_cache=False, logits_to_keep=1)

    return run


def _fresh(model: HookedModel) -> Any:
    """Return the model as transformers has it: TransformerLens rewires the one that it is given, which costs time."""
    return model.hf if model.name != "transformer_lens" else _reopened(model.model_id)


@cache
def _reopened(model: ModelId) -> Any:
    from hooks.models.reopen import reopen

    return reopen(Loaded(model, "torch", "skipped")).hf


def _plain_generation(model: HookedModel, ids: np.ndarray, mask: np.ndarray) -> Callable[[], object]:
    """Return transformers' own greedy generation of exactly 21 tokens."""
    hf, given, attended = _fresh(model), model.tensor(ids), model.tensor(mask)
    return lambda: hf.generate(
        given, attention_mask=attended, max_new_tokens=21, min_new_tokens=21, do_sample=False, pad_token_id=0
    )


def _states(model: HookedModel) -> list[str]:
    return [f"{Site.RESID_POST}.{layer}" for layer in range(model.geometry.n_layers)]


def _edit(model: HookedModel) -> HeadScale:
    return HeadScale(tuple((layer, 0) for layer in sorted(model.geometry.attention)[:3]), 0.5)


def main(options: Cost) -> int:
    """Run the command."""
    import torch

    torch.set_num_threads(1)
    model = opener(resolve(options.model, options.loading.revision), options.loading)()
    measured: Measured = {}
    for name in options.measures:
        measured |= _BY_NAME[name](model, options)
    sys.stdout.write(json.dumps(measured) + "\n" if options.json else _lines(options, measured))
    return 0


_BY_NAME: dict[Measure, Callable[[HookedModel, Cost], Measured]] = {
    "forward": forward,
    "generate": generate,
    "proof": proof,
    "ablation": ablation,
    "sweep": sweep,
    "memory": memory,
    "leak": leak,
}


def _lines(options: Cost, measured: Measured) -> str:
    about = f"{options.model}, {options.loading.backend}"
    return "".join(f"{about}: {name}: {value:.3f}\n" for name, value in measured.items())


if __name__ == "__main__":
    sys.exit(run_command(Cost, main, "python -m hooks.cost"))
