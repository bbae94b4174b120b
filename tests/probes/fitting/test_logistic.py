import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from probes.fitting.logistic import fit_labelings


def reference(z, y, c):
    model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(z, y)
    return model.coef_[0], model.intercept_[0]


def labelings(rng, b, n, n_pos):
    return np.array([rng.permutation(n) < n_pos for _ in range(b)])


@pytest.mark.parametrize("c", [1.0, 0.1, 0.01])
@pytest.mark.parametrize(("n", "r"), [(40, 39), (40, 5), (300, 20)])
def test_fits_equal_scikit_learns_exact_solver(n, r, c):
    rng = np.random.default_rng(n + r)
    z = rng.normal(size=(n, r)) * np.geomspace(30, 0.1, r)
    ys = labelings(rng, 7, n, n // 3)
    w, b = fit_labelings(z, ys, np.full(7, c))
    for i, y in enumerate(ys):
        coefficients, intercept = reference(z, y, c)
        assert z @ w[i] + b[i] == pytest.approx(z @ coefficients + intercept, abs=1e-6)


@given(st.integers(0, 10_000), st.floats(-3, 3), st.integers(1, 11))
@settings(deadline=None, max_examples=50)
def test_the_gradient_vanishes_at_every_fit(seed, log_c, n_pos):
    rng = np.random.default_rng(seed)
    z, c = rng.normal(size=(12, 4)) * rng.choice([0.01, 1, 30], size=4), 10**log_c
    ys = labelings(rng, 3, 12, n_pos)
    w, b = fit_labelings(z, ys, np.full(3, c))
    for y, wi, bi in zip(ys, w, b, strict=True):
        residual = expit(z @ wi + bi) - y
        curvature = 1 / c + (z**2).sum(0) / 4  # the most that it can be
        assert (np.abs(residual @ z + wi / c) < 1e-6 * np.sqrt(curvature)).all()
        assert abs(residual.sum()) < 1e-6 * np.sqrt(3)


def test_separable_labels_at_a_weak_penalty_converge():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(60, 3)) * 50
    y = z[:, 0] > 0
    w, b = fit_labelings(z, y[None], np.array([1e4]))
    coefficients, intercept = reference(z, y, 1e4)
    assert w[0] == pytest.approx(coefficients, rel=1e-5)
    assert b[0] == pytest.approx(intercept, abs=1e-5)


def test_each_labeling_may_have_its_own_c_and_batches_change_nothing():
    rng = np.random.default_rng(2)
    z, ys = rng.normal(size=(20, 6)), labelings(rng, 600, 20, 8)
    c = np.tile([1.0, 0.01], 300)
    w, b = fit_labelings(z, ys, c)
    for i in (0, 1, 299, 300, 599):
        alone, intercept = fit_labelings(z, ys[i : i + 1], c[i : i + 1])
        assert w[i] == pytest.approx(alone[0], abs=1e-7)
        assert b[i] == pytest.approx(intercept[0], abs=1e-7)


def test_rows_without_a_coordinate_get_the_base_rate():
    y = np.array([True, False, False, False])
    w, b = fit_labelings(np.zeros((4, 0)), y[None], np.array([1.0]))
    assert w.shape == (1, 0)
    assert b[0] == pytest.approx(np.log(1 / 3))
