"""The study's published rankings of attention heads as the record of `attribution.json`.

Means and d of every head were published, the norms of single answers were not. So p is a t test's, from d and the
cohorts' sizes alone, and p_family is Bonferroni's, which holds however the heads depend on each other.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from interp.results.attribution import (
    LEVEL,
    Attribution,
    Cohorts,
    Contrast,
    HeadEffect,
    Largest,
    PublishedModel,
)
from interp.results.identity import PublishedFile
from interp.stats.effects import d_of_sizes, largest_null_d
from interp.study import data, stored
from interp.study.data import Study
from interp.study.stored import PublishedHead

METHOD = (
    "difference of mean norms, Cohen's d with pooled standard deviation (ddof 1), as stored; p by Student's t from d "
    "and the cohorts' sizes, family-wise p by Bonferroni"
)


def load(study: Study, name: str, model: str) -> Attribution:
    """Return one published ranking of magnitude.

    Args:
        study: where the files are.
        name: `data.GEMMA_HEADS` or `data.QWEN_HEADS`.
        model: our name of the model.
    """
    ranking = stored.ranking(study, name)
    cohorts = Cohorts("cw", "cr", ranking.cw, ranking.cr)
    heads = tuple(_head(head, cohorts, len(ranking.heads)) for head in ranking.heads)
    return Attribution(
        Attribution.SCHEMA,
        PublishedModel(model, ranking.repo),
        PublishedFile(data.PAPER, name, data.hashes()[name]),
        cohorts,
        ranking.last_tokens,
        {"magnitude": _contrast(heads, cohorts)},
    )


def _head(head: PublishedHead, cohorts: Cohorts, heads: int) -> HeadEffect:
    d = d_of_sizes(head.d, cohorts.n_a, cohorts.n_b)
    p = _t_test(d.value, cohorts)
    family = min(1.0, heads * p)
    method = f"stored d, interval by noncentral t from the sizes {cohorts.n_a} and {cohorts.n_b}"
    known = dataclasses.replace(d, p_value=p, method=method)
    return HeadEffect(head.layer, head.head, head.mean_cw, head.mean_cr, known, p, family, family < LEVEL)


def _t_test(d: float, cohorts: Cohorts) -> float:
    """Return Student's two-sided p of a d, from the sizes of the cohorts."""
    from scipy.special import stdtr

    root = math.sqrt(cohorts.n_a * cohorts.n_b / (cohorts.n_a + cohorts.n_b))
    return 2 * float(stdtr(cohorts.n_a + cohorts.n_b - 2, -abs(d) * root))


def _contrast(heads: Sequence[HeadEffect], cohorts: Cohorts) -> Contrast:
    strength = {(h.layer, h.head): abs(h.d.value) for h in heads if h.d is not None}
    expected, high = largest_null_d(cohorts.n_a, cohorts.n_b, len(heads))
    largest = max(strength.values())
    survivors = sum(bool(h.survives) for h in heads)
    method = "order statistics of Student's t over independent heads, an upper bound for correlated ones (Sidak 1967)"
    reason = (
        f"{survivors} of {len(heads)} heads have a family-wise p below {LEVEL:g}. The largest |d| is {largest:.2f}; "
        f"from {cohorts.n_a} and {cohorts.n_b} answers and {len(heads)} independent heads, chance alone gives "
        f"{expected:.2f} on average and more than {high:.2f} in one of twenty studies."
    )
    return Contrast(
        "heads survive" if survivors else "no head survives",
        reason,
        METHOD,
        tuple(sorted(strength, key=lambda place: -strength[place])),
        tuple(heads),
        largest=Largest(largest, expected, high, method),
    )
