"""`python -m interp.compare` on runs and on the study's published items, through the command itself."""

import dataclasses
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_rel

from interp.cli.front_door import run_command
from interp.cli.groups import OutputOptions
from interp.compare import PROG, Compare, main, run_compare
from interp.errors import InputError
from interp.labels.of_answers import INSTRUMENTS, label_all
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.loaded import Loaded, ModelId
from interp.records.prompts import Claim, Prompt, Split
from interp.results.schema import read_result, write_result
from interp.runs.directory import close_run, open_run, verify
from interp.runs.loaded import write_loaded
from interp.runs.rows import write_rows
from interp.scores.comparison import ComparisonReport, compare_sets
from interp.scores.sides import matched, open_side
from interp.study import data, report
from interp.study.data import Study

CAPITALS = {"Albania": "Tirana", "Peru": "Lima", "Kenya": "Nairobi", "Nepal": "Kathmandu", "Italy": "Rome"}
PROMPTS = tuple(
    Prompt(f"capital-{c}", f"What is the capital of {c}?", "facts", s, (Claim(f"It is {t}.", (t,)),), relation=s)
    for i, (c, t) in enumerate(CAPITALS.items())
    for s in [Split.FIT if i % 2 else Split.FRESH]
)


def write_run(
    root: Path,
    model: str,
    right: int,
    *,
    prompts: tuple[Prompt, ...] = PROMPTS,
    budget: int = 64,
    edit: HeadScale | None = None,
    commit: str | None = None,
    dtype: str = "float32",
    cut: int = 0,
    judge: str = INSTRUMENTS,
    smaller: int | None = None,
) -> Path:
    """Write a run as probes.fit does: the first `right` answers are right, the last `cut` are cut off."""
    rows = [
        Generation(
            f"{model}-{p.id}",
            p.id,
            model,
            f"The capital is {p.claims[0].accept[0] if i < right else 'Atlantis'}.",
            (1, 2, 3),
            9,
            "",
            0,
            StopReason.LENGTH if i >= len(prompts) - cut else StopReason.EOS,
            budget,
            -0.1,
            -0.2,
            edit,
        )
        for i, p in enumerate(prompts)
    ]
    labels = [dataclasses.replace(one, judge=judge) for one in label_all(prompts, rows)]
    commit = commit or hashlib.sha1(model.encode(), usedforsecurity=False).hexdigest()
    loaded = ModelId(model, "hub", f"org/{model}", commit, dtype, "cpu", "sdpa")
    config = {
        "model": {"name": model, "commit": commit},
        "dtype": dtype,
        "max_new_tokens": budget,
        "cut": cut,
        "edit": str(edit),
        "judge": judge,
    }
    with open_run(root, model, config) as run:
        write_rows(run.path / "prompts.jsonl", prompts)
        write_rows(run.path / "generations.jsonl", rows)
        if smaller:
            small = [dataclasses.replace(row, max_new_tokens=smaller) for row in rows]
            write_rows(run.path / f"generations-at-{smaller}.jsonl", small)
        write_rows(run.path / "labels.jsonl", labels)
        write_loaded(run.path, Loaded(loaded, "torch", "passed"))
        close_run(run)
    return run.path


def command(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr("sys.argv", ["compare", *map(str, words)])
    return run_command(Compare, main, PROG)


def numbers(folder: Path) -> dict[str, dict]:
    (path,) = folder.glob("compare-*/compare.json")
    return {one["metric"]: one for one in json.loads(path.read_text())["comparisons"]}


@pytest.fixture
def study(paper_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setenv(data.LOCAL_COPY, str(paper_dir))
    return data.open_study()


def test_published_humaneval_items_give_the_paired_delta(study, tmp_path, monkeypatch, capsys):
    sides = ("humaneval_baseline.json", "humaneval_dd_fp16.json")
    assert command(monkeypatch, *sides, "--output-dir", tmp_path) == 0
    one = numbers(tmp_path)["pass@1"]
    base, trained = (
        {r["task_id"]: r["passed"] for r in study.json(n)} for n in (data.HUMANEVAL_BASE, data.HUMANEVAL_TRAINED)
    )
    gained = sum(trained[t] and not base[t] for t in base)
    lost = sum(base[t] and not trained[t] for t in base)
    assert (lost, gained) == (6, 35)
    assert one["numbers"]["discordant"] == {"neither": 108, "only_a": 6, "only_b": 35, "both": 15}
    delta = one["numbers"]["delta"]
    assert delta["value"] == pytest.approx((gained - lost) / 164)
    assert delta["p_value"] == pytest.approx(binomtest(6, 41).pvalue)
    wald = 1.96 * np.sqrt(gained + lost - (gained - lost) ** 2 / 164) / 164
    assert (delta["lower"], delta["upper"]) == pytest.approx((delta["value"] - wald, delta["value"] + wald), abs=0.006)
    assert delta == dataclasses.asdict(report.humaneval_gain(study))
    said = capsys.readouterr().out
    assert "pass@1: +17.7 [+10.4, +25.0], p = 4.9e-06" in said
    assert "FATAL: Neither side records its token budget" in said


def test_published_mcas_items_give_the_paired_delta_and_its_halves(study, tmp_path, monkeypatch):
    sides = ("mcas_details.json:baseline", "mcas_details.json:dd_fp16")
    assert command(monkeypatch, *sides, "--output-dir", tmp_path) == 0
    one = numbers(tmp_path)["mcas"]
    content = study.json(data.MCAS_ITEMS)
    a, b = (np.array(content[key], float) for key in ("baseline_scores", "dd_fp16_scores"))
    delta = one["numbers"]["delta"]
    assert delta["value"] / 2 == pytest.approx(0.339)
    student = ttest_rel(b, a).confidence_interval()
    assert (delta["lower"], delta["upper"]) == pytest.approx((student.low, student.high), abs=0.006)
    assert delta["value"] / 2 == pytest.approx(report.mcas_gain(study).value)
    tricky = np.array([p["type"] == "tricky" for p in content["prompts"]])
    halves = {group: e["value"] for group, e in one["numbers"]["groups"].items()}
    assert halves == pytest.approx({"straightforward": (b - a)[~tricky].mean(), "tricky": (b - a)[tricky].mean()})
    assert {t["name"] for t in one["threats"]} >= {"unrecorded_max_new_tokens", "unrecorded_judge"}


def test_a_changed_published_file_and_an_unnamed_side_are_refused(study, tmp_path, monkeypatch, capsys):
    fake = tmp_path / "humaneval_baseline.json"
    fake.write_text("[]")
    assert command(monkeypatch, fake, "humaneval_dd_fp16.json", "--output-dir", tmp_path) == 2
    assert "is not the study's published humaneval_baseline.json" in capsys.readouterr().err
    assert command(monkeypatch, "mcas_details.json", "mcas_details.json:dd_fp16", "--output-dir", tmp_path) == 2
    assert "name one: mcas_details.json:baseline or mcas_details.json:dd_fp16" in capsys.readouterr().err
    assert not list(tmp_path.glob("compare-*"))


def test_an_own_run_against_a_published_file_is_refused_for_what_only_one_records(study, tmp_path):
    own = open_side("humaneval_baseline.json").sets[0]
    known = dataclasses.replace(own, conditions=dataclasses.replace(own.conditions, max_new_tokens=512))
    with pytest.raises(InputError, match="was given 512 new tokens an answer and B does not record its token budget"):
        compare_sets(known, own)


def test_two_models_on_the_same_prompts(tmp_path, monkeypatch, capsys):
    a, b = write_run(tmp_path, "small", 1), write_run(tmp_path, "large", 4, cut=1)
    assert command(monkeypatch, a, b, "--output-dir", tmp_path / "out") == 0
    found = numbers(tmp_path / "out")
    assert set(found) == {"checklist_recall", "correct", "asserted", "svr", "cut_off", "answer_tokens"}
    correct = found["correct"]["numbers"]
    assert (correct["n_items"], correct["n_paired"], correct["unscored_b"]) == (5, 4, {"cut_off": 1})
    assert correct["delta"]["value"] == 0.75
    assert correct["discordant"] == {"neither": 0, "only_a": 0, "only_b": 3, "both": 1}
    assert correct["truncation"]["table"] == {"neither": 4, "only_a": 0, "only_b": 1, "both": 0}
    limits = [correct["truncation"][end]["value"] for end in ("least", "most")]
    assert limits == pytest.approx([0.6, 0.8])
    assert found["cut_off"]["numbers"]["delta"]["value"] == pytest.approx(0.2)
    assert found["cut_off"]["threats"] == []
    assert found["checklist_recall"]["numbers"]["n_paired"] == 5
    assert "correct, 64 new tokens: +75.0" in capsys.readouterr().out
    (folder,) = (tmp_path / "out").iterdir()
    verify(folder)
    assert "| correct, 64 new tokens | 4 of 5 |" in (folder / "compare.md").read_text()


def differs(tmp_path: Path, a: Path, b: Path) -> bool:
    """Whether a comparison of two runs says that something under test differs."""
    folder = run_compare(Compare(str(a), str(b), metric="correct", output=OutputOptions(tmp_path / "out"))).path
    names = [
        threat["name"] for threat in json.loads((folder / "compare.json").read_text())["comparisons"][0]["threats"]
    ]
    return "nothing_differs" not in names


def test_models_are_told_apart_by_commit_and_dtype_never_by_name(tmp_path):
    first = write_run(tmp_path, "small", 1, commit="a" * 40)
    assert not differs(tmp_path, first, write_run(tmp_path, "renamed", 4, commit="a" * 40))
    assert differs(tmp_path, first, write_run(tmp_path / "other", "small", 4, commit="b" * 40))
    assert differs(tmp_path, first, write_run(tmp_path / "late", "small", 4, commit="a" * 39 + "b"))
    assert differs(tmp_path, first, write_run(tmp_path / "half", "small", 4, commit="a" * 40, dtype="bfloat16"))


def test_an_edit_under_test_and_one_metric(tmp_path, monkeypatch):
    a = write_run(tmp_path, "small", 1)
    b = write_run(tmp_path, "small", 3, edit=HeadScale(((0, 1),), 0.5))
    words = ("--metric", "correct", "--different", "edit", "--output-dir", tmp_path / "out")
    assert command(monkeypatch, a, b, *words) == 0
    assert list(numbers(tmp_path / "out")) == ["correct"]


@pytest.mark.parametrize(
    ("changes", "words", "says"),
    [
        ({"budget": 128}, (), "A was given 64 new tokens an answer and B was given 128 new tokens"),
        ({"prompts": PROMPTS[:4]}, (), "A answered the prompts with sha256 .* and B answered the prompts with sha256"),
        (
            {"judge": "claims by other"},
            ("--metric", "correct"),
            "scored by 'checklist.* and B was scored by 'claims by",
        ),
        ({"edit": HeadScale(((0, 1),), 0.5)}, (), "Model and edit both differ"),
        (
            {},
            ("--metric", "mcas"),
            "A and B have no 'mcas' in common; A has checklist_recall, correct, .* and B checklist_recall",
        ),
        ({}, ("--max-new-tokens", "32"), "has no scores with 32 new tokens, but with 64"),
    ],
)
def test_unlike_runs_are_refused_in_one_sentence(changes, words, says, tmp_path, monkeypatch, capsys):
    a, b = write_run(tmp_path, "small", 1), write_run(tmp_path, "large", 4, **changes)
    assert command(monkeypatch, a, b, *words, "--output-dir", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert re.search(says, error), error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_runs_with_several_budgets_are_paired_at_those_they_share(tmp_path):
    a = open_side(str(write_run(tmp_path, "small", 1, budget=64, smaller=32)))
    b = open_side(str(write_run(tmp_path, "large", 2, budget=128, smaller=64)))
    budgets = [(x.conditions.max_new_tokens, y.conditions.max_new_tokens) for x, y in matched(a, b, "cut_off", None)]
    assert budgets == [(64, 64)]
    with pytest.raises(InputError, match="no scores with 32 new tokens, but with 128, 64"):
        matched(a, b, None, 32)


def test_a_path_that_is_neither_a_run_nor_an_item_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="nowhere is no run directory and none of the study's item files"):
        open_side("nowhere")
    with pytest.raises(InputError, match="holds no run.json"):
        open_side(str(tmp_path))


def test_the_same_comparison_is_read_back_and_its_deltas_are_what_the_figure_reads(tmp_path):
    from figures.paper import arc1_deltas
    from figures.parts.result import open_result

    a, b = write_run(tmp_path, "small", 1), write_run(tmp_path, "large", 4)
    options = Compare(str(a), str(b), metric="correct", output=OutputOptions(tmp_path / "out"))
    first = run_compare(options).path
    before = {p.name: p.read_bytes() for p in first.iterdir()}
    assert run_compare(options).path == first
    assert {p.name: p.read_bytes() for p in first.iterdir()} == before
    panel = arc1_deltas.read(open_result(first))
    assert [(p.label, p.series, p.value, p.shown) for p in panel.points] == [
        ("correct, 64 new tokens", "measured", pytest.approx(60.0), "+60.0"),
        ("correct, 64 new tokens", "finished on both sides", pytest.approx(60.0), "+60.0"),
    ]
    assert panel.notes == {}


def test_a_comparison_is_read_back_as_it_was_written_edits_and_groups_included(tmp_path):
    a = write_run(tmp_path, "small", 1)
    b = write_run(tmp_path, "small", 3, edit=HeadScale(((0, 1), (2, 3)), 0.5), cut=1)
    folder = run_compare(Compare(str(a), str(b), output=OutputOptions(tmp_path / "out"))).path
    report = read_result(folder / "compare.json", ComparisonReport)
    assert report.comparisons[0].b.edit == HeadScale(((0, 1), (2, 3)), 0.5)
    assert set(report.comparisons[0].numbers.groups) == {"fit", "fresh"}
    write_result(tmp_path / "again.json", report)
    assert (tmp_path / "again.json").read_bytes() == (folder / "compare.json").read_bytes()
    assert "; edit x0.5 at L0H1,L2H3; " in (folder / "compare.md").read_text()


def test_a_comparison_of_another_schema_is_refused(tmp_path):
    (tmp_path / "compare.json").write_text('{"schema": 1, "a": {}, "b": {}, "comparisons": []}')
    with pytest.raises(InputError, match="has the schema 1, but this version reads 3.*an older version"):
        read_result(tmp_path / "compare.json", ComparisonReport)
