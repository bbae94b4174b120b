"""The saved correctness probe's probabilities on a run's fresh answers, from its files alone."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from figures.parts.result import LABELLED, DrawnRun, NotInRun
from interp.errors import InputError
from interp.records.prompts import Split
from interp.runs.arrays import read_features, read_probes
from interp.runs.layout import FEATURES, FEATURES_INDEX, LABELS, PROBES

FILES = (PROBES, FEATURES, FEATURES_INDEX, *LABELLED)
SOURCE = f"{PROBES}, {FEATURES}, {LABELS}, fresh split"


def fresh_scores(result: DrawnRun) -> tuple[Bool[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return correctness and the probe's probability of every fresh answer whose correctness is known.

    Raises:
        NotInRun: the run holds no probe for correctness, or not what that probe reads, or answers of one class only.
    """
    if not {PROBES, FEATURES} <= result.files:
        raise NotInRun(f"{result.path} holds no {PROBES} with {FEATURES}; a run of python -m probes.fit does.")
    probes = read_probes(result.path / PROBES)
    if "correct" not in probes:
        raise NotInRun(f"{result.path / PROBES} holds no probe for correctness; run with --target both.")
    probe = probes["correct"]
    features = read_features(result.path / FEATURES, probe.site, probe.position)
    present = set(features.generation_ids)
    known = [
        label for label in result.labels(Split.FRESH) if label.correct is not None and label.generation_id in present
    ]
    correct = np.array([bool(label.correct) for label in known], dtype=bool)
    if not len(known) or correct.all() or not correct.any():
        raise NotInRun(f"{result.path} holds fresh answers of one class only; correct and wrong ones are needed.")
    try:
        score = probe.score(features.select([label.generation_id for label in known]))
    except InputError as error:
        raise NotInRun(f"{result.path / PROBES} does not read what {FEATURES} holds: {error}") from error
    return correct, 1.0 / (1.0 + np.exp(-score))
