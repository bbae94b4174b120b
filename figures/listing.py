"""Every figure, each listed once: the paper's, further ones of one's own runs, and those of runs that look at heads."""

from __future__ import annotations

from typing import Any

from figures.further import calibration, dose_response, head_map, layer_auroc, risk_coverage, taxonomy_map
from figures.paper import arc1_deltas, assertion_asymmetry, auc_collapse, axis_sweep, h_last_pca
from figures.parts.figure import Figure

# Panels differ from figure to figure; that those of one figure fit together is checked where it is defined.
Listing = tuple[Figure[Any], ...]

PAPER: Listing = (
    auc_collapse.FIGURE,
    axis_sweep.FIGURE,
    h_last_pca.FIGURE,
    arc1_deltas.FIGURE,
    assertion_asymmetry.FIGURE,
)
FURTHER: Listing = (layer_auroc.FIGURE, calibration.FIGURE, risk_coverage.FIGURE, taxonomy_map.FIGURE)
HEADS: Listing = (head_map.FIGURE, dose_response.FIGURE)
ALL = PAPER + FURTHER + HEADS

# The figures of a fitted run in the order in which its page shows them.
ON_A_PAGE: Listing = (
    auc_collapse.FIGURE,
    layer_auroc.FIGURE,
    h_last_pca.FIGURE,
    taxonomy_map.FIGURE,
    assertion_asymmetry.FIGURE,
    calibration.FIGURE,
    risk_coverage.FIGURE,
    axis_sweep.FIGURE,
)
