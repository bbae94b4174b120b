"""The published study as our own records: one run directory a model, read like any other.

What the study did not publish is absent, and says so: `Generation.unrecorded` names the fields that nobody kept,
`Label.reasons` the labels that nobody made public. Nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import Features, Position, Site
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.results.attribution import Attribution
from interp.results.deltas import Deltas
from interp.results.fit import PublishedReport
from interp.results.schema import write_result
from interp.runs.arrays import write_features
from interp.runs.directory import close_run, open_run
from interp.runs.layout import ATTRIBUTION, DELTAS, FEATURES, GENERATIONS, LABELS, PROMPTS, REPORT
from interp.runs.rows import write_rows
from interp.runs.versions import code_version
from interp.study import data
from interp.study import heads as published_heads
from interp.study import report as published_report
from interp.study.data import Study

DOMAIN = "paper-chef"
JUDGE = "published (deepseek-v3.2-exp)"
SMOLLM_LAST_BLOCK = 23
NEVER_RECORDED = (
    *("tokens", "n_prompt_tokens", "prompt_sha256", "n_generated"),
    *("stop", "max_new_tokens", "mean_logprob", "min_logprob"),
)


@dataclass(frozen=True, slots=True)
class PublishedRun:
    """The records of one model of the study.

    `heads` is a published ranking of attention heads, `report` the stored numbers of the steps, `deltas` what training
    was said to change.
    """

    model: str
    files: tuple[str, ...]
    prompts: tuple[Prompt, ...]
    generations: tuple[Generation, ...]
    labels: tuple[Label, ...]
    features: Features | None = None
    heads: Attribution | None = None
    report: PublishedReport | None = None
    deltas: Deltas | None = None


def load(model: str, study: Study) -> PublishedRun:
    """Return the records of one of `NAMES`, which are `MODELS` and arc 1; another name raises InputError."""
    if model not in _LOADERS:
        raise InputError(f"The published study has no run of {model!r}; it has {', '.join(NAMES)}.")
    return _LOADERS[model](study)


def as_run(model: str, root: Path, study: Study) -> Path:
    """Write the published run of one model under `root`, or check the one that is there; return its directory."""
    records = load(model, study)
    config = {
        "command": "published",
        "model": {
            "name": records.model,
            "source": "published",
            "repo": data.REPOSITORY,
            "commit": data.COMMIT,
        },
        "prompts": {"name": DOMAIN},
        "inputs": {name: data.hashes()[name] for name in records.files},
        "versions": {"h-last": code_version()},
    }
    with open_run(root, f"published-{model}", config) as run:
        if not run.complete:
            _write(run.path, records)
            close_run(run, source=data.PAPER)
    return run.path


def _write(path: Path, records: PublishedRun) -> None:
    if records.prompts:
        write_rows(path / PROMPTS, records.prompts)
        write_rows(path / GENERATIONS, records.generations)
        write_rows(path / LABELS, records.labels)
    if records.features is not None:
        write_features(path / FEATURES, [records.features])
    if records.heads is not None:
        write_result(path / ATTRIBUTION, records.heads)
    if records.report is not None:
        write_result(path / REPORT, records.report)
    if records.deltas is not None:
        write_result(path / DELTAS, records.deltas)


def _gemma(study: Study) -> PublishedRun:
    fit, fresh = study.json(data.GEMMA_FIT)["items"], study.json(data.GEMMA_FRESH)["items"]
    gold = study.json(data.GEMMA_FRESH_GOLD)["coverage"]
    model = "gemma-4-e2b"
    prompts = _prompts(study)
    texts = [item["response"] for item in (*fit, *fresh)]
    generations = _generations(model, prompts, texts)
    recalls = [item["coverage"] for item in fit] + gold
    verbal = [item["verbal"] for item in fit] + [None] * len(fresh)
    axes = [item["scores"] for item in (*fit, *fresh)]
    labels = _labels(generations, recalls, verbal, axes)
    sources = (data.GEMMA_FIT, data.GEMMA_FRESH, data.GEMMA_FRESH_GOLD, data.GEMMA_HEADS)
    stored = (data.GEMMA_PROBE, data.GEMMA_POOLED, data.GEMMA_AXES)
    heads, report = published_heads.load(study, data.GEMMA_HEADS, model), published_report.gemma(study)
    return PublishedRun(model, sources + stored, prompts, generations, labels, heads=heads, report=report)


def _smollm(study: Study) -> PublishedRun:
    fit = study.json(data.SMOLLM_FIT)["samples"]
    gold = study.json(data.SMOLLM_FRESH_GOLD)["coverage"]
    model = "smollm2-1.7b"
    prompts = _prompts(study)
    generations = _generations(model, prompts, [s["text"] for s in fit] + [None] * len(gold))
    recalls = [s["coverage"] for s in fit] + gold
    labels = _labels(generations, recalls, [s["verbal"] for s in fit] + [None] * len(gold))
    names = (data.SMOLLM_FIT_FEATURES, data.SMOLLM_FRESH_FEATURES)
    x = np.concatenate([study.arrays(name)["X"] for name in names])
    features = Features(
        generation_ids=tuple(g.id for g in generations),
        site=Site.LN_FINAL,
        layers=(SMOLLM_LAST_BLOCK,),
        position=Position.CONTENT,
        x=x[:, None, :],
    )
    texts = (data.GEMMA_FIT, data.GEMMA_FRESH, data.SMOLLM_FIT, data.SMOLLM_FRESH_GOLD)
    files, report = (*texts, *names, data.SMOLLM_PROBE), published_report.smollm(study)
    return PublishedRun(model, files, prompts, generations, labels, features=features, report=report)


def _qwen(study: Study) -> PublishedRun:
    samples = study.json(data.QWEN_FIT)["samples"]
    model = "qwen3.5-0.8b"
    prompts = tuple(p for p in _prompts(study) if p.split is Split.FIT)
    generations = _generations(model, prompts, [s["text"] for s in samples])
    labels = _labels(generations, [s["coverage"] for s in samples], [s["verbal"] for s in samples])
    files = (data.GEMMA_FIT, data.QWEN_FIT, data.QWEN_HEADS)
    heads = published_heads.load(study, data.QWEN_HEADS, model)
    return PublishedRun(model, files, prompts, generations, labels, heads=heads)


def _arc_1(study: Study) -> PublishedRun:
    files = (data.HUMANEVAL_BASE, data.HUMANEVAL_TRAINED, data.MCAS_ITEMS)
    return PublishedRun(
        "qwen3, trained on four teachers", files, (), (), (), deltas=published_report.arc_1_deltas(study)
    )


_LOADERS: dict[str, Callable[[Study], PublishedRun]] = {
    "gemma-4-e2b": _gemma,
    "smollm2-1.7b": _smollm,
    "qwen3.5-0.8b": _qwen,
    "arc-1": _arc_1,
}
NAMES = tuple(_LOADERS)
MODELS = NAMES[:3]


def _prompts(study: Study) -> tuple[Prompt, ...]:
    """The study's 100 and 193 prompts; every model answered them in this order. The checklists were not published."""
    texts = {
        Split.FIT: [item["prompt"] for item in study.json(data.GEMMA_FIT)["items"]],
        Split.FRESH: [item["prompt"] for item in study.json(data.GEMMA_FRESH)["items"]],
    }
    return tuple(
        Prompt(f"paper-{split}-{i:03d}", text, DOMAIN, split, claims=())
        for split, rows in texts.items()
        for i, text in enumerate(rows)
    )


def _generations(model: str, prompts: Sequence[Prompt], texts: Sequence[str | None]) -> tuple[Generation, ...]:
    return tuple(_generation(model, prompt, text) for prompt, text in zip(prompts, texts, strict=True))


def _generation(model: str, prompt: Prompt, text: str | None) -> Generation:
    return Generation(
        id=f"{model}/{prompt.id}",
        prompt_id=prompt.id,
        model=model,
        text=text or "",
        tokens=(),
        n_prompt_tokens=0,
        prompt_sha256="",
        n_generated=0,
        stop=None,
        max_new_tokens=0,
        mean_logprob=None,
        min_logprob=None,
        unrecorded=NEVER_RECORDED if text is not None else ("text", *NEVER_RECORDED),
    )


def _labels(
    generations: Sequence[Generation],
    recalls: Sequence[float],
    verbal: Sequence[str | None],
    axes: Sequence[Mapping[str, int | str]] | None = None,
) -> tuple[Label, ...]:
    scores = axes or [{}] * len(generations)
    return tuple(_label(*row) for row in zip(generations, recalls, verbal, scores, strict=True))


def _label(generation: Generation, recall: float, verbal: str | None, scores: Mapping[str, int | str]) -> Label:
    failed = "error" in scores  # the study's judge gave no JSON
    reasons = {"claims_met": "not_published"}
    if verbal is None:
        reasons["asserted"] = "not_published"
    if failed or not scores:
        reasons["axes"] = "unscored" if failed else "not_published"
    return Label(
        generation_id=generation.id,
        checklist_recall=recall,
        claims_met=(),
        correct=recall >= data.CORRECT,
        asserted=None if verbal is None else _ASSERTED[verbal],
        judge=JUDGE,
        axes={} if failed else {axis: int(score) for axis, score in scores.items()},
        reasons=reasons,
    )


_ASSERTED = {"assert": True, "hedge": False}
