"""Every backend works wherever Python runs: `python -c`, stdin, exec, a loop, a closure, a thread, a notebook."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hooks.answers.ask import capture, generate, read
from hooks.backend.base import HookedModel
from interp.records.answers import HeadScale

BACKENDS = ("torch", "nnsight", "transformer_lens")
PROGRAM = """
import sys, threading
from hooks.answers.ask import generate, read
from hooks.models.loading import open_backend
from interp.records.answers import HeadScale
model = open_backend(sys.argv[1], backend=sys.argv[2])
def answer():
    texts = []
    for factor in (1.0, 0.0):
        with model.scaled(HeadScale(((0, 0), (3, 1)), factor)):
            texts.append(generate(model, ["Hi", "Why?"], max_new_tokens=4)[0].tokens)
    return texts
here = answer()
there = []
thread = threading.Thread(target=lambda: there.append(answer()))
thread.start(); thread.join()
scope = {"model": model, "read": read, "HeadScale": HeadScale}
exec("with model.scaled(HeadScale(((0, 0), (3, 1)), 0.0)):\\n    seen = read(model, 'Hi', ['z.3'])['z.3']", scope)
assert here == there[0] and not scope["seen"][:, 1].any() and scope["seen"][:, 0].any()
print(here)
"""


@pytest.fixture(scope="module")
def answers(opened: Callable[..., HookedModel]) -> list[tuple[int, ...]]:
    model = opened("gemma3")
    texts = []
    for factor in (1.0, 0.0):
        with model.scaled(HeadScale(((0, 0), (3, 1)), factor)):
            texts.append(generate(model, ["Hi", "Why?"], max_new_tokens=4)[0].tokens)
    return texts


@pytest.mark.parametrize("backend", ["nnsight", "transformer_lens"])
def test_a_program_without_a_source_file(
    specimen: Callable[..., Path], answers: list[tuple[int, ...]], backend: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(specimen("gemma3")), backend], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(answers)


def test_a_program_from_standard_input(specimen: Callable[..., Path], answers: list[tuple[int, ...]]) -> None:
    done = subprocess.run(
        [sys.executable, "-", str(specimen("gemma3")), "nnsight"],
        input=PROGRAM,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(answers)


def test_a_notebook(specimen: Callable[..., Path], answers: list[tuple[int, ...]], tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    cells = [
        "from hooks.answers.ask import generate\nfrom hooks.models.loading import open_backend",
        "from interp.records.answers import HeadScale",
        f"models = [open_backend({str(specimen('gemma3'))!r}, backend=b) for b in {BACKENDS!r}]",
        "%%time\nfor model in models:\n    with model.scaled(HeadScale(((0, 0), (3, 1)), 0.0)):\n"
        "        print(generate(model, ['Hi', 'Why?'], max_new_tokens=4)[0].tokens)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(Path.cwd())}}).execute()
    text = "".join(output.get("text", "") for output in notebook.cells[-1].outputs)
    assert text.count(str(answers[1])) == len(BACKENDS)


def test_the_public_face(opened: Callable[..., HookedModel]) -> None:
    model = opened("gemma3")
    generations = generate(model, ["Hi", "Why?"], max_new_tokens=4)
    assert [g.prompt_id for g in generations] == ["prompt-0", "prompt-1"]
    features = capture(model, ["Hi", "Why?"], max_new_tokens=4)
    assert {(f.site, f.position) for f in features} == {
        (site, position) for site in ("resid_post", "ln_final") for position in ("content", "end_of_turn")
    }
    with model.scaled(HeadScale(((0, 0),), 0.0)) as same:
        assert same is model
        assert not read(same, "Hi", ["blocks.0.attn.hook_z"])["z.0"][:, 0].any()
    assert isinstance(features[0].x, np.ndarray) and features[0].x.dtype == np.float32
