"""How far the probe's probabilities can be taken at their word on fresh, and what abstaining by them buys."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float

from interp.errors import InputError
from interp.records.findings import Estimate
from interp.results.evidence import CurvePoint, Reliability
from interp.stats import calibration, rates
from probes.fitting.linear import probability
from probes.fitting.samples import Samples

BINS = 10
POINTS = 10  # of the selective-prediction curve


def reliability(fresh: Samples, scores: Float[np.ndarray, " n"], seed: int = 0) -> Reliability:
    """Return calibration and risk-coverage of log-odds on fresh; an answer fails where the target does not hold."""
    p = probability(scores)
    rate = fresh.n_pos / len(fresh.y)
    area, reason = _area(fresh, p, seed)
    return Reliability(
        calibration.ece(fresh.y, p, BINS),
        calibration.ece(fresh.y, p, BINS, "equal_mass"),
        calibration.brier(fresh.y, p),
        rate * (1 - rate),
        area,
        rates.rate(fresh.n_neg, len(fresh.y)),
        reason,
    )


def _area(fresh: Samples, p: Float[np.ndarray, " n"], seed: int) -> tuple[Estimate | None, str]:
    try:
        return calibration.aurc(fresh.y, p, fresh.groups, seed=seed), ""
    except InputError as error:  # fewer than two prompts
        return None, str(error)


def curve(y: Bool[np.ndarray, " n"], p: Float[np.ndarray, " n"], points: int = POINTS) -> tuple[CurvePoint, ...]:
    """Return the selective-prediction curve at equally spaced coverages; failures among ties are rounded."""
    found = calibration.risk_coverage(y, p)
    taken = sorted({math.ceil(len(y) * i / points) for i in range(1, points + 1)})
    return tuple(
        CurvePoint(k / len(y), float(found.threshold[k - 1]), rates.rate(round(float(found.risk[k - 1]) * k), k))
        for k in taken
    )
