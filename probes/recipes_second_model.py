"""Recipes for the paper's claims about SmolLM2, whose features are public (section 6.7, Table 5, Figure 3)."""

from __future__ import annotations

from dataclasses import dataclass

from interp.published import (
    GEMMA_PROBE,
    SMOLLM_FIT,
    SMOLLM_FIT_FEATURES,
    SMOLLM_FRESH_FEATURES,
    SMOLLM_FRESH_GOLD,
    Study,
)
from probes.claims import Computed, Recipe
from probes.recipes_probe import counted_rate, gemma_config, positives

FEATURES = (SMOLLM_FIT, SMOLLM_FIT_FEATURES, SMOLLM_FRESH_FEATURES, SMOLLM_FRESH_GOLD)


def smollm_fit(study: Study) -> tuple[int, int]:
    """Return SmolLM2's correct and wrong answers on the 100 fit prompts."""
    return positives([sample["coverage"] for sample in study.json(SMOLLM_FIT)["samples"]])


def smollm_fresh(study: Study) -> tuple[int, int]:
    """Return SmolLM2's correct and wrong answers on the 193 fresh prompts."""
    return positives(study.json(SMOLLM_FRESH_GOLD)["coverage"])


@dataclass(frozen=True, slots=True)
class SmolLMProbe:
    """The study's probe at one C on the fresh answers, and its best balanced threshold, chosen on fresh."""

    auroc: float
    asymmetry: float
    threshold: float
    p_assert_correct: float


def smollm_probe(study: Study, c: float) -> SmolLMProbe:
    """Fit the study's probe on the published fit features and score the fresh ones."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.preprocessing import StandardScaler

    x = study.arrays(SMOLLM_FIT_FEATURES)["X"]
    y = np.array([s["coverage"] >= 0.5 for s in study.json(SMOLLM_FIT)["samples"]])
    x2 = study.arrays(SMOLLM_FRESH_FEATURES)["X"]
    y2 = np.array(study.json(SMOLLM_FRESH_GOLD)["coverage"]) >= 0.5
    s = StandardScaler().fit(x)
    p = LogisticRegression(C=c, max_iter=2000).fit(s.transform(x), y).predict_proba(s.transform(x2))[:, 1]
    rows = [((p[~y2] >= t).mean() - (p[y2] >= t).mean(), t, (p[y2] >= t).mean()) for t in np.linspace(0.05, 0.95, 91)]
    a, t, pc = min(r for r in rows if r[2] >= 0.7)
    return SmolLMProbe(float(roc_auc_score(y2, p)), float(a), float(t), float(pc))


def _fit_rate(study: Study) -> Computed:
    n_pos, n_neg = smollm_fit(study)
    return Computed((float(n_pos + n_neg), n_pos / (n_pos + n_neg)))


def _rate_drop(study: Study) -> Computed:
    (fit_pos, fit_neg), (fresh_pos, fresh_neg) = smollm_fit(study), smollm_fresh(study)
    return Computed(((fit_pos / (fit_pos + fit_neg)) / (fresh_pos / (fresh_pos + fresh_neg)),))


def _auroc(c: float) -> Recipe:
    text = f"StandardScaler and logistic regression (C={c:g}) on the 100 fit features, AUROC on the 193 fresh ones"
    return Recipe(text, FEATURES, lambda study: Computed((smollm_probe(study, c).auroc,)))


def _asymmetry(c: float) -> Recipe:
    def compute(study: Study) -> Computed:
        best = smollm_probe(study, c)
        n_pos, n_neg = smollm_fresh(study)
        note = f"The threshold was chosen on the {n_pos + n_neg} fresh answers themselves, {n_pos} of them correct."
        return Computed((best.asymmetry, best.threshold), note=note)

    text = f"least P(assert | wrong) - P(assert | correct) over 91 thresholds with P(assert | correct) >= 0.7, C={c:g}"
    return Recipe(text, FEATURES, compute)


def _assert_correct(study: Study) -> Computed:
    rates = [smollm_probe(study, c).p_assert_correct for c in (1.0, 0.1)]
    note = f"It is {rates[0]:.3f} at C=1 and {rates[1]:.3f} at C=0.1."
    return Computed((max(rates),), note=note)


def _two_best(study: Study) -> Computed:
    gemma = float(gemma_config(study, "C=0.1")["auc"])
    note = "Gemma's number is stored; SmolLM2's is recomputed from its features."
    return Computed((gemma, smollm_probe(study, 1.0).auroc), note=note)


RECIPES = {
    "P074": Recipe("number of answers, share with recall >= 0.5", (SMOLLM_FIT,), _fit_rate),
    "P075": Recipe(
        "correct answers, answers, and their ratio on fresh",
        (SMOLLM_FRESH_GOLD,),
        lambda study: counted_rate(study, smollm_fresh),
    ),
    "P076": Recipe("correct rate on fit over correct rate on fresh", (SMOLLM_FIT, SMOLLM_FRESH_GOLD), _rate_drop),
    "P077": _auroc(1.0),
    "P078": _auroc(0.1),
    "P079": _asymmetry(1.0),
    "P080": _asymmetry(0.1),
    "P081": Recipe("P(assert | correct) at the thresholds of P079 and P080, the larger", FEATURES, _assert_correct),
    "P082": Recipe(
        "correct and wrong fresh answers",
        (SMOLLM_FRESH_GOLD,),
        lambda study: Computed(tuple(map(float, smollm_fresh(study)))),
    ),
    "P083": Recipe("P052 and P077", (GEMMA_PROBE, *FEATURES), _two_best),
}
