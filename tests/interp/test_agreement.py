from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from interp.agreement import Agree, agree, main, table
from interp.errors import InputError
from interp.labels.agreement import Agreement, compare, compare_labels, labelled_offline, read_labelled
from interp.labels.of_answers import label_all
from interp.records.answers import Generation, StopReason
from interp.records.judgements import Label
from interp.records.prompts import Claim, Prompt, Split
from interp.results.agreement import AgreementReport
from interp.results.schema import read_result
from interp.runs.directory import close_run, open_run
from interp.runs.rows import write_rows


def label(i: int, correct: bool | None, asserted: bool | None = True, **more: object) -> Label:
    return Label(f"g{i}", None, (), correct, asserted, "judge-1", **more)  # type: ignore[arg-type]


def test_kappa_is_what_a_hand_computes() -> None:
    """Cohen's own layout: 20 both yes, 5 and 10 apart, 15 both no: (0.7 - 0.5) / (1 - 0.5) = 0.4."""
    a = [True] * 25 + [False] * 25
    b = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    found = compare(a, b, "correct")
    assert found.kappa is not None and found.kappa.value == pytest.approx(0.4)
    assert found.kappa.lower < 0.4 < found.kappa.upper
    assert found.agreed is not None and found.agreed.value == pytest.approx(0.7)
    assert found.table == {"a yes, b yes": 20, "a yes, b no": 5, "a no, b yes": 10, "a no, b no": 15}
    assert (found.only_a, found.only_b, found.neither) == (0, 0, 0)


def test_unscored_items_are_counted_on_each_side_and_in_no_kappa() -> None:
    found = compare([True, False, True, None, None, False], [True, False, None, None, True, None], "asserted")
    assert (found.only_a, found.only_b, found.neither) == (2, 1, 1)
    assert found.kappa is not None and found.kappa.value == 1.0
    assert found.kappa.n_pos + found.kappa.n_neg == 2


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ([None, True], [True, None], "no item is scored by both"),
        ([True, True], [True, True], "both say yes of all 2 items"),
        ([False], [False], "both say no of all 1 items"),
    ],
)
def test_where_there_is_no_kappa_the_reason_stands_in_its_place(
    a: list[bool | None], b: list[bool | None], reason: str
) -> None:
    found = compare(a, b, "correct")
    assert found.kappa is None and reason in found.reason


def test_labels_are_compared_question_by_question() -> None:
    a = [
        Label("g0", 1.0, (True, False), True, True, "a", axes={"completeness": 5}),
        Label("g1", 0.0, (False, None), False, False, "a", axes={"completeness": None}),
        Label("g2", None, (), None, None, "a"),
    ]
    b = [
        Label("g2", 1.0, (True,), True, True, "b"),
        Label("g0", 1.0, (True, True), True, True, "b", axes={"completeness": 3}),
        Label("g1", 0.0, (False, False), False, True, "b", axes={"completeness": 4}),
    ]
    found = {row.what: row for row in compare_labels(a, b)}
    assert list(found) == ["claim", "correct", "asserted", "completeness >= 4"]
    assert (found["claim"].only_b, sum(found["claim"].table.values())) == (2, 3)
    assert found["correct"].table == {"a no, b no": 1, "a yes, b yes": 1}
    assert found["asserted"].table == {"a no, b yes": 1, "a yes, b yes": 1}
    assert found["completeness >= 4"].table == {"a yes, b no": 1}
    assert (found["completeness >= 4"].only_b, found["completeness >= 4"].neither) == (1, 1)


def test_labels_of_other_answers_or_other_claims_are_refused() -> None:
    with pytest.raises(InputError, match="1 answers are labelled on the first side alone and 2 on the second"):
        compare_labels([label(0, True), label(1, True)], [label(1, True), label(2, True), label(3, True)])
    one, two = Label("g", 1.0, (True,), True, True, "a"), Label("g", 1.0, (True, True), True, True, "b")
    with pytest.raises(InputError, match="judged by 1 claims on one side and by 2"):
        compare_labels([one], [two])


PROMPTS = [
    Prompt(f"p{i}", f"Where is city {i}?", "geo", Split.FIT if i < 4 else Split.FRESH, (Claim("France", ("France",)),))
    for i in range(8)
]
TEXTS = ["In France.", "In Spain."] * 3 + ["Perhaps in France.", ""]


def run(root: Path, name: str, labels: list[Label], texts: list[str] = TEXTS) -> Path:
    answers = generations(texts)
    with open_run(root, name, {"model": {"name": "m"}}) as opened:
        write_rows(opened.path / "prompts.jsonl", PROMPTS)
        write_rows(opened.path / "generations.jsonl", answers)
        write_rows(opened.path / "labels.jsonl", labels)
        close_run(opened)
    return opened.path


def generations(texts: list[str] = TEXTS) -> list[Generation]:
    return [
        Generation(f"g{i}", f"p{i}", "m", t, (1,), 5, "", 0, StopReason.EOS, 64, None, None)
        for i, t in enumerate(texts)
    ]


def row(report: AgreementReport, what: str) -> Agreement:
    return next(row for row in report.agreement if row.what == what)


def strict(x: Label) -> Label:
    """A judge that finds France in Spain as well, and leaves the first answer unscored."""
    scored = x.generation_id != "g0"
    met = None if x.correct is None or not scored else True
    return dataclasses.replace(x, correct=met, claims_met=(met,), judge="strict-1")


def test_a_run_is_compared_with_the_offline_instruments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = [strict(x) for x in label_all(PROMPTS, generations())]
    path = run(tmp_path, "judged", labels)
    assert main(Agree(path, output=tmp_path / "agreement.json")) == 0
    out = capsys.readouterr().out
    assert "a: judged-" in out and "(strict-1)" in out and "b: offline (checklist-" in out
    assert "8 answers" in out
    correct = row(read_result(tmp_path / "agreement.json", AgreementReport), "correct")
    assert correct.table == {"a yes, b no": 3, "a yes, b yes": 3}
    assert (correct.only_b, correct.neither) == (1, 1)
    assert correct.kappa is not None and correct.kappa.value == 0.0
    assert "scored by a alone 0, by b alone 1, by neither 1" in out


def test_two_runs_of_the_same_answers_are_compared_and_of_others_refused(tmp_path: Path) -> None:
    labels = label_all(PROMPTS, generations())
    one, two = run(tmp_path, "one", labels), run(tmp_path, "two", [strict(x) for x in labels])
    found = agree(read_labelled(one), read_labelled(two))
    assert [side.judge for side in found.sides] == [labels[0].judge, "strict-1"]
    assert "asserted: kappa 1.000 [" in table(found) and "; 7 of 7 agree" in table(found)
    assert "correct: kappa 0.000 [" in table(found) and "; 3 of 6 agree" in table(found)
    other = run(tmp_path, "other", labels, [*TEXTS[:-1], "Changed."])
    with pytest.raises(InputError, match="Answer 'g7' is another text"):
        agree(read_labelled(one), read_labelled(other))


def test_files_of_labels_are_compared_and_one_alone_needs_the_answers(tmp_path: Path) -> None:
    labels = label_all(PROMPTS, generations())
    path = tmp_path / "labels.jsonl"
    write_rows(path, labels)
    found = agree(read_labelled(path), read_labelled(path))
    kappa = row(found, "correct").kappa
    assert kappa is not None and kappa.value == 1.0
    with pytest.raises(InputError, match="a file of labels without the answers"):
        labelled_offline(read_labelled(path))


def test_a_run_without_labels_is_refused(tmp_path: Path) -> None:
    with open_run(tmp_path, "bare", {}) as opened:
        close_run(opened)
    with pytest.raises(InputError, match="holds no labelled answers"):
        read_labelled(opened.path)


def test_the_command_says_in_one_sentence_what_is_wrong(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "interp.agreement", str(tmp_path / "nowhere.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ") and "is missing" in done.stderr and done.stderr.count("\n") == 1


def test_a_claim_without_accepted_wordings_is_beyond_the_offline_checklist() -> None:
    prompt = Prompt("p0", "Where?", "geo", Split.FIT, (Claim("It is in France", ()), Claim("France", ("France",))))
    (made,) = label_all([prompt], generations(["In France."]))
    assert made.claims_met == (None, True)
    assert (made.correct, made.reasons["correct"]) == (None, "unscored")
