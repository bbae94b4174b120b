"""What a finished run can be compared by: its own score files, its labels, and what its answers show by themselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from interp.errors import InputError
from interp.language.verification import verifies, version
from interp.records.answers import Generation, StopReason
from interp.records.judgements import Label
from interp.records.loaded import ModelId
from interp.records.prompts import Prompt
from interp.runs.directory import verify
from interp.runs.files import read_json, sha256_json
from interp.runs.rows import read_rows
from interp.scores import sets as scores
from interp.scores.sets import Conditions, Score, ScoreSet

Scale = tuple[float, float]
Value = tuple[float | None, str | None]
YES_NO: Scale = (0.0, 1.0)
AXIS: Scale = (1.0, 5.0)
CUT_OFF = "cut_off"
STOPS = "stop reasons"
LENGTHS = "counted tokens"


def load(run: Path, metric: str | None = None) -> list[ScoreSet]:
    """Return the score sets of a finished run: the stored ones, then those made from labels and answers.

    Args:
        run: the run directory.
        metric: make only sets of this metric.

    Raises:
        InputError: an unfinished or damaged run, or one that holds nothing to compare.
    """
    manifest = verify(run)
    config = manifest["config"] if isinstance(manifest.get("config"), Mapping) else {}
    stored = scores.read_scores(run) if (run / scores.SETS).is_file() else []
    answers = [
        file for file in (run / "generations.jsonl", *sorted(run.glob("generations-at-*.jsonl"))) if file.is_file()
    ]
    if not stored and not answers:
        raise InputError(
            f"{run} holds neither {scores.SETS} nor generations.jsonl, so there is nothing in it to compare; expected "
            "a run of hooks.answer, probes.fit, interp.humaneval or interp.mcas."
        )
    made = [one for file in answers for one in _of_answers(run, file, config, metric)]
    return [one for one in stored if metric in (None, one.metric)] + made


def conditions(run: Path, generations: Sequence[Generation], config: Mapping[str, Any], judge: str) -> Conditions:
    """Return under which conditions a run's answers came about; answers of mixed budgets or edits raise InputError.

    The prompts' hash is made from the run's `prompts.jsonl`, budget and edit are read from the answers themselves. What
    the source of a published run did not keep is None.
    """
    prompts = read_rows(run / "prompts.jsonl", Prompt)
    unrecorded = any("max_new_tokens" in g.unrecorded for g in generations)
    return Conditions(
        prompts=prompts_hash(prompts),
        judge=judge,
        decoding=None if unrecorded else decoding(config),
        max_new_tokens=None if unrecorded else _one(run, "token budget", [g.max_new_tokens for g in generations]),
        edit=_one(run, "edit", [g.edit for g in generations]),
        model=_model(run, generations),
    )


def prompts_hash(prompts: Sequence[Prompt]) -> str:
    """Return the sha256 over prompts, their claims included, in their order: `PromptSet.sha256` of the same rows."""
    return sha256_json([dataclasses.asdict(prompt) for prompt in prompts])


def decoding(config: Mapping[str, Any]) -> str:
    """Return how a run of this toolkit chose its tokens: greedily, after the chat template or on the bare text."""
    return f"{config.get('decoding', 'greedy')}{', without chat template' if config.get('raw') else ''}"


def _one(run: Path, what: str, values: Sequence[Any]) -> Any:
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
    if not (run / "model.json").is_file():
        return str(_one(run, "model", [g.model for g in generations]))
    loaded = read_json(run / "model.json")
    return scores.model_text(ModelId(**loaded["model"]))


def _of_answers(run: Path, file: Path, config: Mapping[str, Any], metric: str | None) -> list[ScoreSet]:
    """Return the sets of one file of answers; the labels of a run belong to its `generations.jsonl`."""
    generations = read_rows(file, Generation)
    groups = {p.id: p.relation for p in read_rows(run / "prompts.jsonl", Prompt)}
    under = conditions(run, generations, config, STOPS)

    def made(name: str, judge: str, scale: Scale | None, values: Sequence[Value]) -> ScoreSet:
        known = name == CUT_OFF  # whether an answer was cut off is itself never cut off
        rows = (
            Score(g.prompt_id, name, *value, False if known else cut_off(g), groups.get(g.prompt_id))
            for g, value in zip(generations, values, strict=True)
        )
        return ScoreSet(name, dataclasses.replace(under, judge=judge), scale, tuple(rows))

    labelled = file.name == "generations.jsonl" and (run / "labels.jsonl").is_file()
    sets = _of_labels(run, generations, made) if labelled else []
    for name, (needs, judge, scale, value) in _SHOWN.items():
        if metric in (None, name) and not any(needs in g.unrecorded for g in generations):
            sets.append(made(name, judge(), scale, [value(g) for g in generations]))
    return [one for one in sets if metric in (None, one.metric)]


Make = Callable[[str, str, Scale | None, Sequence[Value]], ScoreSet]


def _of_labels(run: Path, generations: Sequence[Generation], made: Make) -> list[ScoreSet]:
    by_id = {label.generation_id: label for label in read_rows(run / "labels.jsonl", Label)}
    lost = next((g.id for g in generations if g.id not in by_id), None)
    if lost is not None:
        raise InputError(f"{run / 'labels.jsonl'} has no label of answer {lost!r}; label the run again.")
    labels = [by_id[g.id] for g in generations]
    judge = str(_one(run, "judge", [label.judge for label in labels]))
    sets = [made(name, judge, YES_NO, [_field(label, name) for label in labels]) for name in FIELDS]
    axes = dict.fromkeys(axis for label in labels for axis in label.axes)
    sets += [made(f"axes.{axis}", judge, AXIS, [_axis(label, axis) for label in labels]) for axis in axes]
    return sets


FIELDS = ("checklist_recall", "correct", "asserted")


def _field(label: Label, name: str) -> Value:
    value = getattr(label, name)
    return (None, label.reasons.get(name, "unscored")) if value is None else (float(value), None)


def _axis(label: Label, axis: str) -> Value:
    value = label.axes.get(axis)
    why = label.reasons.get(f"axes.{axis}", label.reasons.get("axes", "unscored"))
    return (None, why) if value is None else (float(value), None)


def cut_off(generation: Generation) -> bool | None:
    """Say whether an answer was cut off at its token budget; None where the stop reason was not recorded."""
    return None if generation.stop is None else generation.stop is StopReason.LENGTH


def _svr(generation: Generation) -> Value:
    verdict = verifies(generation)
    return (None, "empty") if verdict is None else (float(verdict), None)


# What answers show by themselves: the field that it needs, the instrument, the scale, the value.
_SHOWN: dict[str, tuple[str, Callable[[], str], Scale | None, Callable[[Generation], Value]]] = {
    "svr": ("text", version, YES_NO, _svr),
    CUT_OFF: ("stop", lambda: STOPS, YES_NO, lambda g: (float(cut_off(g) is True), None)),
    "answer_tokens": ("tokens", lambda: LENGTHS, None, lambda g: (float(len(g.tokens)), None)),
}
