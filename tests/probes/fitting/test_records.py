"""A run directory that was changed and sealed again: its records are those of the untouched one, or one sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.runs.arrays import read_arrays, write_arrays
from interp.runs.files import sha256_file, write_json
from probes.fit import PROG, Fit, main
from probes.fitting.records import FinishedRun, open_finished

Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def whole(babble: Any, prompt_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole")
    words = ["--model", str(babble.model), "--prompts", str(prompt_file), "--max-new-tokens", "12"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["fit", *words, "--output-dir", str(root)])
        assert run_command(Fit, main, PROG) == 0
    return next(path for path in root.iterdir() if path.is_dir()).rename(root / "RUN")


def sealed(path: Path) -> None:
    """Make the manifest speak of the files as they are now."""
    manifest = json.loads((path / "run.json").read_text())
    names = [name for name in manifest["files"] if (path / name).is_file()]
    write_json(path / "run.json", manifest | {"files": {name: sha256_file(path / name) for name in names}})


def rows(name: str, change: Callable[[list[str]], list[str]]) -> Change:
    def act(path: Path) -> None:
        lines = (path / name).read_text().splitlines()
        (path / name).write_text("".join(f"{line}\n" for line in change(lines)))

    return act


def arrays(change: Callable[[np.ndarray], np.ndarray]) -> Change:
    def act(path: Path) -> None:
        held, _ = read_arrays(path / "features.safetensors")
        write_arrays(path / "features.safetensors", {name: change(x) for name, x in held.items()})
        beside = json.loads((path / "features.json").read_text())
        write_json(path / "features.json", beside | {"sha256": sha256_file(path / "features.safetensors")})

    return act


def sidecar(change: Callable[[dict[str, Any]], object]) -> Change:
    def act(path: Path) -> None:
        beside = json.loads((path / "features.json").read_text())
        change(beside)
        write_json(path / "features.json", beside)

    return act


def manifest(**fields: Any) -> Change:
    return lambda path: write_json(path / "run.json", json.loads((path / "run.json").read_text()) | fields)


def position(path: Path) -> None:
    content = json.loads((path / "run.json").read_text())
    content["config"]["position"] = "end_of_turn"
    write_json(path / "run.json", content)


def each(**fields: Callable[[Any], Any]) -> Change:
    def change(beside: dict[str, Any]) -> None:
        for entry in beside["arrays"].values():
            entry.update({name: act(entry[name]) for name, act in fields.items()})

    return sidecar(change)


REFUSED: dict[str, tuple[Change, str]] = {
    "the configuration in run.json alone": (position, "do not hold one configuration"),
    "no config.json": (lambda path: (path / "config.json").unlink(), "do not hold one configuration"),
    "another schema": (manifest(schema=99), "has the schema 99"),
    "a missing answer": (rows("generations.jsonl", lambda lines: lines[1:]), "1 rows without their answer"),
    "a doubled answer": (rows("generations.jsonl", lambda lines: [*lines, lines[0]]), "holds 'p0' twice"),
    "no answers": (rows("generations.jsonl", lambda lines: []), "48 rows without their answer"),
    "a missing label": (rows("labels.jsonl", lambda lines: lines[1:]), "1 rows without their label"),
    "a doubled label": (rows("labels.jsonl", lambda lines: [*lines, lines[0]]), "holds 'p0' twice"),
    "a missing prompt": (rows("prompts.jsonl", lambda lines: lines[1:]), "1 rows without their prompt"),
    "prompts in another order": (rows("prompts.jsonl", lambda lines: lines[::-1]), "in their order"),
    "int8": (arrays(lambda x: x.astype(np.int8)), "is int8 of shape"),
    "float64": (arrays(lambda x: x.astype(np.float64)), "is float64 of shape"),
    "values moved": (arrays(lambda x: x + np.float32(0.001)), "another fingerprint"),
    "no numbers": (arrays(lambda x: x * np.float32("nan")), "values are no numbers"),
    "a row short": (arrays(lambda x: x[1:]), "of shape"),
    "a layer short": (arrays(lambda x: x[:, 1:]), "of shape"),
    "other ids": (each(generation_ids=lambda ids: [f"x{i}" for i in ids]), "another fingerprint"),
    "a doubled id": (each(generation_ids=lambda ids: [ids[0], *ids[:-1]]), "one answer comes twice"),
    "other layers": (each(layers=lambda layers: [layer + 1 for layer in layers]), "another fingerprint"),
    "an empty sidecar": (sidecar(lambda beside: beside.clear()), "is not a valid Sidecar"),
    "a sidecar of another form": (sidecar(lambda beside: beside.update(arrays="x")), "is not a valid Sidecar"),
}
SAME: dict[str, Change] = {
    "answers in another order": rows("generations.jsonl", lambda lines: lines[::-1]),
    "labels in another order": rows("labels.jsonl", lambda lines: lines[5:] + lines[:5]),
}


def changed(whole: Path, tmp_path: Path, change: Change) -> Path:
    path = tmp_path / "RUN"
    shutil.copytree(whole, path)
    change(path)
    sealed(path)
    return path


def said(run: FinishedRun) -> object:
    assert run.records.layers is not None
    return run.records.rows, run.records.layers.stacked.fingerprint()


@pytest.mark.parametrize("what", REFUSED)
def test_a_changed_run_is_refused_in_a_sentence(whole: Path, tmp_path: Path, what: str) -> None:
    change, why = REFUSED[what]
    with pytest.raises(InputError, match=why):
        open_finished(changed(whole, tmp_path, change))


@pytest.mark.parametrize("what", SAME)
def test_the_order_of_rows_counts_for_nothing(whole: Path, tmp_path: Path, what: str) -> None:
    assert said(open_finished(changed(whole, tmp_path, SAME[what]))) == said(open_finished(whole))
