"""The meta-cognitive awareness score: who is asked what, what stays unscored, and the scored run."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from interp import mcas
from interp.cli.front_door import run_command
from interp.cli.groups import OutputOptions
from interp.errors import InputError
from interp.judges.transcript import RecordedJudge
from interp.mcas import Mcas, run_mcas
from interp.records.answers import Generation, StopReason
from interp.records.judgements import Answer, Question
from interp.records.loaded import Loaded, ModelId
from interp.records.prompts import Prompt, Split
from interp.results.schema import read_result
from interp.runs.directory import close_run, open_run
from interp.runs.files import sha256_json
from interp.runs.loaded import write_loaded
from interp.runs.rows import write_rows
from interp.scores import awareness
from interp.scores.awareness import FORM, METRIC, McasResult, score_answers, summarise
from interp.scores.comparison import compare_sets
from interp.scores.sets import Conditions
from interp.scores.sides import open_side

UNDER = Conditions("p", None, "greedy", 64, None, "tiny")


class RuleJudge:
    """Scores by what an answer says: 2 where it asks back, 1 where it assumes, 0 else; off the menu on demand."""

    version = "rules-1"

    def __init__(self) -> None:
        self.asked: list[Question] = []

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        self.asked += questions
        return [self._one(q) for q in questions]

    def _one(self, question: Question) -> Answer:
        reply = question.user.split("This was replied:")[1].split("How aware")[0]
        if "shrug" in reply:
            return Answer(question.id, None, "3", self.version, "off_menu")
        choice = "2" if "which" in reply else "1" if "assume" in reply else "0"
        return Answer(question.id, choice, choice, self.version)


ANSWERS = {
    "tricky-1": "I need to know which cloud you use.",
    "tricky-2": "I assume that you use Docker.",
    "tricky-3": "Done.",
    "straightforward-1": "Tell me which file it is.",
    "straightforward-2": "I assume so.",
    "straightforward-3": "(shrug)",
    "straightforward-4": "",
    "straightforward-5": "I would like to know which",
}


def pairs() -> list[tuple[Prompt, Generation]]:
    rows = []
    for name, text in ANSWERS.items():
        prompt = Prompt(name, f"Please do {name}.", "mcas", Split.FIT, (), relation=name.rpartition("-")[0])
        stop = StopReason.LENGTH if name.endswith("5") else StopReason.EOS
        rows.append(
            (
                prompt,
                Generation(f"secret-model/{name}", name, "secret-model", text, (1,), 3, "", 0, stop, 64, -1.0, -2.0),
            )
        )
    return rows


def test_scores_by_hand():
    found = score_answers(pairs(), RuleJudge(), UNDER)
    assert [(s.item_id, s.value, s.reason) for s in found.scores] == [
        ("tricky-1", 2.0, None),
        ("tricky-2", 1.0, None),
        ("tricky-3", 0.0, None),
        ("straightforward-1", 2.0, None),
        ("straightforward-2", 1.0, None),
        ("straightforward-3", None, "off_menu"),
        ("straightforward-4", None, "empty"),
        ("straightforward-5", None, "cut_off"),
    ]
    assert found.conditions.judge == f"{FORM.stamp} by rules-1"


def test_the_score_is_the_sum_over_twice_the_scored_and_is_given_for_both_halves():
    result = summarise(score_answers(pairs(), RuleJudge(), UNDER))
    assert result.score is not None
    assert (result.score.value, result.score.n_pos, result.score.n_neg) == (pytest.approx(6 / 10), 5, 3)
    assert result.score.lower < 0.6 < result.score.upper
    assert {kind: e and e.value for kind, e in result.groups.items()} == pytest.approx(
        {"straightforward": 3 / 4, "tricky": 3 / 6}
    )
    assert result.counts == {"0": 1, "1": 2, "2": 2}
    assert result.unscored == {"cut_off": 1, "empty": 1, "off_menu": 1}


def test_the_judge_sees_prompt_and_answer_and_nothing_of_where_they_came_from():
    judge = RuleJudge()
    score_answers(pairs(), judge, UNDER)
    assert len(judge.asked) == 6
    assert all(question.menu == ("0", "1", "2") for question in judge.asked)
    for question in judge.asked:
        assert "secret-model" not in question.system + question.user + question.id
    asked = " ".join(q.user for q in judge.asked)
    assert all(ANSWERS[name] in asked and f"do {name}." in asked for name in list(ANSWERS)[:6])


def test_the_order_of_asking_is_random_but_that_of_its_seed_and_moves_no_score():
    first, second, other = RuleJudge(), RuleJudge(), RuleJudge()
    scores = [score_answers(pairs(), j, UNDER, seed) for j, seed in ((first, 0), (second, 0), (other, 1))]
    assert scores[0] == scores[1] == scores[2]
    assert first.asked == second.asked != other.asked


def test_equal_answers_to_one_prompt_text_are_judged_once():
    prompt, generation = pairs()[0]
    twin = dataclasses.replace(prompt, id="twin"), dataclasses.replace(generation, id="g2", prompt_id="twin")
    judge = RuleJudge()
    assert [s.value for s in score_answers([(prompt, generation), twin], judge, UNDER).scores] == [2.0, 2.0]
    assert len(judge.asked) == 1


def test_a_judge_that_answers_other_questions_is_refused():
    class Mixed(RuleJudge):
        def ask(self, questions: Sequence[Question]) -> list[Answer]:
            return super().ask(questions)[::-1]

    with pytest.raises(InputError, match="do not belong to the 6 questions"):
        score_answers(pairs(), Mixed(), UNDER)


def test_nothing_scored_is_no_score():
    result = summarise(score_answers([pairs()[5]], RuleJudge(), UNDER))
    assert result.score is None
    assert result.unscored == {"off_menu": 1}


def write_answers(root: Path, answered: list[tuple[Prompt, Generation]]) -> Path:
    """Write a run as hooks.answer leaves it."""
    with open_run(root, "answers", {"model": {"name": "tiny"}, "decoding": "greedy", "n": len(answered)}) as run:
        rows = [generation for _, generation in answered]
        small = [dataclasses.replace(g, max_new_tokens=32, stop=StopReason.LENGTH) for g in rows]
        model = ModelId("tiny", "hub", "org/tiny", "c" * 40, "float32", "cpu", "sdpa")
        write_rows(run.path / "prompts.jsonl", [prompt for prompt, _ in answered])
        write_rows(run.path / "generations.jsonl", rows)
        write_rows(run.path / "generations-at-32.jsonl", small)
        write_loaded(run.path, Loaded(model, "torch", "passed"))
        close_run(run)
    return run.path


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    return write_answers(tmp_path, pairs())


def test_a_scored_run_can_be_compared(answered, tmp_path):
    path = run_mcas(Mcas(answered, "chat:tests", output=OutputOptions(tmp_path / "out")), RuleJudge()).path
    result = read_result(path / "mcas.json", McasResult)
    assert (result.judge, result.counts) == (f"{FORM.stamp} by rules-1", {"0": 1, "1": 2, "2": 2})
    (found,) = open_side(str(path)).sets
    assert found.metric == METRIC
    assert found.conditions == Conditions(
        runs_prompts(answered),
        f"{FORM.stamp} by rules-1",
        "greedy",
        64,
        None,
        "tiny (cccccccccccc, float32)",
        ("c" * 40, "float32"),
    )
    assert compare_sets(found, found).numbers.n_paired == 5


def test_a_transcript_replays_to_the_same_bytes(answered, tmp_path):
    first = run_mcas(Mcas(answered, "chat:tests", output=OutputOptions(tmp_path / "out")), RuleJudge()).path
    replay = RecordedJudge(first / "judgements.jsonl", max_unscored=0.5)
    again = run_mcas(Mcas(answered, "recorded:it", output=OutputOptions(tmp_path / "again")), replay).path
    assert {f.name: f.read_bytes() for f in again.iterdir()} == {f.name: f.read_bytes() for f in first.iterdir()}


def test_the_command_prints_the_score_by_kind_and_what_is_unscored(tmp_path, monkeypatch, capsys):
    run = write_answers(tmp_path, [pair for pair in pairs() if pair[1].text != "(shrug)"])
    scored = run_mcas(Mcas(run, "chat:tests", output=OutputOptions(tmp_path / "out")), RuleJudge()).path
    words = [str(run), "--judge", f"recorded:{scored / 'judgements.jsonl'}", "--output-dir", str(tmp_path / "again")]
    monkeypatch.setattr("sys.argv", ["mcas", *words])
    assert run_command(Mcas, mcas.main, mcas.PROG) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("MCAS: 0.600 [0.")
    assert said[0].endswith(f", 5 of 7 answers, scored by {FORM.stamp} by rules-1")
    assert said[1].startswith("  straightforward: 0.750 [")
    assert said[3:5] == ["  1 x 0, 2 x 1, 2 x 2", "  unscored: 1 cut_off, 1 empty"]


def test_the_command_stops_where_the_judge_left_too_much_unscored(answered, tmp_path, monkeypatch, capsys):
    scored = run_mcas(Mcas(answered, "chat:tests", output=OutputOptions(tmp_path / "out")), RuleJudge()).path
    words = [str(answered), "--judge", f"recorded:{scored / 'judgements.jsonl'}", "--output-dir", str(tmp_path / "no")]
    monkeypatch.setattr("sys.argv", ["mcas", *words])
    assert run_command(Mcas, mcas.main, mcas.PROG) == 2
    assert "off_menu" in capsys.readouterr().err
    assert not list((tmp_path / "no").iterdir())
    monkeypatch.setattr("sys.argv", ["mcas", *words, "--chat.max-unscored", "0.5"])
    assert run_command(Mcas, mcas.main, mcas.PROG) == 0


def runs_prompts(run: Path) -> str:
    return sha256_json([json.loads(line) for line in (run / "prompts.jsonl").read_text().splitlines()])


def test_answers_at_a_smaller_budget_are_scored_on_their_own(answered, tmp_path):
    options = Mcas(answered, "chat:tests", max_new_tokens=32, output=OutputOptions(tmp_path / "out"))
    (found,) = open_side(str(run_mcas(options, RuleJudge()).path)).sets
    assert found.conditions.max_new_tokens == 32
    assert {score.reason for score in found.scores} == {"cut_off", "empty"}
    with pytest.raises(InputError, match=r"no answers with 16 new tokens \(generations.jsonl has 64\)"):
        run_mcas(dataclasses.replace(options, max_new_tokens=16), RuleJudge())


def test_the_wording_is_stamped():
    changed = dataclasses.replace(FORM, user=FORM.user.replace("one digit", "a digit"))
    assert FORM.stamp.startswith("mcas-1-")
    assert changed.stamp != FORM.stamp
    assert awareness.version(RuleJudge()) == f"{FORM.stamp} by rules-1"
