"""How probes are fitted and judged: one record, handed down whole."""

from __future__ import annotations

from dataclasses import dataclass

from interp.errors import InputError
from interp.results.evidence import Thresholds
from probes.fitting.cross_validation import C_GRID
from probes.fitting.folds import FOLDS


@dataclass(frozen=True, slots=True)
class Recipe:
    """The same for every probe of a report: the headline, the axes, the pooled layers, the second model.

    Attributes:
        cs: inverse L2 strengths to choose from.
        folds: of the stratified cross-validation on fit.
        seed: of folds, permutations and nulls.
        thresholds: what a number must show.
    """

    cs: tuple[float, ...] = C_GRID
    folds: int = FOLDS
    seed: int = 0
    thresholds: Thresholds = Thresholds()

    def __post_init__(self) -> None:
        if self.folds < 2 or self.seed < 0:
            raise InputError(
                f"--folds is {self.folds} and --seed {self.seed}; expected at least 2 folds and a seed of 0 or more."
            )
