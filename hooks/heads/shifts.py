"""What zeroing each head does to answers that are already there: their log-probability, and a probe's score of them.

Attribution by intervention, the reference beside which a contrast of cohorts is judged. Answers are teacher-forced:
the tokens stay, and the model without the head says how likely it finds them.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import Position, Probe, Site
from interp.records.prompts import Prompt
from interp.records.rendering import Rendering
from interp.runs.arrays import read_arrays, read_sealed, write_arrays, write_sealed
from interp.runs.directory import Run
from interp.runs.layout import SHIFTS
from interp.runs.resume import resume
from interp.runs.stages import end_stage, stage_done

if TYPE_CHECKING:
    import torch

    from hooks.answers.given import GivenAnswer
    from hooks.backend.base import HookedModel
    from hooks.backend.hook import Read

FIRST_PART = 90000  # parts below it belong to the capture of heads


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """Change of each answer when a head is zeroed, one entry a layer of `layers`: with the head off minus with it on.

    `logprob` is in nats a token, averaged over the answer; `score` in the probe's log-odds, None without a probe.
    """

    generation_ids: tuple[str, ...]
    layers: tuple[int, ...]
    logprob: tuple[Float[np.ndarray, "_head n"], ...]
    score: tuple[Float[np.ndarray, "_head n"], ...] | None


def readable(probe: Probe | None) -> str | None:
    """Return why a probe's score cannot be read on given answers, or None where it can."""
    if probe is None:
        return "the run holds no probe for what tells the cohorts apart"
    if probe.position is not Position.CONTENT:
        return "the probe reads the token that ended the turn, which answers do not keep"
    return None


def collect_shifts(
    run: Run,
    open_model: Callable[[], HookedModel],
    prompts: Sequence[Prompt],
    generations: Sequence[Generation],
    probe: Probe | None,
    *,
    batch_size: int,
    rendering: Rendering | None = None,
) -> Shifts:
    """Write `shifts.safetensors` and return it: one pass a head over all answers; saved layer by layer.

    `rendering` is that of the run that holds the answers; None is the default of this day.
    """
    file = run.path / SHIFTS
    if not stage_done(run, SHIFTS):
        layers = _measure_missing(run, open_model(), prompts, generations, probe, batch_size, rendering)
        arrays: dict[str, np.ndarray] = {}
        for layer in layers:
            part = read_sealed(run.part(FIRST_PART + layer))
            arrays |= {f"{name}.{layer}": values for name, values in part.items()}
        ids = [g.id for g in generations]
        write_arrays(file, arrays, {"generation_ids": json.dumps(ids), "layers": json.dumps(list(layers))})
        end_stage(run, SHIFTS)
    return read_shifts(file)


def read_shifts(file: Path) -> Shifts:
    """Read `shifts.safetensors`."""
    arrays, metadata = read_arrays(file)
    layers = tuple(json.loads(metadata["layers"]))
    scored = f"score.{layers[0]}" in arrays
    return Shifts(
        tuple(json.loads(metadata["generation_ids"])),
        layers,
        tuple(arrays[f"logprob.{n}"] for n in layers),
        tuple(arrays[f"score.{n}"] for n in layers) if scored else None,
    )


def _measure_missing(
    run: Run,
    model: HookedModel,
    prompts: Sequence[Prompt],
    generations: Sequence[Generation],
    probe: Probe | None,
    batch_size: int,
    rendering: Rendering | None,
) -> tuple[int, ...]:
    """Measure the layers that have no part yet; return all layers that have heads."""
    from hooks.answers.collect import record_model
    from hooks.answers.given import pair
    from hooks.heads.ablation import each_head_scaled

    record_model(run, model)
    answered = list(pair(model, prompts, generations, rendering))
    layers = tuple(model.geometry.attention)

    def measure() -> dict[str, np.ndarray]:
        return _measure(model, answered, probe, batch_size)

    whole = functools.cache(measure)  # the model as it is, measured once and only where a layer is missing

    def make(layer: int, part: Path) -> None:
        if layer not in layers:  # it has no heads, and so no part
            return
        zeroed = [values for _, _, values in each_head_scaled(model, measure, 0.0, [layer])]
        write_sealed(part, {name: np.stack([values[name] - whole()[name] for values in zeroed]) for name in whole()})

    # A part's number tells its layer, so layers without heads keep their numbers.
    every = range(max(layers, default=-1) + 1)
    resume(run, "heads zeroed", every, make, unit="layer", size=lambda n: int(n in layers), first=FIRST_PART)
    return layers


def _measure(
    model: HookedModel, answered: Sequence[GivenAnswer], probe: Probe | None, batch_size: int
) -> dict[str, Float[np.ndarray, " n"]]:
    """Return the log-probability a token, and the probe's score, of every answer under the scales that are open."""
    order = sorted(range(len(answered)), key=lambda i: len(answered[i].ids))
    measured: dict[str, np.ndarray] = {}
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        for name, values in _batch(model, [answered[i] for i in rows], probe).items():
            measured.setdefault(name, np.empty(len(answered)))[rows] = values
    return measured


def _batch(model: HookedModel, batch: Sequence[GivenAnswer], probe: Probe | None) -> dict[str, np.ndarray]:
    from hooks.answers.padding import pad_left
    from hooks.backend.base import span_weights
    from hooks.backend.decoding import pad_id

    ids, mask = pad_left([a.ids for a in batch], pad_id(model))
    lengths = [len(a.generation.tokens) for a in batch]
    reads = () if probe is None else _reads(probe, model.geometry.n_layers)
    span = 1 if probe is None else probe.pool_tokens
    weights = model.tensor(span_weights(mask, [min(span, n) for n in lengths]))
    given = model.tensor(ids)
    with model.scaled([a.generation.edit for a in batch]):
        seen = model.step(given, model.tensor(mask), reads, weights=weights, keep_logits=max(lengths) + 1)
    measured = {
        "logprob": np.array(
            [_mean_logprob(row, tokens, n) for row, tokens, n in zip(seen.logits, given, lengths, strict=True)]
        )
    }
    if probe is not None:
        x = np.mean([seen.values[read].double().cpu().numpy() for read in reads], axis=0)
        measured["score"] = x @ probe.w + probe.b
    return measured


def _mean_logprob(logits: torch.Tensor, tokens: torch.Tensor, n: int) -> float:
    """Return the mean log-probability of the last n tokens of a row, each by the logits before it."""
    before, said = logits[-n - 1 : -1].float(), tokens[-n:]
    chosen = before.gather(1, said[:, None])[:, 0] - before.logsumexp(1)
    return float(chosen.double().mean())


def _reads(probe: Probe, n_layers: int) -> tuple[Read, ...]:
    """Return what a probe reads: one site, or the last hidden states that it averages (`Features.pool_layers`)."""
    from hooks.backend.hook import Hook, Read, Reduce

    if probe.pool_layers == 1:
        return (Read(Hook(probe.site, probe.layer), Reduce.MEAN),)
    if probe.site is not Site.LN_FINAL:
        raise InputError(f"A probe that averages hidden states reads {Site.LN_FINAL}, not {probe.site}; fit it again.")
    before = [Read(Hook(Site.RESID_POST, n), Reduce.MEAN) for n in range(n_layers - probe.pool_layers, n_layers - 1)]
    return (*before, Read(Hook(Site.LN_FINAL, n_layers - 1), Reduce.MEAN))
