"""Standardised rows in the coordinates of their own row space: n rows of any width become n rows of at most n numbers.

An L2 probe is a combination of the rows that it is fitted on, so nothing is lost: weights, scores and penalty are the
same in both coordinates. One rotation serves every labeling and every C.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from probes.fitting.logistic import fit_labelings

RANK_CUT = 1e-13  # directions with less than this share of the largest squared length carry rounding only


@dataclass(frozen=True, slots=True, eq=False)
class RowSpace:
    """The rotation that belongs to one set of training rows, and those rows in it.

    Attributes:
        mean: the column means of the training rows.
        scale: their standard deviations (ddof 0); 1 for constant columns, as in scikit-learn's StandardScaler.
        basis: orthonormal directions that span the standardised training rows, one a row.
        z: the training rows in these coordinates.
    """

    mean: Float[np.ndarray, " d"]
    scale: Float[np.ndarray, " d"]
    basis: Float[np.ndarray, "r d"]
    z: Float[np.ndarray, "n r"]

    def project(self, x: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "m r"]:
        """Return other rows in these coordinates, standardised as the training rows were."""
        return np.asarray((x.astype(np.float64) - self.mean) / self.scale @ self.basis.T)

    def fit(
        self, ys: Bool[np.ndarray, "b n"], c: Float[np.ndarray, " b"]
    ) -> tuple[Float[np.ndarray, "b r"], Float[np.ndarray, " b"]]:
        """Return weights and intercepts of a probe for every labeling of the training rows, in these coordinates."""
        return fit_labelings(self.z, ys, c)

    def scores(
        self, ys: Bool[np.ndarray, "b n"], c: Float[np.ndarray, " b"], x: Float[np.ndarray, "m d"]
    ) -> Float[np.ndarray, "b m"]:
        """Fit one probe for every labeling of the training rows, and return the log-odds that each gives other rows."""
        w, b = self.fit(ys, c)
        return np.asarray(w @ self.project(x).T + b[:, None])

    def unfold(self, w: Float[np.ndarray, " r"], b: float) -> tuple[Float[np.ndarray, " d"], float]:
        """Return weights and intercept for raw rows: `score = x @ w + b`, rotation and scaler folded in."""
        raw = w @ self.basis / self.scale
        return raw, b - float(self.mean @ raw)


def row_space(x: Float[np.ndarray, "n d"]) -> RowSpace:
    """Return the rotation of these training rows."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(x.astype(np.float64))
    rows = (x.astype(np.float64) - scaler.mean_) / scaler.scale_
    n, d = rows.shape
    squares, vectors = np.linalg.eigh(rows @ rows.T if n <= d else rows.T @ rows)
    kept = squares > RANK_CUT * max(squares[-1], 1e-300)
    basis = (vectors[:, kept] / np.sqrt(squares[kept])).T @ rows if n <= d else vectors[:, kept].T
    return RowSpace(scaler.mean_, scaler.scale_, basis, rows @ basis.T)
