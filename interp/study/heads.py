"""The study's published rankings of attention heads as the record of `attribution.json`.

Means and d of every head were published, the norms of single answers were not. So p is a t test's, from d and the
cohorts' sizes alone, and p_family is Bonferroni's, which holds however the heads depend on each other.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from interp.runs.attribution import LEVEL, SCHEMA, Attribution, Cohorts, Contrast, HeadEffect, Largest
from interp.stats.effects import d_of_sizes, largest_null_d
from interp.study import data
from interp.study.data import Study

METHOD = (
    "difference of mean norms, Cohen's d with pooled standard deviation (ddof 1), as stored; p by Student's t from d "
    "and the cohorts' sizes, family-wise p by Bonferroni"
)


def load(study: Study, name: str, model: str) -> Attribution:
    """Return one published ranking of magnitude.

    Args:
        study: where the files are.
        name: `published.GEMMA_HEADS` or `published.QWEN_HEADS`.
        model: our name of the model.
    """
    content = study.json(name)
    counts = content["cohorts"]
    cohorts = Cohorts("cw", "cr", counts["cw"], counts["cr"])
    rows = content["all_heads_ranked_by_cohen_d"]
    heads = tuple(_head(row, cohorts, len(rows)) for row in rows)
    return Attribution(
        SCHEMA,
        {"name": model, "source": "published", "repo": content["model_id"]},
        {"paper": data.PAPER, "file": name, "sha256": data.hashes()[name]},
        cohorts,
        content["last_n_tokens"],
        {"magnitude": _contrast(heads, cohorts)},
    )


def _head(row: Mapping[str, Any], cohorts: Cohorts, heads: int) -> HeadEffect:
    from scipy.special import stdtr

    d = d_of_sizes(row["cohen_d"], cohorts.n_a, cohorts.n_b)
    root = math.sqrt(cohorts.n_a * cohorts.n_b / (cohorts.n_a + cohorts.n_b))
    p = 2 * float(stdtr(cohorts.n_a + cohorts.n_b - 2, -abs(d.value) * root))
    family = min(1.0, heads * p)
    method = f"stored d, interval by noncentral t from the sizes {cohorts.n_a} and {cohorts.n_b}"
    known = dataclasses.replace(d, p_value=p, method=method)
    return HeadEffect(row["layer"], row["head"], row["mean_cw"], row["mean_cr"], known, p, family, family < LEVEL)


def _contrast(heads: Sequence[HeadEffect], cohorts: Cohorts) -> Contrast:
    strength = {(h.layer, h.head): abs(h.d.value) for h in heads if h.d is not None}
    expected, high = largest_null_d(cohorts.n_a, cohorts.n_b, len(heads))
    observed = max(strength.values())
    survivors = sum(bool(h.survives) for h in heads)
    method = "order statistics of Student's t over independent heads, an upper bound for correlated ones (Sidak 1967)"
    reason = (
        f"{survivors} of {len(heads)} heads have a family-wise p below {LEVEL:g}. The largest |d| is {observed:.2f}; "
        f"from {cohorts.n_a} and {cohorts.n_b} answers and {len(heads)} independent heads, chance alone gives "
        f"{expected:.2f} on average and more than {high:.2f} in one of twenty studies."
    )
    return Contrast(
        "heads survive" if survivors else "no head survives",
        reason,
        METHOD,
        tuple(sorted(strength, key=lambda place: -strength[place])),
        tuple(heads),
        largest=Largest(observed, expected, high, method),
    )
