"""The self-verification rate: what counts as checking oneself, and what only sounds like it."""

from pathlib import Path

import pytest

from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.language.grammar import parse
from interp.records.answers import Generation, StopReason
from interp.runs.directory import close_run, open_run
from interp.runs.rows import write_rows
from interp.scores import verification
from interp.scores.verification import PHRASES, find_phrase, self_verification_rate, version
from interp.self_verification import SelfVerification, main
from interp.stats.rates import rate


def answer(text: str, name: str = "a", **changes: object) -> Generation:
    fields = dict.fromkeys(("mean_logprob", "min_logprob"), -1.0)
    return Generation(
        **{  # type: ignore[arg-type]
            "id": name,
            "prompt_id": name,
            "model": "tiny",
            "text": text,
            "tokens": (1,),
            "n_prompt_tokens": 3,
            "prompt_sha256": "",
            "n_generated": 2,
            "stop": StopReason.EOS,
            "max_new_tokens": 8,
            **fields,
            **changes,
        }
    )


VERIFIES = """
Let me double-check this.
Let's verify the result.
Let me quickly verify.
Let us now check the calculation.
I'll verify that now.
I have carefully checked the recipe.
I've double checked it.
We can test our code with an example.
To check our answer, substitute back.
To verify the solution, multiply by 3.
Plugging x = 3 back into the equation gives 9.
As a sanity check, 2 + 2 = 4.
42, which checks out.
Looking back over my reasoning, step 2 holds.
On second thought, it is Canberra.
Wait, that's wrong.
Wait, no: it is 4.
Wait, let me think.
I made a mistake above.
I may have missed a case.
My first answer was wrong.
I stand corrected.
Don't hesitate: let me verify it for you.
"""
DOES_NOT = """
I did not check my answer.
I didn't verify this.
I never double-check.
Without verifying my answer, I say 4.
You asked whether I checked my answer.
Did I check my answer?
Check that the pan is hot.
You should check your work.
Wait until that cools down, then check the seasoning.
Wait for the dough to rise.
**Wait:** Let sit for a minute.
Do a consistency check of the sauce.
Mix well. Check the temperature.
We can test it by dropping water into the pan.
You made a mistake: the butter was too warm.
Make sure that it is cold.
Let me know if you want to check it.
Let it rest and review the steps below.
The checker verified nothing.
Paris.
"""


@pytest.mark.parametrize("text", VERIFIES.strip().splitlines())
def test_an_answer_that_checks_or_corrects_itself_counts(text: str):
    assert find_phrase(f"The answer is 7. {text} That is all.") is not None


@pytest.mark.parametrize("text", DOES_NOT.strip().splitlines())
def test_denial_questions_advice_and_other_uses_do_not_count(text: str):
    assert find_phrase(f"The answer is 7. {text} That is all.") is None


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_can_be_read_and_is_listed_once(phrase: str):
    assert parse(phrase).items
    assert PHRASES.count(phrase) == 1


def test_the_rate_counts_answers_with_words_and_carries_wilsons_interval():
    answers = [answer("Let me check that."), answer("Paris."), answer(""), answer("?!"), answer("Rome.")]
    hidden = answer("", unrecorded=("text",))
    assert self_verification_rate([*answers, hidden]) == rate(1, 3)
    with pytest.raises(InputError, match="None of 1 answers has words"):
        self_verification_rate([hidden])


def test_the_version_moves_with_the_phrases(monkeypatch: pytest.MonkeyPatch):
    before = version()
    monkeypatch.setattr(verification, "PHRASES", PHRASES[:-1])
    assert version() != before


def test_the_command_prints_the_rate_and_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
):
    with open_run(tmp_path, "answers", {"model": "tiny"}) as run:
        write_rows(run.path / "generations.jsonl", [answer("Let me check."), answer("Rome.", "b")])
        close_run(run)
    monkeypatch.setattr("sys.argv", ["x", str(run.path)])
    assert run_command(SelfVerification, main, "x") == 0
    assert capsys.readouterr().out == (
        f"{version()}: 0.500 [0.095, 0.905], 1 of 2 answers; 0 without words\n     1  let me check\n"
    )
