from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from interp.errors import InputError
from interp.records.findings import FailureMode
from interp.results.claims import ClaimResult, ClaimsReport, ClaimVerdict
from interp.results.schema import read_result
from interp.runs.directory import verify
from interp.study import data
from interp.study.data import PaperClaim, Study
from probes import replicate
from probes.claims import page
from probes.claims.heads import checklist_sizes


@pytest.fixture(scope="module")
def study(paper_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(paper_dir, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def report(study: Study) -> ClaimsReport:
    return replicate.replicate(study)


def by_id(report: ClaimsReport, claim_id: str) -> ClaimResult:
    return next(result for result in report.claims if result.id == claim_id)


def test_every_claim_has_a_verdict_in_the_papers_order(report: ClaimsReport) -> None:
    stated = [PaperClaim(r.id, r.section, r.claim, r.paper_value) for r in report.claims]
    assert stated == list(data.claims())
    assert report.counts == {
        ClaimVerdict.REPRODUCED: 32,
        ClaimVerdict.DIFFERS: 7,
        ClaimVerdict.SUMMARY_ONLY: 24,
        ClaimVerdict.NOT_RECOMPUTABLE: 22,
    }


def test_the_claims_that_differ_are_these(report: ClaimsReport) -> None:
    differing = {r.id: r.recomputed for r in report.differing}
    assert sorted(differing) == ["P002", "P003", "P004", "P013", "P032", "P081", "P085"]
    assert differing["P003"] == (100 * 21 / 164,)
    assert differing["P004"] == (100 * 50 / 164,)
    assert differing["P013"] == (None, 6.0)
    assert differing["P032"] == (7.0, 23.0, 19.0, 23.0, 23.0)
    assert differing["P081"] == (8 / 9,)


def test_no_claim_is_reproduced_from_a_summary(report: ClaimsReport) -> None:
    for result in report.claims:
        if result.verdict is ClaimVerdict.REPRODUCED:
            assert result.files and not data.SUMMARIES.intersection(result.files)


def test_every_file_that_a_recipe_names_is_published(report: ClaimsReport) -> None:
    assert {name for r in report.claims for name in r.files} <= set(data.hashes())


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
    report: ClaimsReport, claim_id: str, values: tuple[float, ...]
) -> None:
    assert by_id(report, claim_id).recomputed == pytest.approx(values, abs=1e-9)


def test_stored_aurocs_are_whole_numbers_of_pairs_under_the_published_labels(report: ClaimsReport) -> None:
    notes = [r.note for r in report.claims if r.note.startswith("The stored number is")]
    assert len(notes) == 13
    assert not [note for note in notes if "no whole number" in note]


def test_one_checklist_must_be_longer_than_the_paper_says(study: Study) -> None:
    sizes = checklist_sizes(study)
    assert (len(sizes), max(sizes), [i for i, n in enumerate(sizes) if n > 5]) == (100, 6, [39])


def test_the_command_writes_a_page_and_every_claim_with_its_recipe(
    paper_dir: Path,
    report: ClaimsReport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(data.LOCAL_COPY, str(paper_dir))
    assert replicate.main(replicate.Replicate(output_dir=tmp_path)) == 0
    written = read_result(tmp_path / "claims.json", ClaimsReport)
    assert written == report
    assert len(written.claims) == 85 and all(result.recipe for result in written.claims)
    assert all(
        (not result.recomputed) == (result.verdict is ClaimVerdict.NOT_RECOMPUTABLE) for result in written.claims
    )
    text = (tmp_path / "claims.md").read_text().replace("\\|", "|")
    assert all(result.claim in text for result in written.claims)
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
    text = page.audits_page(audits)
    assert set(audits) == {"gemma-4-e2b", "smollm2-1.7b", "qwen3.5-0.8b"}
    assert audits["smollm2-1.7b"].verdict().failure is FailureMode.CAPABILITY_CLIFF
    assert "cut off" in text and "answers (82%)" in text
    assert all((tmp_path / "runs").glob("published-*/run.json"))
