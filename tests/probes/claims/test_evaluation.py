"""The mechanical verdict: which numbers agree with the paper's, and what agreement is worth."""

from __future__ import annotations

from pathlib import Path

import pytest

from interp.results.claims import ClaimVerdict
from interp.study import data
from interp.study.data import PaperClaim, Study
from probes.claims.evaluation import Computed, Recomputation, evaluate, paper_numbers
from probes.claims.weights import nearest_count


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
    recomputation = Recomputation("as it is", files, lambda study: computed)
    return evaluate(claim, recomputation, Study(None, Path("unused"))).verdict


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


def test_differences_are_given_for_a_claim_that_differs_and_only_of_numbers_that_both_have() -> None:
    claim = PaperClaim("P000", "0", "numbers", "1 / 2 / 3")
    for computed, differences in (
        (Computed((2.0, None, 3.0)), (1.0, 0.0)),
        (Computed((1.0, 2.0, 3.0)), ()),
        (Computed((5.0, 2.0, 3.0), holds=False), ()),
    ):
        recomputation = Recomputation("as it is", (data.GEMMA_FIT,), lambda study, computed=computed: computed)  # type: ignore[misc]
        assert evaluate(claim, recomputation, Study(None, Path("unused"))).differences == differences


def test_a_claim_without_a_computation_keeps_what_it_would_need() -> None:
    claim = PaperClaim("P000", "0", "a number", "1")
    result = evaluate(claim, Recomputation("needs the answers", note="lost"), Study(None, Path("unused")))
    assert (result.verdict, result.recipe, result.note) == (ClaimVerdict.NOT_RECOMPUTABLE, "needs the answers", "lost")
    assert result.recomputed == result.files == () and result.estimate is None
