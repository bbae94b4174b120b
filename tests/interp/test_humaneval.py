"""`python -m interp.humaneval`: statuses, pass@1 over all and over finished answers, scores, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from interp import humaneval
from interp.cli.groups import OutputOptions
from interp.code import rows as humaneval_score
from interp.code import tasks
from interp.code.extraction import Found
from interp.code.report import HumanEvalReport
from interp.code.rows import Status, TaskRow
from interp.errors import InputError
from interp.humaneval import HumanEval, run_humaneval
from interp.records.answers import Generation, StopReason
from interp.records.loaded import Loaded, ModelId
from interp.results.schema import read_result, write_result
from interp.runs.directory import close_run, open_run
from interp.runs.files import read_json, write_json
from interp.runs.loaded import write_loaded
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
        Generation(
            task.id, task.id, "tiny", text, (1,) * (budget if stop is CUT else 5), 9, "", 0, stop, budget, None, None
        )
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
        write_loaded(run.path, Loaded(MODEL, "torch", "passed"))
        close_run(run)
    return run.path


def options(answered: Path, output: Path) -> HumanEval:
    return HumanEval(answers=answered, cpu_seconds=1, output=OutputOptions(output))


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
    small, large = read_result(graded / "humaneval.json", HumanEvalReport).budgets
    shares = [(one.pass_at_1, one.pass_at_1_finished, one.cut_off) for one in (small, large)]
    counts = [[share and (share.n_pos, share.n_pos + share.n_neg) for share in given] for given in shares]
    assert counts == [[(1, 6), (1, 4), (2, 6)], [(3, 6), (2, 5), (1, 6)]]
    assert (small.passed_though_cut_off, large.passed_though_cut_off) == (0, 1)
    assert small.pass_at_1.lower < 1 / 6 < small.pass_at_1.upper
    assert small.pass_at_1_at_most == pytest.approx(3 / 6)
    assert (small.statuses[Status.CUT_OFF], small.found[Found.UNCLOSED_FENCE]) == (2, 2)
    page = (graded / "humaneval.md").read_text()
    assert "| 128 | 6 | 0.500 [0.188, 0.812], 3 of 6 | 0.400 [0.118, 0.769], 2 of 5 |" in page
    assert "It held against every attempt" in page


def test_the_report_is_read_back_as_it_was_written_and_another_schema_is_refused(graded: Path, tmp_path: Path) -> None:
    report = read_result(graded / "humaneval.json", HumanEvalReport)
    assert (report.model, report.config.limits.cpu_seconds, report.sandbox.broken) == (MODEL, 1, ())
    write_result(tmp_path / "again.json", report)
    assert (tmp_path / "again.json").read_bytes() == (graded / "humaneval.json").read_bytes()
    write_json(tmp_path / "old.json", read_json(graded / "humaneval.json") | {"schema": 1})
    with pytest.raises(InputError, match="has the schema 1, but this version reads 2"):
        read_result(tmp_path / "old.json", HumanEvalReport)


def test_scores_carry_what_a_fair_comparison_needs(graded: Path) -> None:
    small, large = sets.read_scores(graded)
    assert (small.metric, small.conditions.max_new_tokens, large.conditions.max_new_tokens) == ("pass@1", 64, 128)
    assert small.conditions.prompts == large.conditions.prompts
    assert small.conditions.decoding == "greedy"
    assert small.conditions.model == "tiny (c0ffeec0ffee, float32)"
    assert "code-extraction-2 1s 512MiB" in str(small.conditions.judge)
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
        "import sys; from pathlib import Path; from interp.cli.groups import OutputOptions; "
        "from interp.humaneval import HumanEval, run_humaneval; "
        "run_humaneval(HumanEval(answers=Path(sys.argv[1]), cpu_seconds=1, output=OutputOptions(Path(sys.argv[2])))); "
        "print([name for name in ('hooks', 'torch', 'transformers') if name in sys.modules])"
    )
    root = Path(humaneval.__file__).parent.parent
    command = [sys.executable, "-c", code, str(answered), str(tmp_path)]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
