"""Recomputations of the paper's claims about SmolLM2, whose features are public (section 6.7, Table 5, Figure 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interp.errors import InputError
from interp.records.findings import Estimate
from interp.records.prompts import Split
from interp.stats import auroc as stats_auroc
from interp.stats.rates import BalancedAsymmetry, balanced_asymmetry
from interp.study import runs, stored
from interp.study.data import (
    GEMMA_PROBE,
    SMOLLM_FIT,
    SMOLLM_FIT_FEATURES,
    SMOLLM_FRESH_FEATURES,
    SMOLLM_FRESH_GOLD,
    Study,
)
from probes.claims.evaluation import Computed, Recomputation
from probes.claims.probe import counted_rate, positives
from probes.fitting.linear import Solver, fit_probe, probability

FEATURES = (SMOLLM_FIT, SMOLLM_FIT_FEATURES, SMOLLM_FRESH_FEATURES, SMOLLM_FRESH_GOLD)


def smollm_fit(study: Study) -> tuple[int, int]:
    """Return SmolLM2's correct and wrong answers on the 100 fit prompts."""
    return positives(stored.recalls(study, SMOLLM_FIT))


def smollm_fresh(study: Study) -> tuple[int, int]:
    """Return SmolLM2's correct and wrong answers on the 193 fresh prompts."""
    return positives(stored.recalls(study, SMOLLM_FRESH_GOLD))


@dataclass(frozen=True, slots=True)
class FreshResult:
    """The study's probe at one C on the fresh answers, and its best balanced threshold, which is chosen on fresh."""

    auroc: Estimate
    best: BalancedAsymmetry


def smollm_probe(study: Study, c: float, solver: Solver = "study") -> FreshResult:
    """Fit the study's probe on the published fit features and judge it on the fresh ones."""
    run = runs.load("smollm2-1.7b", study)
    if run.features is None:
        raise InputError("The published run of SmolLM2 holds no features.")
    rows = [[g.id for g, p in zip(run.generations, run.prompts, strict=True) if p.split is split] for split in Split]
    known = {label.generation_id: bool(label.correct) for label in run.labels}
    (fit, y_fit), (fresh, y_fresh) = ((run.features.select(ids), np.array([known[i] for i in ids])) for ids in rows)
    probe = fit_probe(fit, fit.layers[-1], y_fit, c, "correct", solver)
    score = probability(probe.score(fresh))
    return FreshResult(stats_auroc.auroc(y_fresh, score), balanced_asymmetry(score, y_fresh))


def _fit_rate(study: Study) -> Computed:
    n_pos, n_neg = smollm_fit(study)
    return Computed((float(n_pos + n_neg), n_pos / (n_pos + n_neg)))


def _rate_drop(study: Study) -> Computed:
    (fit_pos, fit_neg), (fresh_pos, fresh_neg) = smollm_fit(study), smollm_fresh(study)
    return Computed(((fit_pos / (fit_pos + fit_neg)) / (fresh_pos / (fresh_pos + fresh_neg)),))


def _auroc(c: float) -> Recomputation:
    def compute(study: Study) -> Computed:
        stopped, optimum = (smollm_probe(study, c, solver).auroc for solver in ("study", "exact"))
        note = f"At the optimum of the same objective the AUROC is {optimum}: lbfgs stops before it."
        return Computed((stopped.value,), estimate=stopped, note=note if optimum.value != stopped.value else "")

    text = f"StandardScaler and logistic regression (C={c:g}) on the 100 fit features, AUROC on the 193 fresh ones"
    return Recomputation(text, FEATURES, compute)


def _asymmetry(c: float) -> Recomputation:
    def compute(study: Study) -> Computed:
        best = smollm_probe(study, c).best
        n_pos, n_neg = smollm_fresh(study)
        note = f"The threshold was chosen on the {n_pos + n_neg} fresh answers themselves, {n_pos} of them correct."
        value = None if best.asymmetry is None else best.asymmetry.value
        return Computed((value, best.threshold), estimate=best.asymmetry, note=note)

    text = f"least P(assert | wrong) - P(assert | correct) over 91 thresholds with P(assert | correct) >= 0.7, C={c:g}"
    return Recomputation(text, FEATURES, compute)


def _assert_correct(study: Study) -> Computed:
    rates = [smollm_probe(study, c).best.p_assert_correct for c in (1.0, 0.1)]
    known = [rate for rate in rates if rate is not None]
    note = "; ".join(f"{rate.n_pos} of {rate.n_pos + rate.n_neg} correct answers" for rate in known)
    largest = max(known, key=lambda rate: rate.value)
    return Computed((largest.value,), estimate=largest, note=f"At the two thresholds: {note}.")


def _two_best(study: Study) -> Computed:
    gemma = stored.gemma_probe(study, "C=0.1").auroc
    note = "Gemma's number is stored; SmolLM2's is recomputed from its features."
    return Computed((gemma, smollm_probe(study, 1.0).auroc.value), note=note)


RECOMPUTATIONS = {
    "P074": Recomputation("number of answers, share with recall >= 0.5", (SMOLLM_FIT,), _fit_rate),
    "P075": Recomputation(
        "correct answers, answers, and their ratio on fresh",
        (SMOLLM_FRESH_GOLD,),
        lambda study: counted_rate(study, smollm_fresh),
    ),
    "P076": Recomputation(
        "correct rate on fit over correct rate on fresh", (SMOLLM_FIT, SMOLLM_FRESH_GOLD), _rate_drop
    ),
    "P077": _auroc(1.0),
    "P078": _auroc(0.1),
    "P079": _asymmetry(1.0),
    "P080": _asymmetry(0.1),
    "P081": Recomputation(
        "P(assert | correct) at the thresholds of P079 and P080, the larger", FEATURES, _assert_correct
    ),
    "P082": Recomputation(
        "correct and wrong fresh answers",
        (SMOLLM_FRESH_GOLD,),
        lambda study: Computed(tuple(map(float, smollm_fresh(study)))),
    ),
    "P083": Recomputation("P052 and P077", (GEMMA_PROBE, *FEATURES), _two_best),
}
