"""Simulated studies with a known truth, judged by the real code: what the steps, controls and audits do at given sizes.

Answers are drawn in the coordinates of the features' principal components and turned into d_model numbers by a fixed
rotation, so that the probe sees correlated columns as it does in a model. What is planted lies along one random
direction each, drawn with the components' own variances: where features vary most, signals are likeliest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from interp.records.answers import Generation
from interp.records.arrays import Features, Position, Site
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.results.evidence import Thresholds
from interp.stats.auroc import auroc_values
from interp.stats.rates import balanced_asymmetry
from probes.fitting.linear import probability
from probes.fitting.rowspace import row_space
from probes.fitting.samples import Samples
from probes.simulate.design import World, separation

STUDY_CS = (1.0, 0.1)
WORDS = (3.5, 0.5)  # mean and spread of the log of an answer's length in words


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedStudy:
    """One simulated study: two splits of answers with features."""

    fit: Samples
    fresh: Samples
    fit_x: Features
    fresh_x: Features


def draw(world: World, rng: np.random.Generator) -> SimulatedStudy:
    """Draw one study."""
    d = world.design
    signal, local, domain, long = (world.direction(rng) for _ in range(4))
    sides = []
    for split, n, rate in ((Split.FIT, d.n_fit, d.rate_fit), (Split.FRESH, d.n_fresh, d.rate_fresh)):
        y = rng.random(n) < rate
        z = rng.standard_normal((n, len(world.basis)))
        side = y - 0.5
        length = rng.standard_normal(n) + separation(d.surface) * side
        if d.surface > 0.5:
            z += np.outer(length - z @ long, long)
        z += separation(d.auroc) * np.outer(side, signal)
        if split is Split.FIT:
            z += separation(d.fit_only) * np.outer(side, local)
        else:
            z += separation(d.shift) * domain
        sides.append((_samples(split, y, length), _features(split, z @ world.basis)))
    return SimulatedStudy(sides[0][0], sides[1][0], sides[0][1], sides[1][1])


def _samples(split: Split, y: Bool[np.ndarray, " n"], length: Float[np.ndarray, " n"]) -> Samples:
    words = np.maximum(1, np.exp(WORDS[0] + WORDS[1] * length)).astype(int)
    ids = _ids(split, len(y))
    prompts = tuple(Prompt(i, i, "simulated", split, ()) for i in ids)
    generations = tuple(
        Generation(i, i, "simulated", "word " * (n - 1) + "word.", (), 0, "", 0, None, 0, None, None)
        for i, n in zip(ids, words, strict=True)
    )
    labels = tuple(Label(i, float(right), (), bool(right), None, "simulated") for i, right in zip(ids, y, strict=True))
    return Samples("correct", split, prompts, generations, labels, y, {})


def _features(split: Split, x: Float[np.ndarray, "n d"]) -> Features:
    return Features(_ids(split, len(x)), Site.LN_FINAL, (0,), Position.CONTENT, x[:, None, :].astype(np.float32))


def _ids(split: Split, n: int) -> tuple[str, ...]:
    return tuple(f"{split}-{i:05d}" for i in range(n))


def study_would_claim(
    study: SimulatedStudy, cv_aurocs: dict[float, float], thresholds: Thresholds
) -> tuple[bool, bool]:
    """Return whether the study's point estimates would have claimed a handle: in cross-validation, and on fresh.

    As in the study, the better C counts, and the balanced threshold is the best one on fresh itself.
    """
    first = max(cv_aurocs[c] for c in STUDY_CS) >= thresholds.cv_auroc
    y = study.fresh.y
    if y.all() or not y.any():
        return first, False
    ys = np.repeat(study.fit.y[None], len(STUDY_CS), axis=0)
    scores = row_space(study.fit_x.x[:, 0]).scores(ys, np.array(STUDY_CS), study.fresh_x.x[:, 0])
    return first, any(_fresh_passes(y, row, thresholds) for row in scores)


def _fresh_passes(y: Bool[np.ndarray, " n"], scores: Float[np.ndarray, " n"], thresholds: Thresholds) -> bool:
    asymmetry = balanced_asymmetry(probability(scores), y, floor=thresholds.assert_floor).asymmetry
    auroc = float(auroc_values(y, scores))
    return auroc >= thresholds.fresh_auroc and asymmetry is not None and asymmetry.value <= thresholds.asymmetry
