"""What a run's answers are, before any probe: how many, why they stopped, their labels and their delivery."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from interp.records.answers import Generation
from interp.records.findings import Estimate
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.stats import rates
from interp.stats.auroc import auroc
from interp.stats.rates import assertion_asymmetry
from probes.evidence.thresholds import Gates
from probes.fitting.samples import Samples, select


@dataclass(frozen=True, slots=True)
class BaseRates:
    """The rate of the positive class (correct, or asserted) on each split; n_pos and n_neg count the answers."""

    fit: Estimate
    fresh: Estimate


def answers(prompts: Sequence[Prompt], generations: Sequence[Generation], split: Split) -> dict[str, Any]:
    """Count the answers of a split and why they stopped; what nobody recorded is None."""
    ids = {p.id for p in prompts if p.split is split}
    mine = [g for g in generations if g.prompt_id in ids]
    lengths = [len(g.tokens) for g in mine if "tokens" not in g.unrecorded]
    texts = [g.text for g in mine if "text" not in g.unrecorded]
    return {
        "n": len(mine),
        "stop": dict(sorted(Counter("unrecorded" if g.stop is None else str(g.stop) for g in mine).items())),
        "empty": sum(not text for text in texts) if texts else None,
        "mean_tokens": float(np.mean(lengths)) if lengths else None,
    }


def label_rates(
    prompts: Sequence[Prompt], generations: Sequence[Generation], labels: Sequence[Label], split: Split
) -> dict[str, Any]:
    """Return the rate of correct and of asserted answers, and how many could not be scored, by reason."""
    found: dict[str, Any] = {}
    for target in ("correct", "asserted"):
        s = select(prompts, generations, labels, split=split, target=target)
        found[target] = {"rate": as_json(rate(s)), "left_out": dict(sorted(s.left_out.items()))}
    return found


def delivery(
    prompts: Sequence[Prompt], generations: Sequence[Generation], labels: Sequence[Label], split: Split
) -> dict[str, Any]:
    """Return the 2x2 of delivery against correctness, and the assertion asymmetry of the answers themselves."""
    ids = {p.id for p in prompts if p.split is split}
    mine = {g.id for g in generations if g.prompt_id in ids}
    both = [x for x in labels if x.generation_id in mine and x.cohort is not None]
    table = {cohort: sum(x.cohort == cohort for x in both) for cohort in ("cr", "hr", "cw", "hw")}
    if not both:
        return {"table": table, "asymmetry": None, "reason": "no answer is scored"}
    if not (table["cr"] + table["hr"]) or not (table["cw"] + table["hw"]):
        return {"table": table, "asymmetry": None, "reason": "all scored answers are of one class"}
    asserted = np.array([bool(x.asserted) for x in both])
    correct = np.array([bool(x.correct) for x in both])
    return {"table": table, "asymmetry": as_json(assertion_asymmetry(asserted, correct)), "reason": ""}


def relations(fresh: Samples, scores: Float[np.ndarray, " n"], gates: Gates) -> list[dict[str, Any]]:
    """Return the fresh AUROC within each relation; None, with the counts, where a class is too small."""
    rows = []
    for name in sorted({p.relation for p in fresh.prompts if p.relation is not None}):
        mine = np.array([p.relation == name for p in fresh.prompts])
        y = fresh.y[mine]
        n_pos, n_neg = int(y.sum()), int((~y).sum())
        enough = min(n_pos, n_neg) >= gates.min_class
        estimate = as_json(auroc(y, scores[mine])) if enough else None
        rows.append({"relation": name, "n_pos": n_pos, "n_neg": n_neg, "fresh": estimate})
    return rows


def rate(samples: Samples) -> Estimate | None:
    """Return the rate of the positive class; None without a scored answer."""
    return rates.rate(samples.n_pos, len(samples.y)) if len(samples.y) else None


def base_rates(fit: Samples, fresh: Samples) -> BaseRates | None:
    """Return the rates of both splits; None where one has no scored answer."""
    a, b = rate(fit), rate(fresh)
    return None if a is None or b is None else BaseRates(a, b)


def counts(fit: Samples, fresh: Samples) -> dict[str, dict[str, Any]]:
    """Count the classes of both splits, and what is in neither."""
    return {
        s.split.value: {"n_pos": s.n_pos, "n_neg": s.n_neg, "left_out": dict(sorted(s.left_out.items()))}
        for s in (fit, fresh)
    }


def as_json(record: Any) -> Any:
    """Return a record as plain JSON values; None stays None."""
    return None if record is None else dataclasses.asdict(record)
