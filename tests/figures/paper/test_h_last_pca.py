from __future__ import annotations

import numpy as np
import pytest

from figures.paper.h_last_pca import principal_components


@pytest.fixture
def cloud() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 12)) @ rng.normal(size=(12, 12)) * np.linspace(1, 50, 12) + 3


def test_components_equal_scikit_learns_up_to_sign(cloud: np.ndarray) -> None:
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    places, explained = principal_components(cloud)
    reference = PCA(2, svd_solver="full").fit(StandardScaler().fit_transform(cloud))
    theirs = reference.transform(StandardScaler().fit_transform(cloud))
    np.testing.assert_allclose(np.abs(places), np.abs(theirs), atol=2e-6)
    np.testing.assert_allclose(explained, reference.explained_variance_ratio_, atol=1e-6)


def test_signs_do_not_depend_on_the_order_of_the_rows(cloud: np.ndarray) -> None:
    order = np.random.default_rng(1).permutation(len(cloud))
    np.testing.assert_allclose(principal_components(cloud[order])[0], principal_components(cloud)[0][order], atol=2e-6)


def test_a_constant_column_counts_for_nothing(cloud: np.ndarray) -> None:
    widened = np.column_stack([cloud, np.full(len(cloud), 7.0)])
    np.testing.assert_allclose(principal_components(widened)[0], principal_components(cloud)[0], atol=2e-6)
