"""The claims in words: cut for a terminal, whole on the page."""

from __future__ import annotations

from interp.records.findings import Estimate
from interp.results.claims import ClaimResult, ClaimsReport, ClaimVerdict
from probes.claims import page

SHARE = Estimate(0.51234567, 0.4, 0.6, "made up", 5, 5)
LONG = "a claim | with a bar that is far too long for a terminal's column"
CLAIMS = (
    ClaimResult(
        "P1", "1", LONG, "0.5", ClaimVerdict.REPRODUCED, (0.51234567, None), SHARE, (), ("x/a.json",), "as is", ""
    ),
    ClaimResult("P2", "2", "two", "1 / 2", ClaimVerdict.DIFFERS, (1.0, 3.0), None, (0.0, 1.0), (), "count", "Odd."),
)
REPORT = ClaimsReport(ClaimsReport.SCHEMA, "a paper", "a repository", "a commit", CLAIMS)


def test_numbers_have_six_digits_and_the_interval_four() -> None:
    assert [page.numbers(result) for result in CLAIMS] == ["0.512346 - [0.4, 0.6]", "1 3"]


def test_the_terminal_gets_one_line_a_claim_and_the_counts() -> None:
    _, first, second, blank, counts = page.table(REPORT).split("\n")
    assert first.startswith("P1   a claim | with a bar that is far too ...") and first.endswith("reproduced")
    assert second.endswith("differs") and blank == ""
    assert counts == "2 claims: 1 reproduced, 1 differs, 0 summary only, 0 not recomputable."


def test_the_page_has_what_differs_before_all_claims_and_escapes_bars() -> None:
    text = page.page(REPORT)
    assert text.startswith(
        "# The paper's claims against its published data\n\na paper; data: a repository at a commit.\n"
    )
    assert "- P2 (2) two: the paper says 1 / 2, the data 1 3 (difference +0, +1). Odd." in text
    assert text.index("## What differs") < text.index("## Every claim") < text.index("| P1 | 1 | a claim \\| with")
    assert "| `a.json` | as is |  |" in text
