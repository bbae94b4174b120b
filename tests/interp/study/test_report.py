from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from interp.results.evidence import Thresholds
from interp.study import data, report
from interp.study.data import Study
from interp.study.report import auroc_from_counts


@pytest.fixture(scope="module")
def study(paper_dir: Path) -> Study:
    return Study(paper_dir, paper_dir)


def test_the_interval_from_counts_is_as_wide_as_the_standard_error_in_the_literature() -> None:
    # Hanley and McNeil 1982, computed tomography example: area 0.893, 51 abnormal and 58 normal, standard error 0.032.
    estimate = auroc_from_counts(0.893, 51, 58)
    slope = 0.893 * (1 - 0.893)
    logits = [np.log(p / (1 - p)) for p in (estimate.lower, estimate.upper)]
    assert (logits[1] - logits[0]) / (2 * 1.96) * slope == pytest.approx(0.032, abs=0.001)


def test_the_interval_from_counts_covers_as_promised_where_classes_are_small() -> None:
    rng = np.random.default_rng(0)
    truth, n_pos, n_neg, hits = 0.5, 9, 184, 0
    for _ in range(2000):
        pos, neg = rng.normal(size=n_pos), rng.normal(size=n_neg)
        auroc = float((pos[:, None] > neg).mean())
        estimate = auroc_from_counts(auroc, n_pos, n_neg)
        hits += estimate.lower <= truth <= estimate.upper
    assert 0.92 <= hits / 2000 <= 0.98


def test_a_published_report_is_judged_by_the_papers_thresholds_which_are_ours(study: Study) -> None:
    for made in (report.gemma(study), report.smollm(study)):
        found = made.thresholds
        assert found == Thresholds()
        assert (found.fresh_auroc, found.axis_fresh, found.cliff_ratio) == (0.63, 0.60, 1 / 3)


def test_reported_numbers_come_from_the_claims_with_their_section(study: Study) -> None:
    rows = [delta for delta in report.arc_1_deltas(study).deltas if delta.stage != "recomputed"]
    claims = {c.id: c for c in data.claims()}
    assert len(rows) == 6
    for delta in rows:
        (claim,) = [claims[i] for i in claims if f"({i})" in delta.source]
        assert claim.section in delta.source
        assert f"{delta.value:+g}"[:4] in claim.paper_value


def test_gemmas_stored_steps_name_their_file_and_the_cross_validation_its_section(study: Study) -> None:
    steps = {row.step: row.source for row in report.gemma(study).steps}
    assert "section 6.3 (P047), reported only" in steps["cross_validation"]
    assert steps["fresh_prompts"] == f"{data.GEMMA_PROBE}, C=0.1"
    assert steps["layer_pooling"] == f"{data.GEMMA_POOLED}, C=0.1"


def test_published_rates_and_axes_are_the_studys_counts(study: Study) -> None:
    gemma, smollm = report.gemma(study), report.smollm(study)
    assert [(r.n_pos, r.n_pos + r.n_neg) for _, r in gemma.rates.items()] == [(58, 100), (55, 193)]
    assert [(r.n_pos, r.n_pos + r.n_neg) for _, r in smollm.rates.items()] == [(56, 100), (9, 193)]
    assert len(gemma.axes) == 5 and smollm.axes == ()
    assert all(row.source == f"{data.GEMMA_AXES}, axes.{row.axis}" for row in gemma.axes)
