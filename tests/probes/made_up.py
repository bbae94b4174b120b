"""Runs of made-up answers, for tests that need no model: simulated records, and a finished directory of any records."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from interp.records.arrays import Features, Site
from interp.records.loaded import Loaded, ModelId
from interp.runs.arrays import write_features
from interp.runs.directory import close_run, open_run
from interp.runs.files import sha256_json, write_json
from interp.runs.layout import FEATURES, GENERATIONS, LABELS, MODEL, PROMPTS
from interp.runs.rows import write_rows
from probes.evidence.gather import gather_run
from probes.fitting.layers import LayerPlace, StackedLayers
from probes.fitting.recipe import Recipe
from probes.fitting.records import Records
from probes.report.write import write_fit
from probes.simulate.design import Design, World, power_law
from probes.simulate.studies import draw
from probes.verdict.judgement import judge_run


def simulated(auroc: float = 0.5, seed: int = 0, n: int = 80, noise: int = 1, **planted: float) -> Records:
    """A simulated run whose last place carries the signal; the `noise` places before it carry nothing."""
    rates = {"rate_fit": 0.5, "rate_fresh": 0.5}
    design = Design(n_fit=n, n_fresh=n, auroc=auroc, d_model=40, **(rates | planted))  # type: ignore[arg-type]
    drawn = draw(World(design, power_law(25, 1.0)), np.random.default_rng(seed))
    both = (drawn.fit, drawn.fresh)
    x = np.concatenate([drawn.fit_x.x, drawn.fresh_x.x])
    blind = np.random.default_rng(seed + 1).standard_normal((2 * n, noise, 40)).astype(np.float32)
    ids = tuple(i for s in both for i in s.ids)
    places = (*(LayerPlace(Site.RESID_POST, i) for i in range(noise)), LayerPlace(Site.LN_FINAL, noise))
    stacked = Features(
        ids,
        Site.LN_FINAL,
        tuple(range(noise + 1)),
        drawn.fit_x.position,
        np.concatenate([blind, x], axis=1),
    )
    return Records(
        [p for s in both for p in s.prompts],
        [g for s in both for g in s.generations],
        [x for s in both for x in s.labels],
        StackedLayers(places, stacked),
    )


def finished(root: Path, model: str, records: Records, recipe: Recipe, instruments: str = "made up") -> Path:
    """Write a run of correctness as `probes.fit` leaves it, files and pages."""
    prompts = {
        "name": records.prompts[0].domain,
        "sha256": sha256_json([dataclasses.asdict(p) for p in records.prompts]),
    }
    config = {"model": {"name": model}, "prompts": prompts, "position": "content", "instruments": instruments}
    loaded = Loaded(ModelId(model, "directory", "here", "0" * 64, "float32", "cpu", "sdpa"), "torch", "passed")
    evidence = gather_run(records, ("correct",), recipe)
    with open_run(root, "made-up", config | {"versions": {"python": "3"}}) as run:
        write_json(run.path / MODEL, dataclasses.asdict(loaded))
        for name, rows in zip((PROMPTS, GENERATIONS, LABELS), records.rows, strict=True):
            write_rows(run.path / name, rows)
        write_features(run.path / FEATURES, captured(records))
        write_fit(run, evidence, judge_run(evidence, recipe), recipe, None)
        close_run(run)
    return run.path


def captured(records: Records) -> list[Features]:
    """What was captured of each site, before it was stacked."""
    assert records.layers is not None
    whole, places = records.layers.stacked, records.layers.places
    layers = tuple(place.layer for place in places[:-1])
    final = dataclasses.replace(whole, layers=(places[-1].layer,), x=whole.x[:, -1:])
    if not layers:
        return [final]
    return [dataclasses.replace(whole, site=Site.RESID_POST, layers=layers, x=whole.x[:, :-1]), final]
