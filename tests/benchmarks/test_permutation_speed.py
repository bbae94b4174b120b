"""Speed of the permutation null against the same loop with scikit-learn, as a ratio of processor times."""

import time

import numpy as np
import pytest
from permutation_null import permutation_null
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from interp.stats.auroc import auroc
from probes.fitting.cross_validation import fold_scores
from probes.fitting.folds import split_folds
from probes.fitting.permutation import permuted_labels

N, D, PERMUTATIONS = 100, 2048, 10_000
LOOPED = 20  # permutations that the loop is timed on
TARGET = 20


def hidden_states(seed):
    """Rows whose directions fall off in strength as those of hidden states do."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, N)) * np.arange(1, N + 1) ** -0.7 @ rng.normal(size=(N, D)) + rng.normal(size=D)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("c", [1.0, 0.1])
def test_permutation_null_is_twenty_times_faster_than_scikit_learns_loop(c, capsys):
    x, y = hidden_states(0), np.arange(N) % 9 < 5
    folds = split_folds(y)
    loop_labels = permuted_labels(y, folds, PERMUTATIONS, 1)[:LOOPED]
    with threadpool_limits(1):
        start = time.process_time()
        null = permutation_null(x, y, c, PERMUTATIONS, 1)
        ours = (time.process_time() - start) / PERMUTATIONS
        model = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000))
        start = time.process_time()
        for labels in loop_labels:
            cross_val_predict(model, x, labels, cv=folds, method="decision_function")
        loop = (time.process_time() - start) / LOOPED
        exact = make_pipeline(StandardScaler(), LogisticRegression(C=c, solver="newton-cg", tol=1e-10, max_iter=10_000))
        expected = [
            auroc(labels, cross_val_predict(exact, x, labels, cv=folds, method="decision_function")).value
            for labels in loop_labels
        ]
    with capsys.disabled():
        print(f"\nC={c}: {loop / ours:.0f} times faster ({PERMUTATIONS * ours:.0f} s for {PERMUTATIONS} permutations)")  # noqa: T201
    assert null.aurocs[:LOOPED] == pytest.approx(expected, abs=1e-9)
    assert loop / ours > TARGET


@pytest.mark.slow
@pytest.mark.parametrize("c", [1.0, 0.1, 0.01])
def test_scores_equal_scikit_learns_at_full_size(c):
    x, y = hidden_states(2), np.arange(N) % 9 < 5
    folds = split_folds(y)
    many = permuted_labels(y, folds, 3, 4)
    exact = make_pipeline(StandardScaler(), LogisticRegression(C=c, solver="newton-cg", tol=1e-12, max_iter=10_000))
    found = fold_scores(x, many, np.full(3, c), folds)
    for labels, scores in zip(many, found, strict=True):
        expected = cross_val_predict(exact, x, labels, cv=folds, method="decision_function")
        assert scores == pytest.approx(expected, abs=1e-6)
