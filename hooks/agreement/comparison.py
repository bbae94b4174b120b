"""One model on every backend beside plain transformers, quantity by quantity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from interp.errors import InputError
from interp.records.answers import HeadScale

if TYPE_CHECKING:
    from hooks.agreement.quantities import Quantities
    from hooks.backend.geometry import Geometry

BACKENDS = ("torch", "nnsight", "transformer_lens")
QUANTITIES = ("h_last", "z", "logits", "scaled logits", "scaled generation")
NEW_TOKENS = 20
EXACT = "equal"
TOLERANCE = 1e-4  # relative; what remains where two computations round differently
QUESTIONS = ("What is the capital of France?", "Hi", "Which metal is liquid at 20 C, and why is it so?")


@dataclass(frozen=True, slots=True)
class BackendAgreement:
    """One quantity of one model form on one backend: the largest relative difference, or the sentence of a refusal."""

    model: str
    backend: str
    attn: str
    quantity: str
    difference: float | None
    refusal: str | None = None
    heads: int | None = None  # layers whose heads can be told apart

    @property
    def ok(self) -> bool:
        """Equal within tolerance, or refused with a sentence."""
        return self.refusal is not None or (self.difference is not None and self.difference <= TOLERANCE)

    def __str__(self) -> str:
        if self.refusal is not None:
            return "refused"
        if self.difference == 0:
            return EXACT
        return f"{self.difference:.0e}" if self.ok else f"**{self.difference:.0e}**"


def compare(name: str, directory: str | Path, backends: Sequence[str] = BACKENDS) -> Iterator[BackendAgreement]:
    """Yield every quantity of one model form: each backend against transformers with the same attention."""
    from hooks.agreement.quantities import observe
    from hooks.agreement.reference import reference
    from hooks.models.loading import DEFAULT_ATTENTION, open_backend

    expected: dict[str, Quantities] = {}
    for backend in backends:
        attn = DEFAULT_ATTENTION[backend]
        try:
            model = open_backend(directory, backend=backend)
            attn = model.model_id.attn
            if attn not in expected:
                expected[attn] = reference(directory, attn, model, QUESTIONS, _edit(model.geometry), NEW_TOKENS)
            given = observe(model, QUESTIONS, _edit(model.geometry), NEW_TOKENS)
        except InputError as refusal:
            yield from (BackendAgreement(name, backend, attn, q, None, str(refusal)) for q in QUANTITIES)
            continue
        for quantity in QUANTITIES:
            apart = difference(given[quantity], expected[attn][quantity])
            yield BackendAgreement(name, backend, attn, quantity, apart, heads=len(model.geometry.attention))


def difference(given: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> float:
    """Return the largest difference as a share of its array's largest value; infinite for other shapes or tokens."""
    if [a.shape for a in given] != [b.shape for b in expected]:
        return float("inf")
    worst = 0.0
    for a, b in zip(given, expected, strict=True):
        if np.issubdtype(b.dtype, np.integer):
            worst = max(worst, 0.0 if np.array_equal(a, b) else float("inf"))
        else:
            worst = max(worst, float(np.abs(a - b).max() / np.abs(b).max()))
    return worst


def _edit(geometry: Geometry) -> HeadScale:
    """Scale two heads in every second layer that has heads, by a power of two that changes the text."""
    layers = sorted(geometry.attention)[::2]
    return HeadScale(
        tuple((layer, head) for layer in layers for head in (0, geometry.attention[layer].n_heads - 1)), 0.25
    )
