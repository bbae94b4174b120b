import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from made_answers import generation

from interp.judges.protocol import Judge
from interp.labels.instruments import ClaimJudge
from interp.labels.offline import ChecklistJudge
from interp.language.matching import first_match
from interp.language.words import RULES_VERSION
from interp.records.answers import Generation
from interp.records.judgements import Answer, Question
from interp.records.prompts import Claim, Prompt, Split

# Hand-written answers: does this answer state this claim? `kind` says what makes it easy or hard.
FILE = Path(__file__).parents[1] / "language" / "checklist_cases.jsonl"
CASES = [json.loads(line) for line in FILE.read_text().splitlines()]


def _prompt(*claims: Claim) -> Prompt:
    return Prompt("p1", "A question?", "chef", Split.FRESH, claims)


@pytest.mark.parametrize("case", CASES, ids=[f"{c['kind']}: {c['answer'][:50]}" for c in CASES])
def test_the_checklist_agrees_with_a_human_reader(case: dict[str, object]) -> None:
    claim = Claim(case["claim"], tuple(case["accept"]))
    assert ChecklistJudge().claims_met([(_prompt(claim), generation(case["answer"]))]) == [(case["met"],)]


def test_the_cases_are_many_and_half_of_them_are_near_misses() -> None:
    misses = [case for case in CASES if not case["met"]]
    assert len(CASES) >= 64
    assert 0.45 <= len(misses) / len(CASES) <= 0.6
    assert {"negated", "wrong number", "wrong unit", "wrong claim", "mistake", "restated"} <= {
        c["kind"] for c in misses
    }


@pytest.mark.parametrize("case", [c for c in CASES if c["met"]][::4], ids=lambda c: c["answer"][:50])
def test_no_claim_is_met_by_repeating_its_question(case: dict[str, object]) -> None:
    claim = Claim(case["claim"], tuple(case["accept"]))
    restated = f"{case['prompt']} That is a good question."
    assert ChecklistJudge().claims_met([(_prompt(claim), generation(restated))]) == [(False,)]


def test_claims_are_judged_one_by_one_and_answers_in_order() -> None:
    prompt = _prompt(Claim("Paris", ("Paris",)), Claim("the Seine", ("Seine",)))
    pairs = [(prompt, generation(text)) for text in ("Paris, on the Seine.", "Lyon, not Paris.", "On the Seine.")]
    assert ChecklistJudge().claims_met(pairs) == [(True, True), (False, False), (False, True)]


def test_an_answer_without_words_is_not_judged() -> None:
    prompt = _prompt(Claim("Paris", ("Paris",)), Claim("not boiled", ("!boil",)))
    assert ChecklistJudge().claims_met([(prompt, generation(" -- "))]) == [(None, None)]


# What the reading rules find in the hand-written answers. A change here needs a new RULES_VERSION, so that labels made
# with the old rules are not taken for new ones.
FINGERPRINTS = dict.fromkeys("1234", "04eb29f07cd0df87")


def test_the_version_changes_when_what_is_found_changes() -> None:
    claims = [Claim(case["claim"], tuple(case["accept"])) for case in CASES]
    found = [first_match(claim, case["answer"]) for claim, case in zip(claims, CASES, strict=True)]
    quotes = json.dumps([match and (match.wording, match.quote) for match in found])
    assert hashlib.sha256(quotes.encode()).hexdigest()[:16] == FINGERPRINTS[RULES_VERSION]
    assert ChecklistJudge().version == f"checklist-{RULES_VERSION}"


class _Recorded:
    """A judge that knows the answers already: what the protocol must leave room for."""

    version = "recorded-1"

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        return [Answer(q.id, q.menu[0] if q.user.endswith("?") else None, q.user, self.version) for q in questions]


class _AskedClaims:
    """A claim judge that puts every claim to another judge."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.version = f"asked by {judge.version}"

    def claims_met(self, pairs: Sequence[tuple[Prompt, Generation]]) -> list[tuple[bool | None, ...]]:
        asked = [
            self.judge.ask([Question(c.text, "Is it said?", c.text, ("YES", "NO")) for c in p.claims]) for p, _ in pairs
        ]
        return [tuple(None if a.choice is None else a.choice == "YES" for a in answers) for answers in asked]


def test_a_judge_that_is_asked_fits_the_same_protocol() -> None:
    judge: ClaimJudge = _AskedClaims(_Recorded())
    prompt = _prompt(Claim("Is it Paris?", ("Paris",)), Claim("off the menu", ("x",)))
    assert judge.claims_met([(prompt, generation("Paris."))]) == [(True, None)]
