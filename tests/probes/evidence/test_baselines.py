from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from interp.records.answers import Generation, StopReason
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.results.evidence import BaselineResult
from interp.stats.auroc import auroc
from probes.evidence.baselines import ANSWER_LENGTH, BASELINES, out_of_fold, run_baselines
from probes.fitting.folds import split_folds
from probes.fitting.samples import Samples


def samples(split: Split, seed: int, n: int = 80, telling: str = "none") -> Samples:
    """Answers of which one property tells the label: their length, a word, their prompt's relation or confidence."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2 == 0
    prompts, generations, labels = [], [], []
    for i, right in enumerate(y):
        told = bool(right) if rng.random() < 0.9 else not right
        words = int(rng.integers(5, 15)) + (20 if telling == "length" and told else 0)
        text = " ".join(rng.choice(["stir", "heat", "rest", "fold"], words))
        text += " certainly" if telling == "word" and told else ""
        relation = ("easy" if told else "hard") if telling == "relation" else str(rng.choice(["easy", "hard"]))
        logprob = -rng.random() - (0 if telling != "confidence" or told else 1)
        asked = f"a question of {rng.choice(['fire', 'water', 'air'])}"
        prompts.append(Prompt(f"{split}{i}", asked, "d", split, (), relation))
        generations.append(
            Generation(f"{split}{i}", f"{split}{i}", "m", text, (1,), 1, "", 0, StopReason.EOS, 8, logprob, logprob - 1)
        )
        labels.append(Label(f"{split}{i}", 1.0, (), bool(right), None, "j"))
    return Samples("correct", split, tuple(prompts), tuple(generations), tuple(labels), y, {})


def run(telling: str) -> dict[str, BaselineResult]:
    fit, fresh = samples(Split.FIT, 0, telling=telling), samples(Split.FRESH, 1, telling=telling)
    noise = np.random.default_rng(2).standard_normal(len(fresh.y))
    return {c.name: c for c in run_baselines(fit, fresh, noise, split_folds(fit.y))}


@pytest.mark.parametrize(
    ("telling", "names"),
    [
        ("length", {"answer length"}),
        ("word", {"TF-IDF of the answer"}),
        ("relation", {"base rate of the relation"}),
        ("confidence", {"mean token log-probability", "lowest token log-probability"}),
    ],
)
def test_each_baseline_finds_what_it_reads_on_both_splits_and_a_noise_probe_does_not_beat_it(
    telling: str, names: set[str]
) -> None:
    for name, baseline in run(telling).items():
        assert baseline.fresh is not None and baseline.cv is not None and baseline.margin is not None
        if name in names:
            assert baseline.fresh.lower > 0.6 and baseline.cv.lower > 0.6
            assert baseline.margin.upper < 0


def test_where_nothing_tells_no_baseline_finds_anything() -> None:
    fit, fresh = samples(Split.FIT, 0, 400), samples(Split.FRESH, 1, 400)
    for baseline in run_baselines(fit, fresh, np.random.default_rng(2).standard_normal(400), split_folds(fit.y)):
        assert baseline.fresh is not None and baseline.cv is not None
        assert 0.4 < baseline.fresh.value < 0.6 and 0.4 < baseline.cv.value < 0.6


def test_the_margin_is_the_probes_auroc_minus_the_baselines() -> None:
    fit, fresh = samples(Split.FIT, 0, telling="length"), samples(Split.FRESH, 1, telling="length")
    probe = np.random.default_rng(3).standard_normal(len(fresh.y)) + fresh.y
    (baseline,) = run_baselines(fit, fresh, probe, split_folds(fit.y), (ANSWER_LENGTH,))
    assert baseline.fresh is not None and baseline.margin is not None
    assert baseline.margin.value == pytest.approx(auroc(fresh.y, probe).value - baseline.fresh.value)


def test_held_out_scores_come_from_folds_that_did_not_see_the_answer() -> None:
    fit = samples(Split.FIT, 0, telling="relation")
    by_relation = next(b for b in BASELINES if b.name == "base rate of the relation")
    folds = split_folds(fit.y)
    scores = out_of_fold(by_relation, fit, folds)
    train, test = folds[0]
    for row in test:
        mine = fit.prompts[row].relation
        y = fit.y[[i for i in train if fit.prompts[i].relation == mine]]
        expected = (y.sum() + fit.y[train].mean()) / (len(y) + 1)
        assert scores[row] == pytest.approx(expected)


def test_what_was_not_recorded_is_not_measured_and_says_which() -> None:
    fit, fresh = samples(Split.FIT, 0), samples(Split.FRESH, 1)
    bare = tuple(
        dataclasses.replace(g, text="", mean_logprob=None, min_logprob=None, unrecorded=("text", "mean_logprob"))
        for g in fresh.generations
    )
    prompts = tuple(dataclasses.replace(p, relation=None) for p in fresh.prompts)
    lost = dataclasses.replace(fresh, generations=bare, prompts=prompts)
    found = {c.name: c for c in run_baselines(fit, lost, np.zeros(len(fresh.y)), split_folds(fit.y))}
    reasons = {name: c.reason for name, c in found.items() if c.fresh is None}
    assert reasons == {
        "answer length": "the texts of the answers were not kept",
        "TF-IDF of the answer": "the texts of the answers were not kept",
        "base rate of the relation": "the prompts carry fewer than two relations",
        "mean token log-probability": "the answers have no recorded token log-probabilities",
        "lowest token log-probability": "the answers have no recorded token log-probabilities",
    }


def test_answers_without_a_word_leave_their_texts_unmeasured() -> None:
    fit, fresh = samples(Split.FIT, 0), samples(Split.FRESH, 1)
    mute = tuple(dataclasses.replace(g, text="...") for g in fit.generations)
    silent = dataclasses.replace(fit, generations=mute)
    found = {c.name: c for c in run_baselines(silent, fresh, np.zeros(len(fresh.y)), split_folds(fit.y))}
    assert found["TF-IDF of the answer"].reason == "the texts hold no words"
    assert found["answer length"].fresh is not None
    assert found["answer length"].fresh.value == 0.5  # all of one length: nothing can be learned
