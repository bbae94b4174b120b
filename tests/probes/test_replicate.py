from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from interp.errors import InputError
from interp.runs.directory import verify
from interp.runs.files import read_json
from interp.study import data
from interp.study.data import PaperClaim, Study
from probes import replicate
from probes.claims.evaluation import ClaimResult, ClaimVerdict, Computed, Recipe, evaluate, paper_numbers
from probes.claims.heads import checklist_sizes
from probes.claims.weights import nearest_count


@pytest.fixture(scope="module")
def study(paper_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(paper_dir, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def results(study: Study) -> list[ClaimResult]:
    return replicate.replicate(study)


def by_id(results: list[ClaimResult], claim_id: str) -> ClaimResult:
    return next(r for r in results if r.claim.id == claim_id)


def test_every_claim_has_a_verdict_in_the_papers_order(results: list[ClaimResult]) -> None:
    assert [r.claim for r in results] == list(data.claims())
    assert Counter(r.verdict for r in results) == {
        ClaimVerdict.REPRODUCED: 32,
        ClaimVerdict.DIFFERS: 7,
        ClaimVerdict.SUMMARY_ONLY: 24,
        ClaimVerdict.NOT_RECOMPUTABLE: 22,
    }


def test_the_claims_that_differ_are_these(results: list[ClaimResult]) -> None:
    differing = {r.claim.id: r.computed.values for r in results if r.verdict is ClaimVerdict.DIFFERS}
    assert sorted(differing) == ["P002", "P003", "P004", "P013", "P032", "P081", "P085"]
    assert differing["P003"] == (100 * 21 / 164,)
    assert differing["P004"] == (100 * 50 / 164,)
    assert differing["P013"] == (None, 6.0)
    assert differing["P032"] == (7.0, 23.0, 19.0, 23.0, 23.0)
    assert differing["P081"] == (8 / 9,)


def test_no_claim_is_reproduced_from_a_summary(results: list[ClaimResult]) -> None:
    for result in results:
        if result.verdict is ClaimVerdict.REPRODUCED:
            assert result.recipe.files and not data.SUMMARIES.intersection(result.recipe.files)


def test_every_file_that_a_recipe_names_is_published(results: list[ClaimResult]) -> None:
    assert {name for r in results for name in r.recipe.files} <= set(data.hashes())


@pytest.mark.parametrize(
    ("claim_id", "values"),
    [
        ("P077", (0.518719806763285,)),
        ("P078", (0.5048309178743962,)),
        ("P079", (-0.16062801932367143, 0.06)),
        ("P080", (-0.1878019323671497, 0.16)),
    ],
)
def test_the_probe_on_published_features_gives_the_stored_numbers(
    results: list[ClaimResult], claim_id: str, values: tuple[float, ...]
) -> None:
    assert by_id(results, claim_id).computed.values == pytest.approx(values, abs=1e-9)


def test_stored_aurocs_are_whole_numbers_of_pairs_under_the_published_labels(results: list[ClaimResult]) -> None:
    notes = [r.note for r in results if r.note.startswith("The stored number is")]
    assert len(notes) == 13
    assert not [note for note in notes if "no whole number" in note]


def test_one_checklist_must_be_longer_than_the_paper_says(study: Study) -> None:
    sizes = checklist_sizes(study)
    assert (len(sizes), max(sizes), [i for i, n in enumerate(sizes) if n > 5]) == (100, 6, [39])


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("+33.9 pts", [(33.9, 0.05)]),
        ("55/193=0.285", [(55, 0.5), (193, 0.5), (0.285, 0.0005)]),
        ("-0.161 @0.06", [(-0.161, 0.0005), (0.06, 0.005)]),
        (".53 .60 / .44", [(0.53, 0.005), (0.60, 0.005), (0.44, 0.005)]),
        ("~12x", [(12, 0.5)]),
        ("3 of 5", [(3, 0.5), (5, 0.5)]),
    ],
)
def test_the_papers_numbers_are_read_with_their_rounding(text: str, numbers: list[tuple[float, float]]) -> None:
    assert paper_numbers(text) == [pytest.approx(pair) for pair in numbers]


def verdict(paper: str, computed: Computed, *files: str) -> ClaimVerdict:
    claim = PaperClaim("P000", "0", "a number", paper)
    recipe = Recipe("as it is", files, lambda study: computed)
    return evaluate(claim, recipe, Study(None, Path("unused"))).verdict


def test_agreement_ends_at_half_a_unit_of_the_last_decimal() -> None:
    assert verdict("0.285", Computed((0.2854,)), data.GEMMA_FIT) is ClaimVerdict.REPRODUCED
    assert verdict("0.285", Computed((0.2856,)), data.GEMMA_FIT) is ClaimVerdict.DIFFERS
    assert verdict("+0.285", Computed((-0.285,)), data.GEMMA_FIT) is ClaimVerdict.DIFFERS


def test_a_stored_summary_never_counts_as_reproduced() -> None:
    files = (data.GEMMA_FIT, data.GEMMA_PROBE)
    assert verdict("0.516", Computed((0.5163,)), *files) is ClaimVerdict.SUMMARY_ONLY


def test_one_wrong_number_outweighs_missing_ones_and_missing_ones_outweigh_agreement() -> None:
    assert verdict("1 / 2", Computed((1.0, None)), data.GEMMA_FIT) is ClaimVerdict.NOT_RECOMPUTABLE
    assert verdict("1 / 2", Computed((3.0, None)), data.GEMMA_FIT) is ClaimVerdict.DIFFERS


def test_a_recipe_with_another_count_of_numbers_than_the_claim_is_a_bug() -> None:
    with pytest.raises(ValueError, match="zip"):
        verdict("1 / 2", Computed((1.0,)), data.GEMMA_FIT)


def test_a_percentage_is_checked_against_whole_tasks() -> None:
    assert nearest_count(36.0) == (59, True)
    assert nearest_count(36.3) == (60, False)


def test_the_command_writes_a_page_and_every_claim_with_its_recipe(
    paper_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(data.LOCAL_COPY, str(paper_dir))
    assert replicate.main(replicate.Replicate(output_dir=tmp_path)) == 0
    rows = read_json(tmp_path / "claims.json")
    keys = {"id", "section", "claim", "paper_value", "recomputed", "verdict", "file", "recipe"}
    assert len(rows) == 85 and all(keys <= set(row) and row["recipe"] for row in rows)
    assert all((row["recomputed"] is None) == (row["verdict"] == "not_recomputable") for row in rows)
    page = (tmp_path / "claims.md").read_text().replace("\\|", "|")
    assert all(row["claim"] in page for row in rows)
    assert len([verify(path) for path in (tmp_path / "runs").iterdir()]) == 4
    out = capsys.readouterr().out
    assert "85 claims: 32 reproduced, 7 differs, 24 summary only, 22 not recomputable." in out
    assert out.rstrip().endswith(str(tmp_path / "claims.md"))


def test_a_changed_file_stops_the_command_by_name_and_nothing_is_written(
    paper_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(paper_dir, copy, copy_function=shutil.copyfile)
    (copy / data.PCA_RANK).write_text("{}")
    monkeypatch.setenv(data.LOCAL_COPY, str(copy))
    with pytest.raises(InputError, match="pca_rank.json"):
        replicate.main(replicate.Replicate(output_dir=tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_the_page_says_what_the_audits_find_in_the_published_runs(study: Study, tmp_path: Path) -> None:
    audits = replicate.audit(study, tmp_path)
    page = replicate.audits_page(audits)
    assert set(audits) == {"gemma-4-e2b", "smollm2-1.7b", "qwen3.5-0.8b"}
    assert audits["smollm2-1.7b"]["targets"]["correct"]["verdict"]["failure"] == "capability_cliff"
    assert "cut off" in page and "answers (82%)" in page
    assert all((tmp_path / "runs").glob("published-*/run.json"))
