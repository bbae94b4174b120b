"""The world of a simulated study: sizes, spectrum, separation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from interp.errors import InputError
from interp.records.shown import Shown
from probes.fitting.folds import MIN_CLASS


@dataclass(frozen=True, slots=True)
class Design(Shown):
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
