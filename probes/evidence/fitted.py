"""One probe: its place and C chosen on fit, fitted there, and its scores of the fresh answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from interp.records.arrays import Probe
from interp.records.prompts import Split
from interp.results.fit import Target
from probes.fitting.cross_validation import CrossValidation, cross_validate
from probes.fitting.folds import MIN_CLASS, TooFew, examples
from probes.fitting.layers import StackedLayers
from probes.fitting.recipe import Recipe
from probes.fitting.records import Records
from probes.fitting.samples import Samples, select


@dataclass(frozen=True, slots=True, eq=False)
class FittedProbe:
    """One target's probe: chosen and fitted on fit, with its log-odds of the fresh answers."""

    fit: Samples
    fresh: Samples
    fit_x: StackedLayers
    fresh_x: StackedLayers
    chosen: CrossValidation
    probe: Probe
    scores: Float[np.ndarray, " n"]

    @property
    def both_classes(self) -> bool:
        """Whether fresh holds answers of both classes, without which nothing can be judged there."""
        return 0 < self.fresh.n_pos < len(self.fresh.y)

    @property
    def held_out(self) -> Float[np.ndarray, " n"]:
        """The fit answers' scores from folds that did not see them; nested where the folds are large enough."""
        nested = self.chosen.nested_scores
        return self.chosen.scores if nested is None else nested

    @property
    def headline_x(self) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]]:
        """The features of fit and fresh at the chosen place."""
        index = self.chosen.best.layer
        return self.fit_x.stacked.x[:, index], self.fresh_x.stacked.x[:, index]


def samples(records: Records, target: Target) -> tuple[Samples, Samples]:
    """Return the scored answers of fit and fresh; where h_last was kept, only those that have it."""
    features = None if records.layers is None else records.layers.stacked
    fit, fresh = (
        select(*records.rows, split=split, target=target, features=features) for split in (Split.FIT, Split.FRESH)
    )
    return fit, fresh


def fit_target(records: Records, fit: Samples, fresh: Samples, recipe: Recipe) -> FittedProbe:
    """Choose place and C on fit, fit there, and score fresh.

    Raises:
        TooFew: no h_last, or too few examples of a class. Both are told before the features are looked at.
    """
    if records.layers is None:
        raise TooFew("this run keeps no h_last of its answers.")
    n_pos, n_neg = examples(fit.y, fit.groups)
    least = max(MIN_CLASS, recipe.thresholds.min_class)
    if min(n_pos, n_neg) < least:
        raise TooFew(f"{n_pos} positive and {n_neg} negative answers on fit; a probe needs {least} of each.")
    return fit_on(records.layers, fit, fresh, recipe)


def fit_on(states: StackedLayers, fit: Samples, fresh: Samples, recipe: Recipe) -> FittedProbe:
    """Choose place and C on fit among these states, fit there, and score fresh; TooFew where folds are too small."""
    fit_x, fresh_x = states.select(fit.ids), states.select(fresh.ids)
    chosen = cross_validate(fit_x.stacked, fit.y, recipe.cs, fit.groups, recipe.folds, recipe.seed)
    index = chosen.best.layer
    probe = fit_x.probe(index, fit.y, chosen.best.c, fit.target)
    return FittedProbe(fit, fresh, fit_x, fresh_x, chosen, probe, fresh_x.score(index, probe))
