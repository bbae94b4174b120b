import json
import re
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from interp.language import delivery
from interp.language.delivery import AGREEMENT, classify

ASSERTED = [
    "The capital of Australia is Canberra.",
    "Whisk it for about 5 minutes.",
    "Roughly 30 g of flour thickens half a litre.",
    "Usually it takes an hour.",
    "There is no doubt that the heat was too high.",
    "Without a doubt it is Canberra.",
    "You may add a little cream.",
    "You could try a lower heat.",
    "You might want to strain it.",
    "You should whisk it constantly.",
    "I suggest a lower heat.",
    "The sauce may be served cold.",
    "It may be stored for two days.",
    "The festival takes place in May.",
    "It falls on May 12 this year.",
    "If you're unsure, check with a thermometer.",
    "If it seems too thick, add stock.",
    "When in doubt, throw it out.",
    "Simmer until it appears glossy.",
    "Cool it as soon as possible.",
    "Gentle heat makes it less likely to split.",
    "Could it be the heat? No. The yolks were old.",
    "You asked whether it might be the heat. It was the heat.",
    "Many people think it might be Sydney, but it is Canberra.",
    "Don't guess: use a thermometer.",
]

HEDGED = [
    ("The capital may be Canberra.", "may"),
    ("It might be Canberra.", "might"),
    ("It could be that the heat was too high.", "could be"),
    ("You may have overheated it.", "You may have"),
    ("I think it's Canberra.", "I think"),
    ("I don't think it is Sydney; try Canberra.", "I don't think"),
    ("I'm not sure, but the capital is Canberra.", "I'm not sure"),
    ("I am fairly certain that it is Canberra.", "I am fairly certain"),
    ("I doubt that it is Sydney.", "I doubt"),
    ("As far as I know, it is Canberra.", "As far as I know"),
    ("If I remember correctly, it is Canberra.", "If I remember"),
    ("It's hard to say.", "hard to say"),
    ("Without seeing the pan, I would blame the heat.", "Without seeing"),
    ("It isn't clear why it split.", "isn't clear why"),
    ("Perhaps the heat was too high.", "Perhaps"),
    ("It is probably Canberra.", "probably"),
    ("Most likely the heat was too high.", "likely"),
    ("It sounds like your sauce overheated.", "sounds like"),
    ("It seems that the butter was too cold.", "It seems"),
    ("If the sauce is thin it may be under-reduced.", "may"),
    ("This suggests that the yolks scrambled.", "This suggests"),
    ("There are several possible causes: heat, or time.", "possible causes"),
    ("It is thought to be Canberra.", "is thought to"),
]


@pytest.mark.parametrize("text", ASSERTED)
def test_statements_advice_and_approximation_are_asserted(text: str) -> None:
    result = classify(text)
    assert result.asserted is True, result.evidence


@pytest.mark.parametrize(("text", "phrase"), HEDGED)
def test_the_speakers_own_doubt_is_a_hedge_and_is_quoted(text: str, phrase: str) -> None:
    result = classify(text)
    assert result.asserted is False
    assert phrase in result.evidence


@pytest.mark.parametrize("text", ["", "  \n", "**", "..."])
def test_an_answer_without_words_is_neither(text: str) -> None:
    result = classify(text)
    assert (result.asserted, result.score, result.evidence, result.reason) == (None, None, (), "empty")


def test_doubt_in_the_opening_weighs_more_than_doubt_in_passing() -> None:
    plain = "Whisk the yolks. Add the butter. Keep it warm. Season it. Strain it. Serve it at once. "
    assert classify("It might be the heat. " * 2 + plain).score > classify(plain + "It might be the heat. " * 2).score


def test_one_hedge_in_a_long_firm_answer_does_not_make_it_hedged() -> None:
    firm = "Whisk the yolks. " * 20
    assert classify(firm + "Perhaps the pan was too small.").asserted is True


def test_the_version_changes_with_the_lexicon(monkeypatch: pytest.MonkeyPatch) -> None:
    assert delivery.version() == delivery.version()
    before = delivery.version()
    monkeypatch.setattr(delivery, "THRESHOLD", 0.3)
    assert delivery.version() != before


def _published(paper_dir: Path, name: str) -> list[tuple[int, bool, str]]:
    """Prompt number, whether the study's judge called the answer hedged, and the answer."""
    data = json.loads((paper_dir / "eval" / "results" / name).read_text())
    if "items" in data:
        return [(r["i"], r["verbal"] == "hedge", r["response"]) for r in data["items"]]
    return [(r["prompt_i"], r["verbal"] == "hedge", r["text"]) for r in data["samples"]]


def _kappa(a: np.ndarray, b: np.ndarray) -> float:
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return float(((a == b).mean() - chance) / (1 - chance))


def _agreement(rows: list[tuple[int, bool, str]]) -> tuple[float, float, float, tuple[int, int, int, int]]:
    """Cohen's kappa with a 95 % bootstrap interval (prompts are drawn, all their answers with them), and the table.

    The table counts (both hedged, only the study, only ours, both asserted).
    """
    theirs = np.array([hedged for _, hedged, _ in rows])
    ours = np.array([classify(text).asserted is False for *_, text in rows])
    groups = [np.flatnonzero(np.array([p for p, *_ in rows]) == p) for p in sorted({p for p, *_ in rows})]
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(2000):
        index = np.concatenate([groups[i] for i in rng.integers(len(groups), size=len(groups))])
        if theirs[index].any() and ours[index].any():
            draws.append(_kappa(theirs[index], ours[index]))
    lower, upper = np.percentile(draws, [2.5, 97.5])
    table = Counter(zip(theirs.tolist(), ours.tolist(), strict=True))
    counts = (table[True, True], table[True, False], table[False, True], table[False, False])
    kappa = _kappa(theirs, ours)
    assert kappa == pytest.approx(cohen_kappa_score(theirs, ours))
    return kappa, float(lower), float(upper), counts


# The lexicon was tuned on the Qwen3.5 file; the others were measured once, with the lexicon frozen.
PINNED = {
    "baseline_qwen35_0.8b_v2_disposition_profile.json": (0.481, 0.249, 0.694, (11, 7, 9, 73)),
    "judge_v4_step16.json": (-0.085, -0.124, -0.035, (0, 9, 7, 84)),
    "baseline_smollm_v2_disposition_profile.json": (0.214, -0.011, 0.437, (6, 16, 7, 71)),
    "baseline_disposition_profile.json": (0.153, -0.009, 0.377, (3, 29, 2, 766)),
}


@pytest.mark.parametrize("name", PINNED)
def test_agreement_with_the_published_labels_is_what_the_documentation_says(paper_dir: Path, name: str) -> None:
    kappa, lower, upper, counts = PINNED[name]
    measured = _agreement(_published(paper_dir, name))
    assert measured[:3] == pytest.approx((kappa, lower, upper), abs=5e-4)
    assert measured[3] == counts


def test_the_sentence_in_every_report_states_the_measured_agreement() -> None:
    stated = [float(number) for number in re.findall(r"-?\d\.\d\d", AGREEMENT)]
    assert sorted(stated) == sorted(round(kappa, 2) for kappa, *_ in PINNED.values())


DOUBTED = (
    "I have no idea.",
    "Not sure.",
    "I honestly don't know.",
    "I'd guess Paris.",
    "I'm unable to verify.",
    "I don't have that information.",
    "As far as I'm aware, Paris.",
    "I'm 90% sure it's Paris.",
    "I am about 80 % confident that it's Paris.",
    "I really have no clue.",
    "Honestly, no idea.",
    "No idea, sorry.",
    "I can't say for certain.",
    "I am not able to confirm that.",
    "I just don't know.",
    "I'd imagine it's Paris.",
    "I do not have enough information.",
    "Sorry, I don't know.",
)
STATED = (
    "It may surprise you, but it's Canberra.",
    "I'm 100% sure it's Paris.",
    "I have no doubt that it is Paris.",
    "It might seem odd, but the answer is Paris.",
    "Without a doubt, Paris.",
    "The idea of no taxation is old.",
    "Paris, and I am sure of it.",
)


@pytest.mark.parametrize("answer", DOUBTED)
def test_a_speaker_who_does_not_know_hedges(answer: str) -> None:
    assert classify(answer).asserted is False


@pytest.mark.parametrize("answer", STATED)
def test_what_only_sounds_like_doubt_asserts(answer: str) -> None:
    assert classify(answer).asserted is True


def test_time_grows_with_an_answer_that_repeats_itself_as_its_length_does() -> None:
    def seconds(times: int) -> float:
        start = time.process_time()
        classify("I think maybe " * times)
        return time.process_time() - start

    assert seconds(480) < 8 * 4 * max(min(seconds(60) for _ in range(3)), 0.02)
