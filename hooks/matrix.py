"""The agreement matrix: every model form on every backend, held against plain transformers.

`python -m hooks.matrix` prints it; `--families` opens a tiny model of every architecture that is known to answer.
The reference knows nothing of our hooks: states come from transformers' own
`output_hidden_states`, heads are scaled by multiplying columns of o_proj's weights, text comes from its `generate`.
Factors are powers of two, so that scaling weights and scaling activations round alike.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hooks.agreement.comparison import BACKENDS, QUANTITIES, BackendAgreement, compare
from interp.cli.front_door import run_command
from interp.cli.groups import LogLevel
from interp.errors import InputError
from interp.runs.files import check_output, write_text
from interp.show import markdown

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


FAMILIES_HEAD = """# Which models can be read

Made by `python -m hooks.matrix --families`: {versions}, float32 on the CPU.

A tiny random model of each architecture ({n}, the sizes in `hooks/agreement/families.json`) on every backend. *equal*
means that h_last, z, logits, logits with heads scaled and generation with heads scaled equal plain transformers bit by
bit, with the same attention implementation; a number is the largest difference as a share of the largest value.
*refused* means that the model is not opened, and the sentence below the table says why.
*heads* counts the layers whose heads can be read and scaled; in the others a head cannot be told apart, and asking for
one says why. Widths, depths and weights are made up here: what holds for the code of a family holds for its models.

{opened}.

DiffLlama's configuration counts heads that work in pairs: what one pair computes fills two of its slices.

"""


@dataclass(frozen=True)
class Matrix:
    """Compare every model form on every backend with plain transformers."""

    models: tuple[str, ...] = ()
    """Which forms: tiny models by family name, or smollm2-135m and gemma-3-270m; all tiny ones if left out."""
    real: bool = False
    """Compare the two real models instead."""
    families: bool = False
    """Compare a tiny model of every known architecture instead, or of those that are named; takes some ten minutes."""
    markdown: Path | None = None
    """Also write the table, with what it says, to this file."""
    log_level: LogLevel = "warning"
    """How much is said on stderr."""


def table(results: Sequence[BackendAgreement]) -> str:
    """Return a Markdown table, one row a model form and backend, refusals spelled out below."""
    forms = dict.fromkeys((r.model, r.backend, r.attn) for r in results)
    rows = [(*form, *(r for r in results if (r.model, r.backend, r.attn) == form)) for form in forms]
    refusals = dict.fromkeys(f"- {r.model}, {r.backend}: {r.refusal}" for r in results if r.refusal)
    lines = [markdown.table(("model", "backend", "attention", *QUANTITIES), rows)]
    return "\n".join([*lines, *(["", *refusals] if refusals else [])]) + "\n"


def _versions() -> str:
    from importlib.metadata import version

    packages = ("transformers", "nnsight", "transformer-lens", "torch")
    return ", ".join(f"{package} {version(package)}" for package in packages)


def main(options: Matrix) -> int:
    """Print the matrix; exit code 1 when a quantity is neither equal nor refused."""
    from hooks.agreement import families, specimens

    if options.families:
        known, save = tuple(families.families()), families.save
    else:
        known, save = (*specimens.SPECIMENS, *REAL), specimens.save
    names = options.models or (known if options.families else REAL if options.real else tuple(specimens.SPECIMENS))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"{unknown[0]!r} is no model form; write one of {', '.join(known)}.")
    if options.markdown is not None:
        check_output(options.markdown, "--markdown", new=False)
    results: list[BackendAgreement] = []
    for name in names:
        with tempfile.TemporaryDirectory() as scratch:
            results += compare(name, name if name in REAL else save(name, Path(scratch) / name))
    text = families_table(results) if options.families else table(results)
    sys.stdout.write(text)
    if options.markdown is not None:
        head = FAMILIES_HEAD if options.families else HEAD
        said = head.format(versions=_versions(), n=len(names), opened=opened(results))
        write_text(options.markdown, said + text)
    return 0 if all(result.ok for result in results) else 1


def families_table(results: Sequence[BackendAgreement]) -> str:
    """Return a Markdown table, one row an architecture: on each backend the largest difference, or refused."""
    rows = []
    for name in dict.fromkeys(r.model for r in results):
        mine = [r for r in results if r.model == name]
        heads = next((r.heads for r in mine if r.heads is not None), "-")
        attention = next((r.attn for r in mine if r.refusal is None), "-")
        rows.append((name, attention, heads, *(worst([r for r in mine if r.backend == b]) for b in BACKENDS)))
    refusals = dict.fromkeys(f"- {r.model}, {r.backend}: {r.refusal}" for r in results if r.refusal)
    lines = [markdown.table(("architecture", "attention", "heads", *BACKENDS), rows), "", *refusals]
    return "\n".join(lines) + "\n"


def worst(cells: Sequence[BackendAgreement]) -> str:
    """Return the cell with the largest difference, or refused."""
    return str(max(cells, key=lambda cell: -1.0 if cell.difference is None else cell.difference))


def opened(results: Sequence[BackendAgreement]) -> str:
    """Say on each backend how many architectures are opened and equal plain transformers."""
    names = list(dict.fromkeys(r.model for r in results))
    counts = []
    for backend in BACKENDS:
        cells = [r for r in results if r.backend == backend]
        right = sum(all(r.difference is not None and r.ok for r in cells if r.model == name) for name in names)
        counts.append(f"{backend} {right} of {len(names)}")
    return f"Opened, and equal or within 1e-4: {', '.join(counts)}"


if __name__ == "__main__":
    sys.exit(run_command(Matrix, main, "python -m hooks.matrix"))
