from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from interp.records.answers import Generation, StopReason
from interp.records.findings import Estimate, Severity, Threat
from interp.records.judgements import Label
from interp.records.prompts import Claim, Prompt, Split
from interp.results.evidence import BaselineResult, Thresholds
from probes.evidence import audits
from probes.fitting.samples import Samples

DISHES = ("stew", "sauce", "bread", "tart", "roast", "broth", "custard", "salad", "pie", "soup")
PLACES = ("Lyon", "Oslo", "Quito", "Hanoi", "Accra", "Lima", "Riga", "Cairo", "Perth", "Osaka")


def answer(i: str, text: str = "It is so.", stop: StopReason | None = StopReason.EOS) -> Generation:
    return Generation(i, i, "model", text, (1,), 1, "", 0, stop, 8, -0.1, -0.2)


def split_of(
    y: Sequence[bool],
    split: Split,
    texts: Sequence[str] | None = None,
    judge: str = "one",
    claims: int = 2,
    left_out: dict[str, int] | None = None,
) -> Samples:
    ids = [f"{split}-{i}" for i in range(len(y))]
    asked = texts or [f"{split} {PLACES[i % 10]} {DISHES[i // 10 % 10]} number {i}" for i in range(len(y))]
    prompts = tuple(Prompt(i, t, "d", split, (Claim("c", ("c",)),) * claims) for i, t in zip(ids, asked, strict=True))
    labels = tuple(Label(i, 1.0, (True,) * claims, bool(v), None, judge) for i, v in zip(ids, y, strict=True))
    return Samples("correct", split, prompts, tuple(map(answer, ids)), labels, np.array(y, dtype=bool), left_out or {})


def only(threats: list[Threat], name: str) -> Threat:
    assert [t.name for t in threats] == [name]
    return threats[0]


def test_cut_off_answers_are_told_by_their_stop_reason_and_weigh_by_their_share() -> None:
    for cut, severity in ((1, Severity.NOTE), (4, Severity.WARNING), (12, Severity.FATAL)):
        rows = [answer(str(i), stop=StopReason.LENGTH if i < cut else StopReason.EOS) for i in range(24)]
        found = only(audits.cut_off(rows, "fit"), "cut_off_answers")
        assert (found.severity, found.evidence["cut"], found.evidence["told_by"]) == (severity, cut, "stop reason")
        assert f"{cut} of 24" in found.sentence
    assert audits.cut_off([answer("a")], "fit") == []
    assert audits.cut_off([], "fit") == []


def test_without_stop_reasons_texts_tell_and_without_texts_nothing_is_claimed() -> None:
    texts = ["Whisk it.", "Then the", "Done!", "| a | b", "Simmer gently and"]
    rows = [answer(str(i), text, stop=None) for i, text in enumerate(texts)]
    found = only(audits.cut_off(rows, "fit"), "cut_off_answers")
    assert (found.evidence["cut"], found.evidence["told_by"]) == (3, "how the text ends")
    lost = [dataclasses.replace(row, text="", unrecorded=("text",)) for row in rows]
    assert audits.cut_off(lost, "fit") == []
    assert audits.position_mismatch(rows, lost) == []


def test_splits_that_are_cut_differently_are_read_at_different_positions() -> None:
    ended = [answer(str(i)) for i in range(60)]
    cut = [answer(str(i), stop=StopReason.LENGTH if i < 30 else StopReason.EOS) for i in range(60)]
    found = only(audits.position_mismatch(ended, cut), "positions_differ")
    assert "0 of 60 fit and 30 of 60 fresh" in found.sentence
    assert audits.position_mismatch(cut, cut) == []
    by_text = [answer(str(i), "cut", stop=None) for i in range(60)]
    assert audits.position_mismatch(ended, by_text) == []  # two ways of telling are not compared


def test_prompts_of_two_kinds_are_told_apart_and_those_of_one_kind_are_not() -> None:
    same = [f"How do I make a {dish} in {place}?" for dish in DISHES for place in PLACES]
    other = [f"Diagnose why my {dish} from {place} failed." for dish in DISHES for place in PLACES]
    y = [True] * 50
    order = np.random.default_rng(0).permutation(100)
    fit = split_of(y, Split.FIT, [same[i] for i in order[:50]])
    assert audits.prompt_shift(fit, split_of(y, Split.FRESH, [same[i] for i in order[50:]])) == []
    found = only(audits.prompt_shift(fit, split_of(y, Split.FRESH, other[:50])), "prompt_shift")
    assert found.evidence["domain_auroc"] == pytest.approx(1.0)
    assert audits.prompt_shift(fit, split_of([], Split.FRESH)) == []


def test_shifted_features_are_told_and_others_are_not() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((80, 30)), rng.standard_normal((80, 30))
    assert audits.feature_shift(a, b) == []
    found = only(audits.feature_shift(a, b + 1.0), "feature_shift")
    assert float(found.evidence["lower"] or 0) > 0.75


def test_a_moved_base_rate_is_told_with_its_counts() -> None:
    fit, fresh = split_of([True] * 56 + [False] * 44, Split.FIT), split_of([True] * 9 + [False] * 184, Split.FRESH)
    assert "56 of 100 on fit to 9 of 193" in only(audits.base_rate_shift(fit, fresh), "base_rate_shift").sentence
    assert audits.base_rate_shift(fit, split_of([True] * 28 + [False] * 22, Split.FRESH)) == []
    assert audits.base_rate_shift(fit, split_of([], Split.FRESH)) == []


def test_two_judges_and_two_lengths_of_checklists_are_told() -> None:
    y = [True, False] * 20
    fit = split_of(y, Split.FIT)
    assert audits.judge_differs(fit, split_of(y, Split.FRESH)) == []
    assert only(audits.judge_differs(fit, split_of(y, Split.FRESH, judge="two")), "judge_differs")
    assert only(audits.judge_differs(fit, split_of(y, Split.FRESH, claims=4)), "checklists_differ")


def test_a_model_that_judged_itself_is_named() -> None:
    y = [True, False] * 20
    fresh = split_of(y, Split.FRESH)
    model = fresh.generations[0].model
    for judge, found in ((model, True), (f"org/{model.upper()}", True), (f"{model}-2", False)):
        fit = split_of(y, Split.FIT, judge=f"claims-1-0 by chat:{judge} at localhost (seed 0); delivery-lexicon-0")
        threats = audits.own_judge(fit, fresh)
        assert [t.name for t in threats] == ["own_judge"] * found
    assert audits.own_judge(fresh, fresh) == []


def test_lost_labels_are_counted_but_cut_off_answers_have_their_own_audit() -> None:
    y = [True] * 8
    assert audits.unscored(split_of(y, Split.FIT, left_out={"cut_off": 8})) == []
    assert audits.unscored(split_of([True] * 99, Split.FIT, left_out={"empty": 1})) == []
    found = only(audits.unscored(split_of(y, Split.FIT, left_out={"empty": 1, "unscored": 1})), "unscored_answers")
    assert "2 of 10 fit answers" in found.sentence and found.severity is Severity.WARNING
    lost = only(audits.unscored(split_of(y, Split.FIT, left_out={"unscored": 8})), "unscored_answers")
    assert lost.severity is Severity.FATAL


def test_repeated_prompts_void_the_verdict_once_they_are_many() -> None:
    texts = [f"What is the best {dish} of {place}?" for dish in DISHES for place in PLACES[:4]]
    fit = split_of([True] * 40, Split.FIT, texts)
    others = [f"Name the river that runs through {place} and its length." for place in PLACES]
    rest = [f"Which tools does a {trade} in {place} need?" for trade in ("baker", "cook", "waiter") for place in PLACES]
    one = split_of([True] * 40, Split.FRESH, [*others, *rest[:29], texts[0]])
    assert only(audits.duplicates(fit, one), "near_duplicates").severity is Severity.WARNING
    many = split_of([True] * 40, Split.FRESH, texts)
    found = only(audits.duplicates(fit, many), "near_duplicates")
    assert found.severity is Severity.FATAL and found.evidence["repeated"] == 40
    assert audits.duplicates(fit, split_of([True] * 10, Split.FRESH, others)) == []


def test_the_asymmetry_gate_passes_by_chance_where_a_class_is_small_and_hardly_where_both_are_large() -> None:
    few, many = (audits.asymmetry_by_chance(*n, Thresholds()) for n in ((9, 184), (400, 400)))
    assert few > 0.3
    assert many < 0.01
    rng = np.random.default_rng(0)
    y = np.arange(193) < 9
    hits = 0
    for _ in range(300):
        score = rng.random(193)
        cuts = np.concatenate([[-1.0], score])
        gaps = [(score[~y] > t).mean() - (score[y] > t).mean() for t in cuts if (score[y] > t).mean() >= 0.7]
        hits += min(gaps) <= -0.15
    assert few == pytest.approx(hits / 300, abs=0.09)
    fresh = split_of([True] * 9 + [False] * 184, Split.FRESH)
    assert only(audits.imbalance(fresh, Thresholds()), "imbalance").evidence["n_pos"] == 9
    assert audits.imbalance(split_of([True] * 400 + [False] * 400, Split.FRESH), Thresholds()) == []
    assert audits.imbalance(split_of([True] * 9, Split.FRESH), Thresholds()) == []


def test_a_surface_baseline_that_the_probe_does_not_beat_is_a_confound() -> None:
    def baseline(fresh: float, margin: float, kind: str = "surface") -> BaselineResult:
        near, far = (Estimate(v, v - 0.1, v + 0.1, "test", 50, 50) for v in (fresh, margin))
        return BaselineResult("answer length", kind, None, near, far)  # type: ignore[arg-type]

    found = only(audits.surface_confound([baseline(0.8, 0.05)]), "surface_confound")
    assert found.sentence.startswith("Answer length alone reaches AUROC 0.800")
    unmeasured = BaselineResult("answer length", "surface", None, None, None, "no texts")
    clean = [baseline(0.8, 0.2), baseline(0.55, 0.0), baseline(0.8, 0.0, "confidence"), unmeasured]
    assert audits.surface_confound(clean) == []
