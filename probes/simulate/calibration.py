"""What separation gives a wanted AUROC."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from interp.errors import InputError
from probes.fitting.rowspace import row_space
from probes.simulate.design import World, separation


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
