"""The published item files of the study's first pass as score sets: HumanEval by task, MCAS by item.

They hold verdicts and nothing else: no token budget, no stop reason, no judge, no decoding. All of that is None here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from interp.errors import InputError
from interp.runs.files import read_json, sha256_file, sha256_json
from interp.scores.sets import Conditions, Score, ScoreSet
from interp.study import data
from interp.study.data import HUMANEVAL_BASE, HUMANEVAL_TRAINED, MCAS_ITEMS, Study

FILES = {Path(name).name: name for name in (HUMANEVAL_BASE, HUMANEVAL_TRAINED, MCAS_ITEMS)}
MCAS_SIDES = {"baseline": "baseline_scores", "dd_fp16": "dd_fp16_scores"}
MODELS = {HUMANEVAL_BASE: "baseline (published)", HUMANEVAL_TRAINED: "dd_fp16 (published)"}


def names(text: str) -> bool:
    """Say whether a side of a comparison is one of the published item files, as `FILE` or `FILE:SIDE`."""
    return _split(text)[0] in FILES


def load(text: str, study: Study) -> tuple[ScoreSet, str]:
    """Return the score set of `humaneval_baseline.json`, `mcas_details.json:dd_fp16`, ... and its file's sha256.

    A file at that path is read; where there is none, the study's is, by its name.

    Raises:
        InputError: the file at that path is not the published one, or the MCAS file is named without a side.
    """
    base, side = _split(text)
    name = FILES[base]
    path = Path(text.removesuffix(f":{side}") if side else text)
    if path.is_file() and sha256_file(path) != data.hashes()[name]:
        raise InputError(f"{path} is not the study's published {base} (another sha256); restore it or rename it.")
    content = read_json(path) if path.is_file() else study.json(name)
    make: Callable[[Any, str, str | None], ScoreSet] = _mcas if name == MCAS_ITEMS else _humaneval
    return make(content, name, side), data.hashes()[name]


def _split(text: str) -> tuple[str, str | None]:
    base, colon, side = text.replace("\\", "/").rpartition("/")[2].partition(":")
    return base, side if colon else None


def _unrecorded(model: str, prompts: str | None) -> Conditions:
    return Conditions(prompts, None, None, None, None, model)


def _humaneval(content: Any, name: str, side: str | None) -> ScoreSet:
    if side is not None:
        raise InputError(f"{Path(name).name} holds one model only; leave out {':' + side!r}.")
    rows = sorted(content, key=lambda row: str(row["task_id"]))
    scores = tuple(Score(row["task_id"], "pass@1", float(row["passed"]), None, None) for row in rows)
    return ScoreSet("pass@1", _unrecorded(MODELS[name], None), (0.0, 1.0), scores)


def _mcas(content: Any, name: str, side: str | None) -> ScoreSet:
    if side not in MCAS_SIDES:
        base = Path(name).name
        raise InputError(f"{base} holds both models; name one: {' or '.join(f'{base}:{s}' for s in MCAS_SIDES)}.")
    items = zip(content["prompts"], content[MCAS_SIDES[side]], strict=True)
    scores = tuple(
        Score(f"mcas-{i:03d}", "mcas", float(value), None, None, prompt["type"])
        for i, (prompt, value) in enumerate(items)
    )
    under = _unrecorded(f"{side} (published)", sha256_json(content["prompts"]))
    return ScoreSet("mcas", under, (0.0, 2.0), scores)
