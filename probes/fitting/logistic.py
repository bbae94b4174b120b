"""L2 logistic regression for many labelings of the same rows at once, by Newton's method.

The objective is scikit-learn's: the sum of log-losses times C plus half the squared length of the weights; the
intercept is free. The Newton systems are solved by conjugate gradients: in coordinates where the columns are orthogonal
(see `probes.fitting.rowspace`) the diagonal is a near perfect preconditioner, so that a step costs a few products of
matrices that all labelings share.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float

from interp.errors import InputError

TOLERANCE = 1e-9  # Newton decrement at which a fit is finished: scores are then right to about 1e-7
STALLED = 1e-5  # above this, a fit that no longer improves has failed
MAX_STEPS = 200
BATCH = 256  # labelings at a time: their arrays stay in the cache
SUFFICIENT = 1e-4  # share of the promised decrease that a step must deliver


def fit_labelings(
    z: Float[np.ndarray, "n r"], ys: Bool[np.ndarray, "b n"], c: Float[np.ndarray, " b"]
) -> tuple[Float[np.ndarray, "b r"], Float[np.ndarray, " b"]]:
    """Return weights and intercepts of one logistic regression for every row of labels and its own C.

    Every labeling must hold both classes.

    Raises:
        InputError: a fit does not converge.
    """
    fitted = np.concatenate([_newton(z, ys[rows], c[rows]) for rows in _batches(len(ys))])
    return fitted[:, :-1], fitted[:, -1]


def _batches(n: int) -> Iterator[slice]:
    return (slice(start, start + BATCH) for start in range(0, n, BATCH))


class _Fits:
    """The fits of one batch that are still under way: labels, penalties and coefficients, the intercept last."""

    def __init__(self, z: np.ndarray, ys: np.ndarray, c: np.ndarray) -> None:
        self.rows = np.concatenate([z, np.ones((len(z), 1))], axis=1)
        self.columns = np.ascontiguousarray(self.rows.T)
        self.squares = self.rows**2
        self.t = ys.astype(np.float64)
        self.penalty = np.repeat(1 / c[:, None], z.shape[1] + 1, axis=1)
        self.penalty[:, -1] = 0.0
        share = self.t.mean(axis=1)
        self.a = np.zeros_like(self.penalty)
        self.a[:, -1] = np.log(share / (1 - share))

    def keep(self, which: np.ndarray) -> None:
        self.t, self.penalty, self.a = self.t[which], self.penalty[which], self.a[which]

    def loss(self, a: np.ndarray) -> np.ndarray:
        """Return the objective of each fit over C: log-loss plus penalty."""
        f = a @ self.columns
        losses = np.maximum(f, 0) - self.t * f + np.log1p(np.exp(-np.abs(f)))
        return np.asarray(losses.sum(axis=1) + 0.5 * (self.penalty * a * a).sum(axis=1))

    def gradient(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of each fit and the curvature of each row's loss."""
        f = self.a @ self.columns
        e = np.exp(-np.abs(f))
        p = np.where(f >= 0, 1.0, e) / (1 + e)
        return (p - self.t) @ self.rows + self.penalty * self.a, e / (1 + e) ** 2

    def newton_step(self, gradient: np.ndarray, curvature: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
        """Solve for the Newton step, more exactly the nearer the end (preconditioned conjugate gradients)."""
        step, residual = np.zeros_like(gradient), -gradient
        scaled = residual / diagonal
        direction = scaled
        size = _dot(residual, scaled)
        goal = size * np.minimum(0.1, size) * 0.01
        for _ in range(4 * gradient.shape[1] + 10):
            image = ((direction @ self.columns) * curvature) @ self.rows + self.penalty * direction
            length = np.where(size > goal, size / np.maximum(_dot(direction, image), 1e-300), 0.0)
            step = step + length[:, None] * direction
            residual = residual - length[:, None] * image
            scaled = residual / diagonal
            smaller = _dot(residual, scaled)
            if (smaller <= goal).all():
                break
            direction = scaled + (smaller / np.maximum(size, 1e-300))[:, None] * direction
            size = smaller
        return step

    def move(self, step: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """Take each step, halved until the loss falls as it should; return which fits moved."""
        before = self.loss(self.a)
        length = np.ones(len(step))
        slack = 1e-13 * np.abs(before)
        for _ in range(40):
            after = self.loss(self.a + length[:, None] * step)
            short = ~(after <= before + SUFFICIENT * length * slope + slack)
            if not short.any():
                break
            length[short] /= 2
        length[short] = 0.0
        self.a = self.a + length[:, None] * step
        return length > 0


def _newton(z: np.ndarray, ys: np.ndarray, c: np.ndarray) -> np.ndarray:
    fits = _Fits(z, ys, c)
    done = np.empty_like(fits.a)
    open_ = np.arange(len(ys))
    last = np.full(len(ys), np.inf)
    for _ in range(MAX_STEPS):
        gradient, curvature = fits.gradient()
        diagonal = curvature @ fits.squares + fits.penalty
        decrement = np.sqrt(_dot(gradient, gradient / diagonal))
        finished = (decrement < TOLERANCE) | ((decrement < STALLED) & (decrement >= last))
        if finished.any():
            done[open_[finished]] = fits.a[finished]
            fits.keep(~finished)
            open_ = open_[~finished]
            gradient, curvature, diagonal = gradient[~finished], curvature[~finished], diagonal[~finished]
        if not len(open_):
            return done
        step = fits.newton_step(gradient, curvature, diagonal)
        last = np.where(fits.move(step, _dot(gradient, step)), decrement[~finished], 0.0)
    raise InputError(
        f"{len(open_)} of {len(ys)} probe fits did not converge in {MAX_STEPS} steps at C={c.max():g}; use a smaller C."
    )


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("bi,bi->b", a, b))
