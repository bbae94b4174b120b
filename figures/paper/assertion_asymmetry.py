"""Figure 5: how often a model asserts when it is right and when it is wrong, and the difference of the two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from figures.parts import bars
from figures.parts.bars import BarPanel
from figures.parts.figure import Figure, single_panel
from figures.parts.points import Point, minus
from figures.parts.result import LABELLED, DrawnRun, NotInRun
from interp.records.findings import Estimate
from interp.records.judgements import Label
from interp.records.prompts import Split
from interp.stats import rates
from interp.stats.rates import assertion_asymmetry

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SERIES = ("when correct", "when wrong")


def read(result: DrawnRun) -> BarPanel:
    """Return P(assert) given correct and given wrong on each labelled split; without delivery labels, NotInRun."""
    points: list[Point] = []
    stated: list[Point] = []
    for split in Split:
        scored = [label for label in result.labels(split) if label.cohort is not None]
        correct, wrong = ([label for label in scored if label.correct is right] for right in (True, False))
        if correct and wrong:
            points += [_rate(split, SERIES[0], correct), _rate(split, SERIES[1], wrong)]
            stated.append(_asymmetry(split, scored))
    if not points:
        raise NotInRun(f"{result.path} holds no correct and wrong answers with delivery labels on one split.")
    return BarPanel(result.model, "P(assert)", tuple(points), stated=tuple(stated), order=SERIES)


def _rate(split: Split, series: str, labels: Sequence[Label]) -> Point:
    asserted = sum(bool(label.asserted) for label in labels)
    rate = rates.rate(asserted, len(labels))
    n = {"asserted": asserted, "hedged": len(labels) - asserted}
    return _of(rate, split, series, n, f"{rate.value:.2f}\n{asserted}/{len(labels)}")


def _asymmetry(split: Split, labels: Sequence[Label]) -> Point:
    asserted, correct = np.array([(bool(label.asserted), bool(label.correct)) for label in labels]).T
    difference = assertion_asymmetry(asserted, correct)
    n = {"wrong": difference.n_pos, "correct": difference.n_neg}
    shown = f"{difference.value:+.2f} [{difference.lower:+.2f}, {difference.upper:+.2f}]"
    return _of(difference, split, "wrong \N{MINUS SIGN} correct", n, minus(shown))


def _of(estimate: Estimate, split: Split, series: str, n: dict[str, int], shown: str) -> Point:
    source = f"labels.jsonl, {split} split"
    e = estimate
    return Point(f"{split} prompts", series, e.value, e.lower, e.upper, n, e.method, source, shown)


def draw(ax: Axes, panel: BarPanel) -> None:
    """Draw one model, with the asymmetry under its category."""
    bars.draw_bars(ax, panel, wrap=15)


FIGURE: Figure[BarPanel] = Figure(
    name="assertion_asymmetry",
    title="Does the model assert less when it is wrong?",
    files=LABELLED,
    read=single_panel(read),
    draw=draw,
    grid=bars.grid,
    legend=bars.legend,
    interactive=bars.interactive_bars,
)
