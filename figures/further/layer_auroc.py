"""For own runs: the AUROC of the correctness probe at every layer, cross-validated and on fresh prompts."""

from __future__ import annotations

from collections.abc import Sequence

from figures.parts import curves
from figures.parts.curves import CurvePanel
from figures.parts.figure import Figure, single_panel
from figures.parts.points import Point, Reference, auroc_limits
from figures.parts.result import DrawnRun, NotInRun
from interp.records.arrays import Site
from interp.records.findings import Estimate
from interp.results.evidence import LayerAuroc
from interp.results.fit import PublishedReport
from interp.runs import layout

CROSS_VALIDATED, FRESH = "cross-validated, best C", "fresh prompts"


def read(result: DrawnRun) -> CurvePanel:
    """Return both AUROCs of every reading in a run's report; without readings, NotInRun."""
    layers = () if isinstance(result.report(), PublishedReport) else result.correctness().layers
    if not layers:
        raise NotInRun(f"{result.path / 'report.json'} holds no readings by layer: no probe was fitted there.")
    if len(layers) == 1:
        raise NotInRun(f"{result.path / 'report.json'} holds one reading only: this run kept no other layer.")
    end = max(row.layer for row in layers) + 1
    cv = [(row, CROSS_VALIDATED, row.cv) for row in layers]
    rows = [*cv, *((row, FRESH, row.fresh) for row in layers if row.fresh is not None)]
    gate = Reference("gate on fresh", result.thresholds().fresh_auroc)
    points = tuple(_point(*row) for row in rows)
    return CurvePanel(
        result.model,
        "block number, then the final norm",
        "AUROC",
        tuple(_place(row, end) for row, _, _ in rows),
        points,
        (CROSS_VALIDATED, FRESH),
        (Reference("chance", 0.5), gate),
        limits=auroc_limits(points),
        ticks=_ticks(layers, end),
    )


def _place(row: LayerAuroc, end: int) -> float:
    return float(end if row.site is Site.LN_FINAL else row.layer)


def _ticks(layers: Sequence[LayerAuroc], end: int) -> tuple[tuple[float, str], ...]:
    blocks = sorted({row.layer for row in layers if row.site is not Site.LN_FINAL})
    step = max(1, -(-len(blocks) // 8))
    named = [(float(b), str(b)) for b in blocks[::step] if b <= end - step]
    return (*named, (float(end), "norm"))


def _point(row: LayerAuroc, series: str, e: Estimate) -> Point:
    n = {"correct": e.n_pos, "wrong": e.n_neg}
    source = f"report.json, targets.correct.layers, {row.place}, C={row.c:g}"
    return Point(row.place, series, e.value, e.lower, e.upper, n, e.method, source, f"{e.value:.2f}")


FIGURE: Figure[CurvePanel] = Figure(
    name="layer_auroc",
    title="At which layer can correctness be read?",
    files=(layout.REPORT,),
    read=single_panel(read),
    draw=curves.draw,
    grid=curves.grid,
    legend=curves.legend,
    interactive=curves.interactive,
)
