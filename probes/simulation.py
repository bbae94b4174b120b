"""Simulated studies with a known truth, judged by the real code: what the steps, controls and audits do at given sizes.

Answers are drawn in the coordinates of the features' principal components and turned into d_model numbers by a fixed
rotation, so that the probe sees correlated columns as it does in a model. What is planted lies along one random
direction each, drawn with the components' own variances: where features vary most, signals are likeliest.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from interp import metrics
from interp.errors import InputError
from interp.records import Features, Generation, Label, Position, Prompt, Site, Split
from probes.gates import Gates
from probes.linear import MIN_CLASS, probability
from probes.rowspace import row_space
from probes.samples import Samples

STUDY_CS = (1.0, 0.1)
WORDS = (3.5, 0.5)  # mean and spread of the log of an answer's length in words


@dataclass(frozen=True, slots=True)
class Design:
    """One kind of study: its sizes and what is planted in it. Sizes and rates default to the study's (section 6).

    Attributes:
        n_fit: scored answers on fit.
        n_fresh: scored answers on fresh.
        rate_fit: chance of a positive answer on fit.
        rate_fresh: the same on fresh.
        auroc: AUROC of the best possible direction for the target, on both splits; 0.5 plants nothing.
        fit_only: AUROC of a direction that tells the classes apart on fit and not on fresh.
        shift: AUROC with which a direction tells fit from fresh, whatever the class.
        surface: AUROC of the answer's length for the target; h_last then knows the length, and the target only by it.
        d_model: width of the features.
    """

    n_fit: int = 100
    n_fresh: int = 193
    rate_fit: float = 0.58
    rate_fresh: float = 0.285
    auroc: float = 0.5
    fit_only: float = 0.5
    shift: float = 0.5
    surface: float = 0.5
    d_model: int = 1536

    def check(self) -> None:
        """Refuse numbers that no study can have."""
        for name in ("rate_fit", "rate_fresh"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected a rate between 0 and 1.")
        for name in ("auroc", "fit_only", "shift", "surface"):
            if not 0.5 <= getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected an AUROC of 0.5 or more, below 1.")
        if min(self.n_fit, self.n_fresh) < 2 * MIN_CLASS or self.d_model < 2:
            raise InputError(f"Expected at least {2 * MIN_CLASS} answers on each split and 2 features.")


def separation(auroc: float) -> float:
    """Return the distance of two normal distributions of spread 1 that this AUROC tells apart."""
    from scipy.special import ndtri

    return math.sqrt(2) * float(ndtri(auroc))


def spectrum_of(fit: Float[np.ndarray, "n d"], fresh: Float[np.ndarray, "m d"]) -> Float[np.ndarray, " r"]:
    """Return the eigenvalues of the features' covariance within splits, standardised as on fit, largest first."""
    spread = fit.std(axis=0, dtype=np.float64)
    scale = np.where(spread > 0, spread, 1.0)
    rows = np.concatenate([(x - x.mean(axis=0, dtype=np.float64)) / scale for x in (fit, fresh)])
    small = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
    values = np.linalg.eigvalsh(small)[::-1] / (len(rows) - 2)
    return np.asarray(values[values > 1e-9 * values[0]])


def power_law(r: int, decay: float) -> Float[np.ndarray, " r"]:
    """Return eigenvalues that fall as k to the power of -decay."""
    return np.asarray(np.arange(1.0, r + 1) ** -decay)


@dataclass(frozen=True, eq=False)
class World:
    """What all studies of one design share: the spectrum and the rotation of the features."""

    design: Design
    spectrum: Float[np.ndarray, " r"]
    rotation_seed: int = 0

    @cached_property
    def basis(self) -> Float[np.ndarray, "r d"]:
        """Principal directions in feature space, each as long as its component's standard deviation."""
        rng = np.random.default_rng(self.rotation_seed)
        r = min(len(self.spectrum), self.design.d_model)
        q, _ = np.linalg.qr(rng.standard_normal((self.design.d_model, r)))
        return np.asarray(np.sqrt(self.spectrum[:r])[:, None] * q.T)

    def direction(self, rng: np.random.Generator) -> Float[np.ndarray, " r"]:
        """Draw a unit direction, in components of spread 1, likelier where the features vary more."""
        r = len(self.basis)
        v = rng.standard_normal(r) * np.sqrt(self.spectrum[:r])
        return np.asarray(v / np.linalg.norm(v))


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One simulated study: two splits of answers with features."""

    fit: Samples
    fresh: Samples
    fit_x: Features
    fresh_x: Features


def draw(world: World, rng: np.random.Generator) -> Study:
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
    return Study(sides[0][0], sides[1][0], sides[0][1], sides[1][1])


def _samples(split: Split, y: Bool[np.ndarray, " n"], length: Float[np.ndarray, " n"]) -> Samples:
    words = np.maximum(1, np.exp(WORDS[0] + WORDS[1] * length)).astype(int)
    ids = _ids(split, len(y))
    prompts = tuple(Prompt(i, i, "simulated", split, ()) for i in ids)
    generations = tuple(
        Generation(i, i, "simulated", "word " * (n - 1) + "word.", (), 0, None, 0, None, None)
        for i, n in zip(ids, words, strict=True)
    )
    labels = tuple(Label(i, float(right), (), bool(right), None, "simulated") for i, right in zip(ids, y, strict=True))
    return Samples("correct", split, prompts, generations, labels, y, {})


def _features(split: Split, x: Float[np.ndarray, "n d"]) -> Features:
    return Features(_ids(split, len(x)), Site.LN_FINAL, (0,), Position.CONTENT, x[:, None, :].astype(np.float32))


def _ids(split: Split, n: int) -> tuple[str, ...]:
    return tuple(f"{split}-{i:05d}" for i in range(n))


def study_gates(study: Study, cv_aurocs: dict[float, float], gates: Gates) -> tuple[bool, bool]:
    """Return whether the study's point-estimate gates would have claimed a handle: in cross-validation, and on fresh.

    As in the study, the better C counts, and the balanced threshold is the best one on fresh itself.
    """
    first = max(cv_aurocs[c] for c in STUDY_CS) >= gates.cv_auroc
    y = study.fresh.y
    if y.all() or not y.any():
        return first, False
    ys = np.repeat(study.fit.y[None], len(STUDY_CS), axis=0)
    scores = row_space(study.fit_x.x[:, 0]).scores(ys, np.array(STUDY_CS), study.fresh_x.x[:, 0])
    return first, any(_fresh_gates(y, row, gates) for row in scores)


def _fresh_gates(y: Bool[np.ndarray, " n"], scores: Float[np.ndarray, " n"], gates: Gates) -> bool:
    found = metrics.balanced_asymmetry(probability(scores), y, floor=gates.assert_floor).asymmetry
    auroc = float(metrics.auroc_values(y, scores))
    return auroc >= gates.fresh_auroc and found is not None and found.value <= gates.asymmetry


def expected_auroc(world: World, c: float, studies: int = 60, seed: int = 0) -> float:
    """Return the mean over studies of the fitted probe's true AUROC on fresh, in closed form for each fitted probe."""
    from scipy.special import ndtr

    rng = np.random.default_rng(seed)
    return float(np.mean([float(ndtr(_fitted_separation(world, c, rng) / math.sqrt(2))) for _ in range(studies)]))


def _fitted_separation(world: World, c: float, rng: np.random.Generator) -> float:
    """Draw fit, fit the probe, and return how far its scores set the classes of fresh apart, in their spread."""
    d = world.design
    v = world.direction(rng)
    y = rng.random(d.n_fit) < d.rate_fit
    y[:2] = (True, False)
    z = rng.standard_normal((d.n_fit, len(v))) + separation(d.auroc) * np.outer(y - 0.5, v)
    space = row_space((z @ world.basis).astype(np.float32))
    w, b = space.fit(y[None], np.array([c]))
    raw, _ = space.unfold(w[0], float(b[0]))
    inside = world.basis @ raw
    return separation(d.auroc) * float(inside @ v) / float(np.linalg.norm(inside))


def calibrated(world: World, fresh_auroc: float, c: float = 0.01, studies: int = 60, seed: int = 0) -> World:
    """Return the world whose fitted probe has this expected AUROC on fresh, by bisection on the planted one.

    Raises:
        InputError: not even a nearly perfect direction gives the fitted probe that much at these sizes.
    """
    low, high = fresh_auroc, 1 - 1e-9

    def at(auroc: float) -> World:
        return World(dataclasses.replace(world.design, auroc=auroc), world.spectrum, world.rotation_seed)

    if expected_auroc(at(high), c, studies, seed) < fresh_auroc:
        raise InputError(
            f"A probe fitted on {world.design.n_fit} answers cannot be expected to reach AUROC {fresh_auroc} on fresh "
            "in this spectrum, however clear the signal; use more fit answers or a lower AUROC."
        )
    for _ in range(12):
        middle = _between(low, high)
        if expected_auroc(at(middle), c, studies, seed) < fresh_auroc:
            low = middle
        else:
            high = middle
    return at(_between(low, high))


def _between(low: float, high: float) -> float:
    """Halve the distance in separation, in which a fitted probe's AUROC is nearly even."""
    from scipy.special import ndtr

    return float(ndtr((separation(low) + separation(high)) / 2 / math.sqrt(2)))
