"""The agreement matrix: every model form on every backend, held against plain transformers.

`python -m hooks.matrix` prints it. The reference knows nothing of our hooks: states come from transformers' own
`output_hidden_states`, heads are scaled by multiplying columns of o_proj's weights, text comes from its `generate`.
Factors are powers of two, so that scaling weights and scaling activations round alike.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hooks.agreement.comparison import QUANTITIES, Cell, compare
from interp.cli.front_door import run_command
from interp.errors import InputError

REAL = ("smollm2-135m", "gemma-3-270m")


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
    from hooks.agreement.specimens import SPECIMENS, save

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
