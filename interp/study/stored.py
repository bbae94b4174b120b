"""What the study's files hold, by name: the one place that knows the keys of its JSON.

The files are the study's own, each in a form of its own; what is read here is typed, and nothing is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from interp.study.data import (
    FIRST_PASS,
    GEMMA_AXES,
    GEMMA_FIT,
    GEMMA_POOLED,
    GEMMA_PROBE,
    MCAS_ITEMS,
    QWEN_FIT,
    SMOLLM_FIT,
    Study,
)

StudyC = Literal["C=1.0", "C=0.1"]
_ANSWERS = {GEMMA_FIT: "items", SMOLLM_FIT: "samples", QWEN_FIT: "samples"}  # key of a file's answers


@dataclass(frozen=True, slots=True)
class PublishedProbe:
    """Gemma's probe at one C on fresh, at the study's balanced threshold, which was chosen on fresh itself."""

    auroc: float
    threshold: float
    asymmetry: float
    p_assert_correct: float
    p_assert_wrong: float


@dataclass(frozen=True, slots=True)
class PublishedAxis:
    """Both stored AUROCs of one axis of the rubric."""

    cv: float
    fresh: float


@dataclass(frozen=True, slots=True)
class PublishedHead:
    """One head of a ranking by magnitude: the mean norms of the cohorts cw and cr, and Cohen's d."""

    layer: int
    head: int
    d: float
    mean_cw: float
    mean_cr: float


@dataclass(frozen=True, slots=True)
class PublishedRanking:
    """A ranking of all heads of one model, and the sizes of the cohorts that it compares."""

    repo: str
    cw: int
    cr: int
    last_tokens: int
    heads: tuple[PublishedHead, ...]


def recalls(study: Study, name: str) -> list[float]:
    """Return the checklist recall of every answer of a file, in its order."""
    content = study.json(name)
    if name in _ANSWERS:
        return [answer["coverage"] for answer in content[_ANSWERS[name]]]
    return list(content["coverage"])


def asserted(study: Study, name: str) -> list[bool]:
    """Return whether the study's judge called each answer of a file asserted (else hedged)."""
    return [answer["verbal"] == "assert" for answer in study.json(name)[_ANSWERS[name]]]


def axis_scores(study: Study, name: str, axis: str) -> list[int]:
    """Return the scores of one axis (1 to 5) of every answer of a file that the judge could score."""
    scored = [item["scores"] for item in study.json(name)["items"]]
    return [scores[axis] for scores in scored if "error" not in scores]


def gemma_probe(study: Study, c: StudyC) -> PublishedProbe:
    """Return what the study stored of Gemma's probe."""
    return _probe(study.json(GEMMA_PROBE)["evaluation"]["configs"][c])


def gemma_pooled_probe(study: Study, c: StudyC) -> PublishedProbe:
    """Return what the study stored of Gemma's probe on pooled layers."""
    return _probe(study.json(GEMMA_POOLED)["configs"][c]["fresh"])


def _probe(stored: Any) -> PublishedProbe:
    best = stored["balanced_pc_0.70"]
    rates = best["p_assert_correct"], best["p_assert_wrong"]
    return PublishedProbe(stored["auc"], best["thr"], best["asym"], *rates)


def gemma_axis(study: Study, axis: str) -> PublishedAxis:
    """Return what the study stored of one axis."""
    row = study.json(GEMMA_AXES)["axes"][axis]
    return PublishedAxis(row["cv_auc_step16"], row["transfer_auc_fresh"])


def ranking(study: Study, name: str) -> PublishedRanking:
    """Return a published ranking of heads, in the file's order."""
    content = study.json(name)
    heads = [
        PublishedHead(row["layer"], row["head"], row["cohen_d"], row["mean_cw"], row["mean_cr"])
        for row in content["all_heads_ranked_by_cohen_d"]
    ]
    sizes = content["cohorts"]
    return PublishedRanking(content["model_id"], sizes["cw"], sizes["cr"], content["last_n_tokens"], tuple(heads))


def self_verification_rates(study: Study) -> tuple[float, float]:
    """Return the stored self-verification rates in per cent, of the base and of the trained model."""
    stored = study.json(FIRST_PASS)
    return float(stored["baseline_svr"]), float(stored["dd_fp16_svr"])


def mcas_prompts(study: Study) -> int:
    """Return how many prompts the MCAS file has."""
    return len(study.json(MCAS_ITEMS)["prompts"])
