"""The places where a run read h_last, stacked so that one cross-validation can choose among them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from interp.errors import InputError
from interp.records.arrays import Features, Probe, Site
from probes.fitting.linear import fit_probe


@dataclass(frozen=True, slots=True)
class LayerPlace:
    """One site at one layer (block numbers from 0; LN_FINAL follows the last block)."""

    site: Site
    layer: int

    def __str__(self) -> str:
        return "ln_final" if self.site is Site.LN_FINAL else f"{self.site} {self.layer}"


@dataclass(frozen=True, slots=True, eq=False)
class StackedLayers:
    """Every place of the same answers: `stacked.x[:, i]` was read at `places[i]`, and its layer number is i."""

    places: tuple[LayerPlace, ...]
    stacked: Features

    @property
    def study(self) -> int:
        """The index of the study's reading: the final norm's output."""
        return next(i for i, place in enumerate(self.places) if place.site is Site.LN_FINAL)

    def select(self, ids: Sequence[str]) -> StackedLayers:
        """Return the rows of these ids, in this order."""
        return dataclasses.replace(self, stacked=self.stacked.select(ids))

    def score(self, index: int, probe: Probe) -> Float[np.ndarray, " n"]:
        """Return a probe's log-odds of every row at one place."""
        return np.asarray(self.stacked.x[:, index].astype(np.float64) @ probe.w + probe.b)

    def probe(self, index: int, y: np.ndarray, c: float, target: str) -> Probe:
        """Fit a probe on one reading, and say on it where it reads."""
        place = self.places[index]
        raw = Features(
            self.stacked.generation_ids,
            place.site,
            (place.layer,),
            self.stacked.position,
            self.stacked.x[:, index : index + 1],
            self.stacked.pool_tokens,
            self.stacked.pool_layers,
        )
        return fit_probe(raw, place.layer, y, c, target)


def stack(residual: Features | None, final: Features) -> StackedLayers:
    """Stack the residual streams of all blocks and the final norm's output."""
    if residual is None:
        x, places = final.x, []
    else:
        same_rows(residual, final)
        x = np.concatenate([residual.x, final.x], axis=1)
        places = [LayerPlace(residual.site, layer) for layer in residual.layers]
    places.append(LayerPlace(final.site, final.layers[0]))
    return StackedLayers(tuple(places), dataclasses.replace(final, layers=tuple(range(len(places))), x=x))


def pooled(residual: Features, final: Features, k: int) -> StackedLayers:
    """Average the last k entries of Hugging Face's `hidden_states`, as the study's multi-layer variant (section 6.6).

    The last entry is the final norm's output, the ones before it the residual streams of the blocks before the last.
    """
    same_rows(residual, final)
    last = final.layers[0]
    wanted = [layer for layer in range(last - k + 1, last)]
    missing = [layer for layer in wanted if layer not in residual.layers]
    if missing:
        raise InputError(
            f"The average of the last {k} hidden states needs the blocks {wanted}, but {missing} were not captured; "
            "lower --pool-layers or capture them with --layers."
        )
    entries = [residual.at(layer) for layer in wanted] + [final.at(last)]
    x = np.stack(entries).mean(axis=0, dtype=np.float32).reshape(len(entries[0]), 1, -1)
    place = (LayerPlace(Site.LN_FINAL, last),)
    return StackedLayers(place, dataclasses.replace(final, layers=(0,), x=x, pool_layers=k))


def pooled_or_none(residual: Features, final: Features, k: int) -> StackedLayers | None:
    """Average the last k hidden states where all of them were captured; None where they were not."""
    last = final.layers[0]
    return pooled(residual, final, k) if set(range(last - k + 1, last)) <= set(residual.layers) else None


def same_rows(a: Features, b: Features) -> None:
    """Refuse to put rows of different answers side by side."""
    if (a.generation_ids, a.position, a.pool_tokens) != (b.generation_ids, b.position, b.pool_tokens):
        raise InputError(f"The features at {a.site} and {b.site} are of different answers or positions.")
