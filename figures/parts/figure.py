"""What a figure is: its question, the files that it is drawn from, and how it is read, drawn and laid out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

from figures.parts.result import DrawnRun

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


@runtime_checkable
class Panel(Protocol):
    """One part of a figure: a frozen record of every number that it draws, which is also what its JSON file holds."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    @property
    def title(self) -> str:
        """What is written above it; empty where the figure's own title says it all."""
        ...

    def in_words(self) -> list[str]:
        """Return the numbers that it draws, in words, for those who cannot see it."""
        ...


P = TypeVar("P", bound=Panel)


@dataclass(frozen=True, slots=True)
class Figure(Generic[P]):
    """A figure whose panels are all of one kind; nothing else is needed to write it, show it or set it in a page.

    Attributes:
        name: what its files are called.
        title: the question that it answers.
        files: what it is drawn from, by their names in a run.
        read: returns the panels of one run, or raises NotInRun.
        draw: draws one panel with matplotlib.
        grid: returns rows, columns and the height in inches that panels need at a width in inches.
        legend: returns the handles of the legend that all panels share.
        interactive: adds one panel to a column (from 1) of a plotly figure.
        combine: makes the panels of all runs into those that are drawn; without it they stand side by side.
    """

    name: str
    title: str
    files: tuple[str, ...]
    read: Callable[[DrawnRun], Sequence[P]]
    draw: Callable[[Axes, P], None]
    grid: Callable[[Sequence[P], float], tuple[int, int, float]]
    legend: Callable[[Sequence[P]], list[Artist]]
    interactive: Callable[[go.Figure, P, int], None]
    combine: Callable[[Sequence[P]], Sequence[P]] | None = None

    def together(self, panels: Sequence[P]) -> tuple[P, ...]:
        """Return the panels that are drawn of those that were read from all runs."""
        return tuple(self.combine(panels) if self.combine else panels)


def single_panel(read: Callable[[DrawnRun], P]) -> Callable[[DrawnRun], Sequence[P]]:
    """Return `Figure.read` for a figure that has one panel a run."""
    return lambda result: (read(result),)
