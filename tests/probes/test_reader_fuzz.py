"""Finished runs with random damage: read as they were, or refused in one sentence; no traceback, no other number.

Where the hashes were not mended after the damage, what is read is what was written, or nothing. Where they were, values
may be others (who mends every hash cannot be told from the author), but the features, which carry a fingerprint, may
not; and the refusal is still one sentence.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import finished, simulated
from mutations import mend, mutate

from interp.errors import InputError
from interp.results.reading import read_report
from interp.runs.files import canonical_json
from interp.scores import of_run
from probes.fitting.recipe import Recipe
from probes.fitting.records import FinishedRun, open_finished

LONGEST = 30  # seconds for one reading; a fifo or a regular expression without end would take for ever
DEFAULT = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
THOROUGH = settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 24 made-up answers."""
    return finished(tmp_path_factory.mktemp("whole"), "m", simulated(auroc=0.9, n=12), Recipe(folds=2))


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Fail, and do not hang, where a reading does not end."""

    def too_long(*_: object) -> None:
        raise TimeoutError(f"a reading took more than {LONGEST} s")

    before = signal.signal(signal.SIGALRM, too_long)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def told(run: FinishedRun) -> dict[str, Any]:
    """Everything that numbers are made from."""
    layers = run.records.layers
    rows = [[dataclasses.asdict(row) for row in part] for part in run.records.rows]
    x = None if layers is None else hashlib.sha256(layers.stacked.x.tobytes()).hexdigest()
    ids = None if layers is None else (layers.stacked.generation_ids, layers.places, layers.stacked.position)
    return {"rows": rows, "x": x, "ids": ids, "about": run.about}


READERS: dict[str, Callable[[Path], Any]] = {
    "records": lambda run: told(open_finished(run)),
    "scores": lambda run: [canonical_json(dataclasses.asdict(scores)) for scores in of_run.load(run)],
    "report": read_report,
}


def read(reader: Callable[[Path], Any], run: Path, what: str) -> Any:
    """Return what is read, or None where it is refused in one sentence."""
    signal.alarm(LONGEST)
    try:
        return reader(run)
    except InputError as error:
        said = str(error)
        assert said.endswith(".") and "\n" not in said and len(said) < 2100, (what, said)
        return None
    finally:
        signal.alarm(0)


def check(whole: Path, root: Path, seed: int, mended: bool) -> None:
    run = root / whole.name
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(whole, run)
    what = mutate(random.Random(seed), run)
    if mended:
        mend(run)
    for name, reader in READERS.items():
        expected, found = reader(whole), read(reader, run, what)
        if found is None:
            continue
        if not mended and name != "report":  # which is read by itself, as figures read it
            assert found == expected, f"{name}: {what}"
        if name == "records":
            assert found["x"] in (expected["x"], None) or found["ids"] != expected["ids"], f"{name}: {what}"


@pytest.mark.parametrize("mended", [False, True], ids=["as found", "hashes mended"])
def test_a_damaged_run_is_read_as_it_was_or_refused_in_one_sentence(whole: Path, tmp_path: Path, mended: bool) -> None:
    @DEFAULT
    @given(st.integers(0, 2**32))
    def fuzz(seed: int) -> None:
        check(whole, tmp_path, seed, mended)

    fuzz()


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("mended", [False, True], ids=["as found", "hashes mended"])
def test_two_thousand_damaged_runs(whole: Path, tmp_path: Path, mended: bool) -> None:
    @THOROUGH
    @given(st.integers(0, 2**63))
    def fuzz(seed: int) -> None:
        check(whole, tmp_path, seed, mended)

    fuzz()
