from pathlib import Path

import pytest
from made_answers import generation

from interp.errors import InputError
from interp.labels.of_answers import INSTRUMENTS, label, label_all
from interp.labels.offline import ChecklistJudge
from interp.records.answers import Generation, StopReason
from interp.records.judgements import Label
from interp.records.prompts import Claim, Prompt, Split
from interp.runs.rows import read_rows, write_rows

PROMPT = Prompt(
    "p1",
    "How do I make hollandaise?",
    "chef",
    Split.FIT,
    (
        Claim("Whisk constantly", ("whisk ... constantly",)),
        Claim("Keep it below 65 C", ("{55..65 C}",)),
        Claim("Do not boil it", ("!boil",)),
        Claim("Add lemon juice", ("lemon juice",)),
    ),
)
HALF = "Whisk it constantly. Keep the bowl at 60 °C. Add the butter."


def test_recall_is_the_share_of_claims_and_half_of_them_is_correct() -> None:
    made = label(PROMPT, generation(HALF))
    assert (made.claims_met, made.checklist_recall, made.correct) == ((True, True, False, False), 0.5, True)
    assert (made.asserted, made.reasons, made.cohort) == (True, {}, "cr")


def test_less_than_half_is_wrong() -> None:
    made = label(PROMPT, generation("I think you should whisk it constantly."))
    assert (made.checklist_recall, made.correct, made.asserted, made.cohort) == (0.25, False, False, "hw")


def test_a_cut_off_answer_keeps_its_recall_and_is_neither_correct_nor_wrong() -> None:
    for text in (HALF, "Boil it"):
        made = label(PROMPT, generation(text, stop=StopReason.LENGTH))
        assert made.correct is None
        assert made.asserted is None
        assert made.reasons == {"correct": "cut_off", "asserted": "cut_off"}
        assert made.checklist_recall == label(PROMPT, generation(text)).checklist_recall
        assert made.cohort is None


def test_a_stop_string_is_a_finished_answer() -> None:
    assert label(PROMPT, generation(HALF, stop=StopReason.STOP_STRING)).correct is True


@pytest.mark.parametrize("stop", StopReason)
@pytest.mark.parametrize("text", ["", " \n ", "***"])
def test_an_empty_answer_is_unknown_in_every_field(text: str, stop: StopReason) -> None:
    made = label(PROMPT, generation(text, stop=stop))
    assert (made.checklist_recall, made.correct, made.asserted) == (None, None, None)
    assert made.claims_met == (None,) * 4
    assert made.reasons == dict.fromkeys(("checklist_recall", "claims_met", "correct", "asserted"), "empty")


class _Undecided:
    version = "undecided-1"

    def claims_met(self, pairs: list[tuple[Prompt, Generation]]) -> list[tuple[bool | None, ...]]:
        return [(True, None, True, True) for _ in pairs]


def test_a_claim_that_was_not_judged_leaves_the_recall_unscored() -> None:
    made = label(PROMPT, generation(HALF), _Undecided())
    assert (made.checklist_recall, made.correct, made.asserted) == (None, None, True)
    assert made.reasons == {"checklist_recall": "unscored", "correct": "unscored"}
    assert made.judge.startswith("undecided-1; ")


def test_labels_name_their_instruments_with_versions() -> None:
    made = label(PROMPT, generation(HALF))
    assert made.judge == INSTRUMENTS
    assert ChecklistJudge().version in INSTRUMENTS
    assert "delivery-lexicon-" in INSTRUMENTS


def test_label_all_keeps_the_order_of_the_answers() -> None:
    other = Prompt("p2", "Capital of France?", "facts", Split.FIT, (Claim("Paris", ("Paris",)),))
    answers = [generation("Paris.", prompt_id="p2"), generation(HALF), generation("Lyon.", prompt_id="p2")]
    assert [made.checklist_recall for made in label_all([PROMPT, other], answers)] == [1.0, 0.5, 0.0]


def test_an_answer_without_its_prompt_is_refused() -> None:
    with pytest.raises(InputError, match="belongs to prompt 'p9'"):
        label_all([PROMPT], [generation(HALF, prompt_id="p9")])


def test_a_prompt_id_that_occurs_twice_is_refused() -> None:
    with pytest.raises(InputError, match="1 prompt ids occur more than once"):
        label_all([PROMPT, PROMPT], [generation(HALF)])


def test_a_prompt_without_claims_is_refused() -> None:
    with pytest.raises(InputError, match="no claims"):
        label_all([Prompt("p1", "?", "facts", Split.FIT, ())], [generation(HALF)])


def test_labels_survive_the_store(tmp_path: Path) -> None:
    made = label_all([PROMPT], [generation(HALF), generation("", stop=StopReason.LENGTH)])
    write_rows(tmp_path / "labels.jsonl", made)
    assert list(read_rows(tmp_path / "labels.jsonl", Label)) == made
