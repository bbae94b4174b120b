"""For own runs: what answering only the most confident share of the fresh prompts would buy."""

from __future__ import annotations

import numpy as np

from figures.parts import curves
from figures.parts.curves import CurvePanel
from figures.parts.figure import Figure, single_panel
from figures.parts.points import Point, Reference
from figures.parts.probe_scores import FILES, SOURCE, fresh_scores
from figures.parts.result import DrawnRun
from interp.stats import calibration
from interp.stats.rates import rate

SERIES = "probe"
MOST = 40  # points of the curve that are drawn; every answer counts in each of them


def read(result: DrawnRun) -> CurvePanel:
    """Return the share of wrong answers at up to `MOST` coverages; a run without probe raises NotInRun."""
    correct, probability = fresh_scores(result)
    curve = calibration.risk_coverage(correct, probability)
    n = len(correct)
    kept = np.unique(np.linspace(1, n, min(n, MOST)).round().astype(int))
    points = tuple(_point(float(curve.risk[k - 1]), int(k)) for k in kept)
    area = calibration.aurc(correct, probability)
    counts = {"correct": area.n_pos, "wrong": area.n_neg}
    shown = f"{area.value:.2f} [{area.lower:.2f}, {area.upper:.2f}]"
    stated = Point("area", SERIES, area.value, area.lower, area.upper, counts, area.method, SOURCE, shown)
    return CurvePanel(
        result.model,
        "share of prompts answered",
        "share wrong",
        tuple(float(curve.coverage[k - 1]) for k in kept),
        points,
        (SERIES,),
        (Reference("answering all", float((~correct).mean())),),
        (stated,),
        limits=(-0.02, 1.02),
    )


def _point(risk: float, answered: int) -> Point:
    """Ties leave the order open, so the expected number of wrong answers need not be whole; the interval rounds it."""
    wrong = round(risk * answered)
    e = rate(wrong, answered)
    n = {"wrong": wrong, "correct": answered - wrong}
    lower, upper = min(e.lower, risk), max(e.upper, risk)
    return Point("coverage", SERIES, risk, lower, upper, n, e.method, SOURCE, f"{risk:.2f}")


FIGURE: Figure[CurvePanel] = Figure(
    name="risk_coverage",
    title="Are the answers that the probe trusts most wrong less often?",
    files=FILES,
    read=single_panel(read),
    draw=curves.draw,
    grid=curves.grid,
    legend=curves.legend,
    interactive=curves.interactive,
)
