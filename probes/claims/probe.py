"""Recomputations of the claims about Gemma's probe on h_last (sections 6.3 to 6.6, Tables 4 and 5, Figures 1 and 2).

Gemma's features were not published: counts come from the single answers, AUROCs and asymmetries are stored numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from interp.records.findings import Estimate
from interp.results.evidence import Thresholds
from interp.stats.rates import rate, rate_difference
from interp.study import stored
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
from interp.study.stored import PublishedProbe, StudyC
from probes.claims.evaluation import Compute, Computed, Recomputation

HIGH = 4  # an axis is positive at this score or above (paper section 6.5)
DISPOSITIONS = ("hedging_appropriateness", "pedagogical_framing", "self_verification", "completeness")
AXES = ("factual_accuracy", *DISPOSITIONS)
NO_FEATURES = Recomputation(
    "needs Gemma's h_last of the 100 answers, or its out-of-fold scores; neither was published, nor a stored summary"
)


def positives(recalls: Sequence[float]) -> tuple[int, int]:
    """Return how many answers are correct, and how many are not."""
    correct = sum(recall >= CORRECT for recall in recalls)
    return correct, len(recalls) - correct


def gemma_fit(study: Study) -> tuple[int, int]:
    """Return Gemma's correct and wrong answers on the 100 fit prompts."""
    return positives(stored.recalls(study, GEMMA_FIT))


def gemma_fresh(study: Study) -> tuple[int, int]:
    """Return Gemma's correct and wrong answers on the 193 fresh prompts."""
    return positives(stored.recalls(study, GEMMA_FRESH_GOLD))


def axis_positives(study: Study, name: str, axis: str) -> tuple[int, int]:
    """Return how many scored answers of a file are positive on an axis, and how many are not."""
    scores = stored.axis_scores(study, name, axis)
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


def _rate(counts: Callable[[Study], tuple[int, int]]) -> Compute:
    def compute(study: Study) -> Computed:
        n_pos, n_neg = counts(study)
        share = rate(n_pos, n_pos + n_neg)
        return Computed((share.value,), estimate=share, note=f"{n_pos} of {n_pos + n_neg}.")

    return compute


def counted_rate(study: Study, counts: Callable[[Study], tuple[int, int]]) -> Computed:
    """Return positives, answers, and their ratio."""
    n_pos, n_neg = counts(study)
    return Computed((float(n_pos), float(n_pos + n_neg), n_pos / (n_pos + n_neg)))


def _stored_auroc(c: StudyC) -> Compute:
    def compute(study: Study) -> Computed:
        return _from_counts(stored.gemma_probe(study, c).auroc, *gemma_fresh(study))

    return compute


def _stored_asymmetry(c: StudyC) -> Compute:
    def compute(study: Study) -> Computed:
        best = stored.gemma_probe(study, c)
        estimate = _asymmetry_from_rates(best, *gemma_fresh(study))
        note = f"At threshold {best.threshold:.2f}, which was chosen on the fresh answers themselves."
        return Computed((best.asymmetry,), estimate=estimate, note=note)

    return compute


def _asymmetry_from_rates(best: PublishedProbe, n_pos: int, n_neg: int) -> Estimate:
    """The interval of a stored asymmetry: its two rates are whole counts of the published classes."""
    wrong, correct = round(best.p_assert_wrong * n_neg), round(best.p_assert_correct * n_pos)
    return rate_difference(wrong, n_neg, correct, n_pos)


def _pooled_asymmetry(study: Study) -> Computed:
    pooled = stored.gemma_pooled_probe(study, "C=0.1")
    return Computed((pooled.asymmetry,), estimate=_asymmetry_from_rates(pooled, *gemma_fresh(study)))


def _pooled_auroc(study: Study) -> Computed:
    return _from_counts(stored.gemma_pooled_probe(study, "C=0.1").auroc, *gemma_fresh(study))


def _pooling_gain(study: Study) -> Computed:
    pooled, single = stored.gemma_pooled_probe(study, "C=0.1"), stored.gemma_probe(study, "C=0.1")
    return Computed((pooled.auroc - single.auroc, pooled.asymmetry - single.asymmetry))


def _axis_counts(axis: str) -> Recomputation:
    def compute(study: Study) -> Computed:
        return Computed(tuple(float(axis_positives(study, name, axis)[0]) for name in (GEMMA_FIT, GEMMA_FRESH)))

    return Recomputation(f"count of scored answers with {axis} >= {HIGH}", (GEMMA_FIT, GEMMA_FRESH), compute)


def _axis_cv(axis: str) -> Recomputation:
    def compute(study: Study) -> Computed:
        return _from_counts(stored.gemma_axis(study, axis).cv, *axis_positives(study, GEMMA_FIT, axis))

    return Recomputation(f"stored axes.{axis}.cv_auc_step16", (GEMMA_AXES, GEMMA_FIT), compute)


def _axis_fresh(axis: str) -> Recomputation:
    def compute(study: Study) -> Computed:
        return _from_counts(stored.gemma_axis(study, axis).fresh, *axis_positives(study, GEMMA_FRESH, axis))

    return Recomputation(f"stored axes.{axis}.transfer_auc_fresh", (GEMMA_AXES, GEMMA_FRESH), compute)


def _axes_passing(study: Study) -> Computed:
    least = Thresholds()
    rows = [stored.gemma_axis(study, axis) for axis in DISPOSITIONS]
    passing = [row for row in rows if row.cv >= least.axis_cv and row.fresh >= least.axis_fresh]
    return Computed((float(len(passing)), float(len(rows))))


def _below_chance(study: Study) -> Computed:
    below = [axis for axis in AXES if stored.gemma_axis(study, axis).fresh < 0.5]
    return Computed((float(len(below)), float(len(AXES))), note=f"Below 0.5: {', '.join(below)}.")


def _ten_labels(study: Study) -> Computed:
    rows = [stored.gemma_axis(study, axis) for axis in AXES]
    return Computed((*(row.cv for row in rows), *(row.fresh for row in rows)))


_GEMMA_STORED = (GEMMA_PROBE, GEMMA_FRESH_GOLD)
_CONFIG = "stored evaluation.configs.C={c}.{key}"

RECOMPUTATIONS = {
    "P046": Recomputation("share of the 100 answers with recall >= 0.5", (GEMMA_FIT,), _rate(gemma_fit)),
    "P047": NO_FEATURES,
    "P048": NO_FEATURES,
    "P049": Recomputation(
        "correct answers, answers, and their ratio on fresh",
        (GEMMA_FRESH_GOLD,),
        lambda study: counted_rate(study, gemma_fresh),
    ),
    "P050": Recomputation(_CONFIG.format(c="1.0", key="auc"), _GEMMA_STORED, _stored_auroc("C=1.0")),
    "P051": Recomputation(
        _CONFIG.format(c="1.0", key="balanced_pc_0.70.asym"), _GEMMA_STORED, _stored_asymmetry("C=1.0")
    ),
    "P052": Recomputation(_CONFIG.format(c="0.1", key="auc"), _GEMMA_STORED, _stored_auroc("C=0.1")),
    "P053": Recomputation(
        _CONFIG.format(c="0.1", key="balanced_pc_0.70.asym"), _GEMMA_STORED, _stored_asymmetry("C=0.1")
    ),
    "P054": _axis_counts("factual_accuracy"),
    "P055": _axis_cv("factual_accuracy"),
    "P056": _axis_fresh("factual_accuracy"),
    "P057": _axis_counts("hedging_appropriateness"),
    "P058": _axis_cv("hedging_appropriateness"),
    "P059": _axis_fresh("hedging_appropriateness"),
    "P060": _axis_counts("pedagogical_framing"),
    "P061": _axis_cv("pedagogical_framing"),
    "P062": _axis_fresh("pedagogical_framing"),
    "P063": _axis_counts("self_verification"),
    "P064": _axis_cv("self_verification"),
    "P065": _axis_fresh("self_verification"),
    "P066": _axis_counts("completeness"),
    "P067": _axis_cv("completeness"),
    "P068": _axis_fresh("completeness"),
    "P069": Recomputation(
        "stored AUROCs of the four disposition axes against both gates", (GEMMA_AXES,), _axes_passing
    ),
    "P070": Recomputation("stored transfer AUROCs below 0.5", (GEMMA_AXES,), _below_chance),
    "P071": Recomputation("stored configs.C=0.1.fresh.auc", (GEMMA_POOLED, GEMMA_FRESH_GOLD), _pooled_auroc),
    "P072": Recomputation(
        "stored configs.C=0.1.fresh.balanced_pc_0.70.asym",
        (GEMMA_POOLED, GEMMA_FRESH_GOLD),
        _pooled_asymmetry,
    ),
    "P073": Recomputation(
        "stored pooled minus stored single-layer numbers at C=0.1", (GEMMA_POOLED, GEMMA_PROBE), _pooling_gain
    ),
    "P084": Recomputation("the ten stored AUROCs of P055 to P068", (GEMMA_AXES,), _ten_labels),
}
