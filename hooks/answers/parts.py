"""One batch of answers as one file, and the merging of all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hooks.answers.given import check_prompt
from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import Features, Position, Site
from interp.runs.arrays import read_arrays, write_arrays, write_features
from interp.runs.directory import Run
from interp.runs.files import sha256_json
from interp.runs.layout import FEATURES, GENERATIONS
from interp.runs.rows import parse_row, row_text, write_rows


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
    rows = [row_text(generation) for generation in generations]
    arrays = {f"{f.site}.{f.position}": f.x for f in features}
    described = {"generations": json.dumps(rows), "features": json.dumps(sites)}
    write_arrays(path, arrays, described | {"sha256": sha256_json(described)})


def read_part(path: Path) -> tuple[list[Generation], list[Features]]:
    """Read one batch back; a damaged part raises InputError."""
    arrays, metadata = read_arrays(path)
    intact = metadata.pop("sha256", None) == sha256_json(metadata)
    if not intact or set(arrays) != {f"{f['site']}.{f['position']}" for f in json.loads(metadata["features"])}:
        raise InputError(f"{path} is damaged (its rows do not match their hash); delete it to make it again.")
    generations = [parse_row(Generation, row, str(path)) for row in json.loads(metadata["generations"])]
    features = []
    for entry in json.loads(metadata["features"]):
        site, position = Site(entry["site"]), Position(entry["position"])
        states = Features(
            generation_ids=tuple(entry["generation_ids"]),
            site=site,
            layers=tuple(entry["layers"]),
            position=position,
            x=arrays[f"{site}.{position}"],
            pool_tokens=entry["pool_tokens"],
        )
        if states.fingerprint() != entry["fingerprint"]:
            raise InputError(f"{path} is damaged (its arrays do not match their hash); delete it to make it again.")
        features.append(states)
    return generations, features


def check_parts(run: Run, asked: Mapping[str, Sequence[int]]) -> None:
    """Refuse to continue a run whose saved answers were made to prompts of other token ids than these, by prompt id."""
    for part in sorted(run.path.glob("parts/*.safetensors")):
        for generation in read_part(part)[0]:
            if generation.prompt_id not in asked:
                raise InputError(f"{run.path} holds parts of other prompts; delete the directory to run again.")
            check_prompt(generation, asked[generation.prompt_id])


def merge_parts(run: Run, count: int, prompt_ids: Sequence[str]) -> None:
    """Merge the parts in the order of `prompt_ids`; the features' sidecar is written last."""
    parts = [read_part(run.part(index)) for index in range(count)]
    order = {prompt_id: i for i, prompt_id in enumerate(prompt_ids)}
    generations = sorted((g for rows, _ in parts for g in rows), key=lambda g: order[g.prompt_id])
    if [g.prompt_id for g in generations] != list(prompt_ids):
        raise InputError(f"{run.path} holds parts of other prompts; delete the directory to run again.")
    keys = [(f.site, f.position) for f in parts[0][1]]
    merged = [merge_features([features[i] for _, features in parts], generations) for i in range(len(keys))]
    write_rows(run.path / GENERATIONS, generations)
    if merged:
        write_features(run.path / FEATURES, merged)


def merge_features(parts: Sequence[Features], generations: Sequence[Generation]) -> Features:
    """Stack Features of one site and position, rows in the order of `generations`; absent rows stay absent."""
    ids = [g for part in parts for g in part.generation_ids]
    row = {g: i for i, g in enumerate(ids)}
    kept = [g.id for g in generations if g.id in row]
    x = np.concatenate([part.x for part in parts])[np.array([row[g] for g in kept], dtype=np.intp)]
    first = parts[0]
    return Features(tuple(kept), first.site, first.layers, first.position, x, first.pool_tokens, first.pool_layers)
