"""`python -m probes.fit --judge recorded:FILE` end to end on a tiny model: what a judge's labels leave in the run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interp.judges.transcript import Transcribed
from interp.labels.agreement import headline
from interp.labels.checklists import WRITE, Checklist, with_checklists, write_checklists
from interp.labels.judged import CLAIM, DELIVERY, JudgedClaims, JudgedDelivery
from interp.labels.of_answers import label_all
from interp.labels.of_run import calls, label_run
from interp.labels.rubric import AXES, QUESTION_CLASS, JudgedRubric, stamp
from interp.records.answers import Generation
from interp.records.findings import Step
from interp.records.judgements import Answer, Exchange, Label, Question
from interp.records.prompts import Prompt
from interp.runs.files import read_json
from interp.runs.rows import read_rows
from probes.fit import Fit

VERSION = "chat:org/wise-judge at localhost (temperature 0.0)"
LIST = "1. It says b.\n2. It says c.\n3. It says d."


def rule(question: Question) -> str:
    """Answers by what stands in the question: claims by their word, the rest by a hash of it."""
    parts = [part.strip() for part in question.user.split("=====")]
    coin = hashlib.sha256(question.user.encode()).digest()[0]
    if question.menu == CLAIM.menu:
        return "YES" if parts[5].rstrip(".").split()[-1] in parts[3] else "NO"
    if question.menu == DELIVERY.menu:
        return "HEDGE" if coin < 80 else "ASSERT"
    if question.menu == QUESTION_CLASS.menu:
        return ("CERTAIN", "UNCERTAIN", "AMBIGUOUS")[coin % 3]
    return "5" if coin % 2 else "2"


class Wise:
    """A judge by rule whose version is that of a chat endpoint, to be recorded."""

    version = VERSION

    def ask(self, questions: Any) -> list[Answer]:
        return [
            Answer(q.id, rule(q), rule(q), VERSION) if q.menu else Answer(q.id, None, LIST, VERSION) for q in questions
        ]


def record(run: Path, path: Path, bare: bool = False) -> Path:
    """Write what the judge would say about a run's answers as a transcript."""
    prompts = read_rows(run / "prompts.jsonl", Prompt)
    judge = Transcribed(Wise())
    if bare:
        prompts = [dataclasses.replace(p, claims=()) for p in prompts]
        prompts = with_checklists(prompts, write_checklists(judge, prompts, []))
    parts = {"delivery": JudgedDelivery(judge), "axes": JudgedRubric(judge)}
    label_all(prompts, read_rows(run / "generations.jsonl", Generation), JudgedClaims(judge), **parts)  # type: ignore[arg-type]
    judge.write(path)
    return path


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("transcripts")


@pytest.fixture
def transcript(fit_tiny: Callable[..., Any], folder: Path) -> Path:
    path = folder / "judge.jsonl"
    return path if path.exists() else record(fit_tiny().run, path)


@pytest.fixture
def judged(fit_tiny: Callable[..., Any], transcript: Path) -> Any:
    """A run that the recorded judge labelled, axes included; tests share it."""
    return fit_tiny("--judge", f"recorded:{transcript}", "--rubric", "--target", "both", "--chat.timeout-s", 5)


def config(told: Any) -> Any:
    """What makes the run this one."""
    return read_json(told.run / "run.json")["config"]


def rows(run: Path) -> list[Label]:
    return read_rows(run / "labels.jsonl", Label)


def test_the_judge_makes_the_labels_and_every_label_names_it(judged: Any) -> None:
    assert judged.code == 0, judged.err
    name = f"{CLAIM.stamp} by {VERSION}; {DELIVERY.stamp} by {VERSION}; {stamp()} by {VERSION}"
    assert {x.judge for x in rows(judged.run)} == {name}
    assert judged.report.about.instruments == name
    assert config(judged)["judge"]["version"] == VERSION
    finished = [x for x in rows(judged.run) if not x.reasons]
    assert len(finished) > 30
    assert {x.asserted for x in finished} == {True, False}
    assert {score for x in finished for score in x.axes.values()} == {2, 5}
    assert set(finished[0].axes) == set(AXES)


def test_the_transcript_replays_to_the_same_labels(judged: Any, fit_tiny: Callable[..., Any], tmp_path: Path) -> None:
    own = judged.run / "judgements.jsonl"
    again = fit_tiny("--judge", f"recorded:{own}", "--rubric", "--target", "both", "--output-dir", tmp_path)
    assert again.code == 0
    for name in ("labels.jsonl", "judgements.jsonl", "generations.jsonl"):
        assert (again.run / name).read_bytes() == (judged.run / name).read_bytes()


def test_no_question_tells_model_split_or_label(judged: Any, babble: Any) -> None:
    exchanges = read_rows(judged.run / "judgements.jsonl", Exchange)
    ids = {g.id for g in read_rows(judged.run / "generations.jsonl", Generation)}
    assert len(exchanges) > 250
    for one in exchanges:
        seen = f"{one.question.id} {one.question.system} {one.question.user}"
        assert not [word for word in (str(babble.model), "tiny", "fresh", "torch") if word in seen]
        assert not [i for i in ids if f" {i} " in seen]


def test_the_judge_is_part_of_the_runs_identity(judged: Any, fit_tiny: Callable[..., Any], transcript: Path) -> None:
    plain, without = fit_tiny("--target", "both").run, fit_tiny("--judge", f"recorded:{transcript}", "--target", "both")
    assert len({plain, without.run, judged.run}) == 3
    assert {axis for x in rows(without.run) for axis in x.axes} == set()


def test_axes_are_reported_with_both_estimates_and_in_the_page(judged: Any) -> None:
    for target in ("correct", "asserted"):
        found = dict(judged.report.targets.asked())[target]
        assert [row.axis for row in found.axes] == sorted(AXES)
        for row in found.axes:
            assert row.cv.lower <= row.cv.value <= row.cv.upper
            assert row.fresh.n_pos == row.counts.fresh.positive
        step = next(s for s in found.verdict.steps if s.step is Step.AXIS_SWEEP)
        assert all(f"{row.axis}: {row.outcome}" in step.detail for row in found.axes)
    assert "### Axes of the rubric" in (judged.run / "report.md").read_text()


def test_agreement_with_the_offline_instruments_is_reported(judged: Any) -> None:
    found = {row.what: row for row in judged.report.agreement}
    assert {"claim", "correct", "asserted"} <= set(found)
    assert found["correct"].kappa.lower <= found["correct"].kappa.value
    assert found["completeness >= 4"].kappa is None and found["completeness >= 4"].only_a > 0
    page = (judged.run / "report.md").read_text()
    assert all(headline(row) in page for row in found.values())
    assert "Judge and offline instruments:" in page
    assert "hedging lexicon:" not in page  # nothing here was told by the lexicon


def test_a_question_that_was_not_recorded_stops_the_run_until_more_is_allowed(
    fit_tiny: Callable[..., Any], transcript: Path, tmp_path: Path
) -> None:
    lines = transcript.read_text().splitlines(keepends=True)
    short = tmp_path / "short.jsonl"
    short.write_text("".join(line for i, line in enumerate(lines) if i % 4))
    results = tmp_path / "results"
    stopped = fit_tiny("--judge", f"recorded:{short}", "--output-dir", results)
    assert stopped.code == 2
    sentence = stopped.err.strip().splitlines()[-1]
    assert "questions have no answer from the menu" in sentence and "not_recorded" in sentence and "10%" in sentence
    (run,) = results.iterdir()
    assert not (run / "labels.jsonl").exists()
    before = (run / "generations.jsonl").stat().st_mtime_ns
    more = fit_tiny("--judge", f"recorded:{short}", "--output-dir", results, "--chat.max-unscored", 0.5)
    assert more.code == 0
    assert (more.run / "generations.jsonl").stat().st_mtime_ns == before
    unscored = [x for x in rows(more.run) if x.reasons.get("correct") == "unscored"]
    assert unscored and all(x.correct is None and None in x.claims_met for x in unscored)
    assert more.report.labels.fit.correct.left_out["unscored"] > 0


def test_prompts_without_claims_get_checklists_from_the_judge(
    fit_tiny: Callable[..., Any], babble: Any, tmp_path: Path, folder: Path
) -> None:
    bare = babble.write(tmp_path / "bare.jsonl", [row | {"claims": []} for row in babble.rows])
    path = record(fit_tiny().run, folder / "bare-judge.jsonl", bare=True)
    told = fit_tiny("--prompts", bare, "--judge", f"recorded:{path}")
    assert told.code == 0, told.err
    made = read_rows(told.run / "checklists.jsonl", Checklist)
    assert len(made) == 48 and {c.writer for c in made} == {f"{WRITE.stamp} by {VERSION}"}
    assert {len(x.claims_met) for x in rows(told.run)} == {3}
    assert config(told)["judge"]["checklists"] == f"{WRITE.stamp} by {VERSION}"
    assert {c for p in read_rows(told.run / "prompts.jsonl", Prompt) for c in p.claims} == set()


def test_a_writer_most_of_whose_replies_are_no_checklist_stops_the_run(
    fit_tiny: Callable[..., Any], babble: Any, tmp_path: Path, folder: Path
) -> None:
    few = [*babble.rows[:6], *babble.rows[24:30]]
    bare = babble.write(tmp_path / "few.jsonl", [row | {"claims": []} for row in few])
    good = record(fit_tiny().run, tmp_path / "good.jsonl", bare=True)
    bad = tmp_path / "bad.jsonl"
    bad.write_text(good.read_text().replace(json.dumps(LIST), json.dumps("Sure! " + LIST)))
    words = ("--prompts", bare, "--judge", f"recorded:{bad}", "--output-dir", tmp_path / "results")
    stopped = fit_tiny(*words)
    assert stopped.code == 2
    assert "12 of 12 checklists were refused, more than the 10% that may be: 12 not_a_numbered_list" in stopped.err
    allowed = fit_tiny(*words, "--chat.max-unscored", 1)
    assert allowed.code == 0
    assert {x.reasons.get("correct") for x in rows(allowed.run)} <= {"no_checklist", "cut_off", "empty"}
    assert allowed.report.verdict().failure == "unresolved"


def test_a_model_that_would_write_its_own_checklists_is_refused(
    fit_tiny: Callable[..., Any], babble: Any, tmp_path: Path, transcript: Path
) -> None:
    bare = babble.write(tmp_path / "bare.jsonl", [row | {"claims": []} for row in babble.rows])
    path = tmp_path / "own.jsonl"
    path.write_text(transcript.read_text().replace("org/wise-judge", "elsewhere/TINY"))
    told = fit_tiny("--prompts", bare, "--judge", f"recorded:{path}", "--output-dir", tmp_path / "results")
    assert told.code == 2
    assert "elsewhere/TINY would write the checklists that its own answers are marked by" in told.err
    assert not (tmp_path / "results").exists()


def test_prompts_without_claims_need_a_judge(fit_tiny: Callable[..., Any], babble: Any, tmp_path: Path) -> None:
    bare = babble.write(tmp_path / "bare.jsonl", [row | {"claims": []} for row in babble.rows])
    told = fit_tiny("--prompts", bare)
    assert told.code == 2 and "expected at least one claim" in told.err


def test_a_dry_run_counts_the_questions_and_touches_nothing(
    fit_tiny: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    told = fit_tiny("--judge", "chat:some-model", "--rubric", "--dry-run-judge", "--output-dir", tmp_path / "none")
    assert told.code == 0
    total = 48 + 48 + 48 + 5 * 48
    assert told.out == (
        f"chat:some-model would be asked at most {total} questions: 48 about claims, 48 about delivery, "
        "48 about question classes, 240 about axes.\n"
    )
    assert not (tmp_path / "none").exists()


def test_the_count_of_a_dry_run_is_what_a_run_asks_at_most(judged: Any) -> None:
    prompts = read_rows(judged.run / "prompts.jsonl", Prompt)
    asked = read_rows(judged.run / "judgements.jsonl", Exchange)
    cut_off_or_empty = sum(bool(x.reasons) for x in rows(judged.run))
    most = sum(calls(prompts, rubric=True).values())
    assert most - 8 * cut_off_or_empty <= len(asked) <= most


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--rubric"], "expected --judge chat:MODEL with them"),
        (["--chat.max-unscored", 0.2], "expected --judge chat:MODEL with them"),
        (["--dry-run-judge"], "expected --judge chat:MODEL with it"),
        (["--judge", "gpt"], "There is no judge 'gpt'; expected chat:MODEL"),
        (["--judge", "recorded:/nowhere.jsonl"], "/nowhere.jsonl is missing"),
        (["--judge", "chat:m", "--chat.max-unscored", 2], "max_unscored is 2.0, expected a share from 0 to 1"),
    ],
)
def test_bad_options_are_refused_before_anything_is_made(
    arguments: list[Any], expected: str, fit_tiny: Callable[..., Any], tmp_path: Path
) -> None:
    told = fit_tiny(*arguments, "--output-dir", tmp_path / "results")
    assert (told.code, told.out) == (2, "")
    assert expected in told.err
    assert not (tmp_path / "results").exists()


def test_the_command_line_of_a_judged_run_is_recorded_so_that_it_runs_again(judged: Any) -> None:
    import shlex

    import tyro

    words = shlex.split(read_json(judged.run / "run.json")["command_line"])
    again = tyro.cli(Fit, args=words[3:], config=(tyro.conf.EnumChoicesFromValues,))
    assert (again.rubric, again.target, again.chat.timeout_s) == (True, "both", 5)
    assert again.judge is not None and again.judge.startswith("recorded:")


def test_labels_that_are_there_are_not_made_again(judged: Any) -> None:
    from interp.runs.directory import Run

    before = (judged.run / "labels.jsonl").stat().st_mtime_ns
    label_run(Run(judged.run, {}), None)
    assert (judged.run / "labels.jsonl").stat().st_mtime_ns == before
