"""Cheaper ways to the same answer: what a probe must beat before anyone calls it a handle.

Surface baselines read the texts alone (answer length, TF-IDF of the answer, TF-IDF of the prompt, base rate of the
prompt's relation); confidence baselines read the model's own log-probabilities. All are fitted on the fit split, with
the probe's own folds for their cross-validated scores, and judged on the same fresh answers as the probe.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from interp.records.answers import Generation
from interp.results.evidence import BaselineResult
from interp.stats.auroc import auroc, paired_auroc_difference
from probes.fitting.samples import Samples

Folds = Sequence[tuple[np.ndarray, np.ndarray]]
Scores = Float[np.ndarray, " n"]
NGRAMS = (1, 2)
SMOOTHING = 1.0  # pseudo-answers at the overall base rate, added to each relation


class NotThere(Exception):
    """A baseline whose input these answers do not have; the message says which."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """One cheaper way: `fit_score(train, test)` returns scores of `test`, higher meaning the target holds."""

    name: str
    kind: Literal["surface", "confidence"]
    fit_score: Callable[[Samples, Samples], Scores]


def run_baselines(
    fit: Samples, fresh: Samples, probe_fresh: Scores, folds: Folds, chosen: Sequence[Baseline] | None = None
) -> list[BaselineResult]:
    """Return every baseline beside the probe's fresh scores; one that cannot run says why.

    Args:
        fit: the answers that the probe was fitted on.
        fresh: the answers that it was judged on.
        probe_fresh: the probe's scores of `fresh`.
        folds: the probe's folds of `fit`, as pairs of train and test rows.
        chosen: only these baselines; None is all of them.
    """
    wanted = BASELINES if chosen is None else chosen
    return [_run(baseline, fit, fresh, probe_fresh, folds) for baseline in wanted]


def _run(baseline: Baseline, fit: Samples, fresh: Samples, probe_fresh: Scores, folds: Folds) -> BaselineResult:
    try:
        scores = baseline.fit_score(fit, fresh)
        held_out = out_of_fold(baseline, fit, folds)
    except NotThere as why:
        return BaselineResult(baseline.name, baseline.kind, None, None, None, str(why))
    return BaselineResult(
        baseline.name,
        baseline.kind,
        cv=auroc(fit.y, held_out),
        fresh=auroc(fresh.y, scores),
        margin=paired_auroc_difference(fresh.y, probe_fresh, scores),
    )


def out_of_fold(baseline: Baseline, fit: Samples, folds: Folds) -> Scores:
    """Return the baseline's scores of every fit answer from the folds that did not see it."""
    scores = np.empty(len(fit.y))
    for train, test in folds:
        scores[test] = baseline.fit_score(fit.where(_mask(train, fit)), fit.where(_mask(test, fit)))
    return scores


def _mask(rows: np.ndarray, fit: Samples) -> np.ndarray:
    mask = np.zeros(len(fit.y), dtype=bool)
    mask[rows] = True
    return mask


def _logistic(x: Any, y: np.ndarray, x_test: Any) -> Scores:
    from sklearn.linear_model import LogisticRegression

    return np.asarray(LogisticRegression(C=1.0, max_iter=2000).fit(x, y).decision_function(x_test))


def _by_number(number: Callable[[Generation], float]) -> Callable[[Samples, Samples], Scores]:
    """One number an answer: its sign is learned on the training rows, its ranking is its own."""

    def fit_score(train: Samples, test: Samples) -> Scores:
        a = np.array([number(g) for g in train.generations])
        b = np.array([number(g) for g in test.generations])
        if a.std() == 0:
            return np.zeros(len(b))
        return _logistic(((a - a.mean()) / a.std())[:, None], train.y, ((b - a.mean()) / a.std())[:, None])

    return fit_score


def _by_text(text: Callable[[Samples], list[str]]) -> Callable[[Samples, Samples], Scores]:
    def fit_score(train: Samples, test: Samples) -> Scores:
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(ngram_range=NGRAMS, sublinear_tf=True, strip_accents="unicode")
        try:
            x = vectorizer.fit_transform(text(train))
        except ValueError as error:  # sklearn's word for texts without a single word
            raise NotThere("the texts hold no words") from error
        return _logistic(x, train.y, vectorizer.transform(text(test)))

    return fit_score


def _by_relation(train: Samples, test: Samples) -> Scores:
    relations = {p.relation for p in (*train.prompts, *test.prompts)}
    if None in relations or len(relations) < 2:
        raise NotThere("the prompts carry fewer than two relations")
    overall = float(train.y.mean())
    rate = {}
    for relation in relations:
        y = train.y[[p.relation == relation for p in train.prompts]]
        rate[relation] = (y.sum() + SMOOTHING * overall) / (len(y) + SMOOTHING)
    return np.array([rate[p.relation] for p in test.prompts])


def answer_text(generation: Generation) -> str:
    """Return an answer's text; where nobody kept it, NotThere."""
    if "text" in generation.unrecorded:
        raise NotThere("the texts of the answers were not kept")
    return generation.text


def _n_words(generation: Generation) -> float:
    return float(np.log1p(len(answer_text(generation).split())))


def _recorded(value: float | None, what: str) -> float:
    if value is None:
        raise NotThere(f"the answers have no recorded {what}")
    return value


ANSWER_LENGTH = Baseline("answer length", "surface", _by_number(_n_words))
BASELINES = (
    ANSWER_LENGTH,
    Baseline("TF-IDF of the answer", "surface", _by_text(lambda s: [answer_text(g) for g in s.generations])),
    Baseline("TF-IDF of the prompt", "surface", _by_text(lambda s: [p.text for p in s.prompts])),
    Baseline("base rate of the relation", "surface", _by_relation),
    Baseline(
        "mean token log-probability",
        "confidence",
        _by_number(lambda g: _recorded(g.mean_logprob, "token log-probabilities")),
    ),
    Baseline(
        "lowest token log-probability",
        "confidence",
        _by_number(lambda g: _recorded(g.min_logprob, "token log-probabilities")),
    ),
)
