"""Recipes for the paper's claims about Gemma's probe on h_last (sections 6.3 to 6.6, Tables 4 and 5, Figures 1 and 2).

Gemma's features were not published: counts come from the single answers, AUROCs and asymmetries are stored numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from interp.records.findings import Estimate
from interp.stats.rates import rate, rate_difference
from interp.study.data import (
    CORRECT,
    GEMMA_AXES,
    GEMMA_FIT,
    GEMMA_FRESH,
    GEMMA_FRESH_GOLD,
    GEMMA_POOLED,
    GEMMA_PROBE,
    Study,
)
from interp.study.report import auroc_from_counts
from probes.claims.evaluation import Computed, Recipe
from probes.evidence.thresholds import Gates

HIGH = 4  # an axis is positive at this score or above (paper section 6.5)
DISPOSITIONS = ("hedging_appropriateness", "pedagogical_framing", "self_verification", "completeness")
AXES = ("factual_accuracy", *DISPOSITIONS)
NO_FEATURES = Recipe(
    "needs Gemma's h_last of the 100 answers, or its out-of-fold scores; neither was published, nor a stored summary"
)


def positives(recalls: Sequence[float]) -> tuple[int, int]:
    """Return how many answers are correct, and how many are not."""
    correct = sum(recall >= CORRECT for recall in recalls)
    return correct, len(recalls) - correct


def gemma_fit(study: Study) -> tuple[int, int]:
    """Return Gemma's correct and wrong answers on the 100 fit prompts."""
    return positives([item["coverage"] for item in study.json(GEMMA_FIT)["items"]])


def gemma_fresh(study: Study) -> tuple[int, int]:
    """Return Gemma's correct and wrong answers on the 193 fresh prompts."""
    return positives(study.json(GEMMA_FRESH_GOLD)["coverage"])


def axis_positives(study: Study, name: str, axis: str) -> tuple[int, int]:
    """Return how many scored answers of a file are positive on an axis, and how many are not."""
    scores = [item["scores"][axis] for item in study.json(name)["items"] if "error" not in item["scores"]]
    high = sum(score >= HIGH for score in scores)
    return high, len(scores) - high


def pairs_note(auroc: float, n_pos: int, n_neg: int) -> str:
    """Say whether a stored AUROC is a count of pairs under the published class sizes: half-pairs are ties."""
    pairs = 2 * auroc * n_pos * n_neg
    fits = abs(pairs - round(pairs)) < 1e-6
    count = f"{pairs / 2:.10g} of {n_pos} x {n_neg} pairs"
    return f"The stored number is {count}{'' if fits else ', which is no whole number of them'}."


def _from_counts(auroc: float, n_pos: int, n_neg: int) -> Computed:
    estimate = auroc_from_counts(auroc, n_pos, n_neg)
    return Computed((auroc,), estimate=estimate, note=pairs_note(auroc, n_pos, n_neg))


def _rate(counts: Callable[[Study], tuple[int, int]]) -> Callable[[Study], Computed]:
    def compute(study: Study) -> Computed:
        n_pos, n_neg = counts(study)
        share = rate(n_pos, n_pos + n_neg)
        return Computed((share.value,), estimate=share, note=f"{n_pos} of {n_pos + n_neg}.")

    return compute


def counted_rate(study: Study, counts: Callable[[Study], tuple[int, int]]) -> Computed:
    """Return positives, answers, and their ratio."""
    n_pos, n_neg = counts(study)
    return Computed((float(n_pos), float(n_pos + n_neg), n_pos / (n_pos + n_neg)))


def gemma_config(study: Study, c: str) -> dict[str, Any]:
    """Return the stored numbers of Gemma's probe at one C, such as `C=0.1`."""
    config: dict[str, Any] = study.json(GEMMA_PROBE)["evaluation"]["configs"][c]
    return config


def _stored_auroc(c: str) -> Callable[[Study], Computed]:
    def compute(study: Study) -> Computed:
        auroc = float(gemma_config(study, c)["auc"])
        return _from_counts(auroc, *gemma_fresh(study))

    return compute


def _stored_asymmetry(c: str) -> Callable[[Study], Computed]:
    def compute(study: Study) -> Computed:
        row = gemma_config(study, c)["balanced_pc_0.70"]
        estimate = _asymmetry_from_rates(row, *gemma_fresh(study))
        note = f"At threshold {row['thr']:.2f}, which was chosen on the fresh answers themselves."
        return Computed((float(row["asym"]),), estimate=estimate, note=note)

    return compute


def _asymmetry_from_rates(row: dict[str, Any], n_pos: int, n_neg: int) -> Estimate:
    """The interval of a stored asymmetry: its two rates are whole counts of the published classes."""
    wrong, correct = round(row["p_assert_wrong"] * n_neg), round(row["p_assert_correct"] * n_pos)
    return rate_difference(wrong, n_neg, correct, n_pos)


def _pooled(study: Study) -> dict[str, Any]:
    row: dict[str, Any] = study.json(GEMMA_POOLED)["configs"]["C=0.1"]["fresh"]
    return row


def _pooled_asymmetry(study: Study) -> Computed:
    row = _pooled(study)["balanced_pc_0.70"]
    return Computed((float(row["asym"]),), estimate=_asymmetry_from_rates(row, *gemma_fresh(study)))


def _pooled_auroc(study: Study) -> Computed:
    auroc = float(_pooled(study)["auc"])
    return _from_counts(auroc, *gemma_fresh(study))


def _pooling_gain(study: Study) -> Computed:
    single = gemma_config(study, "C=0.1")
    pooled = _pooled(study)
    asymmetry = float(pooled["balanced_pc_0.70"]["asym"]) - float(single["balanced_pc_0.70"]["asym"])
    return Computed((float(pooled["auc"]) - float(single["auc"]), asymmetry))


def _axis(study: Study, axis: str) -> dict[str, Any]:
    row: dict[str, Any] = study.json(GEMMA_AXES)["axes"][axis]
    return row


def _axis_counts(axis: str) -> Recipe:
    def compute(study: Study) -> Computed:
        return Computed(tuple(float(axis_positives(study, name, axis)[0]) for name in (GEMMA_FIT, GEMMA_FRESH)))

    return Recipe(f"count of scored answers with {axis} >= {HIGH}", (GEMMA_FIT, GEMMA_FRESH), compute)


def _axis_auroc(axis: str, key: str, labels: str) -> Recipe:
    def compute(study: Study) -> Computed:
        auroc = float(_axis(study, axis)[key])
        return _from_counts(auroc, *axis_positives(study, labels, axis))

    return Recipe(f"stored axes.{axis}.{key}", (GEMMA_AXES, labels), compute)


def _axes_passing(study: Study) -> Computed:
    gates = Gates()
    rows = [_axis(study, axis) for axis in DISPOSITIONS]
    passing = [r for r in rows if r["cv_auc_step16"] >= gates.axis_cv and r["transfer_auc_fresh"] >= gates.axis_fresh]
    return Computed((float(len(passing)), float(len(rows))))


def _below_chance(study: Study) -> Computed:
    below = [axis for axis in AXES if _axis(study, axis)["transfer_auc_fresh"] < 0.5]
    return Computed((float(len(below)), float(len(AXES))), note=f"Below 0.5: {', '.join(below)}.")


def _ten_labels(study: Study) -> Computed:
    keys = ("cv_auc_step16", "transfer_auc_fresh")
    return Computed(tuple(float(_axis(study, axis)[key]) for key in keys for axis in AXES))


_GEMMA_STORED = (GEMMA_PROBE, GEMMA_FRESH_GOLD)
_CONFIG = "stored evaluation.configs.C={c}.{key}"

RECIPES = {
    "P046": Recipe("share of the 100 answers with recall >= 0.5", (GEMMA_FIT,), _rate(gemma_fit)),
    "P047": NO_FEATURES,
    "P048": NO_FEATURES,
    "P049": Recipe(
        "correct answers, answers, and their ratio on fresh",
        (GEMMA_FRESH_GOLD,),
        lambda study: counted_rate(study, gemma_fresh),
    ),
    "P050": Recipe(_CONFIG.format(c="1.0", key="auc"), _GEMMA_STORED, _stored_auroc("C=1.0")),
    "P051": Recipe(_CONFIG.format(c="1.0", key="balanced_pc_0.70.asym"), _GEMMA_STORED, _stored_asymmetry("C=1.0")),
    "P052": Recipe(_CONFIG.format(c="0.1", key="auc"), _GEMMA_STORED, _stored_auroc("C=0.1")),
    "P053": Recipe(_CONFIG.format(c="0.1", key="balanced_pc_0.70.asym"), _GEMMA_STORED, _stored_asymmetry("C=0.1")),
    "P054": _axis_counts("factual_accuracy"),
    "P055": _axis_auroc("factual_accuracy", "cv_auc_step16", GEMMA_FIT),
    "P056": _axis_auroc("factual_accuracy", "transfer_auc_fresh", GEMMA_FRESH),
    "P057": _axis_counts("hedging_appropriateness"),
    "P058": _axis_auroc("hedging_appropriateness", "cv_auc_step16", GEMMA_FIT),
    "P059": _axis_auroc("hedging_appropriateness", "transfer_auc_fresh", GEMMA_FRESH),
    "P060": _axis_counts("pedagogical_framing"),
    "P061": _axis_auroc("pedagogical_framing", "cv_auc_step16", GEMMA_FIT),
    "P062": _axis_auroc("pedagogical_framing", "transfer_auc_fresh", GEMMA_FRESH),
    "P063": _axis_counts("self_verification"),
    "P064": _axis_auroc("self_verification", "cv_auc_step16", GEMMA_FIT),
    "P065": _axis_auroc("self_verification", "transfer_auc_fresh", GEMMA_FRESH),
    "P066": _axis_counts("completeness"),
    "P067": _axis_auroc("completeness", "cv_auc_step16", GEMMA_FIT),
    "P068": _axis_auroc("completeness", "transfer_auc_fresh", GEMMA_FRESH),
    "P069": Recipe("stored AUROCs of the four disposition axes against both gates", (GEMMA_AXES,), _axes_passing),
    "P070": Recipe("stored transfer AUROCs below 0.5", (GEMMA_AXES,), _below_chance),
    "P071": Recipe("stored configs.C=0.1.fresh.auc", (GEMMA_POOLED, GEMMA_FRESH_GOLD), _pooled_auroc),
    "P072": Recipe(
        "stored configs.C=0.1.fresh.balanced_pc_0.70.asym",
        (GEMMA_POOLED, GEMMA_FRESH_GOLD),
        _pooled_asymmetry,
    ),
    "P073": Recipe(
        "stored pooled minus stored single-layer numbers at C=0.1", (GEMMA_POOLED, GEMMA_PROBE), _pooling_gain
    ),
    "P084": Recipe("the ten stored AUROCs of P055 to P068", (GEMMA_AXES,), _ten_labels),
}
