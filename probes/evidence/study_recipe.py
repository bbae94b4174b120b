"""The study's own numbers: its place, its two C, its solver, its sweep of thresholds on fresh itself."""

from __future__ import annotations

from interp.results.evidence import Thresholds
from interp.results.fit import StudyNumbers, StudyRecipe, Target
from interp.stats.auroc import auroc
from interp.stats.rates import balanced_asymmetry
from probes.evidence.fitted import samples
from probes.fitting.folds import MIN_CLASS
from probes.fitting.linear import fit_probe, probability
from probes.fitting.records import Records

STUDY_CS = (1.0, 0.1)  # paper section 6.2


def study_recipe(records: Records, target: Target) -> tuple[StudyNumbers, ...] | None:
    """Return what the paper prints (sections 6.4 and 6.7): point estimates to compare with; no verdict rests on them.

    None where there are no features, or too few answers of a class.
    """
    if records.layers is None:
        return None
    fit, fresh = samples(records, target)
    if min(fit.n_pos, fit.n_neg) < MIN_CLASS or min(fresh.n_pos, fresh.n_neg) == 0:
        return None
    layer = records.layers.study
    fit_x, fresh_x = (records.layers.select(s.ids).stacked for s in (fit, fresh))
    rows = []
    for c in STUDY_CS:
        p = probability(fit_probe(fit_x, layer, fit.y, c, target, "study").score(fresh_x))
        swept = balanced_asymmetry(p, fresh.y, floor=Thresholds().assert_floor)
        rows.append(
            StudyNumbers(
                c,
                auroc(fresh.y, p),
                swept.threshold,
                swept.asymmetry,
                swept.p_assert_correct,
                swept.p_assert_wrong,
                swept.floor,
                swept.reason,
            )
        )
    return tuple(rows)


def study_recipes(records: Records, targets: tuple[Target, ...]) -> StudyRecipe:
    """Return the study's own numbers on the targets that were asked for."""
    rows = {target: study_recipe(records, target) for target in targets}
    return StudyRecipe(rows.get("correct"), rows.get("asserted"))
