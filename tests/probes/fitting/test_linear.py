import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from interp.errors import InputError
from interp.records.arrays import Features, Position, Site
from interp.stats import auroc as stats_auroc
from interp.stats.rates import balanced_asymmetry
from probes.fitting import cross_validation
from probes.fitting.cross_validation import C_GRID, cross_validate, out_of_fold_scores
from probes.fitting.folds import TooFew, split_folds
from probes.fitting.linear import fit_probe, probability


def features(x, layers=(3,)):
    x = np.asarray(x, dtype=np.float32)
    x = x[:, None] if x.ndim == 2 else x
    return Features(tuple(f"g{i}" for i in range(len(x))), Site.RESID_POST, layers, Position.CONTENT, x)


def converged(c):
    return make_pipeline(StandardScaler(), LogisticRegression(C=c, solver="newton-cg", tol=1e-10, max_iter=10_000))


def planted(seed, n, d, lift):
    """Rows of decaying spectrum, as hidden states have, with the label along one direction."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.4
    x = (rng.normal(size=(n, d)) / np.arange(1, d + 1) ** 0.5) @ rng.normal(size=(d, d)) / d**0.5
    return x + lift * np.outer(y - 0.5, rng.normal(size=d)) + 2, y


@pytest.mark.parametrize("c", C_GRID)
@pytest.mark.parametrize(
    ("n", "d", "lift"), [(60, 300, 0.05), (60, 300, 3.0), (200, 12, 0.3)], ids=["wide", "separable", "tall"]
)
def test_probe_equals_scikit_learn_run_to_convergence(n, d, lift, c):
    x, y = planted(0, n, d, lift)
    rows = features(x)
    probe = fit_probe(rows, 3, y, c, "correct")
    model = converged(c).fit(rows.at(3).astype(np.float64), y)
    assert probe.score(rows) == pytest.approx(model.decision_function(rows.at(3).astype(np.float64)), abs=1e-6)
    assert (probe.c, probe.layer, probe.target) == (c, 3, "correct")
    assert probe.fitted_on == rows.fingerprint()


@pytest.mark.parametrize("c", [1.0, 0.01])
def test_out_of_fold_scores_equal_cross_val_predict(c):
    x, y = planted(1, 80, 200, 0.1)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    expected = cross_val_predict(converged(c), x, y, cv=folds, method="decision_function")
    assert out_of_fold_scores(x, y, c) == pytest.approx(expected, abs=1e-6)


def test_ill_conditioned_features_give_the_same_scores():
    rng = np.random.default_rng(2)
    x = (rng.normal(size=(60, 90)) * np.geomspace(1e-5, 1e5, 90)) @ rng.normal(size=(90, 90))
    y = rng.random(60) < 0.5
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    reference = make_pipeline(
        StandardScaler(), LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    )
    expected = cross_val_predict(reference, x, y, cv=folds, method="decision_function")
    assert out_of_fold_scores(x, y, 1.0) == pytest.approx(expected, abs=1e-6)


def test_rows_of_one_prompt_stay_in_one_fold():
    rng = np.random.default_rng(3)
    y = rng.random(80) < 0.5
    groups = [i // 4 for i in range(80)]
    pairs = split_folds(y, groups)
    expected = list(StratifiedGroupKFold(5, shuffle=True, random_state=0).split(np.zeros(80), y, groups))
    assert [test.tolist() for _, test in pairs] == [test.tolist() for _, test in expected]
    for train, test in pairs:
        assert not {groups[i] for i in train} & {groups[i] for i in test}


def test_groups_of_one_row_each_give_the_studys_folds():
    y = np.arange(40) % 3 == 0
    alone, grouped = split_folds(y), split_folds(y, [f"p{i}" for i in range(40)])
    assert [t.tolist() for _, t in alone] == [t.tolist() for _, t in grouped]


def test_grouping_takes_the_leak_out_of_repeated_prompts():
    rng = np.random.default_rng(4)
    prompts = np.repeat(rng.normal(size=(40, 60)), 5, axis=0) + 0.01 * rng.normal(size=(200, 60))
    y = np.repeat(rng.random(40) < 0.5, 5)
    groups = np.repeat(np.arange(40), 5).tolist()
    leaky = stats_auroc.auroc(y, out_of_fold_scores(prompts, y, 1.0)).value
    honest = stats_auroc.auroc(y, out_of_fold_scores(prompts, y, 1.0, groups)).value
    assert leaky > 0.99
    assert honest < 0.75


@pytest.mark.parametrize("n_pos", [0, 1, 4])
def test_fewer_than_five_of_a_class_is_too_few(n_pos):
    x, _ = planted(5, 40, 10, 0)
    y = np.arange(40) < n_pos
    with pytest.raises(TooFew, match=f"{n_pos} positive and {40 - n_pos} negative examples; a fit needs 5"):
        fit_probe(features(x), 3, y, 1.0, "correct")
    with pytest.raises(TooFew):
        out_of_fold_scores(x, ~y, 1.0)


def test_answers_to_too_few_prompts_are_too_few():
    x, _ = planted(6, 40, 10, 0)
    y = np.arange(40) < 16
    with pytest.raises(TooFew, match="2 positive"):
        out_of_fold_scores(x, y, 1.0, [i // 8 for i in range(40)])


def test_more_folds_than_examples_is_too_few():
    x, _ = planted(7, 40, 10, 0)
    with pytest.raises(TooFew, match="6 for 8 folds"):
        out_of_fold_scores(x, np.arange(40) < 6, 1.0, folds=8)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_not_numbers_are_refused(value):
    x, y = planted(8, 40, 10, 0)
    x[7, 2] = value
    with pytest.raises(InputError, match="1 of 40 rows of features hold NaN or infinity, the first being row 7"):
        fit_probe(features(x), 3, y, 1.0, "correct")


def test_features_that_do_not_vary_are_refused():
    with pytest.raises(InputError, match="All 40 rows of features are the same"):
        fit_probe(features(np.ones((40, 8))), 3, np.arange(40) < 20, 1.0, "correct")


def test_labels_of_another_length_are_refused():
    x, y = planted(9, 40, 10, 0)
    with pytest.raises(InputError, match="40 rows of features for 39 labels"):
        fit_probe(features(x), 3, y[:-1], 1.0, "correct")


@pytest.mark.parametrize("c", [0.0, -1.0, np.nan, np.inf])
def test_a_c_that_is_not_above_zero_is_refused(c):
    x, y = planted(10, 40, 10, 0)
    with pytest.raises(InputError, match="C must be above 0"):
        fit_probe(features(x), 3, y, c, "correct")


def test_some_constant_features_are_ignored():
    x, y = planted(11, 60, 30, 0.2)
    padded = np.concatenate([x, np.full((60, 5), 3.0)], axis=1)
    assert out_of_fold_scores(padded, y, 0.1) == pytest.approx(out_of_fold_scores(x, y, 0.1), abs=1e-9)
    probe = fit_probe(features(padded), 3, y, 0.1, "correct")
    assert (probe.w[30:] == 0).all()


def test_cross_validation_reports_every_cell_and_picks_the_informative_layer():
    signal, y = planted(12, 100, 60, 0.5)
    noise = np.random.default_rng(13).normal(size=(100, 60))
    rows = features(np.stack([noise, signal], axis=1), layers=(4, 9))
    result = cross_validate(rows, y)
    assert [(cell.layer, cell.c) for cell in result.cells] == [(layer, c) for layer in (4, 9) for c in C_GRID]
    for cell in result.cells:
        expected = stats_auroc.auroc(y, out_of_fold_scores(rows.at(cell.layer), y, cell.c))
        assert cell.auroc.value == pytest.approx(expected.value)
    assert result.best.layer == 9
    assert result.best.auroc.value == roc_auc_score(y, result.scores)
    assert {layer for layer, _ in result.chosen} == {9}
    assert result.nested is not None and result.nested.value > 0.8


def test_nested_selection_equals_a_loop_with_scikit_learn():
    rng = np.random.default_rng(14)
    x, y = rng.normal(size=(60, 3, 20)), rng.random(60) < 0.5
    rows = features(x, layers=(0, 1, 2))
    at = [rows.at(layer).astype(np.float64) for layer in rows.layers]
    result = cross_validate(rows, y, (1.0, 0.01))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores, picks = np.empty(60), []
    for train, test in folds.split(np.zeros(60), y):
        grid = [(layer, c) for layer in (0, 1, 2) for c in (1.0, 0.01)]
        inner = [
            roc_auc_score(
                y[train],
                cross_val_predict(converged(c), at[i][train], y[train], cv=folds, method="decision_function"),
            )
            for i, c in grid
        ]
        layer, c = grid[int(np.argmax(inner))]
        picks.append((layer, c))
        scores[test] = converged(c).fit(at[layer][train], y[train]).decision_function(at[layer][test])
    assert list(result.chosen) == picks
    assert result.nested_scores == pytest.approx(scores, abs=1e-6)


def test_the_best_cell_flatters_noise_and_the_nested_number_does_not():
    best, nested = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        rows = features(rng.normal(size=(60, 6, 20)), layers=tuple(range(6)))
        result = cross_validate(rows, np.arange(60) % 2 == 0, (1.0, 0.01))
        best.append(result.best.auroc.value)
        nested.append(result.nested.value)
    assert np.mean(best) > 0.57
    assert abs(np.mean(nested) - 0.5) < 0.06


def test_a_small_class_is_given_fewer_inner_folds():
    x, _ = planted(15, 30, 8, 0)
    assert len(cross_validate(features(x), np.arange(30) < 5).chosen) == 5
    groups = np.repeat(np.arange(15), 2).tolist()
    assert len(cross_validate(features(x), np.arange(30) < 10, groups=groups).chosen) == 5


def test_a_training_part_with_one_example_of_a_class_cannot_choose():
    x, y = np.zeros((12, 1, 3)), np.arange(12) < 2
    fold = (np.arange(1, 12), np.array([0]))
    assert cross_validation._nested_picks(x, y, (1.0,), None, [fold], 0) is None


@pytest.fixture(scope="module")
def smollm(paper_dir):
    """The published SmolLM2 features and labels of both splits."""
    results = paper_dir / "eval" / "results"
    fit, fresh = (np.load(results / f"smollm_{split}_features.npz") for split in ("step16", "fresh"))
    gold = json.loads((results / "smollm_fresh_judged_gold.json").read_text())
    return features(fit["X"]), fit["coverage"] >= 0.5, features(fresh["X"]), np.array(gold["coverage"]) >= 0.5


@pytest.mark.parametrize(
    ("c", "auroc", "asymmetry", "threshold"),
    [
        (1.0, 0.518719806763285, -0.16062801932367143, 0.06),
        (0.1, 0.5048309178743962, -0.1878019323671497, 0.15999999999999998),
    ],
)
def test_the_studys_solver_gives_its_published_numbers(smollm, c, auroc, asymmetry, threshold):
    fit, y, fresh, y_fresh = smollm
    scores = fit_probe(fit, 3, y, c, "correct", solver="study").score(fresh)
    assert stats_auroc.auroc(y_fresh, scores).value == pytest.approx(auroc, abs=1e-9)
    found = balanced_asymmetry(probability(scores), y_fresh)
    assert found.asymmetry.value == pytest.approx(asymmetry, abs=1e-9)
    assert found.threshold == pytest.approx(threshold, abs=1e-12)
    assert found.p_assert_correct.value == 8 / 9


def test_the_published_probe_had_not_converged_at_c_1(smollm):
    fit, y, fresh, y_fresh = smollm
    x = fit.at(3).astype(np.float64)
    exact = fit_probe(fit, 3, y, 1.0, "correct").score(fresh)
    assert exact == pytest.approx(converged(1.0).fit(x, y).decision_function(fresh.at(3).astype(np.float64)), abs=1e-4)
    assert stats_auroc.auroc(y_fresh, exact).value == pytest.approx(0.5217391304347826, abs=1e-9)
    assert np.abs(exact - fit_probe(fit, 3, y, 1.0, "correct", "study").score(fresh)).max() > 0.1
