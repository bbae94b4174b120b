import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from probes.fitting.rowspace import row_space


@pytest.mark.parametrize(("n", "d"), [(10, 50), (50, 10), (20, 20)])
def test_rotation_keeps_every_inner_product_of_standardised_rows(n, d):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, d)) * np.geomspace(1e-3, 1e3, d) + 5
    space = row_space(x)
    rows = StandardScaler().fit_transform(x)
    assert space.z @ space.z.T == pytest.approx(rows @ rows.T, abs=1e-9 * d)
    assert space.basis @ space.basis.T == pytest.approx(np.eye(len(space.basis)), abs=1e-8)
    assert space.project(x) == pytest.approx(space.z, abs=1e-9)
    assert space.z.shape[1] == min(n - 1, d)


def test_unfolded_weights_score_raw_rows_alike():
    rng = np.random.default_rng(1)
    x, new = rng.normal(size=(12, 40)) * 7 + 3, rng.normal(size=(5, 40)) * 7 + 3
    space = row_space(x)
    w = rng.normal(size=space.z.shape[1])
    raw, b = space.unfold(w, 0.3)
    assert new @ raw + b == pytest.approx(space.project(new) @ w + 0.3)


def test_duplicate_rows_and_constant_columns_lower_the_rank():
    rng = np.random.default_rng(2)
    x = np.repeat(rng.normal(size=(6, 30)), 2, axis=0)
    x[:, :10] = 4.0
    space = row_space(x)
    assert space.z.shape == (12, 5)
    assert (space.scale[:10] == 1).all()


def test_rows_that_are_all_the_same_have_no_coordinates():
    space = row_space(np.ones((4, 9)))
    assert space.z.shape == (4, 0)
    assert space.project(np.zeros((2, 9))).shape == (2, 0)
