"""Execute the notebooks and write their outputs back, so that executing them again changes little.

`make notebook-outputs` runs it; `tests/test_notebooks.py` says what the outputs must be. Kept out of the files: times
of day, version numbers of the kernel, and the pieces that printed text arrived in.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LIMIT = 1800  # seconds a cell may take, on however busy a machine


def execute(path: Path) -> None:
    """Run one notebook from top to bottom, in its own folder, and write it with what it showed."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=LIMIT, record_timing=False).execute(cwd=str(path.parent))
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
    nbformat.write(notebook, path)


def joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join printed text that arrived in pieces."""
    kept: list[NotebookNode] = []
    for output in outputs:
        if kept and output.output_type == "stream" == kept[-1].output_type and output.name == kept[-1].name:
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


if __name__ == "__main__":
    for notebook in [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb")):
        execute(notebook)
