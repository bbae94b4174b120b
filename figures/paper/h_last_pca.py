"""Figure 3: h_last of the fresh answers, standardised, on its first two principal components, by correctness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from figures.parts import style
from figures.parts.figure import Figure, single_panel
from figures.parts.result import LABELLED, DrawnRun, NotInRun
from interp.errors import InputError
from interp.records.arrays import Features, Site
from interp.records.judgements import Label
from interp.records.prompts import Split
from interp.runs.arrays import read_features
from interp.runs.layout import FEATURES, FEATURES_INDEX, LABELS

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

DECIMALS = 6  # coordinates are kept to this many, far below what can be seen, so that they do not hang on the last bit
GROUPS = ("wrong", "correct")
_LOOKS = {"correct": style.LOOKS[5], "wrong": style.LOOKS[4]}


@dataclass(frozen=True, slots=True)
class Dot:
    """One answer: its place, its group, and which answer it is."""

    x: float
    y: float
    group: str
    generation_id: str


@dataclass(frozen=True, slots=True)
class PcaPanel:
    """The answers of one model; `explained` are the shares of variance of the two components."""

    title: str
    dots: tuple[Dot, ...]
    explained: tuple[float, float]
    n: dict[str, int]
    source: str

    def in_words(self) -> list[str]:
        """Return how many answers each group has."""
        return [f"{n} {group}" for group, n in self.n.items()]


def read(result: DrawnRun) -> PcaPanel:
    """Return the fresh answers of a run whose correctness is known; without any, or features, NotInRun."""
    if FEATURES not in result.files:
        raise NotInRun(f"{result.path} holds no {FEATURES}; the h_last of this model was not kept.")
    features = read_features(result.path / FEATURES, Site.LN_FINAL, result.position)
    source = f"{FEATURES} (ln_final, {result.position}), {LABELS}, fresh split"
    try:
        return from_features(result.model, features, result.labels(Split.FRESH), source)
    except InputError as error:
        raise NotInRun(f"{result.path}: {error}") from error


def from_features(title: str, features: Features, labels: Sequence[Label], source: str = "in memory") -> PcaPanel:
    """Return the answers whose correctness is known and whose h_last was captured; fewer than 3 raise InputError."""
    present = set(features.generation_ids)
    known = [label for label in labels if label.correct is not None and label.generation_id in present]
    if len(known) < 3:
        raise InputError(f"{len(known)} answers have an h_last and are known to be correct or wrong; 3 are needed.")
    x = features.select([label.generation_id for label in known]).x[:, -1].astype(np.float64)
    places, explained = principal_components(x)
    dots = tuple(
        Dot(float(a), float(b), GROUPS[bool(label.correct)], label.generation_id)
        for (a, b), label in zip(places, known, strict=True)
    )
    counts = {group: sum(dot.group == group for dot in dots) for group in GROUPS}
    return PcaPanel(title, dots, explained, counts, source)


def principal_components(x: Float[np.ndarray, "n d"]) -> tuple[Float[np.ndarray, "n 2"], tuple[float, float]]:
    """Return the first two principal components of the standardised columns, and their shares of variance.

    Signs are fixed so that each component's largest loading is positive; a constant column counts for nothing.
    """
    spread = x.std(axis=0)
    standard = (x - x.mean(axis=0)) / np.where(spread == 0, 1.0, spread)
    left, size, right = np.linalg.svd(standard, full_matrices=False)
    signs = np.sign(right[np.arange(2), np.abs(right[:2]).argmax(axis=1)])
    explained = np.round(size[:2] ** 2 / (size**2).sum(), DECIMALS)
    return np.round(left[:, :2] * size[:2] * signs, DECIMALS), (float(explained[0]), float(explained[1]))


def draw(ax: Axes, panel: PcaPanel) -> None:
    """Draw the answers; the rarer group lies on top. Artists carry their group as gid."""
    for k, group in enumerate(sorted(GROUPS, key=lambda g: -panel.n[g])):
        dots = [dot for dot in panel.dots if dot.group == group]
        looks = _LOOKS[group]
        ax.scatter(
            [dot.x for dot in dots],
            [dot.y for dot in dots],
            s=34 if group == "correct" else 14,
            c=looks.colour,
            marker=looks.marker,
            edgecolors=style.INK if group == "correct" else "white",
            linewidths=0.8 if group == "correct" else 0.4,
            gid=group,
            zorder=2 + k,
        )
    first, second = panel.explained
    ax.set(
        xlabel=f"component 1 ({first:.0%} of variance)",
        ylabel=f"component 2 ({second:.0%})",
        title=f"{panel.title}, fresh prompts: {panel.n['correct']} correct, {panel.n['wrong']} wrong",
    )
    ax.margins(0.06)
    ax.grid(visible=True, axis="both")


def grid(panels: Sequence[PcaPanel], width: float) -> tuple[int, int, float]:
    """Return rows, columns and the height in inches that the panels need at a width in inches."""
    columns = min(len(panels), 3) if width > style.SINGLE_COLUMN else 1
    rows = -(-len(panels) // columns)
    return rows, columns, rows * (2.6 if columns == 1 else 2.2) + 0.6


def legend(panels: Sequence[PcaPanel]) -> list[Artist]:
    """Return the handles of the legend; the counts stand in it where there is one model, else in the panels' titles."""
    from matplotlib.lines import Line2D

    return [Line2D([], [], linestyle="", label=group, **style.mark(_LOOKS[group])) for group in reversed(GROUPS)]


def interactive(figure: go.Figure, panel: PcaPanel, column: int) -> None:
    """Add the answers to column `column` of a plotly figure; hovering names the answer."""
    import plotly.graph_objects as go

    for group in GROUPS:
        dots = [dot for dot in panel.dots if dot.group == group]
        trace = go.Scatter(
            x=[dot.x for dot in dots],
            y=[dot.y for dot in dots],
            mode="markers",
            name=f"{group} (n = {panel.n[group]})",
            marker={"color": _LOOKS[group].colour, "symbol": _LOOKS[group].symbol},
            hovertext=[f"{dot.generation_id}<br>{group}<br>{panel.source}" for dot in dots],
            hoverinfo="text",
        )
        figure.add_trace(trace, row=1, col=column)
    figure.update_xaxes({"title": {"text": f"component 1 ({panel.explained[0]:.1%})"}}, row=1, col=column)
    figure.update_yaxes({"title": {"text": f"component 2 ({panel.explained[1]:.1%})"}}, row=1, col=column)


FIGURE: Figure[PcaPanel] = Figure(
    name="h_last_pca",
    title="Do correct and wrong answers lie apart in h_last?",
    files=(FEATURES, FEATURES_INDEX, *LABELLED),
    read=single_panel(read),
    draw=draw,
    grid=grid,
    legend=legend,
    interactive=interactive,
)
