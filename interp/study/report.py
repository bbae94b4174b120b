"""The study's stored summaries as a report and as deltas, in the form in which our own runs keep theirs.

Scores were not published for Gemma, so its AUROCs are the study's stored numbers; their intervals follow from the value
and the class counts alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from jaxtyping import Bool

from interp.records.findings import Estimate
from interp.results.deltas import Delta, Deltas, Stage
from interp.results.evidence import BySplit, Thresholds
from interp.results.fit import PublishedReport, StoredAxis, StoredStep
from interp.stats.intervals import Z95
from interp.stats.rates import paired_mean_difference, paired_rate_difference, rate
from interp.study import data
from interp.study.data import Study

FROM_COUNTS = "stored AUROC; interval from value and counts on the logit scale (Hanley and McNeil 1982)"


def auroc_from_counts(auroc: float, n_pos: int, n_neg: int) -> Estimate:
    """Return a stored AUROC with the interval that its value and class counts imply.

    The standard error is Hanley and McNeil's (1982, exponential approximation), taken to the logit scale so that the
    limits stay within 0 and 1. It ignores that cross-validated scores come from several fits.
    """
    q1, q2 = auroc / (2 - auroc), 2 * auroc**2 / (1 + auroc)
    spread = auroc * (1 - auroc) + (n_pos - 1) * (q1 - auroc**2) + (n_neg - 1) * (q2 - auroc**2)
    half = Z95 * math.sqrt(spread / (n_pos * n_neg)) / (auroc * (1 - auroc))
    logit = math.log(auroc / (1 - auroc))
    lower, upper = (1 / (1 + math.exp(-(logit + sign * half))) for sign in (-1, 1))
    return Estimate(auroc, lower, upper, FROM_COUNTS, n_pos, n_neg)


def gemma(study: Study) -> PublishedReport:
    """Return Gemma's steps: cross-validation as the paper prints it, the rest as stored, and the axis sweep."""
    fit, fresh = _gemma_counts(study)
    probe = study.json(data.GEMMA_PROBE)["evaluation"]["configs"]
    pooled = study.json(data.GEMMA_POOLED)["configs"]
    best, best_pooled = (
        _best({c: v["auc"] for c, v in probe.items()}),
        _best({c: v["fresh"]["auc"] for c, v in pooled.items()}),
    )
    printed = paper_number("P047")
    steps = {
        "cross_validation": (auroc_from_counts(printed, *fit), f"{data.PAPER} section 6.3 (P047), reported only"),
        "fresh_prompts": (auroc_from_counts(probe[best]["auc"], *fresh), f"{data.GEMMA_PROBE}, {best}"),
        "layer_pooling": (
            auroc_from_counts(pooled[best_pooled]["fresh"]["auc"], *fresh),
            f"{data.GEMMA_POOLED}, {best_pooled}",
        ),
    }
    return _report(steps, (fit, fresh), _axes(study))


def smollm(study: Study) -> PublishedReport:
    """Return SmolLM2's one stored step, the fresh prompts, at the better of the study's two C."""
    stored = study.json(data.SMOLLM_PROBE)
    best = _best({c: v["auc"] for c, v in stored["results"].items()})
    fit = _split_counts([sample["coverage"] for sample in study.json(data.SMOLLM_FIT)["samples"]])
    fresh = _split_counts(study.json(data.SMOLLM_FRESH_GOLD)["coverage"])
    auroc = auroc_from_counts(stored["results"][best]["auc"], *fresh)
    return _report({"fresh_prompts": (auroc, f"{data.SMOLLM_PROBE}, {best}")}, (fit, fresh))


def arc_1_deltas(study: Study) -> Deltas:
    """Return arc 1's deltas in points of 100: claimed, recomputed from items, and corrected (reported only)."""
    humaneval, mcas = humaneval_gain(study), mcas_gain(study)
    rows = (
        _reported("HumanEval, 0.6B", "claimed", "P002"),
        _measured("HumanEval, 0.6B", humaneval, data.HUMANEVAL_TRAINED),
        _reported("HumanEval, 0.6B", "corrected", "P005"),
        _reported("MCAS, judged", "claimed", "P001"),
        _measured("MCAS, judged", mcas, data.MCAS_ITEMS),
        _reported("MCAS, judged", "corrected", "P017", of=paper_numbers("P016")[1]),
        _reported("Recovery, scripted", "corrected", "P020"),
        _reported("HumanEval, 1.7B", "corrected", "P023"),
    )
    return Deltas(Deltas.SCHEMA, rows)


def passes(study: Study, name: str) -> Bool[np.ndarray, " n"]:
    """Return pass or fail of every HumanEval task of a first-pass file, in the order of task names."""
    return np.array([row["passed"] for row in sorted(study.json(name), key=lambda row: str(row["task_id"]))])


def humaneval_gain(study: Study) -> Estimate:
    """Return the first pass's HumanEval delta, paired by task, as a share."""
    base, trained = (passes(study, name) for name in (data.HUMANEVAL_BASE, data.HUMANEVAL_TRAINED))
    return paired_rate_difference(trained, base)


def mcas_gain(study: Study) -> Estimate:
    """Return the first pass's MCAS delta, paired by item, as a share of the scale (0 to 2 points an item)."""
    items = study.json(data.MCAS_ITEMS)
    base, trained = (np.array(items[key]) / 2 for key in ("baseline_scores", "dd_fp16_scores"))
    return paired_mean_difference(trained, base)


def paper_numbers(claim_id: str) -> list[float]:
    """Return the numbers in a claim's value, as the paper prints them."""
    text = next(c.paper_value for c in data.claims() if c.id == claim_id)
    return [float(n) for n in re.findall(r"[+-]?\d*\.?\d+", text)]


def paper_number(claim_id: str) -> float:
    """Return the first number in a claim's value."""
    return paper_numbers(claim_id)[0]


def _gemma_counts(study: Study) -> tuple[tuple[int, int], tuple[int, int]]:
    fit = [item["coverage"] for item in study.json(data.GEMMA_FIT)["items"]]
    fresh = study.json(data.GEMMA_FRESH_GOLD)["coverage"]
    return _split_counts(fit), _split_counts(fresh)


def _split_counts(recalls: list[float]) -> tuple[int, int]:
    n_pos = sum(recall >= data.CORRECT for recall in recalls)
    return n_pos, len(recalls) - n_pos


def _best(aurocs: Mapping[str, float]) -> str:
    """The setting with the larger AUROC on fresh, which is the one that the study reports."""
    return max(aurocs, key=lambda name: aurocs[name])


def _axes(study: Study) -> Iterator[StoredAxis]:
    for name, row in study.json(data.GEMMA_AXES)["axes"].items():
        cv = auroc_from_counts(row["cv_auc_step16"], row["n_pos_step16"], row["n_neg_step16"])
        fresh = auroc_from_counts(row["transfer_auc_fresh"], row["n_pos_fresh"], row["n_neg_fresh"])
        yield StoredAxis(name, cv, fresh, f"{data.GEMMA_AXES}, axes.{name}")


def _report(
    steps: dict[str, tuple[Estimate, str]],
    rates: tuple[tuple[int, int], tuple[int, int]],
    axes: Iterable[StoredAxis] = (),
) -> PublishedReport:
    fit, fresh = (rate(n_pos, n_pos + n_neg) for n_pos, n_neg in rates)
    return PublishedReport(
        schema=PublishedReport.SCHEMA,
        origin="published",
        thresholds=Thresholds(),  # the study's own (paper sections 6.4 and 6.5), but for the ratio, which is ours
        rates=BySplit(fit, fresh),
        steps=tuple(StoredStep(step, auroc, source) for step, (auroc, source) in steps.items()),
        axes=tuple(axes),
    )


def _reported(metric: str, stage: Stage, claim_id: str, of: float = 100.0) -> Delta:
    claim = next(c for c in data.claims() if c.id == claim_id)
    source = f"{data.PAPER} {claim.section} ({claim_id}), reported only"
    return Delta(metric, stage, paper_number(claim_id), of, source)


def _measured(metric: str, delta: Estimate, source: str) -> Delta:
    value, lower, upper = (100 * end for end in (delta.value, delta.lower, delta.upper))
    return Delta(metric, "recomputed", value, 100.0, source, lower, upper, delta.method, delta.n_pos)
