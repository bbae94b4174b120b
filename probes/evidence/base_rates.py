"""What a run's answers are, before any probe: how many, why they stopped, their labels and their delivery."""

from __future__ import annotations

from collections import Counter

import numpy as np
from jaxtyping import Float

from interp.records.findings import Estimate
from interp.records.judgements import Cohort
from interp.records.prompts import Split
from interp.results.evidence import BySplit, ClassCounts, RelationAuroc, Thresholds
from interp.results.fit import AnswerCounts, CohortTable, DeliveryTable, LabelRate, LabelRates, Target
from interp.stats import rates
from interp.stats.auroc import auroc
from interp.stats.rates import assertion_asymmetry
from probes.fitting.records import Records
from probes.fitting.samples import Samples, select


def answers(records: Records, split: Split) -> AnswerCounts:
    """Count the answers of a split and why they stopped; what nobody recorded is None."""
    ids = {p.id for p in records.prompts if p.split is split}
    mine = [g for g in records.generations if g.prompt_id in ids]
    lengths = [len(g.tokens) for g in mine if "tokens" not in g.unrecorded]
    texts = [g.text for g in mine if "text" not in g.unrecorded]
    return AnswerCounts(
        n=len(mine),
        stop=dict(sorted(Counter("unrecorded" if g.stop is None else str(g.stop) for g in mine).items())),
        empty=sum(not text for text in texts) if texts else None,
        mean_tokens=float(np.mean(lengths)) if lengths else None,
    )


def label_rates(records: Records, split: Split) -> LabelRates:
    """Return the rate of correct and of asserted answers, and how many could not be scored, by reason."""
    return LabelRates(_label_rate(records, split, "correct"), _label_rate(records, split, "asserted"))


def _label_rate(records: Records, split: Split, target: Target) -> LabelRate:
    scored = select(*records.rows, split=split, target=target)
    return LabelRate(rate(scored), dict(sorted(scored.left_out.items())))


def delivery(records: Records, split: Split) -> DeliveryTable:
    """Return the 2x2 of delivery against correctness, and the assertion asymmetry of the answers themselves."""
    ids = {p.id for p in records.prompts if p.split is split}
    mine = {g.id for g in records.generations if g.prompt_id in ids}
    both = [x for x in records.labels if x.generation_id in mine and x.cohort is not None]

    def count(cohort: Cohort) -> int:
        return sum(x.cohort == cohort for x in both)

    table = CohortTable(cr=count("cr"), hr=count("hr"), cw=count("cw"), hw=count("hw"))
    if not both:
        return DeliveryTable(table, None, "no answer is scored")
    if not (table.cr + table.hr) or not (table.cw + table.hw):
        return DeliveryTable(table, None, "all scored answers are of one class")
    asserted = np.array([bool(x.asserted) for x in both])
    correct = np.array([bool(x.correct) for x in both])
    return DeliveryTable(table, assertion_asymmetry(asserted, correct), "")


def relations(fresh: Samples, scores: Float[np.ndarray, " n"], thresholds: Thresholds) -> list[RelationAuroc]:
    """Return the fresh AUROC within each relation; None, with the counts, where a class is too small."""
    rows = []
    for name in sorted({p.relation for p in fresh.prompts if p.relation is not None}):
        mine = np.array([p.relation == name for p in fresh.prompts])
        y = fresh.y[mine]
        n_pos, n_neg = int(y.sum()), int((~y).sum())
        enough = min(n_pos, n_neg) >= thresholds.min_class
        rows.append(RelationAuroc(name, n_pos, n_neg, auroc(y, scores[mine]) if enough else None))
    return rows


def rate(samples: Samples) -> Estimate | None:
    """Return the rate of the positive class; None without a scored answer."""
    return rates.rate(samples.n_pos, len(samples.y)) if len(samples.y) else None


def base_rates(fit: Samples, fresh: Samples) -> BySplit[Estimate] | None:
    """Return the rates of both splits; None where one has no scored answer."""
    a, b = rate(fit), rate(fresh)
    return None if a is None or b is None else BySplit(a, b)


def class_counts(samples: Samples) -> ClassCounts:
    """Count the classes of a split, and what is in neither."""
    return ClassCounts(samples.n_pos, samples.n_neg, dict(sorted(samples.left_out.items())))
