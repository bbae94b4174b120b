"""The published rankings of heads, and what chance alone would give at their sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from interp.errors import InputError
from interp.results.attribution import Attribution, PublishedModel
from interp.results.identity import PublishedFile
from interp.results.schema import read_result
from interp.runs.layout import ATTRIBUTION
from interp.stats.effects import d_of_sizes, largest_null_d
from interp.study import data, runs
from interp.study import heads as published_heads
from interp.study.data import Study


@pytest.fixture(scope="module")
def study(paper_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(paper_dir, tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize(
    ("name", "sizes", "layers", "first"),
    [
        (data.GEMMA_HEADS, (38, 53), tuple(range(35)), (16, 5)),
        (data.QWEN_HEADS, (18, 64), (3, 7, 11, 15, 19, 23), (7, 6)),
    ],
)
def test_a_published_ranking_is_the_same_record_and_none_of_its_heads_survives(
    study: Study, name: str, sizes: tuple[int, int], layers: tuple[int, ...], first: tuple[int, int]
) -> None:
    found = published_heads.load(study, name, "model")
    assert (found.cohorts.n_a, found.cohorts.n_b) == sizes
    assert found.model == PublishedModel("model", study.json(name)["model_id"]) and found.settings is None
    assert found.source == PublishedFile(data.PAPER, name, data.hashes()[name])
    contrast = found.contrast("magnitude")
    assert sorted({h.layer for h in contrast.heads}) == list(layers)
    stored = {(r["layer"], r["head"]): r for r in study.json(name)["all_heads_ranked_by_cohen_d"]}
    for head in contrast.heads:
        row = stored[head.layer, head.head]
        assert (head.mean_a, head.mean_b) == (row["mean_cw"], row["mean_cr"])
        assert head.d is not None and head.d.value == row["cohen_d"]
    assert contrast.ranking[0] == first
    assert contrast.outcome == "no head survives" and contrast.surviving == ()
    assert contrast.largest is not None and contrast.largest.observed < contrast.largest.expected
    with pytest.raises(InputError, match="no 'directional' contrast; it has magnitude"):
        found.contrast("directional")


def test_a_published_run_holds_the_record_on_disk(study: Study, tmp_path: Path) -> None:
    path = runs.as_run("gemma-4-e2b", tmp_path, study)
    assert read_result(path / ATTRIBUTION, Attribution) == published_heads.load(study, data.GEMMA_HEADS, "gemma-4-e2b")


def test_p_of_a_stored_d_is_the_t_tests(study: Study) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.4, 1, 38), rng.normal(0, 1, 53)
    d = d_of_sizes(float(stats.ttest_ind(a, b).statistic * np.sqrt(1 / 38 + 1 / 53)), 38, 53)
    rows = [{"layer": 0, "head": 0, "mean_cw": 0.0, "mean_cr": 0.0, "cohen_d": d.value}]
    content = {
        "cohorts": {"cw": 38, "cr": 53},
        "all_heads_ranked_by_cohen_d": rows,
        "last_n_tokens": 32,
        "model_id": "x",
    }
    made = Study(study.local, study.cache_dir, _loaded={data.GEMMA_HEADS: content})
    (head,) = published_heads.load(made, data.GEMMA_HEADS, "x").contrast("magnitude").heads
    assert head.p == head.p_family == pytest.approx(stats.ttest_ind(a, b).pvalue)
    assert head.d is not None and (head.d.lower, head.d.upper) == (d.lower, d.upper)


@pytest.mark.parametrize(("n_a", "n_b", "heads"), [(38, 53, 280), (18, 64, 48), (5, 6, 3)])
def test_the_largest_null_d_is_what_simulated_studies_give(n_a: int, n_b: int, heads: int) -> None:
    rng = np.random.default_rng(0)
    t = stats.t.rvs(n_a + n_b - 2, size=(4000, heads), random_state=rng)
    largest = np.abs(t).max(1) * np.sqrt(1 / n_a + 1 / n_b)
    mean, high = largest_null_d(n_a, n_b, heads)
    assert mean == pytest.approx(largest.mean(), rel=0.02)
    assert high == pytest.approx(np.quantile(largest, 0.95), rel=0.05)


def test_one_head_has_the_null_of_a_single_t_and_impossible_sizes_are_refused() -> None:
    _, high = largest_null_d(20, 30, 1)
    assert high == pytest.approx(stats.t.ppf(0.975, 48) * np.sqrt(1 / 20 + 1 / 30))
    for sizes in ((1, 30, 4), (20, 30, 0)):
        with pytest.raises(InputError, match="needs two values in each group and a head"):
            largest_null_d(*sizes)
