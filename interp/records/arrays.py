"""What was read in the model: arrays by answer, and the probes fitted on them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Float

from interp.errors import InputError
from interp.records.shown import ShownShort


class Site(StrEnum):
    """Where in the model an activation is read (TransformerLens names)."""

    RESID_POST = "resid_post"  # residual stream after block i, layers from 0
    LN_FINAL = "ln_final"  # output of the final norm; the paper's h_last
    Z = "z"  # input of o_proj, split by head
    ATTN_OUT = "attn_out"  # output of o_proj, before it is added to the residual stream


class Position(StrEnum):
    """Which token of the answer h_last is read at."""

    CONTENT = "content"  # the last token that bears visible text of the answer; absent where none does
    END_OF_TURN = "end_of_turn"  # the token that ended the turn; absent where the answer was cut off


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Features(ShownShort):
    """Activations of n answers at one site and position, float32, rows in the order of `generation_ids`.

    `layers` are block numbers from 0; for LN_FINAL it is the number of the last block. `pool_tokens` says over how many
    tokens up to that of `position` the mean was taken (1: that token alone), `pool_layers` over how many last entries
    of Hugging Face's `hidden_states` (1: none; the paper's multi-layer variant is LN_FINAL with 4, section 6.6).
    """

    generation_ids: tuple[str, ...]
    site: Site
    layers: tuple[int, ...]
    position: Position
    x: Float[np.ndarray, "n layer d_model"]
    pool_tokens: int = 1
    pool_layers: int = 1

    def fingerprint(self) -> str:
        """Return a sha256 over ids, site, layers, position and bytes, in hexadecimal."""
        place = (self.site, self.layers, self.position, self.pool_tokens, self.pool_layers)
        head = repr((self.generation_ids, *map(str, place), self.x.shape))
        digest = hashlib.sha256(head.encode())
        digest.update(np.ascontiguousarray(self.x, dtype="<f4").tobytes())
        return digest.hexdigest()

    def select(self, generation_ids: Sequence[str]) -> Features:
        """Return the rows of these ids, in this order; an id that is not here raises InputError."""
        row = {g: i for i, g in enumerate(self.generation_ids)}
        missing = [g for g in generation_ids if g not in row]
        if missing:
            raise InputError(
                f"{len(missing)} of {len(generation_ids)} answers have no features at {self.site}.{self.position}, "
                f"the first being {missing[0]!r}; capture them or leave them out."
            )
        index = np.array([row[g] for g in generation_ids], dtype=np.intp)
        return dataclasses.replace(self, generation_ids=tuple(generation_ids), x=self.x[index])

    def at(self, layer: int) -> Float[np.ndarray, "n d_model"]:
        """Return the rows of one layer."""
        if layer not in self.layers:
            raise InputError(f"Layer {layer} was not captured at {self.site}; captured are {list(self.layers)}.")
        return self.x[:, self.layers.index(layer)]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HeadActivations(ShownShort):
    """What each head wrote into o_proj over the last `last_tokens` response tokens, one entry a layer of `layers`.

    `norms[i]` is the mean L2 norm of each head of layer `layers[i]`, `means[i]` its mean vector; head counts and widths
    may differ between layers, and layers without o_proj are not listed.
    """

    generation_ids: tuple[str, ...]
    layers: tuple[int, ...]
    norms: tuple[Float[np.ndarray, "n _head"], ...]
    means: tuple[Float[np.ndarray, "n _head _d_head"], ...]
    last_tokens: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Probe(ShownShort):
    """A linear probe with its scaler folded in: `score = x @ w + b`, positive means the target holds.

    `fitted_on` is the fingerprint of the features that it was fitted on.
    """

    w: Float[np.ndarray, " d_model"]
    b: float
    target: str
    site: Site
    layer: int
    position: Position
    pool_tokens: int
    c: float
    fitted_on: str
    pool_layers: int = 1

    def score(self, features: Features) -> Float[np.ndarray, " n"]:
        """Return the log-odds of each row; features of another site, position or pooling raise InputError."""
        mine = (self.site, self.position, self.pool_tokens, self.pool_layers)
        theirs = (features.site, features.position, features.pool_tokens, features.pool_layers)
        if mine != theirs:
            raise InputError(f"The probe reads {mine}, these features were captured at {theirs}.")
        return np.asarray(features.at(self.layer).astype(np.float64) @ self.w + self.b)
