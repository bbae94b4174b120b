import numpy as np
import pytest
from permutation_null import permutation_null

from interp.errors import InputError
from interp.stats.auroc import auroc
from probes.fitting.cross_validation import out_of_fold_scores
from probes.fitting.folds import TooFew, split_folds
from probes.fitting.permutation import permuted_labels


def test_observed_auroc_is_that_of_the_plain_cross_validation():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 80)), rng.random(50) < 0.4
    null = permutation_null(x, y, 0.1, 20, 1)
    assert null.observed == pytest.approx(auroc(y, out_of_fold_scores(x, y, 0.1)).value)
    assert null.p_value == (1 + (null.aurocs >= null.observed - 1e-12).sum()) / 21


def test_a_signal_beats_every_permutation():
    rng = np.random.default_rng(1)
    y = rng.random(60) < 0.5
    null = permutation_null(rng.normal(size=(60, 30)) + y[:, None], y, 0.1, 99, 2)
    assert null.p_value == 1 / 100
    assert abs(null.aurocs.mean() - 0.5) < 0.05


def test_permuted_labels_keep_the_class_counts_of_every_fold():
    y = np.arange(60) % 3 == 0
    folds = split_folds(y)
    many = permuted_labels(y, folds, 200, 0)
    for _, test in folds:
        assert (many[:, test].sum(1) == y[test].sum()).all()
    assert len(np.unique(many, axis=0)) > 195
    assert many.mean(0) == pytest.approx(np.full(60, 1 / 3), abs=0.15)


def test_groups_trade_their_labels_as_a_whole():
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(24), [2, 3] * 12).tolist()
    y = rng.random(60) < 0.5
    folds = split_folds(y, groups, 3)
    many = permuted_labels(y, folds, 50, 0, groups)
    patterns = {g: tuple(y[np.array(groups) == g]) for g in range(24)}
    for row in many:
        for _, test in folds:
            held = sorted({groups[i] for i in test})
            before = sorted(patterns[g] for g in held)
            assert sorted(tuple(row[np.array(groups) == g]) for g in held) == before


def test_labels_that_cannot_trade_places_are_too_few():
    groups = [g for g in range(6) for _ in range(g + 5)]
    y = np.tile([True, False], 23)[: len(groups)]
    with pytest.raises(TooFew, match="nothing to permute"):
        permuted_labels(y, split_folds(y, groups, 3), 10, 0, groups)


def test_the_seed_decides_the_permutations():
    y = np.arange(30) % 2 == 0
    folds = split_folds(y)
    one, same, other = (permuted_labels(y, folds, 5, seed) for seed in (1, np.random.default_rng(1), 2))
    assert (one == same).all()
    assert (one != other).any()


def test_broken_features_are_refused():
    x = np.ones((20, 3))
    x[0, 0] = np.nan
    with pytest.raises(InputError, match="NaN"):
        permutation_null(x, np.arange(20) < 10, 0.1, 10, 0)


@pytest.mark.slow
def test_p_values_are_uniform_where_there_is_no_signal():
    rng = np.random.default_rng(4)
    p_values = []
    for _ in range(300):
        groups = np.repeat(np.arange(20), 2).tolist()
        y = np.repeat(rng.random(20) < 0.5, 2) ^ (rng.random(40) < 0.2)
        x = np.repeat(rng.normal(size=(20, 30)), 2, axis=0) + 0.3 * rng.normal(size=(40, 30))
        try:
            p_values.append(permutation_null(x, y, 0.1, 39, rng, groups).p_value)
        except TooFew:
            continue
    assert len(p_values) > 200
    for level in (0.05, 0.1, 0.5):
        error = 3 * np.sqrt(level * (1 - level) / len(p_values))
        assert abs(np.mean(np.array(p_values) <= level) - level) < error
