"""What a finished run can be compared by: its own score files, its labels, and what its answers show by themselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from interp.errors import InputError
from interp.language.thinking import cut_off
from interp.records.answers import Generation
from interp.records.judgements import Label
from interp.records.prompts import Prompt
from interp.runs.directory import Run, read_run
from interp.runs.files import sha256_json
from interp.runs.layout import GENERATIONS, GENERATIONS_AT, LABELS, MODEL, PROMPTS, RENDERING, SCORE_SETS
from interp.runs.loaded import read_loaded
from interp.runs.rendering import read_rendering
from interp.runs.rows import read_rows
from interp.scores.sets import Conditions, Score, ScoreSet, model_text, read_scores
from interp.scores.verification import verifies, version

Scale = tuple[float, float]
Value = tuple[float | None, str | None]  # a score, or why there is none
V = TypeVar("V")
YES_NO: Scale = (0.0, 1.0)
AXIS: Scale = (1.0, 5.0)
CUT_OFF = "cut_off"
STOPS = "stop reasons"
LENGTHS = "counted tokens"
LABELLED = ("checklist_recall", "correct", "asserted")  # fields of a label that are metrics


def load(folder: Path, metric: str | None = None) -> list[ScoreSet]:
    """Return the score sets of a finished run: the stored ones, then those made from labels and answers.

    Args:
        folder: the run directory.
        metric: make only sets of this metric.

    Raises:
        InputError: an unfinished or damaged run, or one that holds nothing to compare.
    """
    run = read_run(folder)
    stored = read_scores(folder) if (folder / SCORE_SETS).is_file() else []
    files = (folder / GENERATIONS, *sorted(folder.glob(GENERATIONS_AT.format("*"))))
    answers = [file for file in files if file.is_file()]
    if not stored and not answers:
        raise InputError(
            f"{folder} holds neither {SCORE_SETS} nor {GENERATIONS}, so there is nothing in it to compare; expected "
            "a run of hooks.answer, probes.fit, interp.humaneval or interp.mcas."
        )
    made = (scores for file in answers for scores in _of_file(run, file, metric))
    return [scores for scores in (*stored, *made) if metric in (None, scores.metric)]


def conditions(run: Run, generations: Sequence[Generation], judge: str) -> Conditions:
    """Return under which conditions a run's answers came about; answers of mixed budgets or edits raise InputError.

    The prompts' hash is made from the run's `prompts.jsonl`, budget and edit are read from the answers themselves. What
    the source of a published run did not keep is None.
    """
    prompts = read_rows(run.path / PROMPTS, Prompt)
    unrecorded = any("max_new_tokens" in g.unrecorded for g in generations)
    budgets = [g.max_new_tokens for g in generations]
    return Conditions(
        prompts=prompts_hash(prompts),
        judge=judge,
        decoding=None if unrecorded else decoding(run),
        max_new_tokens=None if unrecorded else _shared(run.path, "token budget", budgets),
        edit=_shared(run.path, "edit", [g.edit for g in generations]),
        model=_model(run.path, generations),
        weights=read_loaded(run.path).model.weights if (run.path / MODEL).is_file() else None,
    )


def prompts_hash(prompts: Sequence[Prompt]) -> str:
    """Return the sha256 over prompts, their claims included, in their order: `PromptSet.sha256` of the same rows."""
    return sha256_json([dataclasses.asdict(prompt) for prompt in prompts])


def decoding(run: Run) -> str:
    """Return how a run of this toolkit chose its tokens: greedily, after the chat template or on the bare text.

    What the template was given beside the prompts belongs to it: the day, where it reads one, the system message by its
    sha256, and thinking where it was switched on.
    """
    said = [str(run.config.get("decoding", "greedy"))]
    if run.config.get("raw"):
        said.append("without chat template")
    if run.config.get("thinking"):
        said.append("thinking")
    if (run.path / RENDERING).is_file():
        way = read_rendering(run.path)
        said += [] if way.date is None else [f"on {way.date}"]
        said += [] if way.system is None else [f"after a system message with sha256 {sha256_json(way.system)[:12]}"]
    return ", ".join(said)


def _shared(run: Path, what: str, values: Sequence[V]) -> V:
    """Return the one value that all answers of a run have."""
    if not values:
        raise InputError(f"{run} holds no answers; expected a run that does.")
    first = values[0]
    other = next((value for value in values if value != first), first)
    if other != first:
        raise InputError(
            f"The answers in {run} were not all made with one {what} ({first} and {other}); expected a run whose "
            "answers share it."
        )
    return first


def _model(run: Path, generations: Sequence[Generation]) -> str:
    """Return the weights that `model.json` names, or the published model's name."""
    if not (run / MODEL).is_file():
        return _shared(run, "model", [g.model for g in generations])
    return model_text(read_loaded(run).model)


@dataclass(frozen=True, slots=True)
class _Answered:
    """One file of answers, the kind of each prompt, and the conditions that all of them share."""

    run: Path
    generations: Sequence[Generation]
    groups: Mapping[str, str | None]
    conditions: Conditions

    def scored(self, metric: str, judge: str, scale: Scale | None, values: Sequence[Value]) -> ScoreSet:
        """Return these values, one an answer, as scores."""
        known = metric == CUT_OFF  # whether an answer was cut off is itself never cut off
        rows = (
            Score(g.prompt_id, metric, *value, False if known else cut_off(g), self.groups.get(g.prompt_id))
            for g, value in zip(self.generations, values, strict=True)
        )
        return ScoreSet(metric, dataclasses.replace(self.conditions, judge=judge), scale, tuple(rows))


def _of_file(run: Run, file: Path, metric: str | None) -> Iterator[ScoreSet]:
    """Return the sets of one file of answers; the labels of a run belong to its `generations.jsonl`."""
    generations = read_rows(file, Generation)
    groups = {prompt.id: prompt.relation for prompt in read_rows(run.path / PROMPTS, Prompt)}
    answered = _Answered(run.path, generations, groups, conditions(run, generations, STOPS))
    if file.name == GENERATIONS and (run.path / LABELS).is_file():
        yield from _of_labels(answered)
    for name, plain in _PLAIN.items():
        if metric in (None, name) and not any(plain.needs in g.unrecorded for g in generations):
            yield answered.scored(name, plain.instrument(), plain.scale, [plain.value(g) for g in generations])


def _of_labels(answered: _Answered) -> Iterator[ScoreSet]:
    labels = _labels(answered)
    judge = _shared(answered.run, "judge", [label.judge for label in labels])
    for name in LABELLED:
        yield answered.scored(name, judge, YES_NO, [_field(label, name) for label in labels])
    for axis in dict.fromkeys(axis for label in labels for axis in label.axes):
        yield answered.scored(f"axes.{axis}", judge, AXIS, [_axis(label, axis) for label in labels])


def _labels(answered: _Answered) -> list[Label]:
    file = answered.run / LABELS
    by_id = {label.generation_id: label for label in read_rows(file, Label)}
    lost = next((g.id for g in answered.generations if g.id not in by_id), None)
    if lost is not None:
        raise InputError(f"{file} has no label of answer {lost!r}; label the run again.")
    return [by_id[g.id] for g in answered.generations]


def _field(label: Label, name: str) -> Value:
    value = getattr(label, name)
    return (None, label.reasons.get(name, "unscored")) if value is None else (float(value), None)


def _axis(label: Label, axis: str) -> Value:
    value = label.axes.get(axis)
    why = label.reasons.get(f"axes.{axis}", label.reasons.get("axes", "unscored"))
    return (None, why) if value is None else (float(value), None)


@dataclass(frozen=True, slots=True)
class _PlainMetric:
    """What answers show by themselves: the field of an answer that it needs, the instrument, the scale, the value."""

    needs: str
    instrument: Callable[[], str]
    scale: Scale | None
    value: Callable[[Generation], Value]


def _self_verification(generation: Generation) -> Value:
    verdict = verifies(generation)
    return (None, "empty") if verdict is None else (float(verdict), None)


_PLAIN = {
    "svr": _PlainMetric("text", version, YES_NO, _self_verification),
    CUT_OFF: _PlainMetric("stop", lambda: STOPS, YES_NO, lambda g: (float(cut_off(g) is True), None)),
    "answer_tokens": _PlainMetric("tokens", lambda: LENGTHS, None, lambda g: (float(len(g.tokens)), None)),
}
