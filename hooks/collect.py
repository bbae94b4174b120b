"""Prompts into a run directory: generations and h_last, batch by batch, continued where a killed run stopped.

A batch is the unit that is saved. Its composition depends only on the prompts, the tokenizer and the batch size, so a
continued run computes exactly what an uninterrupted one would have.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from interp import store
from interp.errors import InputError
from interp.records import Features, Generation, Position, Prompt, Site
from interp.runs import Run

if TYPE_CHECKING:
    from hooks.backend import Backend

GENERATIONS = "generations.jsonl"
FEATURES = "features.safetensors"


def collected(run: Run, with_features: bool = True) -> bool:
    """True when generations, and features where there are to be any, are there, merged and complete."""
    features = (run.path / FEATURES).with_suffix(".json")
    return (run.path / GENERATIONS).is_file() and (features.is_file() or not with_features)


def collect(
    run: Run,
    open_model: Callable[[], Backend],
    prompts: Sequence[Prompt],
    *,
    batch_size: int,
    max_new_tokens: int,
    pool_tokens: int = 1,
    layers: Sequence[int] | None = None,
    raw: bool = False,
) -> None:
    """Write `generations.jsonl` and `features.safetensors` of `prompts`, in their order; loads no model when done.

    Without layers no features are kept, and their file is not written. `raw` is that of `generate_batch`.
    """
    if collected(run, with_features=layers is None or len(layers) > 0):
        return
    from tqdm import tqdm

    from hooks.generate import generate_batch, plan_batches

    backend = open_model()
    record_model(run, backend)
    batches = plan_batches(backend, prompts, batch_size, raw)
    with tqdm(total=len(prompts), desc="answers", unit="answer") as bar:
        for index, batch in enumerate(batches):
            if not run.part(index).is_file():
                generations, features = generate_batch(
                    backend, batch, max_new_tokens=max_new_tokens, pool_tokens=pool_tokens, layers=layers, raw=raw
                )
                write_part(run.part(index), generations, features)
            bar.update(len(batch))
    merge_parts(run, len(batches), [prompt.id for prompt in prompts])


def write_part(path: Path, generations: Sequence[Generation], features: Sequence[Features]) -> None:
    """Write one batch as a single file, so that it is there as a whole or not at all."""
    sites = [
        {
            "generation_ids": f.generation_ids,
            "site": f.site,
            "layers": f.layers,
            "position": f.position,
            "pool_tokens": f.pool_tokens,
            "fingerprint": f.fingerprint(),
        }
        for f in features
    ]
    rows = [store.row_text(generation) for generation in generations]
    arrays = {f"{f.site}.{f.position}": f.x for f in features}
    described = {"generations": json.dumps(rows), "features": json.dumps(sites)}
    store.write_arrays(path, arrays, described | {"sha256": store.sha256_json(described)})


def read_part(path: Path) -> tuple[list[Generation], list[Features]]:
    """Read one batch back; a damaged part raises InputError."""
    arrays, metadata = store.read_arrays(path)
    intact = metadata.pop("sha256", None) == store.sha256_json(metadata)
    if not intact or set(arrays) != {f"{f['site']}.{f['position']}" for f in json.loads(metadata["features"])}:
        raise InputError(f"{path} is damaged (its rows do not match their hash); delete it to make it again.")
    generations = [store.parse_row(Generation, row, str(path)) for row in json.loads(metadata["generations"])]
    features = []
    for entry in json.loads(metadata["features"]):
        site, position = Site(entry["site"]), Position(entry["position"])
        one = Features(
            generation_ids=tuple(entry["generation_ids"]),
            site=site,
            layers=tuple(entry["layers"]),
            position=position,
            x=arrays[f"{site}.{position}"],
            pool_tokens=entry["pool_tokens"],
        )
        if one.fingerprint() != entry["fingerprint"]:
            raise InputError(f"{path} is damaged (its arrays do not match their hash); delete it to make it again.")
        features.append(one)
    return generations, features


def merge_parts(run: Run, count: int, prompt_ids: Sequence[str]) -> None:
    """Merge the parts in the order of `prompt_ids`; the features' sidecar is written last."""
    parts = [read_part(run.part(index)) for index in range(count)]
    order = {prompt_id: i for i, prompt_id in enumerate(prompt_ids)}
    generations = sorted((g for rows, _ in parts for g in rows), key=lambda g: order[g.prompt_id])
    if [g.prompt_id for g in generations] != list(prompt_ids):
        raise InputError(f"{run.path} holds parts of other prompts; delete the directory to run again.")
    keys = [(f.site, f.position) for f in parts[0][1]]
    merged = [merge_features([features[i] for _, features in parts], generations) for i in range(len(keys))]
    store.write_rows(run.path / GENERATIONS, generations)
    if merged:
        store.write_features(run.path / FEATURES, merged)


def merge_features(parts: Sequence[Features], generations: Sequence[Generation]) -> Features:
    """Stack Features of one site and position, rows in the order of `generations`; absent rows stay absent."""
    ids = [g for part in parts for g in part.generation_ids]
    row = {g: i for i, g in enumerate(ids)}
    kept = [g.id for g in generations if g.id in row]
    x = np.concatenate([part.x for part in parts])[np.array([row[g] for g in kept], dtype=np.intp)]
    first = parts[0]
    return Features(tuple(kept), first.site, first.layers, first.position, x, first.pool_tokens, first.pool_layers)


def record_model(run: Run, backend: Backend) -> None:
    """Write what was loaded, or refuse to mix answers of two loadings in one run."""
    import dataclasses

    loaded = {"model": dataclasses.asdict(backend.model_id), "backend": backend.name, "proof": backend.proof}
    file = run.path / "model.json"
    if not file.exists():
        store.write_json(file, loaded)
    elif store.read_json(file) != json.loads(store.canonical_json(loaded)):
        raise InputError(
            f"{file} says that this run was begun on another model, device or dtype; continue it there, or pass "
            "another --output-dir."
        )
