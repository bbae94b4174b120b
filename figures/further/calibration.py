"""For own runs: how far the probe's probabilities on fresh prompts can be taken at their word."""

from __future__ import annotations

import numpy as np

from figures.parts import curves
from figures.parts.curves import CurvePanel
from figures.parts.figure import Figure, single_panel
from figures.parts.points import Point
from figures.parts.probe_scores import FILES, SOURCE, fresh_scores
from figures.parts.result import DrawnRun
from interp.records.findings import Estimate
from interp.stats import calibration
from interp.stats.rates import rate

BINS = 10
SERIES = "answers of one bin"


def read(result: DrawnRun) -> CurvePanel:
    """Return the share of correct fresh answers in each bin of probability; a run without probe raises NotInRun."""
    correct, probability = fresh_scores(result)
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    filled = [bins == i for i in range(BINS) if (bins == i).any()]
    points = tuple(_point(correct[rows]) for rows in filled)
    stated = (
        _stated("ECE", calibration.ece(correct, probability, BINS)),
        _stated("Brier score", calibration.brier(correct, probability)),
    )
    return CurvePanel(
        result.model,
        f"probe's mean probability ({BINS} bins)",
        "share correct",
        tuple(float(probability[rows].mean()) for rows in filled),
        points,
        (SERIES,),
        stated=stated,
        limits=(-0.02, 1.02),
        diagonal=True,
        joined=False,
    )


def _point(correct: np.ndarray) -> Point:
    k = int(correct.sum())
    e = rate(k, len(correct))
    n = {"correct": k, "wrong": len(correct) - k}
    return Point("bin", SERIES, e.value, e.lower, e.upper, n, e.method, SOURCE, f"{e.value:.2f}")


def _stated(label: str, e: Estimate) -> Point:
    shown = f"{e.value:.2f} [{e.lower:.2f}, {e.upper:.2f}]"
    n = {"correct": e.n_pos, "wrong": e.n_neg}
    return Point(label, SERIES, e.value, e.lower, e.upper, n, e.method, SOURCE, shown)


FIGURE: Figure[CurvePanel] = Figure(
    name="calibration",
    title="Can the probe's probabilities be taken at their word?",
    files=FILES,
    read=single_panel(read),
    draw=curves.draw,
    grid=curves.grid,
    legend=curves.legend,
    interactive=curves.interactive,
)
