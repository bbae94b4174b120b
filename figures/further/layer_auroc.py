"""For own runs: the AUROC of the correctness probe at every layer, cross-validated and on fresh prompts."""

from __future__ import annotations

from typing import Any

from figures.parts import curves
from figures.parts.curves import CurvePanel
from figures.parts.figure import Figure, single_panel
from figures.parts.points import Point, Reference, auroc_limits
from figures.parts.result import NotInRun, Result, estimate
from interp.records.arrays import Site
from interp.runs import layout

SERIES = {"cv": "cross-validated, best C", "fresh": "fresh prompts"}


def read(result: Result) -> CurvePanel:
    """Return both AUROCs of every reading in a run's report; without readings, NotInRun."""
    readings = result.correctness().get("readings", [])
    if not readings:
        raise NotInRun(f"{result.path / 'report.json'} holds no readings by layer: no probe was fitted there.")
    if len(readings) == 1:
        raise NotInRun(f"{result.path / 'report.json'} holds one reading only: this run kept no other layer.")
    end = max(row["layer"] for row in readings) + 1
    rows = [(_place(row, end), key, row) for key in SERIES for row in readings if row[key] is not None]
    gate = Reference("gate on fresh", result.report()["gates"]["fresh_auroc"])
    points = tuple(_point(key, row) for _, key, row in rows)
    return CurvePanel(
        result.model,
        "block number, then the final norm",
        "AUROC",
        tuple(x for x, _, _ in rows),
        points,
        tuple(SERIES.values()),
        (Reference("chance", 0.5), gate),
        limits=auroc_limits(points),
        ticks=_ticks(readings, end),
    )


def _place(row: dict[str, Any], end: int) -> float:
    return float(end if row["site"] == Site.LN_FINAL else row["layer"])


def _ticks(readings: list[dict[str, Any]], end: int) -> tuple[tuple[float, str], ...]:
    blocks = sorted({row["layer"] for row in readings if row["site"] != Site.LN_FINAL})
    step = max(1, -(-len(blocks) // 8))
    named = [(float(b), str(b)) for b in blocks[::step] if b <= end - step]
    return (*named, (float(end), "norm"))


def _point(key: str, row: dict[str, Any]) -> Point:
    auroc = estimate(row[key])
    place = row["site"] if row["site"] == Site.LN_FINAL else f"{row['site']} {row['layer']}"
    n = {"correct": auroc.n_pos, "wrong": auroc.n_neg}
    source = f"report.json, targets.correct.readings, {place}, C={row['c']:g}"
    e = auroc
    return Point(place, SERIES[key], e.value, e.lower, e.upper, n, e.method, source, f"{e.value:.2f}")


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
