"""The agreement matrix: every model form on every backend, held against plain transformers.

`python -m hooks.matrix` prints it. The reference knows nothing of our hooks: states come from transformers' own
`output_hidden_states`, heads are scaled by multiplying columns of o_proj's weights, text comes from its `generate`.
Factors are powers of two, so that scaling weights and scaling activations round alike.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from interp.command import run_command
from interp.errors import InputError
from interp.records import HeadScale

BACKENDS = ("torch", "nnsight", "transformer_lens")
QUANTITIES = ("h_last", "z", "logits", "scaled logits", "scaled generation")
REAL = ("smollm2-135m", "gemma-3-270m")
NEW_TOKENS = 20
EXACT = "equal"
TOLERANCE = 1e-4  # relative; what remains where two computations round differently
QUESTIONS = ("What is the capital of France?", "Hi", "Which metal is liquid at 20 C, and why is it so?")


HEAD = """# What every backend agrees on

Made by `python -m hooks.matrix`: {versions}, float32 on the CPU.

Every model form (tiny, random weights, the true shape of its family; or real weights) on every backend, held against
plain transformers with the same attention implementation, on one batch of three prompts padded on the left:

- h_last: the last position after every block and after the final norm, against `output_hidden_states`;
- z: the input of every o_proj, all positions;
- logits: all positions;
- scaled logits: two heads in every second layer scaled by 1/4, against the same factor in the weights of o_proj;
- scaled generation: 20 greedy tokens with those heads scaled, and the states of the last one, against `generate`.

*equal* means equal bit by bit. A number is the largest difference as a share of the largest value, and at most 1e-4.
TransformerLens computes attention eagerly, so its reference does too; between the two attention implementations states
differ by up to 1e-4 because they round in another order. The last block's own output is not among transformers' hidden
states; the proof that runs when a model is opened checks it by putting it through the final norm.

"""


@dataclass(frozen=True, slots=True)
class Config:
    """Compare every model form on every backend with plain transformers.

    Attributes:
        models: which forms (tiny models by family name, or smollm2-135m and gemma-3-270m); all tiny ones if left out.
        real: compare the two real models instead.
        markdown: also write the table, with what it says, to this file.
    """

    models: tuple[str, ...] = ()
    real: bool = False
    markdown: Path | None = None
    log_level: Literal["warning", "info"] = "warning"


@dataclass(frozen=True, slots=True)
class Cell:
    """One quantity of one model form on one backend: the largest relative difference, or the sentence of a refusal."""

    model: str
    backend: str
    attn: str
    quantity: str
    difference: float | None
    refusal: str | None = None

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


def compare(name: str, directory: str | Path) -> Iterator[Cell]:
    """Yield the cells of one model form: each backend against transformers with the same attention."""
    from hooks.loading import DEFAULT_ATTENTION, open_backend
    from hooks.observed import observe
    from hooks.reference import reference

    expected: dict[str, Any] = {}
    for backend in BACKENDS:
        attn = DEFAULT_ATTENTION[backend]
        try:
            model = open_backend(directory, backend=backend)
            if attn not in expected:
                expected[attn] = reference(directory, attn, model, QUESTIONS, _edit(model.geometry), NEW_TOKENS)
            given = observe(model, QUESTIONS, _edit(model.geometry), NEW_TOKENS)
        except InputError as refusal:
            yield from (Cell(name, backend, attn, q, None, str(refusal)) for q in QUANTITIES)
            continue
        for quantity in QUANTITIES:
            yield Cell(name, backend, attn, quantity, difference(given[quantity], expected[attn][quantity]))


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


def _edit(geometry: Any) -> HeadScale:
    """Scale two heads in every second layer that has heads, by a power of two that changes the text."""
    layers = sorted(geometry.attention)[::2]
    return HeadScale(
        tuple((layer, head) for layer in layers for head in (0, geometry.attention[layer].n_heads - 1)), 0.25
    )


def table(cells: Sequence[Cell]) -> str:
    """Return the cells as a Markdown table, one row a model form and backend, refusals spelled out below."""
    lines = [f"| model | backend | attention | {' | '.join(QUANTITIES)} |", "|---|---|---|" + "---|" * len(QUANTITIES)]
    rows = dict.fromkeys((c.model, c.backend, c.attn) for c in cells)
    for row in rows:
        values = [str(c) for c in cells if (c.model, c.backend, c.attn) == row]
        lines.append(f"| {' | '.join((*row, *values))} |")
    refusals = dict.fromkeys(f"- {c.model}, {c.backend}: {c.refusal}" for c in cells if c.refusal)
    return "\n".join([*lines, *(["", *refusals] if refusals else [])]) + "\n"


def _versions() -> str:
    from importlib.metadata import version

    packages = ("transformers", "nnsight", "transformer-lens", "torch")
    return ", ".join(f"{package} {version(package)}" for package in packages)


def main(config: Config) -> int:
    """Print the matrix; exit code 1 when a cell is neither equal nor refused."""
    from hooks.specimens import SPECIMENS, save

    names = config.models or (REAL if config.real else tuple(SPECIMENS))
    unknown = [name for name in names if name not in SPECIMENS and name not in REAL]
    if unknown:
        raise InputError(f"{unknown[0]!r} is no model form; write one of {', '.join((*SPECIMENS, *REAL))}.")
    cells: list[Cell] = []
    for name in names:
        with tempfile.TemporaryDirectory() as scratch:
            cells += compare(name, name if name in REAL else save(name, Path(scratch) / name))
    text = table(cells)
    sys.stdout.write(text)
    if config.markdown is not None:
        config.markdown.write_text(HEAD.format(versions=_versions()) + text, encoding="utf-8")
    return 0 if all(cell.ok for cell in cells) else 1


if __name__ == "__main__":
    sys.exit(run_command(Config, main, "python -m hooks.matrix"))
