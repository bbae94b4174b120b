"""Simulated head activations of a study in which no head, or one head, differs between two cohorts."""

from __future__ import annotations

import numpy as np

from interp.records.arrays import HeadActivations

LAYERS, HEADS, WIDTH = 30, 9, 64  # 270 heads, as in SmolLM2-135M
SHARED = 6  # what an answer is like shows in this many numbers, which every head reads in its own way


def study(
    rng: np.random.Generator, n: int, layers: int = LAYERS, heads: int = HEADS, width: int = WIDTH
) -> HeadActivations:
    """Answers whose heads are correlated through what the answer is like, most of all within a layer.

    Directions have unequal variance, and norms are skewed and go with the vectors.
    """
    style = rng.standard_normal((n, SHARED))
    spectrum = np.arange(1, width + 1) ** -0.5
    norms, means = [], []
    for _ in range(layers):
        of_layer = style + 0.7 * rng.standard_normal((n, SHARED))
        reading = rng.standard_normal((SHARED, heads, width)) / np.sqrt(SHARED)
        own = rng.standard_normal((n, heads, width))
        z = (np.einsum("ns,shw->nhw", of_layer, reading) + own) * spectrum + rng.standard_normal((heads, width))
        loudness = of_layer @ rng.standard_normal((SHARED, heads)) / np.sqrt(SHARED) + rng.standard_normal((n, heads))
        norms.append((np.linalg.norm(z, axis=2) * np.exp(0.1 * loudness)).astype(np.float32))
        means.append(z.astype(np.float32))
    ids = tuple(f"answer-{i}" for i in range(n))
    return HeadActivations(ids, tuple(range(layers)), tuple(norms), tuple(means), 32)


def cohorts(rng: np.random.Generator, n_a: int, n_b: int) -> np.ndarray:
    """Which answers are of cohort a, in random order."""
    return rng.permutation(np.arange(n_a + n_b) < n_a)
