from __future__ import annotations

import dataclasses
import inspect
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interp.errors import InputError
from interp.records import answers, arrays, findings, judgements, loaded, prompts
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.arrays import Features, HeadActivations, Position, Probe, Site
from interp.records.findings import Estimate, FailureMode, Outcome, Severity, Step, StepResult, Threat, Verdict
from interp.records.judgements import Answer, Label, Question
from interp.records.loaded import ModelId
from interp.records.prompts import Claim, Prompt, Split
from interp.records.shown import Shown
from interp.results import evidence
from interp.results import fit as fit_results
from interp.results.fit import FitReport, TargetReports
from interp.results.reading import read_report
from interp.results.schema import write_result
from interp.runs.directory import Run, close_run, open_run, read_run
from interp.runs.files import write_text
from interp.show.html import MOST_ROWS, table

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>&amp;'
AUROC = Estimate(0.75, 0.6, 0.86, "AUROC, some interval", 31, 60, 0.01)
DIFFERENCE = Estimate(-0.2, -0.3, -0.1, "difference of rates, Newcombe hybrid score", 40, 50)
STEP = StepResult(Step.FRESH_PROMPTS, AUROC, DIFFERENCE, Outcome.PASS, f"detail {HOSTILE}")
THREAT = Threat(f"imbalance{HOSTILE}", Severity.WARNING, {"split": HOSTILE, "n": 3}, f"sentence {HOSTILE}")
VERDICT = Verdict((STEP,), (THREAT,), FailureMode.UNRESOLVED, f"reason {HOSTILE}")
X = np.arange(20 * 3 * 64, dtype=np.float32).reshape(20, 3, 64)
IDS = tuple(f"g{i}{HOSTILE}" for i in range(20))
RECORDS: dict[str, Any] = {
    "Generation": Generation(
        "g", "p", HOSTILE, f"said {HOSTILE}", tuple(range(5000)), 9, HOSTILE, 5000, StopReason.EOS, 5000, -0.1, -1.0
    ),
    "Prompt": Prompt("p", HOSTILE, "facts", Split.FIT, (Claim(HOSTILE, (HOSTILE,) * 50),), HOSTILE),
    "Claim": Claim(HOSTILE, (HOSTILE,)),
    "Question": Question("q", HOSTILE, HOSTILE, (HOSTILE,)),
    "Answer": Answer("q", None, HOSTILE, HOSTILE),
    "Label": Label("g", None, (None,), None, None, HOSTILE, {"a": None}, {"correct": HOSTILE}),
    "HeadScale": HeadScale(((1, 2), (3, 4)), 0.5),
    "ModelId": ModelId(HOSTILE, "hub", HOSTILE, "abc", "float32", "cpu", "sdpa"),
    "Estimate": AUROC,
    "StepResult": STEP,
    "Threat": THREAT,
    "Verdict": VERDICT,
    "Features": Features(IDS, Site.RESID_POST, (0, 1, 2), Position.CONTENT, X),
    "HeadActivations": HeadActivations(
        IDS, (0, 1), (np.ones((20, 4)), np.ones((20, 2))), (np.ones((20, 4, 8)), np.ones((20, 2, 16))), 32
    ),
    "Probe": Probe(np.ones(4096), 0.5, "correct", Site.RESID_POST, 2, Position.CONTENT, 1, 0.1, "hash"),
}
VOID = {"br", "img", "path", "circle", "meta", "link"}


class Tags(HTMLParser):
    """The tags of a piece of HTML, which must close what they open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def assert_tame(html: str) -> Tags:
    tags = Tags(html)
    assert not {"script", "img", "iframe", "style", "link"} & {tag for tag, _ in tags.seen}
    assert not [name for _, attrs in tags.seen for name in attrs if name.startswith("on")]
    return tags


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_well_formed_html_in_which_foreign_text_is_only_text(name: str) -> None:
    html = RECORDS[name]._repr_html_()
    assert_tame(html)
    assert "<script" not in html
    assert len(html) < 12_000, "more than a screenful"


def test_every_record_shows_itself() -> None:
    modules = (answers, arrays, findings, judgements, loaded, prompts, evidence, fit_results)
    classes = {c for module in modules for _, c in inspect.getmembers(module, dataclasses.is_dataclass)}
    assert len(classes) >= 45
    assert [c.__name__ for c in classes if not issubclass(c, Shown)] == []


@pytest.mark.parametrize("name", ["Features", "HeadActivations", "Probe"])
def test_arrays_are_named_by_shape_and_never_spill(name: str) -> None:
    record = RECORDS[name]
    for shown in (repr(record), str(record), record._repr_html_()):
        assert len(shown) < 160
        assert "array(" not in shown
    assert {"Features": "d_model 64", "HeadActivations": "2 to 4 heads of 8 to 16", "Probe": "d_model 4096"}[
        name
    ] in str(record)


def test_an_auroc_has_a_bar_against_chance_and_a_difference_has_none() -> None:
    assert 'aria-label="0.750 [0.600, 0.860], against 0.5"' in AUROC._repr_html_()
    assert "<svg" not in DIFFERENCE._repr_html_()
    assert "31 positive, 60 negative" in AUROC._repr_html_()


def test_a_bar_places_value_and_interval_on_its_scale() -> None:
    circle = next(attrs for tag, attrs in Tags(AUROC._repr_html_()).seen if tag == "circle")
    assert float(circle["cx"] or 0) == pytest.approx(4 + 0.75 * 96)


def test_an_answer_that_was_cut_off_says_so_in_html_and_in_print() -> None:
    whole = RECORDS["Generation"]
    cut = dataclasses.replace(whole, stop=StopReason.LENGTH, max_new_tokens=64)
    assert "CUT OFF at 64 tokens" in cut._repr_html_()
    assert "CUT OFF at 64 tokens" in str(cut)
    assert "CUT OFF" not in whole._repr_html_() + str(whole)


def test_an_answer_whose_text_nobody_kept_is_not_shown_as_empty() -> None:
    lost = dataclasses.replace(RECORDS["Generation"], text="", stop=None, unrecorded=("text", "stop"))
    assert "not recorded" in lost._repr_html_()
    assert "not recorded" in str(lost)


def test_a_long_answer_loses_its_middle_and_says_how_much() -> None:
    long = dataclasses.replace(RECORDS["Generation"], text="a" * 5000)
    assert "[... 4400 characters ...]" in long._repr_html_()


@pytest.mark.parametrize("name", RECORDS)
def test_a_table_has_a_row_a_record_and_headers_with_scope(name: str) -> None:
    tags = assert_tame(table([RECORDS[name]] * 3)._repr_html_())
    heads = [attrs for tag, attrs in tags.seen if tag == "th" and attrs.get("scope") == "col"]
    assert len(heads) >= 2
    assert [tag for tag, _ in tags.seen].count("tr") >= 4


def test_a_table_of_many_rows_says_how_many_it_leaves_out() -> None:
    shown = table([AUROC] * 250)._repr_html_()
    assert shown.count("<tr>") == MOST_ROWS + 1
    assert "and 150 more rows" in shown


def test_an_unknown_label_gives_its_reason() -> None:
    label = Label("g", 0.5, (True, None, False), None, True, "judge", {}, {"correct": "cut_off"})
    html = table([label])._repr_html_()
    assert "unknown (cut off)" in html
    assert "1 of 3 (1 unknown)" in html


def test_a_verdict_prints_its_reason_steps_and_threats() -> None:
    lines = str(VERDICT).split("\n")
    assert lines[0].startswith("Unresolved. reason")
    assert lines[1].startswith("  fresh prompts: pass; detail")
    assert "(warning): sentence" in lines[2]


@pytest.fixture
def report(fit_report: FitReport) -> FitReport:
    """A report of correctness alone, whose verdict holds foreign text."""
    assert fit_report.targets.correct is not None
    return dataclasses.replace(
        fit_report, targets=TargetReports(dataclasses.replace(fit_report.targets.correct, verdict=VERDICT))
    )


def test_a_report_gives_its_verdict_back_as_a_record(report: FitReport) -> None:
    assert report.verdict() == VERDICT
    assert "Unresolved" in str(report)
    html = report._repr_html_()
    assert_tame(html)
    assert "Unresolved" in html and "<script" not in html


def test_a_report_is_its_verdicts_in_plain_text_of_ipython_and_not_its_numbers(report: FitReport) -> None:
    from IPython.lib.pretty import pretty

    many = dataclasses.replace(report, inputs={str(i): "sha256" for i in range(10_000)})
    assert pretty(many) == str(many) == repr(many) and "9999" not in pretty(many)


def test_a_verdict_that_a_report_does_not_hold_is_refused_by_name(report: FitReport) -> None:
    with pytest.raises(InputError, match="no verdict on 'asserted'; it has correct"):
        report.verdict("asserted")
    with pytest.raises(InputError, match="no verdict on 'asserted'; it has none"):
        dataclasses.replace(report, targets=TargetReports()).verdict("asserted")


@pytest.fixture
def finished(tmp_path: Path, report: FitReport) -> Run:
    config = {"model": {"name": HOSTILE}, "prompts": {"name": "facts"}}
    with open_run(tmp_path, "a-run", config) as run:
        write_result(run.path / "report.json", report)
        write_text(run.path / "report.html", "<!DOCTYPE html>")
        close_run(run)
    return run


def test_a_finished_run_shows_its_verdict_and_links_its_page(finished: Run) -> None:
    tags = assert_tame(finished._repr_html_())
    assert [attrs["href"] for tag, attrs in tags.seen if tag == "a"] == [str(finished.path / "report.html")]
    assert "Unresolved" in finished._repr_html_()
    assert str(finished.path) in str(finished)


def test_an_unfinished_run_says_what_to_do(tmp_path: Path) -> None:
    run = Run(tmp_path / "nothing", {"model": "m"})
    assert "run its command again" in run._repr_html_()
    assert "(unfinished)" in str(run)


def test_a_finished_run_is_read_back_after_its_files_are_checked(finished: Run) -> None:
    again = read_run(finished.path)
    assert again == finished
    assert read_report(again).verdict() == VERDICT
    (finished.path / "report.html").write_text("changed")
    with pytest.raises(InputError, match="does not match its sha256"):
        read_run(finished.path)
