"""A finished run directory, own or published, as the records and arrays that probes are fitted on."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import Position, Site
from interp.records.judgements import Label
from interp.records.prompts import Prompt
from interp.results.fit import About, PublishedReport, StoredStep
from interp.results.identity import RunIdentity
from interp.results.reading import is_published
from interp.results.schema import read_result
from interp.runs.arrays import read_features
from interp.runs.directory import Manifest, verify
from interp.runs.files import read_json, sha256_file, sha256_json
from interp.runs.layout import FEATURES, FEATURES_INDEX, GENERATIONS, LABELS, MANIFEST, MODEL, PROMPTS, REPORT
from interp.runs.loaded import read_loaded
from interp.runs.rows import read_rows
from probes.fitting import layers
from probes.fitting.layers import StackedLayers

STUDY_POOL = 4  # hidden states that the study averaged (paper section 6.6)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Records:
    """Everything a run recorded.

    Attributes:
        layers: h_last of its answers at every place; None where nobody kept it, as in parts of the published study.
        pooled: the multi-layer variant.
        stored: steps of correctness that a published run has as numbers only.
    """

    prompts: Sequence[Prompt]
    generations: Sequence[Generation]
    labels: Sequence[Label]
    layers: StackedLayers | None
    pooled: StackedLayers | None = None
    stored: Sequence[StoredStep] = ()

    @property
    def rows(self) -> tuple[Sequence[Prompt], Sequence[Generation], Sequence[Label]]:
        """Prompts, generations and labels."""
        return self.prompts, self.generations, self.labels

    def __repr__(self) -> str:
        features = "without" if self.layers is None else "with"
        return f"Records({len(self.prompts)} prompts, {len(self.generations)} answers, {features} features)"


@dataclass(frozen=True, slots=True, eq=False)
class SecondRun:
    """A run of the same prompts on another model: its name and its records."""

    name: str
    records: Records


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FinishedRun:
    """A run whose files were checked against its manifest."""

    path: Path
    manifest: Manifest
    records: Records

    @property
    def about(self) -> About:
        """Whose answers to which prompts, where h_last was read, and what labelled them."""
        return about(self.manifest.config)

    @property
    def model(self) -> str:
        """The model's name."""
        return self.about.model

    @property
    def prompts(self) -> str:
        """The prompt set's name."""
        return self.about.prompts

    @property
    def identity(self) -> RunIdentity:
        """What names the run in a result made from it."""
        digest = sha256_file(self.path / MANIFEST)
        return RunIdentity(self.path.resolve().name, digest, self.model, self.prompts)

    def __repr__(self) -> str:
        return f"FinishedRun({self.about.title}: {len(self.records.generations)} answers, {self.path})"


def check_second(run: FinishedRun, second: FinishedRun) -> None:
    """Refuse a second run that is no second model: the fifth step asks whether a finding holds for another one.

    What decides is the commit that the answers were made with, whatever the models are called, wherever the runs lie,
    and in whatever number format they were loaded; and, where commits may differ by a licence alone, the features. The
    published study recorded no commits of its models, so there the name stands for one.

    Raises:
        InputError: the same weights, or the same features.
    """
    if _same_weights(run, second):
        raise InputError(
            f"{second.path} is no second model: it was made with the same weights as {run.path} ({second.model}); pass "
            "a run of another model, best of another family, or leave --second out."
        )
    mine, theirs = (finished.manifest.files.get(FEATURES) for finished in (run, second))
    if mine is not None and mine == theirs:
        raise InputError(
            f"{second.path} is no second model: its {FEATURES} is that of {run.path}, byte for byte; pass a run of "
            "another model, or leave --second out."
        )


def _same_weights(a: FinishedRun, b: FinishedRun) -> bool:
    """Compare commits; where a side is of the study, whose commit is that of its data, there are only names."""
    of_a, of_b = _commit(a), _commit(b)
    return a.model == b.model if of_a is None or of_b is None else of_a == of_b


def _commit(finished: FinishedRun) -> str | None:
    """Return which weights made a run: the hub's commit, or the sha256 over their files; None of a published run."""
    if MODEL in finished.manifest.files:
        return read_loaded(finished.path).model.commit
    model = finished.manifest.config["model"]
    return None if model.get("source") == "published" else model.get("commit")


def about(config: Mapping[str, Any]) -> About:
    """Return what a run's configuration says that its numbers are about."""
    position = Position(config.get("position", Position.CONTENT))
    return About(
        str(config["model"]["name"]), str(config["prompts"]["name"]), position, str(config.get("instruments", ""))
    )


def open_finished(path: Path) -> FinishedRun:
    """Read a finished run; of a sweep over scaled heads only the unedited model's answers (heads times 1 are unedited).

    Raises:
        InputError: an unfinished or damaged run, or one that holds no answers.
    """
    manifest = verify(path)
    files = manifest.files
    missing = [name for name in (PROMPTS, GENERATIONS, LABELS) if name not in files]
    if missing or "model" not in manifest.config:
        raise InputError(f"{path} holds no {missing[0] if missing else 'model'}; expected a run with labelled answers.")
    alone, pooled = read_layers(path, manifest.config) if FEATURES in files else (None, None)
    prompts, answers, labels = _joined(path, alone)
    wanted = manifest.config.get("prompts", {}).get("sha256")  # the published study has none
    if wanted is not None and wanted != sha256_json([dataclasses.asdict(prompt) for prompt in prompts]):
        raise InputError(
            f"{path / PROMPTS} does not hold the prompts that the run's configuration names, in their order; restore "
            "it, or make the run again."
        )
    unedited = {g.id: g for g in answers if g.edit is None or g.edit.factor == 1.0}
    records = Records(
        prompts,
        list(unedited.values()),
        [label for label in labels if label.generation_id in unedited],
        alone,
        pooled,
        () if alone is not None else _stored(path, files),
    )
    return FinishedRun(path, manifest, records)


def _joined(path: Path, alone: StackedLayers | None) -> tuple[list[Prompt], list[Generation], list[Label]]:
    """Read prompts, answers and labels joined by their ids: whatever the order of the rows, that of the prompts counts.

    Raises:
        InputError: an id that comes twice, or a row that belongs to none or lacks its own.
    """
    prompts = read_rows(path / PROMPTS, Prompt)
    answers = read_rows(path / GENERATIONS, Generation)
    labels = read_rows(path / LABELS, Label)
    asked = _place(path / PROMPTS, [prompt.id for prompt in prompts])
    said = _place(path / GENERATIONS, [answer.id for answer in answers])
    labelled = _place(path / LABELS, [label.generation_id for label in labels])
    _belong(path / GENERATIONS, "prompt", [answer.prompt_id for answer in answers], asked)
    _belong(path / PROMPTS, "answer", list(asked), {answer.prompt_id for answer in answers})
    _belong(path / LABELS, "answer", list(labelled), said)
    _belong(path / GENERATIONS, "label", list(said), labelled)
    if alone is not None:
        _belong(path / FEATURES, "answer", alone.stacked.generation_ids, said)
    answers.sort(key=lambda answer: asked[answer.prompt_id])
    place = _place(path / GENERATIONS, [answer.id for answer in answers])
    labels.sort(key=lambda label: place[label.generation_id])
    return prompts, answers, labels


def _place(file: Path, ids: Sequence[str]) -> dict[str, int]:
    """Return where each id stands; one that comes twice raises InputError."""
    place = {id_: at for at, id_ in enumerate(ids)}
    if len(place) < len(ids):
        twice = next(id_ for at, id_ in enumerate(ids) if place[id_] != at)
        raise InputError(
            f"{file} holds {twice[:80]!r} twice, expected every id once; restore it, or make the run again."
        )
    return place


def _belong(file: Path, what: str, ids: Sequence[str], known: Container[str]) -> None:
    alone = [id_ for id_ in ids if id_ not in known]
    if alone:
        raise InputError(
            f"{file} holds {len(alone)} rows without their {what}, the first being {alone[0][:80]!r}; restore the "
            "run's files, or make it again."
        )


def read_records(path: Path, config: Mapping[str, Any]) -> Records:
    """Return what a run recorded, before it is closed."""
    rows = (
        read_rows(path / PROMPTS, Prompt),
        read_rows(path / GENERATIONS, Generation),
        read_rows(path / LABELS, Label),
    )
    return Records(*rows, *read_layers(path, config))


def read_layers(path: Path, config: Mapping[str, Any]) -> tuple[StackedLayers, StackedLayers | None]:
    """Stack what a run captured as its configuration says it is read, and the study's multi-layer variant beside it."""
    file = path / FEATURES
    position = Position(config.get("position", Position.CONTENT))
    final = read_features(file, Site.LN_FINAL, position)
    held = read_json(path / FEATURES_INDEX)["arrays"]
    if f"{Site.RESID_POST}.{position}" not in held:
        return layers.stack(None, final), None
    residual = read_features(file, Site.RESID_POST, position)
    k = int(config.get("pool_layers", 1))
    chosen = layers.pooled(residual, final, k) if k > 1 else layers.stack(residual, final)
    return chosen, layers.pooled_or_none(residual, final, STUDY_POOL)


def _stored(path: Path, files: Mapping[str, str]) -> Sequence[StoredStep]:
    """Return the steps of a published run that exist as numbers only."""
    if REPORT not in files or not is_published(path / REPORT):
        return ()
    return read_result(path / REPORT, PublishedReport).steps
