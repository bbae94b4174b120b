"""`python -m interp.humaneval`: statuses, pass@1 over all and over finished answers, scores, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from interp import humaneval
from interp.code import rows as humaneval_score
from interp.code import tasks
from interp.code.extraction import Found
from interp.code.rows import Status, TaskRow
from interp.errors import InputError
from interp.humaneval import HumanEval, read_answers, run_humaneval
from interp.records.answers import Generation, StopReason
from interp.records.loaded import ModelId
from interp.runs.directory import close_run, open_run
from interp.runs.files import read_json, sha256_file, write_json
from interp.runs.rows import read_rows, write_rows
from interp.sandbox.proof import Proof
from interp.scores import sets

MODEL = ModelId("tiny", "directory", "/tiny", "c0ffee" * 8, "float32", "cpu", "sdpa")
TASKS = tasks.load()[:6]
SOLVED = [f"```python\n{task.prompt}{task.canonical_solution}```" for task in TASKS]
ENDED, CUT = StopReason.EOS, StopReason.LENGTH
# What each of the six answers is at each budget: solved; cut off in its code, then solved; cut off behind its code;
# without code; wrong; endless.
LARGE = (
    (SOLVED[0], ENDED),
    (SOLVED[1], ENDED),
    (SOLVED[2] + "\nThis function", CUT),
    ("I do not know.", ENDED),
    (f"```python\n{TASKS[4].prompt}    return None\n```", ENDED),
    (f"```python\n{TASKS[5].prompt}    while True:\n        pass\n```", ENDED),
)
SMALL = ((SOLVED[0], ENDED), (SOLVED[1][:-60], CUT), (SOLVED[2][:-20], CUT), *LARGE[3:])


def generations(answers: tuple[tuple[str, StopReason], ...], budget: int) -> list[Generation]:
    return [
        Generation(task.id, task.id, "tiny", text, (1,) * (budget if stop is CUT else 5), 9, stop, budget, None, None)
        for task, (text, stop) in zip(TASKS, answers, strict=True)
    ]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of answers to the first six tasks, at 64 and 128 new tokens."""
    config = {"command": "python -m hooks.answer", "raw": False, "decoding": "greedy", "max_new_tokens": 128}
    with open_run(tmp_path_factory.mktemp("answers"), "tiny", config) as run:
        write_rows(run.path / "prompts.jsonl", tasks.as_prompts(TASKS, chat=True))
        write_rows(run.path / "generations.jsonl", generations(LARGE, 128))
        write_rows(run.path / "generations-at-64.jsonl", generations(SMALL, 64))
        loaded = {"model": dataclasses.asdict(MODEL), "backend": "torch", "proof": "passed"}
        write_json(run.path / "model.json", loaded)
        close_run(run, {})
    return run.path


def options(answered: Path, output: Path) -> HumanEval:
    return HumanEval(answers=answered, cpu_seconds=1, output_dir=output)


@pytest.fixture(scope="module")
def graded(holding: Proof, answered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_humaneval(options(answered, tmp_path_factory.mktemp("out"))).path


def test_every_task_and_budget_has_its_status(graded: Path) -> None:
    rows = read_rows(graded / "tasks.jsonl", TaskRow)
    assert [(row.max_new_tokens, row.status, row.passed) for row in rows] == [
        (64, Status.PASSED, True),
        (64, Status.CUT_OFF, False),
        (64, Status.CUT_OFF, False),
        (64, Status.NO_CODE, False),
        (64, Status.FAILED, False),
        (64, Status.TIMED_OUT, False),
        (128, Status.PASSED, True),
        (128, Status.PASSED, True),
        (128, Status.CUT_OFF, True),
        (128, Status.NO_CODE, False),
        (128, Status.FAILED, False),
        (128, Status.TIMED_OUT, False),
    ]
    assert [row.found for row in rows[:4]] == [Found.FENCED, *[Found.UNCLOSED_FENCE] * 2, Found.NONE]
    assert (rows[4].error, rows[4].at) == ("TypeError", "test")


def test_pass_at_1_is_given_over_all_and_over_finished_answers_with_the_cut_off_share(graded: Path) -> None:
    small, large = read_json(graded / "humaneval.json")["budgets"]
    counts = [
        [(one[name]["n_pos"], one[name]["n_pos"] + one[name]["n_neg"]) for one in (small, large)]
        for name in ("pass_at_1", "pass_at_1_finished", "cut_off")
    ]
    assert counts == [[(1, 6), (3, 6)], [(1, 4), (2, 5)], [(2, 6), (1, 6)]]
    assert (small["passed_though_cut_off"], large["passed_though_cut_off"]) == (0, 1)
    assert small["pass_at_1"]["lower"] < 1 / 6 < small["pass_at_1"]["upper"]
    assert small["pass_at_1_at_most"] == pytest.approx(3 / 6)
    page = (graded / "humaneval.md").read_text()
    assert "| 128 | 6 | 0.500 [0.188, 0.812], 3 of 6 | 0.400 [0.118, 0.769], 2 of 5 |" in page
    assert "It held against every attempt" in page


def test_scores_carry_what_a_fair_comparison_needs(graded: Path) -> None:
    small, large = sets.read_scores(graded)
    assert (small.metric, small.conditions.max_new_tokens, large.conditions.max_new_tokens) == ("pass@1", 64, 128)
    assert small.conditions.prompts == large.conditions.prompts
    assert small.conditions.decoding == "greedy"
    assert small.conditions.model == "tiny (c0ffeec0ffee, float32)"
    assert "code-extraction-1 1s 512MiB" in str(small.conditions.judge)
    assert [(score.value, score.cut_off) for score in large.scores[:3]] == [(1.0, False), (1.0, False), (1.0, True)]


def test_an_interrupted_run_goes_on_and_ends_in_the_same_bytes(
    graded: Path, answered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(humaneval_score, "PART", 3)
    with monkeypatch.context() as patch:
        patch.setattr(humaneval_score, "_row", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_humaneval(options(answered, tmp_path / "again"))
    (path,) = (tmp_path / "again").iterdir()
    kept = sorted(part.name for part in (path / "parts").iterdir())
    assert kept == [
        "00000.safetensors",
        "00001.safetensors",
        "00002.safetensors",
    ]  # seven programs, two answers share one
    monkeypatch.setattr(humaneval_score, "grade_all", _interrupt)
    again = run_humaneval(options(answered, tmp_path / "again")).path
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {p.name: p.read_bytes() for p in graded.iterdir()}


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_only_some_budgets_of_a_run_may_be_scored(answered: Path) -> None:
    assert list(read_answers(answered, "64").files) == [64]
    assert list(read_answers(answered).files) == [64, 128]
    with pytest.raises(InputError, match=r"holds answers at 64, 128 new tokens and not at 32"):
        read_answers(answered, "32,64")


def test_answers_to_other_words_are_refused(answered: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(answered, other)
    rows = [json.loads(line) for line in (other / "prompts.jsonl").read_text().splitlines()]
    rows[2]["text"] += " Think."
    (other / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    manifest = read_json(other / "run.json")
    manifest["files"]["prompts.jsonl"] = sha256_file(other / "prompts.jsonl")
    write_json(other / "run.json", manifest)
    with pytest.raises(InputError, match="HumanEval/2.*as this version asks it"):
        read_answers(other)


def test_a_run_of_another_command_is_refused(tmp_path: Path) -> None:
    with open_run(tmp_path, "m", {"seed": 0}) as run:
        close_run(run, {})
    with pytest.raises(InputError, match="is no run of answers"):
        read_answers(run.path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (HumanEval(), "either --model"),
        (HumanEval(model="m", answers=Path("x")), "either --model"),
        (HumanEval(model="m"), "--max-new-tokens is missing"),
        (HumanEval(answers=Path("x"), limit=3), "leave it out with --answers"),
        (HumanEval(model="m", max_new_tokens="64", limit=0), "--limit is 0"),
        (HumanEval(answers=Path("x"), cpu_seconds=0), "--cpu-seconds is 0"),
        (HumanEval(answers=Path("x"), memory_mib=1), "--memory-mib is 1"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_one_sentence(wrong: HumanEval, said: str) -> None:
    with pytest.raises(InputError, match=said):
        run_humaneval(wrong)


def test_scoring_answers_loads_neither_the_hooks_nor_torch(holding: Proof, answered: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from interp.humaneval import HumanEval, run_humaneval; "
        "run_humaneval(HumanEval(answers=Path(sys.argv[1]), cpu_seconds=1, output_dir=Path(sys.argv[2]))); "
        "print([name for name in ('hooks', 'torch', 'transformers') if name in sys.modules])"
    )
    root = Path(humaneval.__file__).parent.parent
    command = [sys.executable, "-c", code, str(answered), str(tmp_path)]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
