"""For own runs: base-rate ratio against fresh AUROC, with both failure modes as regions, one mark a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from figures.parts import style
from figures.parts.figure import Figure, single_panel
from figures.parts.points import Point, errors, hover, in_words
from figures.parts.result import DrawnRun, NotInRun
from interp.records.findings import Estimate, Step
from interp.results.fit import PublishedReport
from interp.runs import layout
from interp.stats import effects

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

STEP = Step.FRESH_PROMPTS
REGIONS = {"cliff": "capability cliff", "single": "single output distribution", "handle": "a handle"}
AXES = ("correct rate on fresh / on fit prompts", "AUROC on fresh prompts")
TOP = 1.04  # of the AUROC axis, so that a mark at 1 is whole
SHADES: dict[str, style.FillStyle] = {
    "cliff": {"facecolor": "#FFFFFF", "edgecolor": "#BBBBBB", "hatch": "...."},
    "single": {"facecolor": "#EBEBEB", "edgecolor": "#BBBBBB"},
    "handle": {"facecolor": "#D8EBE4", "edgecolor": "#BBBBBB"},
}


@dataclass(frozen=True, slots=True)
class MapPanel:
    """The models on one map: `ratios[i]` and `aurocs[i]` are one model's; the gates bound the regions."""

    ratios: tuple[Point, ...]
    aurocs: tuple[Point, ...]
    cliff_ratio: float
    fresh_auroc: float

    @property
    def title(self) -> str:
        """Nothing: the legend names the models."""
        return ""

    def in_words(self) -> list[str]:
        """Return where each model lies, in words."""
        return in_words(self.ratios + self.aurocs)


def read(result: DrawnRun) -> MapPanel:
    """Return where one run lies; a run without both base rates and a fresh AUROC raises NotInRun."""
    auroc, read_from = _fresh(result)
    fit, fresh = _rates(result)
    if auroc is None or fit is None or fresh is None:
        raise NotInRun(f"{result.path / 'report.json'} holds no fresh AUROC with both base rates.")
    ratio = effects.rate_ratio(fresh, fit)
    if ratio is None:
        raise NotInRun(f"{result.path / 'report.json'}: no fit answer is correct, so there is no base-rate ratio.")
    sizes = {"fresh answers": ratio.n_pos, "fit answers": ratio.n_neg}
    source = "report.json, labels.fresh and labels.fit"
    across = _point(
        result.model, "base-rate ratio", (ratio.value, ratio.lower, ratio.upper), sizes, ratio.method, source
    )
    counts = {"correct": auroc.n_pos, "wrong": auroc.n_neg}
    numbers = (auroc.value, auroc.lower, auroc.upper)
    up = _point(result.model, "fresh AUROC", numbers, counts, auroc.method, read_from)
    return MapPanel((across,), (up,), result.thresholds().cliff_ratio, result.thresholds().fresh_auroc)


def _fresh(result: DrawnRun) -> tuple[Estimate | None, str]:
    """The fresh AUROC of correctness, with the file and entry that it was read from."""
    report = result.report()
    if isinstance(report, PublishedReport):
        return next(((step.auroc, step.source) for step in report.steps if step.step == STEP), (None, ""))
    auroc = next((step.auroc for step in result.correctness().verdict.steps if step.step is STEP), None)
    return auroc, f"report.json, targets.correct.verdict.steps, {STEP}"


def _rates(result: DrawnRun) -> tuple[Estimate | None, Estimate | None]:
    """The rates of correct answers on fit and fresh."""
    report = result.report()
    if isinstance(report, PublishedReport):
        return report.rates.fit, report.rates.fresh
    return report.labels.fit.correct.rate, report.labels.fresh.correct.rate


def _point(
    model: str, what: str, numbers: tuple[float, float, float], n: dict[str, int], method: str, source: str
) -> Point:
    value, lower, upper = numbers
    return Point(model, what, value, lower, upper, n, method, source, f"{value:.2f} [{lower:.2f}, {upper:.2f}]")


def combine(parts: Sequence[MapPanel]) -> list[MapPanel]:
    """Put all models on one map; the first run's gates bound the regions."""
    ratios = tuple(point for part in parts for point in part.ratios)
    aurocs = tuple(point for part in parts for point in part.aurocs)
    return [MapPanel(ratios, aurocs, parts[0].cliff_ratio, parts[0].fresh_auroc)]


def draw(ax: Axes, panel: MapPanel) -> None:
    """Draw the regions, and each model with both intervals; marks carry `model-i` as gid."""
    right = max(1.5, *((p.upper or p.value) * 1.05 for p in panel.ratios))
    _draw_regions(ax, panel, right)
    for i, (x, y) in enumerate(zip(panel.ratios, panel.aurocs, strict=True)):
        ax.plot(_interval(x), [y.value, y.value], color=style.INK, linewidth=1.0, zorder=3, gid=f"ratio-{i}")
        ax.plot([x.value, x.value], _interval(y), color=style.INK, linewidth=1.0, zorder=3, gid=f"auroc-{i}")
        mark = style.mark(style.look(i))
        ax.plot([x.value], [y.value], linestyle="", markersize=7, gid=f"model-{i}", zorder=4, **mark)
    ax.set(xlim=(0, right), ylim=(0, TOP), xlabel=AXES[0], ylabel=AXES[1])
    ax.grid(visible=False)


def _interval(point: Point) -> list[float]:
    return [end for end in (point.lower, point.upper) if end is not None]


def _draw_regions(ax: Axes, panel: MapPanel, right: float) -> None:
    from matplotlib.patches import Rectangle

    x, y = panel.cliff_ratio, panel.fresh_auroc
    boxes = {"cliff": (0.0, 0.0, x, TOP), "single": (x, 0.0, right - x, y), "handle": (x, y, right - x, TOP - y)}
    for name, (left, bottom, wide, high) in boxes.items():
        ax.add_patch(Rectangle((left, bottom), wide, high, zorder=0, gid=f"region-{name}", **SHADES[name]))
    ax.axhline(0.5, color=style.INK, linewidth=0.9, zorder=1)


def grid(parts: Sequence[MapPanel], width: float) -> tuple[int, int, float]:
    """Return rows, columns and the height in inches that the map needs at a width in inches."""
    entries = len(parts[0].ratios) + len(REGIONS) + 1
    return 1, 1, 2.7 + 0.15 * (-(-entries // (2 if width <= style.SINGLE_COLUMN else 5)))


def legend(parts: Sequence[MapPanel]) -> list[Artist]:
    """Return the handles of the legend: models, regions and the line of chance."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Artist] = []
    for i, point in enumerate(parts[0].ratios):
        handles.append(Line2D([], [], linestyle="", label=point.label, **style.mark(style.look(i))))
    handles += [Patch(label=REGIONS[name], **shade) for name, shade in SHADES.items()]
    return [*handles, Line2D([], [], color=style.INK, linewidth=0.9, label="chance 0.50")]


def interactive(figure: go.Figure, panel: MapPanel, column: int) -> None:
    """Add the models to a plotly figure, with both intervals and the gates as lines."""
    import plotly.graph_objects as go

    for i, (x, y) in enumerate(zip(panel.ratios, panel.aurocs, strict=True)):
        looks = style.look(i)
        trace = go.Scatter(
            x=[x.value],
            y=[y.value],
            error_x=errors([x]),
            error_y=errors([y]),
            mode="markers",
            name=x.label,
            marker={"color": looks.colour, "symbol": looks.symbol, "size": 12},
            hovertext=[f"{hover(x)}<br>{hover(y)}"],
            hoverinfo="text",
        )
        figure.add_trace(trace, row=1, col=column)
    place = {"row": 1, "col": column, "line_dash": "dash", "line_width": 1}
    figure.add_vline(panel.cliff_ratio, annotation_text=REGIONS["cliff"], annotation_position="top left", **place)
    figure.add_hline(panel.fresh_auroc, annotation_text=REGIONS["handle"], annotation_position="top right", **place)
    figure.update_xaxes({"title": {"text": AXES[0]}}, row=1, col=column)
    figure.update_yaxes({"title": {"text": AXES[1]}, "range": [0, TOP]}, row=1, col=column)


FIGURE: Figure[MapPanel] = Figure(
    name="taxonomy_map",
    title="Which failure, if any?",
    files=(layout.REPORT,),
    read=single_panel(read),
    draw=draw,
    grid=grid,
    legend=legend,
    interactive=interactive,
    combine=combine,
)
